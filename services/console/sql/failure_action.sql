-- What an action came to.
SELECT rows_changed, rows_resolved, rows_not_correctable, rows_retrying, rows_as_asked
FROM nba_orchestration.failure_actions
WHERE created_date = @created_date
  AND action_id = @action_id
