-- Regular-season totals of every player. plays_used is what the stored usage rates say he used of his team's
-- plays (field goals attempted + 0.44 free throws + turnovers), ts_pct as x_sum / x_weight.
SELECT
  player_lookup,
  COUNT(DISTINCT team_abbr) AS teams,
  MAX(team_abbr) AS team_abbr,
  COUNT(*) AS games,
  COUNTIF(points >= 30) AS games_of_30,
  COUNTIF(points >= 40) AS games_of_40,
  COUNTIF(points >= 50) AS games_of_50,
  SUM(points) AS points,
  SUM(total_rebounds) AS total_rebounds,
  SUM(assists) AS assists,
  SUM(turnovers) AS turnovers,
  SUM(seconds_played) AS seconds_played,
  SUM(ts_pct * (fg_attempts + 0.44 * ft_attempts)) AS ts_pct_sum,
  SUM(IF(ts_pct IS NULL, 0, CAST(fg_attempts + 0.44 * ft_attempts AS FLOAT64))) AS ts_pct_weight,
  SUM(
    usage_rate / 100 * seconds_played
    * (team_field_goals_attempted + 0.44 * team_free_throws_attempted + team_turnovers)
    / (team_seconds / 5)
  ) AS plays_used
FROM nba_analytics.player_game_summary
WHERE game_date BETWEEN @first_date AND @last_date
  AND season_year = @season_year
  AND season_type = 'regular'
GROUP BY player_lookup
ORDER BY player_lookup
