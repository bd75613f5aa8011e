-- Gaps only: what a player without a game lacks is NULL in his row, and absences (PLAYER_DNP) are documented by
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
  gap_games_count = 0 AS row_written,
  evidence,
  CAST(NULL AS INT64) AS expected_record_count,
  CAST(NULL AS INT64) AS actual_record_count,
  missing_game_ids
FROM staging.player_evidence
WHERE failure_type IN ('DATA_GAP', 'MIXED', 'UNKNOWN')
