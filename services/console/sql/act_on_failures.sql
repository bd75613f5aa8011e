-- A person's step (transitions.py, actor "person"). attempt_count and next_attempt_at are the retry worker's own.
UPDATE failures.rows AS f
SET
  resolution_status = @to_status,
  resolution_reason = 'by_hand',
  can_retry = @to_status = 'UNRESOLVED'
WHERE f./* columns: date */ BETWEEN @from_date AND @to_date
  AND IFNULL(f.resolution_status, 'UNRESOLVED') IN UNNEST(@from_statuses)
  AND (NOT @only_correctable OR f.is_correctable)
  AND (@processor_name IS NULL OR f.processor_name = @processor_name)
  AND (@failure_type IS NULL OR f.failure_type = @failure_type)
  AND (@failure_category IS NULL OR f.failure_category = @failure_category)
  AND (@status IS NULL OR IFNULL(f.resolution_status, 'UNRESOLVED') = @status)
  AND (@entity_id IS NULL OR LOWER(f.entity_id) = @entity_id)
