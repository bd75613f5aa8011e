-- Predictions of players who did not play, by system.
SELECT system_id, COUNT(*) AS predictions
FROM nba_predictions.prediction_accuracy
WHERE game_date BETWEEN @first_date AND @last_date
  AND season_year = @season_year
  AND outcome = 'VOID'
GROUP BY system_id
