-- A team plays at most once on a date; what the schedule and the lines say must be possible.
SELECT
  'one_game_per_team_and_date' AS check_name,
  game_date AS analysis_date,
  team_abbr AS entity_id,
  CONCAT(CAST(COUNT(*) AS STRING), ' rows, games ', STRING_AGG(game_id, ', ' ORDER BY game_id)) AS detail
FROM staging.rows
GROUP BY game_date, team_abbr
HAVING COUNT(*) > 1
UNION ALL
SELECT
  'opponent_is_known', game_date, team_abbr,
  CONCAT('game ', game_id, ' names the opponent ', IFNULL(opponent_team_abbr, 'NULL'))
FROM staging.rows
WHERE opponent_team_abbr IS NULL OR opponent_team_abbr = team_abbr
UNION ALL
SELECT
  'line_in_range', game_date, team_abbr,
  CONCAT(
    'spread ', IFNULL(CAST(team_spread AS STRING), 'NULL'),
    ', total ', IFNULL(CAST(game_total AS STRING), 'NULL')
  )
FROM staging.rows
WHERE team_spread NOT BETWEEN -60 AND 60 OR game_total NOT BETWEEN 100 AND 400
UNION ALL
SELECT
  'before_the_game', game_date, team_abbr,
  CONCAT('made from a game of ', CAST(max_source_game_date AS STRING))
FROM staging.rows
WHERE max_source_game_date >= game_date
