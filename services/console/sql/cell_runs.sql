-- Every run of one cell, newest first.
SELECT
  sequence, status, attempt, record_count, failure_count, run_id, correlation_id, backfill_id, trigger_source,
  input_fingerprint, output_fingerprint, error, started_at, committed_at
FROM nba_orchestration.ledger
WHERE cell_date = @cell_date
  AND cell_name = @cell_name
  AND kind = 'processor'
ORDER BY sequence DESC
