-- Failure rows of the dates [@from_date, @to_date] that match every filter that is not NULL. Rows that nothing
-- can mend are left out unless @explained, or somebody is looking at them.
SELECT
  processor_name, analysis_date, entity_id, entity_type, failure_category, failure_type, failure_reason,
  is_correctable, row_written, expected_game_count, actual_game_count, missing_game_dates, resolution_status,
  resolution_reason, attempt_count, next_attempt_at, first_seen_at, last_seen_at, resolved_at, run_id,
  TO_JSON_STRING(evidence) AS evidence
FROM nba_processing.all_failures
WHERE analysis_date BETWEEN @from_date AND @to_date
  AND resolution_status IN UNNEST(@statuses)
  AND (@explained OR is_correctable OR resolution_status = 'INVESTIGATING')
  AND (@processor_name IS NULL OR processor_name = @processor_name)
  AND (@failure_type IS NULL OR failure_type = @failure_type)
  AND (@failure_category IS NULL OR failure_category = @failure_category)
  AND (@entity_id IS NULL OR LOWER(entity_id) = @entity_id)
ORDER BY analysis_date, processor_name, failure_type, entity_id, failure_category
