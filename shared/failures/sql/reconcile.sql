-- What a run says of the failures of its dates: still there, new, or gone (transitions.py, actor "run").
-- Only the dates that ran are judged: a date that failed keeps what was known of it (record_failed.sql).
MERGE failures.rows AS f
USING (
  WITH
    staged AS (
      SELECT
        analysis_date, entity_id, entity_type, failure_category, failure_type, failure_reason,
        expected_game_count, actual_game_count, missing_game_dates, raw_data_checked, row_written, evidence
        /* columns: extra_staged */
      FROM staging.failures
      WHERE analysis_date IN UNNEST(@good_dates)
    ),
    entities AS (
      SELECT
        analysis_date, entity_id,
        LOGICAL_OR(is_expected) AS still_expected,
        LOGICAL_OR(NOT row_written) AS withheld
      FROM (
        SELECT cell_date AS analysis_date, entity_id, TRUE AS is_expected, TRUE AS row_written
        FROM staging.expected
        UNION ALL
        -- A game or a date that had a failure and has none now is there, as long as it has a slot.
        SELECT g.cell_date, g.entity_id, TRUE, TRUE
        FROM UNNEST(@standing) AS g
        UNION ALL
        SELECT analysis_date, entity_id, FALSE, row_written
        FROM staged
      ) AS said
      GROUP BY analysis_date, entity_id
    ),
    gone AS (
      SELECT
        old./* columns: date */ AS analysis_date, old.entity_id, old.failure_category,
        IFNULL(e.still_expected, FALSE) AS still_expected,
        IFNULL(e.withheld, FALSE) AS withheld
      FROM failures.rows AS old
      LEFT JOIN entities AS e
        ON e.analysis_date = old./* columns: date */
        AND e.entity_id = old.entity_id
      LEFT JOIN staged AS s
        ON s.analysis_date = old./* columns: date */
        AND s.entity_id = old.entity_id
        AND s.failure_category = old.failure_category
      WHERE old.processor_name = @processor_name
        AND old./* columns: date */ BETWEEN @first_date AND @last_date
        AND old./* columns: date */ IN UNNEST(@good_dates)
        -- Rows of the older table of seven columns have no status: they are open.
        AND IFNULL(old.resolution_status, 'UNRESOLVED') <> 'RESOLVED'
        AND s.entity_id IS NULL
    )
  SELECT
    analysis_date, entity_id, entity_type, failure_category, failure_type, failure_reason,
    expected_game_count, actual_game_count, missing_game_dates, raw_data_checked, row_written, evidence
    /* columns: extra_staged */,
    TRUE AS present, TRUE AS still_expected, NOT row_written AS withheld,
    failure_type IN UNNEST(@correctable_types) AS correctable,
    analysis_date IN UNNEST(@changed_dates) AS inputs_changed
  FROM staged
  UNION ALL
  SELECT
    analysis_date, entity_id, CAST(NULL AS STRING), failure_category, CAST(NULL AS STRING),
    CAST(NULL AS STRING), CAST(NULL AS INT64), CAST(NULL AS INT64), CAST(NULL AS STRING), FALSE, FALSE,
    CAST(NULL AS STRING)
    /* columns: extra_null */,
    FALSE, still_expected, withheld, FALSE, FALSE
  FROM gone
) AS s
ON f.processor_name = @processor_name
  AND f./* columns: date */ BETWEEN @first_date AND @last_date
  AND f./* columns: date */ = s.analysis_date
  AND f.entity_id = s.entity_id
  AND f.failure_category = s.failure_category
WHEN MATCHED AND NOT s.present THEN UPDATE SET
  resolution_status = 'RESOLVED',
  resolution_reason = CASE
    WHEN s.withheld THEN 'reclassified'
    WHEN s.still_expected THEN 'observed'
    ELSE 'no_longer_expected'
  END,
  resolved_at = @now,
  resolved_by_run_id = @run_id,
  can_retry = FALSE
WHEN MATCHED THEN UPDATE SET
  resolution_status = CASE
    WHEN IFNULL(f.resolution_status, 'UNRESOLVED') IN ('RESOLVED', 'UNRESOLVED', 'RETRYING')
      THEN IF(s.correctable, 'UNRESOLVED', 'PERMANENT')
    WHEN f.resolution_status = 'PERMANENT'
      AND s.correctable
      AND (NOT f.is_correctable OR (f.resolution_reason = 'exhausted' AND s.inputs_changed))
      THEN 'UNRESOLVED'
    ELSE f.resolution_status
  END,
  resolution_reason = CASE
    WHEN f.resolution_status = 'RESOLVED' THEN NULL
    WHEN IFNULL(f.resolution_status, 'UNRESOLVED') IN ('UNRESOLVED', 'RETRYING')
      THEN IF(s.correctable, NULL, 'reclassified')
    WHEN f.resolution_status = 'PERMANENT' AND f.is_correctable <> s.correctable THEN 'reclassified'
    WHEN f.resolution_status = 'PERMANENT' AND f.resolution_reason = 'exhausted' AND s.inputs_changed
      AND s.correctable THEN NULL
    ELSE f.resolution_reason
  END,
  resolved_at = CAST(NULL AS TIMESTAMP),
  resolved_by_run_id = CAST(NULL AS STRING),
  -- Exactly when the status is open from now on.
  can_retry = s.correctable AND (
    IFNULL(f.resolution_status, 'UNRESOLVED') IN ('RESOLVED', 'UNRESOLVED', 'RETRYING')
    OR (
      f.resolution_status = 'PERMANENT'
      AND (NOT f.is_correctable OR (IFNULL(f.resolution_reason, '') = 'exhausted' AND s.inputs_changed))
    )
  ),
  failure_type = s.failure_type,
  is_correctable = s.correctable,
  failure_reason = s.failure_reason,
  entity_type = s.entity_type,
  expected_game_count = s.expected_game_count,
  actual_game_count = s.actual_game_count,
  missing_game_dates = s.missing_game_dates,
  raw_data_checked = s.raw_data_checked,
  row_written = s.row_written,
  evidence = PARSE_JSON(s.evidence),
  last_seen_at = @now,
  run_id = @run_id,
  correlation_id = @correlation_id
  /* columns: extra_update */
WHEN NOT MATCHED AND s.present THEN INSERT (
  processor_name, run_id, /* columns: date */, entity_id, entity_type, failure_category, failure_reason,
  failure_type, is_correctable, expected_game_count, actual_game_count, missing_game_dates,
  raw_data_checked, can_retry, row_written, resolution_status, created_at, first_seen_at, last_seen_at,
  attempt_count, correlation_id, evidence
  /* columns: extra_insert */
) VALUES (
  @processor_name, @run_id, s.analysis_date, s.entity_id, s.entity_type, s.failure_category,
  s.failure_reason, s.failure_type, s.correctable, s.expected_game_count, s.actual_game_count,
  s.missing_game_dates, s.raw_data_checked, s.correctable, s.row_written,
  IF(s.correctable, 'UNRESOLVED', 'PERMANENT'), @now, @now, @now, 0, @correlation_id,
  PARSE_JSON(s.evidence)
  /* columns: extra_values */
)
