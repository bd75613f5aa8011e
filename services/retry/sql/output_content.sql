-- Dates on which a processor's table does not hold what its newest successful run wrote.
SELECT /* columns: processor */ AS cell_name, l.cell_date
FROM (
  SELECT cell_date, output_fingerprint
  FROM nba_orchestration.ledger
  WHERE cell_date >= DATE '1946-01-01'
    AND cell_name = /* columns: processor */
    AND status <> 'failed'
  QUALIFY ROW_NUMBER() OVER (PARTITION BY cell_date ORDER BY sequence DESC) = 1
) AS l
LEFT JOIN (
  SELECT
    /* columns: partition */ AS cell_date,
    TO_HEX(MD5(STRING_AGG(row_hash, ',' ORDER BY row_hash))) AS fingerprint
  FROM (
    SELECT /* columns: partition */, TO_HEX(MD5(/* columns: hash_input */)) AS row_hash
    FROM /* columns: table */
    WHERE /* columns: partition */ >= DATE '1946-01-01'
  )
  GROUP BY 1
) AS t ON t.cell_date = l.cell_date
WHERE IFNULL(t.fingerprint, 'empty') <> l.output_fingerprint
