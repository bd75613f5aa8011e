-- The budget is used up. Without a next attempt, a run that reopens the row gives it its budget back.
UPDATE failures.rows AS f
SET
  resolution_status = 'PERMANENT',
  resolution_reason = 'exhausted',
  can_retry = FALSE,
  next_attempt_at = CAST(NULL AS TIMESTAMP)
FROM UNNEST(/* columns: rows */) AS e
WHERE f./* columns: date */ BETWEEN @first_date AND @last_date
  AND f.processor_name = e.processor_name
  AND f./* columns: date */ = e.day
  AND f.entity_id = e.entity_id
  AND f.failure_category = e.failure_category
  AND f.resolution_status = e.status
  AND IFNULL(f.attempt_count, 0) = e.number_before
