-- Why a team has no row, or one that cannot be relied on: from the schedule and the raw team box.
WITH
  slots AS (
    SELECT
      game_id, game_date, IFNULL(game_status = 3, FALSE) AS is_final, game_status,
      home_team_tricode, away_team_tricode, home_team_score, away_team_score
    FROM nba_raw.nbac_schedule
    WHERE game_date BETWEEN @first_date AND @last_date
      AND game_date IN UNNEST(@dates)
      AND IFNULL(game_status_text, '') != 'Postponed'
      AND season_type IN ('regular', 'play_in', 'playoffs', 'cup_final')
  ),
  sides AS (
    SELECT
      game_id, game_date, is_final, game_status,
      home_team_tricode AS team_abbr, away_team_tricode AS opponent_team_abbr,
      home_team_score AS final_score, away_team_score AS opponent_final_score
    FROM slots
    UNION ALL
    SELECT
      game_id, game_date, is_final, game_status,
      away_team_tricode, home_team_tricode,
      away_team_score, home_team_score
    FROM slots
  ),
  team_rows AS (
    SELECT game_id, game_date, team_abbr, COUNT(*) AS copies, MAX(points) AS points
    FROM nba_raw.nbac_team_boxscore
    WHERE game_date BETWEEN @first_date AND @last_date
      AND game_date IN UNNEST(@dates)
    GROUP BY game_id, game_date, team_abbr
  ),
  judged AS (
    SELECT
      s.*,
      IFNULL(t.copies, 0) AS own_rows,
      IFNULL(o.copies, 0) AS opponent_rows,
      t.points, o.points AS opponent_points,
      CASE
        WHEN NOT s.is_final THEN 'NOT_FINAL'
        WHEN t.copies IS NULL THEN 'GAME_NOT_INGESTED'
        WHEN t.copies != 1 THEN 'DOUBLED'
        WHEN IFNULL(o.copies, 0) != 1 THEN 'OPPONENT_MISSING'
        WHEN t.points != s.final_score OR o.points != s.opponent_final_score THEN 'SCORE_DIFFERS'
      END AS finding
    FROM sides AS s
    LEFT JOIN team_rows AS t
      ON t.game_date = s.game_date AND t.game_id = s.game_id AND t.team_abbr = s.team_abbr
    LEFT JOIN team_rows AS o
      ON o.game_date = s.game_date AND o.game_id = s.game_id AND o.team_abbr = s.opponent_team_abbr
  ),
  explained AS (
    SELECT
      *,
      CASE finding
        WHEN 'NOT_FINAL' THEN 'NOT_FINAL'
        WHEN 'GAME_NOT_INGESTED' THEN 'GAME_NOT_INGESTED'
        ELSE 'GAME_INCOMPLETE'
      END AS verdict,
      CONCAT(
        'Game ', game_id, ' ', team_abbr, ' against ', opponent_team_abbr,
        CASE finding
          WHEN 'NOT_FINAL'
            THEN CONCAT(' is not Final: status [', IFNULL(CAST(game_status AS STRING), 'none'), '] in the schedule')
          WHEN 'GAME_NOT_INGESTED' THEN ' is Final and the team has no box score'
          WHEN 'DOUBLED' THEN CONCAT(': the team has [', CAST(own_rows AS STRING), '] box scores')
          WHEN 'OPPONENT_MISSING'
            THEN CONCAT(': the opponent has [', CAST(opponent_rows AS STRING), '] box scores, one is needed')
          ELSE CONCAT(
            ': the box scores say [', IFNULL(CAST(points AS STRING), ''), '-',
            IFNULL(CAST(opponent_points AS STRING), ''),
            '], the schedule [', IFNULL(CAST(final_score AS STRING), ''), '-',
            IFNULL(CAST(opponent_final_score AS STRING), ''), ']'
          )
        END
      ) AS reason
    FROM judged
    WHERE finding IS NOT NULL
  )
SELECT
  game_date AS analysis_date,
  team_abbr AS entity_id,
  'TEAM' AS entity_type,
  CASE finding
    WHEN 'NOT_FINAL' THEN 'MISSING_RAW_DATA'
    WHEN 'GAME_NOT_INGESTED' THEN 'GAME_NOT_INGESTED'
    ELSE 'INCOMPLETE_DATA'
  END AS failure_category,
  'DATA_GAP' AS failure_type,
  reason AS failure_reason,
  1 AS expected_game_count,
  0 AS actual_game_count,
  TO_JSON_STRING([CAST(game_date AS STRING)]) AS missing_game_dates,
  TRUE AS raw_data_checked,
  finding = 'SCORE_DIFFERS' AS row_written,
  TO_JSON_STRING(STRUCT([STRUCT(
    CAST(game_date AS STRING) AS date,
    game_id AS game_id,
    team_abbr AS team,
    verdict AS verdict,
    IF(finding = 'NOT_FINAL', 'nbac_schedule', 'nbac_team_boxscore') AS source,
    reason AS reason,
    own_rows AS team_rows,
    opponent_rows AS opponent_rows,
    points AS points,
    final_score AS final_score,
    opponent_points AS opponent_points,
    opponent_final_score AS opponent_final_score
  )] AS missing)) AS evidence,
  2 AS expected_record_count,
  own_rows + opponent_rows AS actual_record_count,
  TO_JSON_STRING([game_id]) AS missing_game_ids
FROM explained
