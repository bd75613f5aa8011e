-- Postponed slots with the date on which the game was played in the end.
SELECT
  slot.away_team_tricode, slot.home_team_tricode, slot.game_id, slot.game_date AS original_date,
  played.game_date AS played_date
FROM nba_raw.nbac_schedule AS slot
LEFT JOIN nba_raw.nbac_schedule AS played
  ON played.game_id = slot.game_id
  AND played.game_status = 3
  AND played.game_date BETWEEN @first_date AND @last_date
WHERE slot.game_date BETWEEN @first_date AND @last_date
  AND slot.season_year = @season_year
  AND slot.game_status_text = 'Postponed'
ORDER BY slot.game_date, slot.game_id
