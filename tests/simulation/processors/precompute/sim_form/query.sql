-- Points of each team over its Final games before D: none with a gap among them, and none without a game.
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
  seen AS (
    SELECT
      c.analysis_date,
      c.team_abbr,
      g.game_date,
      p.points AS scored,
      b.team_abbr IS NULL AS lost,
      b.team_abbr IS NOT NULL AND b.points IS NULL AS absent,
      b.points IS NOT NULL AND p.points IS NULL AS withheld
    FROM cells AS c
    JOIN games AS g ON g.team_abbr = c.team_abbr AND g.game_date < c.analysis_date
    LEFT JOIN nba_raw.nbac_team_boxscore AS b
      ON b.game_id = g.game_id AND b.game_date = g.game_date AND b.team_abbr = g.team_abbr
      AND b.game_date >= @season_start AND b.game_date < @last_date
    LEFT JOIN nba_analytics.sim_scores AS p
      ON p.game_date = g.game_date AND p.team_abbr = g.team_abbr
      AND p.game_date >= @season_start AND p.game_date < @last_date
  )
SELECT analysis_date, team_abbr, COUNT(scored) AS games, SUM(scored) AS points_before
FROM seen
GROUP BY analysis_date, team_abbr
HAVING COUNT(scored) > 0 AND COUNTIF(lost OR withheld) = 0
