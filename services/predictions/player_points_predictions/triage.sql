-- Players without features of D: no game of theirs, which is permanent, or a row withheld upstream.
SELECT
  e.cell_date AS analysis_date,
  e.player_lookup AS entity_id,
  'PLAYER' AS entity_type,
  IF(e.failure_type = 'INSUFFICIENT_HISTORY', e.failure_category, 'UPSTREAM_INCOMPLETE') AS failure_category,
  IF(e.failure_type = 'INSUFFICIENT_HISTORY', e.failure_type, 'UPSTREAM_GAP') AS failure_type,
  IF(
    e.failure_type = 'INSUFFICIENT_HISTORY', e.failure_reason,
    CONCAT('no ml_feature_store of this date', IF(e.row_withheld, CONCAT(': ', e.failure_reason), ''))
  ) AS failure_reason,
  e.worst_expected_games AS expected_game_count,
  e.worst_actual_games AS actual_game_count,
  e.missing_game_dates,
  TRUE AS raw_data_checked,
  FALSE AS row_written,
  e.evidence,
  CAST(NULL AS INT64) AS expected_record_count,
  CAST(NULL AS INT64) AS actual_record_count,
  e.missing_game_ids,
  IF(e.failure_type = 'INSUFFICIENT_HISTORY', '[]', '["ml_feature_store"]') AS missing_upstream_tables,
  CAST(NULL AS FLOAT64) AS cache_age_hours
FROM staging.prediction_evidence AS e
LEFT JOIN (
  SELECT DISTINCT player_lookup, game_date
  FROM nba_predictions.ml_feature_store
  WHERE game_date BETWEEN @first_date AND @last_date AND game_date IN UNNEST(@dates)
) AS f ON f.player_lookup = e.player_lookup AND f.game_date = e.cell_date
WHERE f.player_lookup IS NULL
