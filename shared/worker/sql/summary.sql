-- One row per date of the run: what commit and ledger need to know, and whether rows and failures together
-- account for everybody expected (untracked, unexpected, contradicted must be 0).
WITH
  facts AS (
    SELECT
      cell_date, entity_id, TRUE AS is_expected, FALSE AS is_withheld, CAST(NULL AS STRING) AS data_hash,
      0 AS failures, CAST(NULL AS STRING) AS problem
    FROM staging.expected
    UNION ALL
    SELECT /* columns: partition */, /* columns: entity */, FALSE, FALSE, data_hash, 0, CAST(NULL AS STRING)
    FROM staging.good_rows
    UNION ALL
    SELECT analysis_date, entity_id, FALSE, NOT row_written, CAST(NULL AS STRING), 1, CAST(NULL AS STRING)
    FROM staging.failures
    UNION ALL
    SELECT
      analysis_date, CAST(NULL AS STRING), FALSE, FALSE, CAST(NULL AS STRING), 0,
      CONCAT(check_name, ': ', detail)
    FROM staging.checks
    WHERE entity_id IS NULL
    UNION ALL
    SELECT d, CAST(NULL AS STRING), FALSE, FALSE, CAST(NULL AS STRING), 0, CAST(NULL AS STRING)
    FROM UNNEST(@dates) AS d
  ),
  dates AS (
    SELECT
      cell_date,
      COUNT(data_hash) AS record_count,
      TO_HEX(MD5(STRING_AGG(data_hash, ',' ORDER BY data_hash))) AS output_fingerprint,
      SUM(failures) AS failure_count,
      STRING_AGG(problem, '; ' ORDER BY problem) AS problems
    FROM facts
    GROUP BY cell_date
  ),
  entities AS (
    SELECT
      cell_date, entity_id,
      LOGICAL_OR(is_expected) AS is_expected, COUNT(data_hash) > 0 AS has_rows, LOGICAL_OR(is_withheld) AS is_withheld
    FROM facts
    GROUP BY cell_date, entity_id
  ),
  accounts AS (
    SELECT
      cell_date,
      COUNTIF(is_expected AND NOT has_rows AND NOT is_withheld) AS untracked,
      COUNTIF(has_rows AND is_withheld) AS contradicted,
      COUNTIF(has_rows AND NOT is_expected) AS unexpected,
      MIN(IF(is_expected AND NOT has_rows AND NOT is_withheld, entity_id, NULL)) AS untracked_entity,
      MIN(IF(has_rows AND is_withheld, entity_id, NULL)) AS contradicted_entity,
      MIN(IF(has_rows AND NOT is_expected, entity_id, NULL)) AS unexpected_entity
    FROM entities
    GROUP BY cell_date
  )
SELECT
  d.cell_date, d.record_count, d.output_fingerprint, d.failure_count, a.untracked, a.contradicted, a.unexpected,
  COALESCE(a.untracked_entity, a.contradicted_entity, a.unexpected_entity) AS example,
  d.problems
FROM dates AS d
JOIN accounts AS a ON a.cell_date = d.cell_date
ORDER BY d.cell_date
