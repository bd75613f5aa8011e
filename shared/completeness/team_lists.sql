-- Which box score lists can be trusted: staging.team_lists, one row per team and Final game from @season_start to
-- before @last_date. A list reconciles when its players' points add up to the team's exactly, their minutes
-- within 0.5, and both team rows of the game exist. No row depends on anything later than its own game.
--
-- Run first.
--
-- Columns
--   game_id STRING
--   game_date DATE
--   season_type STRING         regular | play_in | playoffs | cup_final
--   team_abbr STRING
--   team_game_number INT64     1, 2, ... over the team's rows of the season, by (game_date, game_id)
--   raw_state STRING           reconciles | not_ingested (no player row of the game) | incomplete
WITH
  player_sums AS (
    SELECT
      game_id, game_date, team_abbr,
      IFNULL(SUM(points), 0) AS points,
      IFNULL(SUM(CAST(ROUND(minutes_decimal * 60) AS INT64)), 0) AS seconds
    FROM nba_raw.nbac_gamebook_player_stats
    WHERE game_date >= @season_start AND game_date < @last_date
    GROUP BY game_id, game_date, team_abbr
  ),
  ingested AS (
    SELECT DISTINCT game_id, game_date
    FROM player_sums
  ),
  team_rows AS (
    SELECT
      game_id, game_date, team_abbr, points,
      CAST(ROUND(minutes_decimal * 60) AS INT64) AS seconds,
      COUNT(*) OVER (PARTITION BY game_id, game_date) AS rows_of_game
    FROM nba_raw.nbac_team_boxscore
    WHERE game_date >= @season_start AND game_date < @last_date
  ),
  team_games AS (
    SELECT
      game_id, game_date, season_type, team_abbr,
      ROW_NUMBER() OVER (PARTITION BY team_abbr ORDER BY game_date, game_id) AS team_game_number
    FROM nba_raw.nbac_schedule
    CROSS JOIN UNNEST([home_team_tricode, away_team_tricode]) AS team_abbr
    WHERE game_date >= @season_start AND game_date < @last_date
      AND game_status = 3 AND IFNULL(game_status_text, '') != 'Postponed'
      AND season_type IN ('regular', 'play_in', 'playoffs', 'cup_final')
  )
SELECT
  g.game_id, g.game_date, g.season_type, g.team_abbr, g.team_game_number,
  CASE
    WHEN ingested.game_id IS NULL THEN 'not_ingested'
    WHEN team.rows_of_game = 2
      AND players.points = team.points
      AND ABS(players.seconds - team.seconds) <= 30 THEN 'reconciles'
    ELSE 'incomplete'
  END AS raw_state
FROM team_games AS g
LEFT JOIN ingested ON ingested.game_id = g.game_id AND ingested.game_date = g.game_date
LEFT JOIN player_sums AS players
  ON players.game_id = g.game_id AND players.game_date = g.game_date AND players.team_abbr = g.team_abbr
LEFT JOIN team_rows AS team
  ON team.game_id = g.game_id AND team.game_date = g.game_date AND team.team_abbr = g.team_abbr
