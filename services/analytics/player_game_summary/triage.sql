-- Why a game has no rows or rows that cannot be relied on, and whose name cannot be resolved. Which games
-- have a problem is decided in expected.sql; here each gets its reason, from the raw tables.
WITH
  games AS (
    SELECT
      s.game_id, s.game_date, IFNULL(s.game_status = 3, FALSE) AS is_final, s.game_status,
      s.home_team_tricode, s.away_team_tricode, s.home_team_score, s.away_team_score
    FROM nba_raw.nbac_schedule AS s
    JOIN staging.expected AS e
      ON e.cell_date = s.game_date AND e.entity_id = s.game_id AND e.entity_type = 'GAME'
    WHERE s.game_date BETWEEN @first_date AND @last_date
      AND s.game_date IN UNNEST(@dates)
      AND IFNULL(s.game_status_text, '') != 'Postponed'
    QUALIFY ROW_NUMBER() OVER (
      PARTITION BY s.game_date, s.game_id
      ORDER BY s.game_status DESC, s.home_team_tricode, s.away_team_tricode
    ) = 1
  ),
  lists AS (
    SELECT
      g.game_id, g.game_date,
      COUNT(*) AS names,
      COUNT(CASE WHEN p.player_status = 'active' THEN 1 END) AS active_names,
      COUNT(CASE WHEN p.team_abbr IN (g.home_team_tricode, g.away_team_tricode) THEN NULL ELSE 1 END)
        AS names_of_other_teams,
      SUM(CASE WHEN p.team_abbr = g.home_team_tricode THEN IFNULL(p.points, 0) ELSE 0 END) AS home_points,
      SUM(CASE WHEN p.team_abbr = g.away_team_tricode THEN IFNULL(p.points, 0) ELSE 0 END) AS away_points,
      SUM(
        CASE
          WHEN p.team_abbr = g.home_team_tricode THEN IFNULL(CAST(ROUND(p.minutes_decimal * 60) AS INT64), 0)
          ELSE 0
        END
      ) AS home_seconds,
      SUM(
        CASE
          WHEN p.team_abbr = g.away_team_tricode THEN IFNULL(CAST(ROUND(p.minutes_decimal * 60) AS INT64), 0)
          ELSE 0
        END
      ) AS away_seconds
    FROM games AS g
    JOIN nba_raw.nbac_gamebook_player_stats AS p
      ON p.game_date = g.game_date AND p.game_id = g.game_id
    WHERE p.game_date BETWEEN @first_date AND @last_date
      AND p.game_date IN UNNEST(@dates)
    GROUP BY g.game_id, g.game_date
  ),
  team_rows AS (
    SELECT
      g.game_id, g.game_date,
      COUNT(*) AS team_rows,
      SUM(CASE WHEN t.team_abbr = g.home_team_tricode THEN t.points END) AS home_points,
      SUM(CASE WHEN t.team_abbr = g.away_team_tricode THEN t.points END) AS away_points,
      SUM(CASE WHEN t.team_abbr = g.home_team_tricode THEN CAST(ROUND(t.minutes_decimal * 60) AS INT64) END)
        AS home_seconds,
      SUM(CASE WHEN t.team_abbr = g.away_team_tricode THEN CAST(ROUND(t.minutes_decimal * 60) AS INT64) END)
        AS away_seconds
    FROM games AS g
    JOIN nba_raw.nbac_team_boxscore AS t
      ON t.game_date = g.game_date AND t.game_id = g.game_id
    WHERE t.game_date BETWEEN @first_date AND @last_date
      AND t.game_date IN UNNEST(@dates)
    GROUP BY g.game_id, g.game_date
  ),
  judged AS (
    SELECT
      g.*,
      CASE
        WHEN NOT g.is_final THEN 'NOT_FINAL'
        WHEN l.names IS NULL THEN 'GAME_NOT_INGESTED'
        ELSE 'GAME_INCOMPLETE'
      END AS verdict,
      IFNULL(l.names, 0) AS names,
      IFNULL(l.active_names, 0) AS active_names,
      IFNULL(l.names_of_other_teams, 0) AS names_of_other_teams,
      IFNULL(t.team_rows, 0) AS team_rows,
      l.home_points AS home_points_listed, t.home_points AS home_points_of_team,
      l.away_points AS away_points_listed, t.away_points AS away_points_of_team,
      l.home_seconds AS home_seconds_listed, t.home_seconds AS home_seconds_of_team,
      l.away_seconds AS away_seconds_listed, t.away_seconds AS away_seconds_of_team
    FROM games AS g
    LEFT JOIN lists AS l ON l.game_date = g.game_date AND l.game_id = g.game_id
    LEFT JOIN team_rows AS t ON t.game_date = g.game_date AND t.game_id = g.game_id
  ),
  explained AS (
    SELECT
      *,
      CASE verdict
        WHEN 'NOT_FINAL' THEN CONCAT(
          'Game ', game_id, ' ', away_team_tricode, '@', home_team_tricode,
          ' is not Final: status [', IFNULL(CAST(game_status AS STRING), 'none'), '] in the schedule'
        )
        WHEN 'GAME_NOT_INGESTED' THEN CONCAT(
          'Game ', game_id, ' ', away_team_tricode, '@', home_team_tricode, ' is Final and has no player rows'
        )
        ELSE CONCAT(
          'Game ', game_id, ' ', away_team_tricode, '@', home_team_tricode,
          ' does not reconcile: points listed/of team/final ',
          home_team_tricode, ' [', IFNULL(CAST(home_points_listed AS STRING), '-'),
          '/', IFNULL(CAST(home_points_of_team AS STRING), '-'),
          '/', IFNULL(CAST(home_team_score AS STRING), '-'), '] ',
          away_team_tricode, ' [', IFNULL(CAST(away_points_listed AS STRING), '-'),
          '/', IFNULL(CAST(away_points_of_team AS STRING), '-'),
          '/', IFNULL(CAST(away_team_score AS STRING), '-'), '], seconds listed/of team ',
          home_team_tricode, ' [', IFNULL(CAST(home_seconds_listed AS STRING), '-'),
          '/', IFNULL(CAST(home_seconds_of_team AS STRING), '-'), '] ',
          away_team_tricode, ' [', IFNULL(CAST(away_seconds_listed AS STRING), '-'),
          '/', IFNULL(CAST(away_seconds_of_team AS STRING), '-'), '], team rows [',
          CAST(team_rows AS STRING), '], names of other teams [', CAST(names_of_other_teams AS STRING), ']'
        )
      END AS reason
    FROM judged
  ),
  unresolved AS (
    SELECT
      e.cell_date AS game_date, e.entity_id,
      p.game_id, p.team_abbr, p.player_id, p.player_name
    FROM staging.expected AS e
    JOIN nba_raw.nbac_gamebook_player_stats AS p
      ON p.game_date = e.cell_date
        AND e.entity_id = CONCAT(
          'unresolved:', p.game_id, ':', COALESCE(CAST(p.player_id AS STRING), p.player_name, '')
        )
    WHERE e.entity_type = 'PLAYER'
      AND p.game_date BETWEEN @first_date AND @last_date
      AND p.game_date IN UNNEST(@dates)
      AND IFNULL(p.player_lookup, '') = ''
      AND p.player_status = 'active'
    QUALIFY ROW_NUMBER() OVER (
      PARTITION BY e.cell_date, e.entity_id ORDER BY p.team_abbr, p.player_name
    ) = 1
  )
