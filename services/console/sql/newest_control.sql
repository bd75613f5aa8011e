-- What was last said of the pipeline, or of a backfill.
SELECT action, reason, requested_by, created_at
FROM nba_orchestration.controls
WHERE created_date >= DATE '2000-01-01'
  AND scope = @scope
ORDER BY created_at DESC, control_id DESC
LIMIT 1
