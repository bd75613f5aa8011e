MERGE nba_orchestration.repair_targets AS t
USING (
  SELECT t.kind, t.name, t.day, t.number, t.next_attempt_at
  FROM UNNEST(@targets) AS t
) AS a
ON t.target_date BETWEEN @first_date AND @last_date
  AND t.kind = a.kind
  AND t.name = a.name
  AND t.target_date = a.day
WHEN MATCHED THEN UPDATE SET
  attempt_count = a.number,
  attempted_at = @now,
  next_attempt_at = a.next_attempt_at,
  correlation_id = @correlation_id
WHEN NOT MATCHED THEN INSERT (
  kind, name, target_date, attempt_count, attempted_at, next_attempt_at, correlation_id
)
VALUES (a.kind, a.name, a.day, a.number, @now, a.next_attempt_at, @correlation_id)
