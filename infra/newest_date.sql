-- The newest date that the processor has run on without failing; it can run on it again.
SELECT MAX(cell_date)
FROM nba_orchestration.ledger
WHERE cell_date BETWEEN @first_date AND @last_date
  AND cell_name = @cell_name
  AND status = 'success'
