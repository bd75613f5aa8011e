-- Failures counted by processor, date, category, type and status.
SELECT
  processor_name, analysis_date, failure_category, failure_type, resolution_status, is_correctable,
  COUNT(*) AS failures, COUNTIF(NOT row_written) AS rows_missing
FROM nba_processing.all_failures
GROUP BY 1, 2, 3, 4, 5, 6
