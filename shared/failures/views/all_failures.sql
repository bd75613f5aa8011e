-- Every failure of every phase, with the columns that all three tables have.
SELECT
  3 AS phase, processor_name, analysis_date, entity_id, entity_type, failure_category, failure_type,
  failure_reason, is_correctable, row_written, expected_game_count, actual_game_count, missing_game_dates,
  raw_data_checked, evidence, resolution_status, resolution_reason, resolved_at, attempt_count, next_attempt_at,
  first_seen_at, last_seen_at, run_id, correlation_id
FROM nba_processing.analytics_failures
WHERE analysis_date >= DATE '1946-01-01'
UNION ALL
SELECT
  4, processor_name, analysis_date, entity_id, entity_type, failure_category, failure_type,
  failure_reason, is_correctable, row_written, expected_game_count, actual_game_count, missing_game_dates,
  raw_data_checked, evidence, resolution_status, resolution_reason, resolved_at, attempt_count, next_attempt_at,
  first_seen_at, last_seen_at, run_id, correlation_id
FROM nba_processing.precompute_failures
WHERE analysis_date >= DATE '1946-01-01'
UNION ALL
SELECT
  5, processor_name, prediction_date, entity_id, entity_type, failure_category, failure_type,
  failure_reason, is_correctable, row_written, expected_game_count, actual_game_count, missing_game_dates,
  raw_data_checked, evidence, resolution_status, resolution_reason, resolved_at, attempt_count, next_attempt_at,
  first_seen_at, last_seen_at, run_id, correlation_id
FROM nba_processing.prediction_failures
WHERE prediction_date >= DATE '1946-01-01'
