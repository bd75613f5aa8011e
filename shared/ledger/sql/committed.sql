-- What the commit of a run has made of its cells, read in the transaction that made it: the number of the
-- commit, the attempt, and the failures that are open now.
SELECT l.cell_date, l.sequence, l.attempt, IFNULL(o.open_failures, 0) AS open_failures
FROM nba_orchestration.ledger AS l
LEFT JOIN (
  SELECT /* columns: date */ AS cell_date, COUNT(*) AS open_failures
  FROM failures.rows
  WHERE /* columns: date */ BETWEEN @first_date AND @last_date
    AND processor_name = @processor_name
    AND resolution_status IN ('UNRESOLVED', 'RETRYING')
  GROUP BY 1
) AS o ON o.cell_date = l.cell_date
WHERE l.cell_date BETWEEN @first_date AND @last_date
  AND l.cell_name = @cell_name
  AND l.run_id = @run_id
