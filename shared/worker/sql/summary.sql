-- One row per date of the run: what commit and ledger need to know, and whether rows and failures together
-- account for everybody expected (untracked, unexpected, contradicted must be 0).
WITH
  good AS (
    SELECT
      /* columns: partition */ AS cell_date,
      COUNT(*) AS record_count,
      TO_HEX(MD5(STRING_AGG(data_hash, ',' ORDER BY data_hash))) AS output_fingerprint
    FROM staging.good_rows
    GROUP BY 1
  ),
  row_entities AS (
    SELECT DISTINCT /* columns: partition */ AS cell_date, /* columns: entity */ AS entity_id
    FROM staging.good_rows
  ),
  withheld AS (
    SELECT DISTINCT analysis_date AS cell_date, entity_id
    FROM staging.failures
    WHERE NOT row_written
  ),
  untracked AS (
    SELECT e.cell_date, COUNT(*) AS n, MIN(e.entity_id) AS example
    FROM staging.expected AS e
    LEFT JOIN row_entities AS r ON r.cell_date = e.cell_date AND r.entity_id = e.entity_id
    LEFT JOIN withheld AS w ON w.cell_date = e.cell_date AND w.entity_id = e.entity_id
    WHERE r.entity_id IS NULL AND w.entity_id IS NULL
    GROUP BY 1
  ),
  contradicted AS (
    SELECT r.cell_date, COUNT(*) AS n, MIN(r.entity_id) AS example
    FROM row_entities AS r
    JOIN withheld AS w ON w.cell_date = r.cell_date AND w.entity_id = r.entity_id
    GROUP BY 1
  ),
  unexpected AS (
    SELECT r.cell_date, COUNT(*) AS n, MIN(r.entity_id) AS example
    FROM row_entities AS r
    LEFT JOIN staging.expected AS e ON e.cell_date = r.cell_date AND e.entity_id = r.entity_id
    WHERE e.entity_id IS NULL
    GROUP BY 1
  ),
  failed AS (
    SELECT analysis_date AS cell_date, COUNT(*) AS n
    FROM staging.failures
    GROUP BY 1
  ),
  date_checks AS (
    SELECT
      analysis_date AS cell_date,
      STRING_AGG(CONCAT(check_name, ': ', detail), '; ' ORDER BY check_name, detail) AS problems
    FROM staging.checks
    WHERE entity_id IS NULL
    GROUP BY 1
  )
SELECT
  d AS cell_date,
  IFNULL(good.record_count, 0) AS record_count,
  good.output_fingerprint,
  IFNULL(failed.n, 0) AS failure_count,
  IFNULL(untracked.n, 0) AS untracked,
  IFNULL(contradicted.n, 0) AS contradicted,
  IFNULL(unexpected.n, 0) AS unexpected,
  COALESCE(untracked.example, contradicted.example, unexpected.example) AS example,
  date_checks.problems
FROM UNNEST(@dates) AS d
LEFT JOIN good ON good.cell_date = d
LEFT JOIN untracked ON untracked.cell_date = d
LEFT JOIN contradicted ON contradicted.cell_date = d
LEFT JOIN unexpected ON unexpected.cell_date = d
LEFT JOIN failed ON failed.cell_date = d
LEFT JOIN date_checks ON date_checks.cell_date = d
ORDER BY cell_date
