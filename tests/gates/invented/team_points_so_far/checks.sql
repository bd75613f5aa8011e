-- A team never has fewer than no points.
SELECT
  'points_are_not_negative' AS check_name,
  analysis_date,
  team_abbr AS entity_id,
  CONCAT('[', CAST(points_so_far AS STRING), '] points') AS detail
FROM staging.rows
WHERE points_so_far < 0
