-- How many rows of the season each raw table has.
SELECT 'nbac_schedule' AS table_name, COUNT(*) AS row_count
FROM nba_raw.nbac_schedule WHERE game_date BETWEEN @first_date AND @last_date
UNION ALL
SELECT 'nbac_gamebook_player_stats', COUNT(*)
FROM nba_raw.nbac_gamebook_player_stats WHERE game_date BETWEEN @first_date AND @last_date
UNION ALL
SELECT 'nbac_team_boxscore', COUNT(*)
FROM nba_raw.nbac_team_boxscore WHERE game_date BETWEEN @first_date AND @last_date
UNION ALL
SELECT 'nbac_shot_chart', COUNT(*)
FROM nba_raw.nbac_shot_chart WHERE game_date BETWEEN @first_date AND @last_date
UNION ALL
SELECT 'nbac_play_by_play', COUNT(*)
FROM nba_raw.nbac_play_by_play WHERE game_date BETWEEN @first_date AND @last_date
UNION ALL
SELECT 'nbac_injury_report', COUNT(*)
FROM nba_raw.nbac_injury_report WHERE game_date BETWEEN @first_date AND @last_date
UNION ALL
SELECT 'odds_api_game_lines', COUNT(*)
FROM nba_raw.odds_api_game_lines WHERE game_date BETWEEN @first_date AND @last_date
UNION ALL
SELECT 'odds_api_player_points_props', COUNT(*)
FROM nba_raw.odds_api_player_points_props WHERE game_date BETWEEN @first_date AND @last_date
ORDER BY table_name
