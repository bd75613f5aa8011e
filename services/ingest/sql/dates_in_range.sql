SELECT DISTINCT cell_date
FROM nba_orchestration.ledger
WHERE cell_date BETWEEN @start_date AND @end_date
  AND kind = 'raw'
ORDER BY cell_date
