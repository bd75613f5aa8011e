SELECT DISTINCT cell_date
FROM nba_orchestration.ledger
WHERE cell_date IN UNNEST(@dates)
  AND run_id = @run_id
ORDER BY cell_date
