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
  IFNULL(MAX(l.sequence), 0) + 1,
  IF(e.status = 'failed', COUNTIF(l.status = 'failed' AND l.input_fingerprint = e.input_fingerprint) + 1, 0),
  @run_id, @correlation_id, @causation_id, @backfill_id, @trigger_source, e.error, @started_at, @now
FROM UNNEST(@entries) AS e
LEFT JOIN (
  -- In a WHERE of its own: what prunes partitions is a filter of the table, not of a join.
  SELECT cell_name, cell_date, sequence, status, input_fingerprint
  FROM nba_orchestration.ledger
  WHERE cell_date BETWEEN @first_date AND @last_date
) AS l
  ON l.cell_name = e.cell_name
  AND l.cell_date = e.cell_date
GROUP BY
  e.cell_name, e.cell_date, e.season_year, e.kind, e.status, e.input_fingerprint, e.output_fingerprint,
  e.record_count, e.failure_count, e.game_ids, e.error
