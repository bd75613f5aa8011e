-- Grades of a season's predictions of players who played, with what they are grouped by.
SELECT
  game_date, player_lookup, game_id, system_id, actual_points, absolute_error, mean_error, within_3, within_5,
  pinball_10 + pinball_25 + pinball_50 + pinball_75 + pinball_90 AS pinball,
  in_80, in_50, pit, points_line, line_absolute_error, p_over, recommendation, over_under_result,
  recommendation_correct, games_played_season, minutes_avg_last_10, expected_points
FROM nba_predictions.prediction_accuracy
WHERE game_date BETWEEN @first_date AND @last_date
  AND season_year = @season_year
  AND outcome = 'GRADED'
ORDER BY game_date, game_id, player_lookup, system_id
