-- Every date with a slot, by season.
SELECT season_year, game_date
FROM nba_raw.nbac_schedule
WHERE game_date >= DATE '1946-01-01'
GROUP BY season_year, game_date
ORDER BY season_year, game_date
