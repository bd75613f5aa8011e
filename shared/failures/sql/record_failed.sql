-- Dates that could not be processed: one failure each, beside whatever was known of them before.
MERGE failures.rows AS f
USING (
  SELECT
    d.cell_date, CAST(d.cell_date AS STRING) AS entity_id, d.failure_category, d.failure_type, d.reason,
    d.cell_date IN UNNEST(@changed_dates) AS inputs_changed
  FROM UNNEST(@failed_dates) AS d
) AS s
ON f.processor_name = @processor_name
  AND f./* columns: date */ BETWEEN @first_date AND @last_date
  AND f./* columns: date */ = s.cell_date
  AND f.entity_id = s.entity_id
  AND f.failure_category = s.failure_category
WHEN MATCHED THEN UPDATE SET
  resolution_status = CASE
    WHEN IFNULL(f.resolution_status, 'UNRESOLVED') IN ('RESOLVED', 'UNRESOLVED', 'RETRYING') THEN 'UNRESOLVED'
    WHEN f.resolution_status = 'PERMANENT' AND f.resolution_reason = 'exhausted' AND s.inputs_changed
      THEN 'UNRESOLVED'
    ELSE f.resolution_status
  END,
  resolution_reason = CASE
    WHEN IFNULL(f.resolution_status, 'UNRESOLVED') IN ('RESOLVED', 'UNRESOLVED', 'RETRYING') THEN NULL
    WHEN f.resolution_status = 'PERMANENT' AND f.resolution_reason = 'exhausted' AND s.inputs_changed
      THEN NULL
    ELSE f.resolution_reason
  END,
  resolved_at = CAST(NULL AS TIMESTAMP),
  resolved_by_run_id = CAST(NULL AS STRING),
  -- Exactly when the status is open from now on.
  can_retry = IFNULL(f.resolution_status, 'UNRESOLVED') IN ('RESOLVED', 'UNRESOLVED', 'RETRYING')
    OR (
      f.resolution_status = 'PERMANENT' AND IFNULL(f.resolution_reason, '') = 'exhausted' AND s.inputs_changed
    ),
  failure_reason = s.reason,
  failure_type = s.failure_type,
  last_seen_at = @now,
  run_id = @run_id,
  correlation_id = @correlation_id
WHEN NOT MATCHED THEN INSERT (
  processor_name, run_id, /* columns: date */, entity_id, entity_type, failure_category, failure_reason,
  failure_type, is_correctable, raw_data_checked, can_retry, row_written, resolution_status, created_at,
  first_seen_at, last_seen_at, attempt_count, correlation_id
) VALUES (
  @processor_name, @run_id, s.cell_date, s.entity_id, 'DATE', s.failure_category, s.reason,
  s.failure_type, TRUE, FALSE, TRUE, FALSE, 'UNRESOLVED', @now, @now, @now, 0, @correlation_id
)
