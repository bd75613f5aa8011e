INSERT INTO nba_orchestration.backfills (
  backfill_id, created_date, start_date, end_date, processors, reprocess, reason, requested_by, created_at
)
VALUES (
  @backfill_id, @created_date, @start_date, @end_date, @processors, @reprocess, @reason, @requested_by, @now
)
