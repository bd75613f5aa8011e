-- Games that were played, and their dates, by kind and month.
SELECT
  season_type,
  FORMAT_DATE('%Y-%m', game_date) AS month,
  COUNT(DISTINCT game_id) AS games,
  COUNT(DISTINCT game_date) AS game_dates
FROM nba_raw.nbac_schedule
WHERE game_date BETWEEN @first_date AND @last_date
  AND season_year = @season_year
  AND game_status = 3
GROUP BY season_type, month
ORDER BY season_type, month
