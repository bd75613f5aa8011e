-- What could not be done, one row per entity and category: the processor's triage, the rows withheld by
-- its checks, and entities nobody accounted for (which no processor should ever have).
SELECT
  analysis_date, entity_id, entity_type, failure_category, failure_type, failure_reason,
  expected_game_count, actual_game_count, missing_game_dates, raw_data_checked, row_written, evidence,
  expected_record_count, actual_record_count, missing_game_ids/* columns: more_staged */
FROM staging.triage
UNION ALL
SELECT
  analysis_date, entity_id, @entity_type, 'CHECK_FAILED', 'PROCESSING_ERROR',
  STRING_AGG(CONCAT(check_name, ': ', detail), '; ' ORDER BY check_name, detail),
  CAST(NULL AS INT64), CAST(NULL AS INT64), CAST(NULL AS STRING), FALSE, FALSE, CAST(NULL AS STRING),
  CAST(NULL AS INT64), CAST(NULL AS INT64), CAST(NULL AS STRING)/* columns: more_null */
FROM staging.checks
WHERE entity_id IS NOT NULL
GROUP BY analysis_date, entity_id
