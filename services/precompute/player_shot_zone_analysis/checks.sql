-- One row per player and date; shares and percentages must be possible.
SELECT
  'one_row_per_player_and_date' AS check_name,
  analysis_date,
  player_lookup AS entity_id,
  CONCAT(CAST(COUNT(*) AS STRING), ' rows') AS detail
FROM staging.rows
GROUP BY analysis_date, player_lookup
HAVING COUNT(*) > 1
UNION ALL
SELECT
  'makes_within_attempts', analysis_date, player_lookup,
  CONCAT(
    'field-goal percentages of the last 20 games: paint ', IFNULL(CAST(paint_pct_last_20 AS STRING), 'NULL'),
    ', mid-range ', IFNULL(CAST(mid_range_pct_last_20 AS STRING), 'NULL'),
    ', three ', IFNULL(CAST(three_pt_pct_last_20 AS STRING), 'NULL')
  )
FROM staging.rows
WHERE paint_pct_last_10 NOT BETWEEN 0 AND 1
  OR mid_range_pct_last_10 NOT BETWEEN 0 AND 1
  OR three_pt_pct_last_10 NOT BETWEEN 0 AND 1
  OR paint_pct_last_20 NOT BETWEEN 0 AND 1
  OR mid_range_pct_last_20 NOT BETWEEN 0 AND 1
  OR three_pt_pct_last_20 NOT BETWEEN 0 AND 1
UNION ALL
SELECT
  'shares_add_up', analysis_date, player_lookup,
  'the three zones do not make up all attempts'
FROM staging.rows
WHERE ABS(paint_rate_last_10 + mid_range_rate_last_10 + three_pt_rate_last_10 - 100) > 0.000001
  OR ABS(paint_rate_last_20 + mid_range_rate_last_20 + three_pt_rate_last_20 - 100) > 0.000001
  OR assisted_rate_last_10 NOT BETWEEN 0 AND 100
  OR assisted_rate_last_20 NOT BETWEEN 0 AND 100
UNION ALL
SELECT
  'critical_is_known', analysis_date, player_lookup,
  'team, quality tier or completeness is NULL'
FROM staging.rows
WHERE team_abbr IS NULL OR quality_tier IS NULL OR schedule_completeness_pct IS NULL
UNION ALL
SELECT
  'before_the_date', analysis_date, player_lookup,
  CONCAT('made from a game of ', CAST(max_source_game_date AS STRING))
FROM staging.rows
WHERE max_source_game_date >= analysis_date
