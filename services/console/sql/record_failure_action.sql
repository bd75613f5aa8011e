-- Written before the rows change, in the transaction that changes them, so that it counts exactly these rows.
INSERT INTO nba_orchestration.failure_actions (
  action_id, created_date, action, filters, reason, requested_by, created_at,
  rows_changed, rows_resolved, rows_not_correctable, rows_retrying, rows_as_asked
)
SELECT
  @action_id, @created_date, @action, @filters, @reason, @requested_by, @now,
  rows_changed, rows_resolved, rows_not_correctable, rows_retrying, rows_as_asked
FROM (
/* columns: counts */
)
