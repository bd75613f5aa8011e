-- Regular-season totals of every team's defence; rates as in team_offense.sql.
SELECT
  team_abbr,
  COUNT(*) AS games,
  SUM(points_allowed) AS points_allowed,
  SUM(steals) AS steals,
  SUM(blocks) AS blocks,
  SUM(personal_fouls) AS personal_fouls,
  SUM(defensive_rating * possessions) AS defensive_rating_sum,
  SUM(IF(defensive_rating IS NULL, 0, possessions)) AS defensive_rating_weight,
  SUM(defensive_rating_counted * opponent_possessions_counted) AS defensive_rating_counted_sum,
  SUM(IF(defensive_rating_counted IS NULL, 0, opponent_possessions_counted)) AS defensive_rating_counted_weight
FROM nba_analytics.team_defense_game_summary
WHERE game_date BETWEEN @first_date AND @last_date
  AND season_year = @season_year
  AND season_type = 'regular'
GROUP BY team_abbr
ORDER BY team_abbr
