-- One row per player and date; scores and adjustments must be possible.
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
  'score_in_range', analysis_date, player_lookup,
  CONCAT(
    'fatigue ', IFNULL(CAST(fatigue_score AS STRING), 'NULL'),
    ', mismatch ', IFNULL(CAST(shot_zone_mismatch_score AS STRING), 'NULL'),
    ', defence ', IFNULL(CAST(opponent_defense_score AS STRING), 'NULL'),
    ', pace ', IFNULL(CAST(pace_score AS STRING), 'NULL'),
    ', absences ', IFNULL(CAST(usage_spike_score AS STRING), 'NULL')
  )
FROM staging.rows
WHERE fatigue_score NOT BETWEEN 0 AND 100
  OR shot_zone_mismatch_score NOT BETWEEN -60 AND 60
  OR opponent_defense_score NOT BETWEEN -100 AND 100
  OR pace_score NOT BETWEEN -60 AND 60
  OR usage_spike_score NOT BETWEEN -150 AND 150
UNION ALL
SELECT
  'critical_is_known', analysis_date, player_lookup,
  'team, opponent, game, quality tier or completeness is NULL'
FROM staging.rows
WHERE team_abbr IS NULL OR opponent_team_abbr IS NULL OR game_id IS NULL OR home_game IS NULL
  OR quality_tier IS NULL OR schedule_completeness_pct IS NULL
UNION ALL
SELECT
  'before_the_date', analysis_date, player_lookup,
  CONCAT('made from a game of ', CAST(max_source_game_date AS STRING))
FROM staging.rows
WHERE max_source_game_date >= analysis_date
