-- A team's points that cannot be are withheld; two rows of a team, or points of a date that cannot be, fail
-- the date.
SELECT
  'points_in_range' AS check_name,
  game_date AS analysis_date,
  team_abbr AS entity_id,
  CONCAT(CAST(points AS STRING), ' points') AS detail
FROM staging.rows
WHERE points >= 300
UNION ALL
SELECT 'one_row_per_team', game_date, CAST(NULL AS STRING), CONCAT('two rows of ', team_abbr)
FROM staging.rows
GROUP BY game_date, team_abbr
HAVING COUNT(*) > 1
UNION ALL
SELECT 'points_of_the_date', game_date, CAST(NULL AS STRING), CONCAT(CAST(SUM(points) AS STRING), ' points')
FROM staging.rows
GROUP BY game_date
HAVING SUM(points) >= 1000
