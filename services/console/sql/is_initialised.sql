-- Fails exactly when the warehouse has no ledger, so that nothing else can be expected in it.
SELECT COUNT(*) AS runs
FROM nba_orchestration.ledger
WHERE cell_date = DATE '2000-01-01'
