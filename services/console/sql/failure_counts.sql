-- How many failures there are, by processor, category, type and status, whether or not they are listed.
SELECT
  processor_name, failure_category, failure_type, resolution_status,
  SUM(failures) AS failures, SUM(rows_missing) AS rows_missing,
  MIN(analysis_date) AS first_date, MAX(analysis_date) AS last_date
FROM nba_processing.failure_summary
WHERE analysis_date BETWEEN @from_date AND @to_date
  AND (@processor_name IS NULL OR processor_name = @processor_name)
  AND (@failure_type IS NULL OR failure_type = @failure_type)
  AND (@failure_category IS NULL OR failure_category = @failure_category)
  AND (@status IS NULL OR resolution_status = @status)
GROUP BY processor_name, failure_category, failure_type, resolution_status
ORDER BY processor_name, failure_category, failure_type, resolution_status
