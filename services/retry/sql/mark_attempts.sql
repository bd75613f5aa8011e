-- The retry worker is the only writer of attempt_count and next_attempt_at. A row that somebody else has moved
-- on since it was read is left alone: its attempt was another worker's, or a run has spoken.
UPDATE failures.rows AS f
SET
  resolution_status = 'RETRYING',
  resolution_reason = CAST(NULL AS STRING),
  attempt_count = a.number,
  next_attempt_at = a.next_attempt_at,
  correlation_id = @correlation_id
FROM UNNEST(/* columns: rows */) AS a
WHERE f./* columns: date */ BETWEEN @first_date AND @last_date
  AND f.processor_name = a.processor_name
  AND f./* columns: date */ = a.day
  AND f.entity_id = a.entity_id
  AND f.failure_category = a.failure_category
  AND f.resolution_status = a.status
  AND IFNULL(f.attempt_count, 0) = a.number_before
