-- A team without a row: listed without points (an absence, explained), or without a box score (a gap).
SELECT
  e.cell_date AS analysis_date,
  e.entity_id,
  e.entity_type,
  'INCOMPLETE_DATA' AS failure_category,
  IF(COUNT(b.team_abbr) > 0, 'PLAYER_DNP', 'DATA_GAP') AS failure_type,
  IF(COUNT(b.team_abbr) > 0, 'listed without points', 'no box score of a Final game') AS failure_reason,
  1 AS expected_game_count,
  0 AS actual_game_count,
  CONCAT('["', CAST(e.cell_date AS STRING), '"]') AS missing_game_dates,
  TRUE AS raw_data_checked,
  FALSE AS row_written,
  IF(
    COUNT(b.team_abbr) > 0,
    '{"missing": []}',
    CONCAT(
      '{"missing": [{"date": "', CAST(e.cell_date AS STRING),
      '", "verdict": "GAME_NOT_INGESTED", "source": "nbac_team_boxscore"}]}'
    )
  ) AS evidence,
  1 AS expected_record_count,
  0 AS actual_record_count,
  '[]' AS missing_game_ids
FROM staging.expected AS e
LEFT JOIN staging.rows AS r ON r.game_date = e.cell_date AND r.team_abbr = e.entity_id
LEFT JOIN (
  SELECT b.game_date, b.team_abbr
  FROM nba_raw.nbac_team_boxscore AS b
  JOIN nba_raw.nbac_schedule AS s ON s.game_id = b.game_id AND s.game_date = b.game_date
  WHERE b.game_date BETWEEN @first_date AND @last_date
    AND s.game_date BETWEEN @first_date AND @last_date
    AND s.game_status = 3
    AND IFNULL(s.game_status_text, '') <> 'Postponed'
) AS b ON b.game_date = e.cell_date AND b.team_abbr = e.entity_id
WHERE r.team_abbr IS NULL
GROUP BY e.cell_date, e.entity_id, e.entity_type
