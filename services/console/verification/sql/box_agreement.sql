-- Team-games on which two summaries of one season state different points.
WITH players AS (
  SELECT game_id, team_abbr, SUM(points) AS points
  FROM nba_analytics.player_game_summary
  WHERE game_date BETWEEN @first_date AND @last_date AND season_year = @season_year
  GROUP BY game_id, team_abbr
),
offense AS (
  SELECT game_id, team_abbr, points
  FROM nba_analytics.team_offense_game_summary
  WHERE game_date BETWEEN @first_date AND @last_date AND season_year = @season_year
),
defense AS (
  SELECT game_id, opponent_team_abbr AS team_abbr, points_allowed AS points
  FROM nba_analytics.team_defense_game_summary
  WHERE game_date BETWEEN @first_date AND @last_date AND season_year = @season_year
)
SELECT
  'players' AS side,
  COUNT(*) AS compared,
  COUNTIF(players.points IS NULL OR offense.points IS NULL OR players.points != offense.points) AS different
FROM offense
FULL OUTER JOIN players ON players.game_id = offense.game_id AND players.team_abbr = offense.team_abbr
UNION ALL
SELECT
  'defense' AS side,
  COUNT(*) AS compared,
  COUNTIF(defense.points IS NULL OR offense.points IS NULL OR defense.points != offense.points) AS different
FROM offense
FULL OUTER JOIN defense ON defense.game_id = offense.game_id AND defense.team_abbr = offense.team_abbr
ORDER BY side
