-- Both teams of every slot that was not postponed: each has a row or a failure.
WITH
  slots AS (
    SELECT game_date, home_team_tricode, away_team_tricode
    FROM nba_raw.nbac_schedule
    WHERE game_date BETWEEN @first_date AND @last_date
      AND game_date IN UNNEST(@dates)
      AND IFNULL(game_status_text, '') != 'Postponed'
      AND season_type IN ('regular', 'play_in', 'playoffs', 'cup_final')
  )
SELECT game_date AS cell_date, home_team_tricode AS entity_id, 'TEAM' AS entity_type
FROM slots
UNION DISTINCT
SELECT game_date, away_team_tricode, 'TEAM'
FROM slots
