-- Players without a grade: no prediction (permanent when he has no game yet), or a game that cannot be judged yet.
WITH
  predicted AS (
    SELECT DISTINCT player_lookup, game_id, game_date, team_abbr
    FROM nba_predictions.player_points_predictions
    WHERE game_date BETWEEN @first_date AND @last_date AND game_date IN UNNEST(@dates)
  ),
  played AS (
    SELECT DISTINCT player_lookup, game_id, game_date
    FROM nba_analytics.player_game_summary
    WHERE game_date BETWEEN @first_date AND @last_date AND game_date IN UNNEST(@dates)
  ),
  box AS (
    SELECT player_lookup, game_id, game_date, team_abbr, player_status, points
    FROM nba_raw.nbac_gamebook_player_stats
    WHERE game_date BETWEEN @first_date AND @last_date AND game_date IN UNNEST(@dates)
  ),
  scores AS (
    SELECT t.game_id, t.game_date, t.team_abbr, t.points
    FROM (
      SELECT game_id, game_date, team_abbr, points
      FROM nba_raw.nbac_team_boxscore
      WHERE game_date BETWEEN @first_date AND @last_date AND game_date IN UNNEST(@dates)
    ) AS t
    JOIN (
      SELECT game_id, game_date
      FROM nba_raw.nbac_schedule
      WHERE game_date BETWEEN @first_date AND @last_date AND game_date IN UNNEST(@dates) AND game_status = 3
    ) AS s ON s.game_id = t.game_id AND s.game_date = t.game_date
  ),
  lists AS (
    SELECT s.game_id, s.game_date, s.team_abbr, COUNT(b.player_lookup) AS players, IFNULL(SUM(b.points), 0) = s.points AS complete
    FROM scores AS s
    LEFT JOIN box AS b ON b.game_id = s.game_id AND b.game_date = s.game_date AND b.team_abbr = s.team_abbr
    GROUP BY s.game_id, s.game_date, s.team_abbr, s.points
  ),
  judged AS (
    SELECT
      e.*,
      p.player_lookup IS NOT NULL AS is_predicted,
      CASE
        WHEN p.player_lookup IS NULL THEN 'no_prediction'
        WHEN b.team_abbr != p.team_abbr THEN NULL
        WHEN g.player_lookup IS NOT NULL THEN NULL
        WHEN b.player_status = 'active' THEN 'not_derived'
        WHEN b.player_lookup IS NOT NULL THEN NULL
        WHEN IFNULL(l.complete, FALSE) THEN NULL
        WHEN IFNULL(l.players, 0) = 0 THEN 'not_ingested'
        ELSE 'incomplete'
      END AS problem
    FROM staging.prediction_evidence AS e
    LEFT JOIN predicted AS p ON p.player_lookup = e.player_lookup AND p.game_date = e.cell_date
    LEFT JOIN played AS g
      ON g.player_lookup = e.player_lookup AND g.game_id = p.game_id AND g.game_date = e.cell_date
    LEFT JOIN box AS b
      ON b.player_lookup = e.player_lookup AND b.game_id = p.game_id AND b.game_date = e.cell_date
    LEFT JOIN lists AS l
      ON l.game_id = p.game_id AND l.game_date = e.cell_date AND l.team_abbr = p.team_abbr
  )
SELECT
  cell_date AS analysis_date,
  player_lookup AS entity_id,
  'PLAYER' AS entity_type,
  CASE
    WHEN problem = 'no_prediction' AND failure_type = 'INSUFFICIENT_HISTORY' THEN 'INSUFFICIENT_DATA'
    WHEN problem IN ('no_prediction', 'not_derived') THEN 'UPSTREAM_INCOMPLETE'
    WHEN problem = 'not_ingested' THEN 'GAME_NOT_INGESTED'
    ELSE 'INCOMPLETE_DATA'
  END AS failure_category,
  CASE
    WHEN problem = 'no_prediction' AND failure_type = 'INSUFFICIENT_HISTORY' THEN 'INSUFFICIENT_HISTORY'
    WHEN problem IN ('no_prediction', 'not_derived') THEN 'UPSTREAM_GAP'
    ELSE 'DATA_GAP'
  END AS failure_type,
  CASE problem
    WHEN 'no_prediction' THEN CONCAT('no prediction of this date', IFNULL(CONCAT(': ', failure_reason), ''))
    WHEN 'not_derived' THEN 'he played, and no player_game_summary of the game is there'
    WHEN 'not_ingested' THEN CONCAT('game ', game_id, ' is not over, or none of its box score is there')
    ELSE CONCAT('the box score of game ', game_id, ' does not add up, and he is not on it')
  END AS failure_reason,
  IF(problem = 'no_prediction', worst_expected_games, 1) AS expected_game_count,
  IF(problem = 'no_prediction', worst_actual_games, 0) AS actual_game_count,
  IF(problem = 'no_prediction', '[]', CONCAT('["', CAST(cell_date AS STRING), '"]')) AS missing_game_dates,
  TRUE AS raw_data_checked,
  FALSE AS row_written,
  '{"missing":[]}' AS evidence,
  CAST(NULL AS INT64) AS expected_record_count,
  CAST(NULL AS INT64) AS actual_record_count,
  IF(problem = 'no_prediction', '[]', CONCAT('["', game_id, '"]')) AS missing_game_ids,
  CASE
    WHEN problem = 'no_prediction' AND IFNULL(failure_type, '') != 'INSUFFICIENT_HISTORY'
      THEN '["player_points_predictions"]'
    WHEN problem = 'not_derived' THEN '["player_game_summary"]'
    ELSE '[]'
  END AS missing_upstream_tables,
  CAST(NULL AS FLOAT64) AS cache_age_hours
FROM judged
WHERE problem IS NOT NULL
