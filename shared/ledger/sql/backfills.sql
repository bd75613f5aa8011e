-- Every backfill with what was last said about it, newest first; all of them, or the one asked for.
SELECT
  b.backfill_id, b.start_date, b.end_date, b.processors, b.reprocess, b.reason, b.requested_by, b.created_at,
  c.action, c.reason AS control_reason, c.requested_by AS control_by, c.created_at AS control_at
FROM nba_orchestration.backfills AS b
LEFT JOIN (
  SELECT scope, action, reason, requested_by, created_at
  FROM nba_orchestration.controls
  WHERE created_date >= DATE '2000-01-01'
  QUALIFY ROW_NUMBER() OVER (PARTITION BY scope ORDER BY created_at DESC, control_id DESC) = 1
) AS c ON c.scope = b.backfill_id
WHERE b.created_date >= DATE '2000-01-01'
  AND (@backfill_id IS NULL OR b.backfill_id = @backfill_id)
ORDER BY b.created_at DESC, b.backfill_id
