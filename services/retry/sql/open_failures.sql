-- Everything a tick looks at, in one job: failures that are open or were given up, repair targets with the last
-- change of what they stand for, open incidents, the calendar, and whether the pipeline is paused.
WITH
  changes AS (
    -- Raw content is written down only when it differs; a cell's inputs differ when its fingerprint does.
    SELECT IF(kind = 'raw', 'raw', 'cell') AS kind, name, cell_date, MAX(committed_at) AS changed_at
    FROM (
      SELECT
        kind, cell_date, committed_at,
        IF(STRPOS(cell_name, '.') > 0, SUBSTR(cell_name, 1, STRPOS(cell_name, '.') - 1), cell_name) AS name,
        IFNULL(
          input_fingerprint = LAG(input_fingerprint) OVER (PARTITION BY cell_name, cell_date ORDER BY sequence),
          FALSE
        ) AS is_same
      FROM nba_orchestration.ledger
      WHERE cell_date >= DATE '1946-01-01'
    )
    WHERE NOT is_same
    GROUP BY 1, 2, 3
  )
SELECT
  'failure' AS kind, phase, processor_name AS name, analysis_date AS day, entity_id, failure_category,
  failure_type, failure_reason AS reason, resolution_status AS status, resolution_reason AS status_reason,
  IFNULL(attempt_count, 0) AS number, next_attempt_at, CAST(NULL AS TIMESTAMP) AS attempted_at,
  CAST(NULL AS TIMESTAMP) AS changed_at, TO_JSON_STRING(evidence) AS detail, CAST(NULL AS DATE) AS last_day
FROM nba_processing.all_failures
WHERE analysis_date >= DATE '1946-01-01'
  AND is_correctable
  AND (resolution_status IN ('UNRESOLVED', 'RETRYING', 'INVESTIGATING') OR resolution_reason = 'exhausted')
UNION ALL
SELECT
  'target', CAST(NULL AS INT64), t.name, t.target_date, CAST(NULL AS STRING), t.kind, CAST(NULL AS STRING),
  CAST(NULL AS STRING), CAST(NULL AS STRING), CAST(NULL AS STRING), t.attempt_count, t.next_attempt_at,
  t.attempted_at, c.changed_at, CAST(NULL AS STRING), CAST(NULL AS DATE)
FROM nba_orchestration.repair_targets AS t
LEFT JOIN changes AS c ON c.kind = t.kind AND c.name = t.name AND c.cell_date = t.target_date
WHERE t.target_date >= DATE '1946-01-01'
UNION ALL
SELECT
  'incident', CAST(NULL AS INT64), processor_name, first_date, incident_id, CAST(NULL AS STRING), failure_type,
  cause, CAST(NULL AS STRING), CAST(NULL AS STRING), failure_count, CAST(NULL AS TIMESTAMP), opened_at,
  CAST(NULL AS TIMESTAMP), CAST(cell_count AS STRING), last_date
FROM nba_orchestration.incidents
WHERE opened_date >= DATE '2000-01-01'
  AND closed_at IS NULL
UNION ALL
SELECT DISTINCT
  'game date', CAST(NULL AS INT64), CAST(NULL AS STRING), cell_date, CAST(NULL AS STRING), CAST(NULL AS STRING),
  CAST(NULL AS STRING), CAST(NULL AS STRING), CAST(NULL AS STRING), CAST(NULL AS STRING), CAST(NULL AS INT64),
  CAST(NULL AS TIMESTAMP), CAST(NULL AS TIMESTAMP), CAST(NULL AS TIMESTAMP), CAST(NULL AS STRING),
  CAST(NULL AS DATE)
FROM nba_orchestration.ledger
WHERE cell_date >= DATE '1946-01-01'
  AND cell_name = 'nbac_schedule.slots'
UNION ALL
SELECT
  'paused', CAST(NULL AS INT64), CAST(NULL AS STRING), CAST(NULL AS DATE), CAST(NULL AS STRING),
  CAST(NULL AS STRING), CAST(NULL AS STRING), reason, CAST(NULL AS STRING), CAST(NULL AS STRING),
  CAST(NULL AS INT64), CAST(NULL AS TIMESTAMP), CAST(NULL AS TIMESTAMP), CAST(NULL AS TIMESTAMP),
  CAST(NULL AS STRING), CAST(NULL AS DATE)
FROM (
  SELECT action, reason
  FROM nba_orchestration.controls
  WHERE created_date >= DATE '2000-01-01'
    AND scope = 'pipeline'
  QUALIFY ROW_NUMBER() OVER (ORDER BY created_at DESC, control_id DESC) = 1
)
WHERE action = 'pause'
ORDER BY kind, day, name, entity_id, failure_category
