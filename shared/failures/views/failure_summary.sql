-- Failures counted by processor, date, category, type and status.
SELECT
  processor_name, analysis_date, failure_category, failure_type, resolution_status, is_correctable,
  COUNT(*) AS failures, COUNTIF(NOT row_written) AS rows_missing
FROM nba_processing.analytics_failures
WHERE analysis_date >= DATE '1946-01-01'
GROUP BY 1, 2, 3, 4, 5, 6
UNION ALL
SELECT
  processor_name, analysis_date, failure_category, failure_type, resolution_status, is_correctable,
  COUNT(*) AS failures, COUNTIF(NOT row_written) AS rows_missing
FROM nba_processing.precompute_failures
WHERE analysis_date >= DATE '1946-01-01'
GROUP BY 1, 2, 3, 4, 5, 6
UNION ALL
SELECT
  processor_name, prediction_date AS analysis_date, failure_category, failure_type, resolution_status, is_correctable,
  COUNT(*) AS failures, COUNTIF(NOT row_written) AS rows_missing
FROM nba_processing.prediction_failures
WHERE prediction_date >= DATE '1946-01-01'
GROUP BY 1, 2, 3, 4, 5, 6
