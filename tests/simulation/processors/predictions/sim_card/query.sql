-- The average of what the form of D adds up.
SELECT analysis_date AS game_date, team_abbr, points_before / games AS average
FROM nba_precompute.sim_form
WHERE analysis_date BETWEEN @first_date AND @last_date
  AND analysis_date IN UNNEST(@dates)
