-- A team without a game before D has nothing to add up.
SELECT
  e.cell_date AS analysis_date,
  e.entity_id,
  e.entity_type,
  'INSUFFICIENT_DATA' AS failure_category,
  'INSUFFICIENT_HISTORY' AS failure_type,
  'No game before this date' AS failure_reason,
  0 AS expected_game_count,
  0 AS actual_game_count,
  '[]' AS missing_game_dates,
  TRUE AS raw_data_checked,
  FALSE AS row_written,
  CAST(NULL AS STRING) AS evidence,
  CAST(NULL AS INT64) AS expected_record_count,
  CAST(NULL AS INT64) AS actual_record_count,
  '[]' AS missing_game_ids
FROM staging.expected AS e
LEFT JOIN staging.rows AS r ON r.analysis_date = e.cell_date AND r.team_abbr = e.entity_id
WHERE r.team_abbr IS NULL
