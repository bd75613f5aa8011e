-- Regular-season appearances by month.
SELECT FORMAT_DATE('%Y-%m', game_date) AS month, COUNT(*) AS appearances
FROM nba_analytics.player_game_summary
WHERE game_date BETWEEN @first_date AND @last_date
  AND season_year = @season_year
  AND season_type = 'regular'
GROUP BY month
ORDER BY month
