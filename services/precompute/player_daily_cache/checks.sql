-- One row per player and date; averages must be possible and made from games before the date.
SELECT
  'one_row_per_player_and_date' AS check_name,
  cache_date AS analysis_date,
  player_lookup AS entity_id,
  CONCAT(CAST(COUNT(*) AS STRING), ' rows') AS detail
FROM staging.rows
GROUP BY cache_date, player_lookup
HAVING COUNT(*) > 1
UNION ALL
SELECT
  'critical_is_known', cache_date, player_lookup,
  'points, minutes, quality tier or completeness is NULL'
FROM staging.rows
WHERE points_avg_last_5 IS NULL OR points_avg_last_10 IS NULL OR points_ewma_8 IS NULL
  OR minutes_avg_last_10 IS NULL OR quality_tier IS NULL OR schedule_completeness_pct IS NULL
UNION ALL
SELECT
  'averages_are_possible', cache_date, player_lookup,
  CONCAT(
    'points ', CAST(points_avg_last_10 AS STRING), ', weighted ', CAST(points_ewma_8 AS STRING),
    ', minutes ', CAST(minutes_avg_last_10 AS STRING),
    ', usage ', IFNULL(CAST(usage_rate_last_10 AS STRING), 'NULL'),
    ', true shooting ', IFNULL(CAST(ts_pct_last_10 AS STRING), 'NULL')
  )
FROM staging.rows
WHERE points_avg_last_10 NOT BETWEEN 0 AND 100
  OR points_ewma_8 NOT BETWEEN 0 AND 100
  OR minutes_avg_last_10 NOT BETWEEN 0 AND 80
  OR ts_pct_last_10 NOT BETWEEN 0 AND 1.5
  -- A share above all plays of the team: its totals had not landed. A few seconds on court may show it by chance.
  OR (usage_rate_last_10 NOT BETWEEN 0 AND 100 AND minutes_avg_last_10 >= 5)
UNION ALL
SELECT
  'team_is_possible', cache_date, player_lookup,
  CONCAT(
    'pace ', IFNULL(CAST(team_pace_last_10 AS STRING), 'NULL'),
    ', offensive rating ', IFNULL(CAST(team_off_rating_last_10 AS STRING), 'NULL')
  )
FROM staging.rows
WHERE team_pace_last_10 NOT BETWEEN 50 AND 200 OR team_off_rating_last_10 NOT BETWEEN 30 AND 250
UNION ALL
SELECT
  'before_the_date', cache_date, player_lookup,
  CONCAT('made from a game of ', CAST(max_source_game_date AS STRING))
FROM staging.rows
WHERE max_source_game_date >= cache_date
