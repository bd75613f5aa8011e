-- Appends runs. `sequence` orders the commits of a cell and is taken inside the committing transaction, so
-- that the newest row is the last commit, whatever clocks say.
INSERT INTO nba_orchestration.ledger (
  cell_name, cell_date, season_year, kind, status, input_fingerprint, output_fingerprint, record_count,
  failure_count, game_ids, sequence, attempt, run_id, correlation_id, causation_id, backfill_id,
  trigger_source, error, started_at, committed_at
)
SELECT
  e.cell_name, e.cell_date, e.season_year, e.kind, e.status, e.input_fingerprint, e.output_fingerprint,
  e.record_count, e.failure_count, e.game_ids,
  IFNULL(past.last_sequence, 0) + 1,
  IF(e.status = 'failed', IFNULL(past.failed_attempts, 0) + 1, 0),
  @run_id, @correlation_id, @causation_id, @backfill_id, @trigger_source, e.error, @started_at, @now
FROM UNNEST(@entries) AS e
LEFT JOIN (
  SELECT
    l.cell_name,
    l.cell_date,
    MAX(l.sequence) AS last_sequence,
    COUNTIF(l.status = 'failed' AND l.input_fingerprint = n.input_fingerprint) AS failed_attempts
  FROM nba_orchestration.ledger AS l
  JOIN UNNEST(@entries) AS n ON n.cell_name = l.cell_name AND n.cell_date = l.cell_date
  WHERE l.cell_date BETWEEN @first_date AND @last_date
  GROUP BY l.cell_name, l.cell_date
) AS past ON past.cell_name = e.cell_name AND past.cell_date = e.cell_date
