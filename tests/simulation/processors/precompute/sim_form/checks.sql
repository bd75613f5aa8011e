-- Points are never negative.
SELECT
  'points_are_not_negative' AS check_name,
  analysis_date AS analysis_date,
  team_abbr AS entity_id,
  'negative' AS detail
FROM staging.rows
WHERE points_before < 0
