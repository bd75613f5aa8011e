MERGE nba_orchestration.incidents AS i
USING (
  SELECT
    u.incident_id, u.processor_name, u.failure_type, u.cause, u.first_date, u.last_date, u.cell_count,
    u.failure_count, u.opened_at, u.closed_at
  FROM UNNEST(@incidents) AS u
) AS n
ON i.opened_date >= DATE '2000-01-01'
  AND i.incident_id = n.incident_id
WHEN MATCHED THEN UPDATE SET
  first_date = n.first_date,
  last_date = n.last_date,
  cell_count = n.cell_count,
  failure_count = n.failure_count,
  updated_at = @now,
  closed_at = n.closed_at
WHEN NOT MATCHED THEN INSERT (
  incident_id, opened_date, processor_name, failure_type, cause, first_date, last_date, cell_count,
  failure_count, opened_at, updated_at, closed_at
)
VALUES (
  n.incident_id, @today, n.processor_name, n.failure_type, n.cause, n.first_date, n.last_date, n.cell_count,
  n.failure_count, n.opened_at, @now, n.closed_at
)
