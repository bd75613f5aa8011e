-- Everything the planner looks at, in one job: per cell the newest successful and the newest failed run, the
-- open correctable failures, the backfill in question, and what people said of it and of the pipeline.
SELECT
  l.kind, l.cell_name, l.cell_date, l.season_year, l.status, l.input_fingerprint, l.output_fingerprint,
  l.record_count, l.game_ids AS detail, l.sequence, l.attempt, l.run_id, l.causation_id, l.error,
  newest.ran_for_request
FROM nba_orchestration.ledger AS l
JOIN (
  SELECT
    cell_name,
    cell_date,
    MAX(IF(status = 'failed', NULL, sequence)) AS success,
    MAX(IF(status = 'failed', sequence, NULL)) AS failed,
    -- Of a raw cell: whether the ingest run with that id ever wrote it, also when others wrote it since.
    LOGICAL_OR(
      IFNULL(backfill_id = @request_id, FALSE) OR IF(kind = 'raw', run_id, correlation_id) = @request_id
    ) AS ran_for_request
  FROM nba_orchestration.ledger
  WHERE cell_date BETWEEN @from_date AND @to_date
  GROUP BY cell_name, cell_date
) AS newest
  ON newest.cell_name = l.cell_name
  AND newest.cell_date = l.cell_date
  AND (l.sequence = newest.success OR l.sequence = newest.failed)
WHERE l.cell_date BETWEEN @from_date AND @to_date
UNION ALL
SELECT
  'open', processor_name, analysis_date, CAST(NULL AS INT64), CAST(NULL AS STRING), CAST(NULL AS STRING),
  CAST(NULL AS STRING), COUNT(*), CAST(NULL AS STRING), CAST(NULL AS INT64), CAST(NULL AS INT64),
  CAST(NULL AS STRING), CAST(NULL AS STRING), CAST(NULL AS STRING), FALSE
FROM nba_processing.analytics_failures
WHERE analysis_date BETWEEN @from_date AND @to_date
  AND resolution_status IN ('UNRESOLVED', 'RETRYING')
GROUP BY processor_name, analysis_date
UNION ALL
SELECT
  'open', processor_name, analysis_date, CAST(NULL AS INT64), CAST(NULL AS STRING), CAST(NULL AS STRING),
  CAST(NULL AS STRING), COUNT(*), CAST(NULL AS STRING), CAST(NULL AS INT64), CAST(NULL AS INT64),
  CAST(NULL AS STRING), CAST(NULL AS STRING), CAST(NULL AS STRING), FALSE
FROM nba_processing.precompute_failures
WHERE analysis_date BETWEEN @from_date AND @to_date
  AND resolution_status IN ('UNRESOLVED', 'RETRYING')
GROUP BY processor_name, analysis_date
UNION ALL
SELECT
  'open', processor_name, prediction_date, CAST(NULL AS INT64), CAST(NULL AS STRING), CAST(NULL AS STRING),
  CAST(NULL AS STRING), COUNT(*), CAST(NULL AS STRING), CAST(NULL AS INT64), CAST(NULL AS INT64),
  CAST(NULL AS STRING), CAST(NULL AS STRING), CAST(NULL AS STRING), FALSE
FROM nba_processing.prediction_failures
WHERE prediction_date BETWEEN @from_date AND @to_date
  AND resolution_status IN ('UNRESOLVED', 'RETRYING')
GROUP BY processor_name, prediction_date
UNION ALL
SELECT
  'backfill', backfill_id, start_date, CAST(NULL AS INT64), reprocess, CAST(NULL AS STRING),
  CAST(NULL AS STRING), CAST(NULL AS INT64), processors, CAST(NULL AS INT64), CAST(NULL AS INT64),
  requested_by, CAST(end_date AS STRING), reason, FALSE
FROM nba_orchestration.backfills
WHERE created_date >= DATE '2000-01-01'
  AND backfill_id = @backfill_id
UNION ALL
SELECT
  'control', scope, created_date, CAST(NULL AS INT64), action, CAST(NULL AS STRING), CAST(NULL AS STRING),
  CAST(NULL AS INT64), CAST(NULL AS STRING), CAST(NULL AS INT64), CAST(NULL AS INT64), requested_by,
  CAST(NULL AS STRING), reason, FALSE
FROM nba_orchestration.controls
WHERE created_date >= DATE '2000-01-01'
  AND scope IN ('pipeline', @backfill_id)
QUALIFY ROW_NUMBER() OVER (PARTITION BY scope ORDER BY created_at DESC, control_id DESC) = 1
