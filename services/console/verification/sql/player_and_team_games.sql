-- Games of one player in [@start_date, @end_date], and of the team he last played for by then.
WITH appearances AS (
  SELECT game_date, game_id, team_abbr
  FROM nba_analytics.player_game_summary
  WHERE game_date BETWEEN @first_date AND @end_date
    AND season_year = @season_year
    AND player_lookup = @player_lookup
),
last_team AS (
  SELECT team_abbr
  FROM appearances
  ORDER BY game_date DESC, game_id DESC
  LIMIT 1
)
SELECT
  (
    SELECT COUNT(*)
    FROM nba_analytics.team_offense_game_summary AS games
    JOIN last_team ON last_team.team_abbr = games.team_abbr
    WHERE games.game_date BETWEEN @start_date AND @end_date
      AND games.season_year = @season_year
  ) AS team_games,
  (SELECT COUNT(*) FROM appearances WHERE game_date >= @start_date) AS played,
  (SELECT COUNT(*) FROM appearances) AS appearances
