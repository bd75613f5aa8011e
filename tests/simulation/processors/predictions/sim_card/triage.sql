-- A team without a form: it has not played yet, or its form was withheld.
WITH
  cells AS (
    SELECT DISTINCT game_date AS analysis_date, team_abbr
    FROM nba_raw.nbac_schedule
    CROSS JOIN UNNEST([home_team_tricode, away_team_tricode]) AS team_abbr
    WHERE game_date BETWEEN @first_date AND @last_date
      AND game_date IN UNNEST(@dates)
      AND IFNULL(game_status_text, '') <> 'Postponed'
  ),
  games AS (
    SELECT game_id, game_date, team_abbr
    FROM nba_raw.nbac_schedule
    CROSS JOIN UNNEST([home_team_tricode, away_team_tricode]) AS team_abbr
    WHERE game_date >= @season_start
      AND game_date < @last_date
      AND game_status = 3
      AND IFNULL(game_status_text, '') <> 'Postponed'
  ),
  played AS (
    SELECT DISTINCT c.analysis_date, c.team_abbr
    FROM cells AS c
    JOIN games AS g ON g.team_abbr = c.team_abbr AND g.game_date < c.analysis_date
    LEFT JOIN nba_raw.nbac_team_boxscore AS b
      ON b.game_id = g.game_id AND b.game_date = g.game_date AND b.team_abbr = g.team_abbr
      AND b.game_date >= @season_start AND b.game_date < @last_date
    WHERE b.team_abbr IS NULL OR b.points IS NOT NULL
  )
SELECT
  e.cell_date AS analysis_date,
  e.entity_id,
  e.entity_type,
  IF(p.team_abbr IS NULL, 'INSUFFICIENT_DATA', 'UPSTREAM_INCOMPLETE') AS failure_category,
  IF(p.team_abbr IS NULL, 'INSUFFICIENT_HISTORY', 'UPSTREAM_GAP') AS failure_type,
  IF(p.team_abbr IS NULL, 'no game before', 'no form') AS failure_reason,
  1 AS expected_game_count,
  0 AS actual_game_count,
  '[]' AS missing_game_dates,
  TRUE AS raw_data_checked,
  FALSE AS row_written,
  '[]' AS evidence,
  CAST(NULL AS INT64) AS expected_record_count,
  CAST(NULL AS INT64) AS actual_record_count,
  '[]' AS missing_game_ids,
  IF(p.team_abbr IS NULL, NULL, '["sim_form"]') AS missing_upstream_tables,
  CAST(NULL AS FLOAT64) AS cache_age_hours
FROM staging.expected AS e
LEFT JOIN staging.rows AS r ON r.game_date = e.cell_date AND r.team_abbr = e.entity_id
LEFT JOIN played AS p ON p.analysis_date = e.cell_date AND p.team_abbr = e.entity_id
WHERE r.team_abbr IS NULL
