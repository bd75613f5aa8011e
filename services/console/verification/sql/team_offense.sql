-- Regular-season totals of every team's offence. A rate comes as x_sum / x_weight, so that the season's value is
-- that of the stored column: pace per second of playing time, ratings per possession, shooting per attempt.
SELECT
  team_abbr,
  COUNT(*) AS games,
  COUNTIF(win_flag) AS wins,
  COUNTIF(home_game) AS home_games,
  COUNTIF(home_game AND win_flag) AS home_wins,
  SUM(IF(home_game, margin, 0)) AS home_margin,
  COUNTIF(home_game AND overtime_periods > 0) AS overtime_home_games,
  SUM(team_seconds) AS team_seconds,
  SUM(points) AS points,
  SUM(fg_makes) AS fg_makes,
  SUM(fg_attempts) AS fg_attempts,
  SUM(three_pt_makes) AS three_pt_makes,
  SUM(three_pt_attempts) AS three_pt_attempts,
  SUM(ft_makes) AS ft_makes,
  SUM(ft_attempts) AS ft_attempts,
  SUM(offensive_rebounds) AS offensive_rebounds,
  SUM(defensive_rebounds) AS defensive_rebounds,
  SUM(total_rebounds) AS total_rebounds,
  SUM(assists) AS assists,
  SUM(turnovers) AS turnovers,
  SUM(pace * team_seconds) AS pace_sum,
  SUM(IF(pace IS NULL, 0, team_seconds)) AS pace_weight,
  SUM(offensive_rating * possessions) AS offensive_rating_sum,
  SUM(IF(offensive_rating IS NULL, 0, possessions)) AS offensive_rating_weight,
  SUM(efg_pct * fg_attempts) AS efg_pct_sum,
  SUM(IF(efg_pct IS NULL, 0, fg_attempts)) AS efg_pct_weight,
  SUM(ts_pct * (fg_attempts + 0.44 * ft_attempts)) AS ts_pct_sum,
  SUM(IF(ts_pct IS NULL, 0, CAST(fg_attempts + 0.44 * ft_attempts AS FLOAT64))) AS ts_pct_weight,
  COUNT(possessions_counted) AS counted_games,
  SUM(pace_counted * team_seconds) AS pace_counted_sum,
  SUM(IF(pace_counted IS NULL, 0, team_seconds)) AS pace_counted_weight,
  SUM(offensive_rating_counted * possessions_counted) AS offensive_rating_counted_sum,
  SUM(IF(offensive_rating_counted IS NULL, 0, possessions_counted)) AS offensive_rating_counted_weight,
  COUNTIF(zone_source = 'shot_chart') AS chart_games,
  SUM(IF(zone_source = 'shot_chart', fg_attempts, 0)) AS chart_attempts,
  SUM(IF(zone_source = 'shot_chart', paint_attempts, 0)) AS chart_paint_attempts,
  SUM(IF(zone_source = 'shot_chart', paint_makes, 0)) AS chart_paint_makes,
  SUM(IF(zone_source = 'shot_chart', mid_range_attempts, 0)) AS chart_mid_range_attempts,
  SUM(IF(zone_source = 'shot_chart', mid_range_makes, 0)) AS chart_mid_range_makes,
  SUM(IF(zone_source = 'shot_chart', three_pt_attempts, 0)) AS chart_three_pt_attempts,
  SUM(IF(zone_source = 'shot_chart', three_pt_makes, 0)) AS chart_three_pt_makes
FROM nba_analytics.team_offense_game_summary
WHERE game_date BETWEEN @first_date AND @last_date
  AND season_year = @season_year
  AND season_type = 'regular'
GROUP BY team_abbr
ORDER BY team_abbr
