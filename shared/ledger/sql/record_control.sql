INSERT INTO nba_orchestration.controls (
  control_id, created_date, scope, action, reason, requested_by, created_at
)
VALUES (@control_id, @created_date, @scope, @action, @reason, @requested_by, @now)
