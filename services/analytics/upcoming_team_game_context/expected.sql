-- Every team with a slot on D that was not postponed.
WITH
  slots AS (
    SELECT game_date, home_team_tricode, away_team_tricode
    FROM nba_raw.nbac_schedule
    WHERE game_date BETWEEN @first_date AND @last_date
      AND game_date IN UNNEST(@dates)
      AND season_year = @season_year
      AND season_type IN ('regular', 'play_in', 'playoffs', 'cup_final')
      AND IFNULL(game_status_text, '') <> 'Postponed'
  )
SELECT game_date AS cell_date, home_team_tricode AS entity_id, 'TEAM' AS entity_type
FROM slots
WHERE home_team_tricode IS NOT NULL
UNION DISTINCT
SELECT game_date, away_team_tricode, 'TEAM'
FROM slots
WHERE away_team_tricode IS NOT NULL
