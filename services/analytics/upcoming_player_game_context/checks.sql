-- One row per player and date; rest and load must be possible and made from games before the date.
SELECT
  'one_row_per_player_and_date' AS check_name,
  game_date AS analysis_date,
  player_lookup AS entity_id,
  CONCAT(CAST(COUNT(*) AS STRING), ' rows, games ', STRING_AGG(game_id, ', ' ORDER BY game_id)) AS detail
FROM staging.rows
GROUP BY game_date, player_lookup
HAVING COUNT(*) > 1
UNION ALL
SELECT
  'opponent_is_known', game_date, player_lookup,
  CONCAT(
    'game ', IFNULL(game_id, 'NULL'), ', team ', IFNULL(team_abbr, 'NULL'),
    ', opponent ', IFNULL(opponent_team_abbr, 'NULL')
  )
FROM staging.rows
WHERE game_id IS NULL OR team_abbr IS NULL OR opponent_team_abbr IS NULL OR opponent_team_abbr = team_abbr
UNION ALL
SELECT
  'load_is_possible', game_date, player_lookup,
  CONCAT(
    'games and minutes of the last 7 days ', CAST(games_last_7_days AS STRING), ' and ',
    CAST(minutes_last_7_days AS STRING), ', of the last 14 ', CAST(games_last_14_days AS STRING), ' and ',
    CAST(minutes_last_14_days AS STRING), ', back-to-backs ', CAST(back_to_backs_last_14_days AS STRING)
  )
FROM staging.rows
WHERE games_last_7_days > games_last_14_days
  OR minutes_last_7_days > minutes_last_14_days
  OR games_last_7_days > 7
  OR games_last_14_days > 14
  OR back_to_backs_last_14_days > games_last_14_days
  OR minutes_last_14_days > 100 * games_last_14_days
UNION ALL
SELECT
  'before_the_game', game_date, player_lookup,
  CONCAT(
    'made from a game of ', CAST(max_source_game_date AS STRING),
    ', last game ', IFNULL(CAST(last_game_date AS STRING), 'none')
  )
FROM staging.rows
WHERE max_source_game_date >= game_date OR last_game_date >= game_date
