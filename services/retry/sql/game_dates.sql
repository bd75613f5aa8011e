SELECT DISTINCT cell_date
FROM nba_orchestration.ledger
WHERE cell_date BETWEEN @first_date AND @last_date
  AND cell_name = 'nbac_schedule.slots'
ORDER BY cell_date
