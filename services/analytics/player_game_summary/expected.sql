-- Who must have a row or a failure: every active listed player of a Final game, and every game that is not
-- over, has no list, or whose lists do not reconcile.
WITH
  games AS (
    SELECT
      game_id, game_date, IFNULL(game_status = 3, FALSE) AS is_final,
      home_team_tricode, away_team_tricode, home_team_score, away_team_score
    FROM nba_raw.nbac_schedule
    WHERE game_date BETWEEN @first_date AND @last_date
      AND game_date IN UNNEST(@dates)
      AND IFNULL(game_status_text, '') != 'Postponed'
      AND season_type IN ('regular', 'play_in', 'playoffs', 'cup_final')
  ),
  sides AS (
    SELECT game_id, game_date, home_team_tricode AS team_abbr, home_team_score AS final_score
    FROM games
    WHERE is_final
    UNION ALL
    SELECT game_id, game_date, away_team_tricode, away_team_score
    FROM games
    WHERE is_final
  ),
  listed AS (
    SELECT
      p.game_id, p.game_date, p.team_abbr, p.player_lookup, p.player_name, p.player_id, p.player_status,
      p.points, CAST(ROUND(p.minutes_decimal * 60) AS INT64) AS seconds,
      s.team_abbr IS NOT NULL AS plays_in_game
    FROM nba_raw.nbac_gamebook_player_stats AS p
    LEFT JOIN sides AS s
      ON s.game_date = p.game_date AND s.game_id = p.game_id AND s.team_abbr = p.team_abbr
    WHERE p.game_date BETWEEN @first_date AND @last_date
      AND p.game_date IN UNNEST(@dates)
  ),
  lists AS (
    SELECT
      game_id, game_date, team_abbr,
      COUNT(*) AS names, SUM(IFNULL(points, 0)) AS points, SUM(IFNULL(seconds, 0)) AS seconds
    FROM listed
    GROUP BY game_id, game_date, team_abbr
  ),
  names_of_game AS (
    SELECT game_id, game_date, SUM(names) AS names
    FROM lists
    GROUP BY game_id, game_date
  ),
  team_rows AS (
    SELECT
      game_id, game_date, team_abbr, points, CAST(ROUND(minutes_decimal * 60) AS INT64) AS seconds
    FROM nba_raw.nbac_team_boxscore
    WHERE game_date BETWEEN @first_date AND @last_date
      AND game_date IN UNNEST(@dates)
    QUALIFY COUNT(*) OVER (PARTITION BY game_date, game_id, team_abbr) = 1
  ),
  reconciled AS (
    SELECT s.game_id, s.game_date
    FROM sides AS s
    JOIN lists AS l
      ON l.game_date = s.game_date AND l.game_id = s.game_id AND l.team_abbr = s.team_abbr
    JOIN team_rows AS t
      ON t.game_date = s.game_date AND t.game_id = s.game_id AND t.team_abbr = s.team_abbr
    JOIN names_of_game AS n
      ON n.game_date = s.game_date AND n.game_id = s.game_id
    WHERE l.points = t.points
      AND ABS(l.seconds - t.seconds) <= 30
      AND t.points = IFNULL(s.final_score, t.points)
    GROUP BY s.game_id, s.game_date
    HAVING COUNT(*) = 2 AND SUM(l.names) = MIN(n.names)
  )
SELECT DISTINCT
  game_date AS cell_date,
  -- A row without a usable name still is somebody: he is known by game and number, or game and printed name.
  IF(
    player_lookup != '',
    player_lookup,
    CONCAT('unresolved:', game_id, ':', COALESCE(CAST(player_id AS STRING), player_name, ''))
  ) AS entity_id,
  'PLAYER' AS entity_type
FROM listed
WHERE plays_in_game AND player_status = 'active'
UNION ALL
SELECT DISTINCT g.game_date, g.game_id, 'GAME'
FROM games AS g
LEFT JOIN reconciled AS r
  ON r.game_date = g.game_date AND r.game_id = g.game_id
WHERE r.game_id IS NULL
