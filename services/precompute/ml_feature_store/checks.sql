-- One row per player and date, made from games before it; averages must be possible.
SELECT
  'one_row_per_player_and_date' AS check_name,
  game_date AS analysis_date,
  player_lookup AS entity_id,
  CONCAT(CAST(COUNT(*) AS STRING), ' rows') AS detail
FROM staging.rows
GROUP BY game_date, player_lookup
HAVING COUNT(*) > 1
UNION ALL
SELECT
  'average_in_range', game_date, player_lookup,
  CONCAT(
    'points ', IFNULL(CAST(points_ewma_12 AS STRING), 'NULL'),
    ', minutes ', IFNULL(CAST(minutes_avg_last_3 AS STRING), 'NULL')
  )
FROM staging.rows
WHERE points_ewma_12 NOT BETWEEN 0 AND 100
  OR points_avg_shrunk NOT BETWEEN 0 AND 100
  OR minutes_avg_last_3 NOT BETWEEN 0 AND 80
  OR minutes_last_game NOT BETWEEN 0 AND 80
UNION ALL
SELECT
  'critical_is_known', game_date, player_lookup, 'opponent, game, points_ewma_12 or quality tier is NULL'
FROM staging.rows
WHERE opponent_team_abbr IS NULL OR game_id IS NULL OR points_ewma_12 IS NULL OR quality_tier IS NULL
UNION ALL
SELECT
  'before_the_date', game_date, player_lookup,
  CONCAT('made from a game of ', CAST(max_source_game_date AS STRING))
FROM staging.rows
WHERE max_source_game_date >= game_date
