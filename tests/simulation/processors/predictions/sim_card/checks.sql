-- An average is never negative.
SELECT
  'average_is_not_negative' AS check_name,
  game_date AS analysis_date,
  team_abbr AS entity_id,
  'negative' AS detail
FROM staging.rows
WHERE average < 0
