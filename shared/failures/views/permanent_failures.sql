-- Failures that nobody tries to mend any more: explained absences, first games, used-up budgets.
SELECT
  processor_name, analysis_date, entity_id, entity_type,
  failure_category, failure_type, failure_reason, resolution_status,
  resolution_reason, attempt_count, next_attempt_at, row_written,
  first_seen_at, last_seen_at, correlation_id
FROM nba_processing.all_failures
WHERE resolution_status = 'PERMANENT'
