-- Gaps in the games read, and players without a game. Absences (PLAYER_DNP) are documented by
-- player_daily_cache, whose windows they thin.
SELECT
  cell_date AS analysis_date,
  player_lookup AS entity_id,
  'PLAYER' AS entity_type,
  failure_category,
  failure_type,
  failure_reason,
  worst_expected_games AS expected_game_count,
  worst_actual_games AS actual_game_count,
  missing_game_dates,
  TRUE AS raw_data_checked,
  NOT row_withheld AS row_written,
  evidence,
  CAST(NULL AS INT64) AS expected_record_count,
  CAST(NULL AS INT64) AS actual_record_count,
  missing_game_ids
FROM staging.player_evidence
WHERE failure_type <> 'PLAYER_DNP'
