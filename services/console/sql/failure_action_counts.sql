-- What a person's step would do to the failures that match every filter that is not NULL.
SELECT
  COUNTIF(verdict = 'change') AS rows_changed,
  COUNTIF(verdict = 'resolved') AS rows_resolved,
  COUNTIF(verdict = 'not correctable') AS rows_not_correctable,
  COUNTIF(verdict = 'retrying') AS rows_retrying,
  COUNTIF(verdict = 'as asked') AS rows_as_asked
FROM (
  SELECT
    CASE
      WHEN resolution_status = 'RESOLVED' THEN 'resolved'
      WHEN @only_correctable AND NOT is_correctable THEN 'not correctable'
      WHEN resolution_status IN UNNEST(@from_statuses) THEN 'change'
      WHEN resolution_status = 'RETRYING' THEN 'retrying'
      ELSE 'as asked'
    END AS verdict
  FROM (
    SELECT
      IFNULL(resolution_status, 'UNRESOLVED') AS resolution_status, IFNULL(is_correctable, FALSE) AS is_correctable
    FROM nba_processing.all_failures
    WHERE analysis_date BETWEEN @from_date AND @to_date
      AND (@processor_name IS NULL OR processor_name = @processor_name)
      AND (@failure_type IS NULL OR failure_type = @failure_type)
      AND (@failure_category IS NULL OR failure_category = @failure_category)
      AND (@status IS NULL OR IFNULL(resolution_status, 'UNRESOLVED') = @status)
      AND (@entity_id IS NULL OR LOWER(entity_id) = @entity_id)
  )
)
