-- Rows that go on: the staged rows without those a check withheld, with their content hash.
SELECT
  /* columns: content */,
  TO_HEX(MD5(/* columns: hash_input */)) AS data_hash
FROM staging.rows
WHERE NOT EXISTS (
  SELECT 1
  FROM staging.checks AS bad
  WHERE bad.analysis_date = /* columns: partition */
    AND bad.entity_id = /* columns: entity */
)