SELECT
  game_date AS analysis_date,
  game_id AS entity_id,
  'GAME' AS entity_type,
  CASE verdict
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
  FALSE AS row_written,
  TO_JSON_STRING(STRUCT([STRUCT(
    CAST(game_date AS STRING) AS date,
    game_id AS game_id,
    verdict AS verdict,
    IF(verdict = 'NOT_FINAL', 'nbac_schedule', 'nbac_gamebook_player_stats') AS source,
    reason AS reason,
    names AS names_listed,
    active_names AS active_names_listed,
    names_of_other_teams AS names_of_other_teams,
    team_rows AS team_rows,
    home_points_listed AS home_points_listed,
    home_points_of_team AS home_points_of_team,
    home_team_score AS home_final_score,
    away_points_listed AS away_points_listed,
    away_points_of_team AS away_points_of_team,
    away_team_score AS away_final_score,
    home_seconds_listed AS home_seconds_listed,
    home_seconds_of_team AS home_seconds_of_team,
    away_seconds_listed AS away_seconds_listed,
    away_seconds_of_team AS away_seconds_of_team
  )] AS missing)) AS evidence,
  CAST(NULL AS INT64) AS expected_record_count,
  active_names AS actual_record_count,
  TO_JSON_STRING([game_id]) AS missing_game_ids
FROM explained
UNION ALL
SELECT
  game_date,
  entity_id,
  'PLAYER',
  'NAME_UNRESOLVED',
  'DATA_GAP',
  CONCAT(
    'Active player without player_lookup in game ', game_id, ': team [', IFNULL(team_abbr, ''), '], name [',
    IFNULL(player_name, ''), '], player_id [', IFNULL(CAST(player_id AS STRING), ''), ']'
  ),
  1,
  0,
  TO_JSON_STRING([CAST(game_date AS STRING)]),
  TRUE,
  FALSE,
  TO_JSON_STRING(STRUCT([STRUCT(
    CAST(game_date AS STRING) AS date,
    game_id AS game_id,
    team_abbr AS team,
    'NAME_UNRESOLVED' AS verdict,
    'nbac_gamebook_player_stats' AS source,
    'player_lookup is empty' AS reason
  )] AS missing)),
  1,
  0,
  TO_JSON_STRING([game_id])
FROM unresolved
