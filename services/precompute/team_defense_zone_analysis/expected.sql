-- On every date with a slot: each team with a Final game before D, and each team with a slot on D.
WITH
  slots AS (
    SELECT game_date, home_team_tricode, away_team_tricode
    FROM nba_raw.nbac_schedule
    WHERE game_date BETWEEN @first_date AND @last_date
      AND game_date IN UNNEST(@dates)
      AND season_year = @season_year
      AND season_type IN ('regular', 'play_in', 'playoffs', 'cup_final')
      AND IFNULL(game_status_text, '') <> 'Postponed'
  ),
  finals AS (
    SELECT game_date, home_team_tricode, away_team_tricode
    FROM nba_raw.nbac_schedule
    WHERE game_date >= @season_start
      AND game_date < @last_date
      AND season_year = @season_year
      AND season_type IN ('regular', 'play_in', 'playoffs', 'cup_final')
      AND game_status = 3
  ),
  first_games AS (
    SELECT team_abbr, MIN(game_date) AS first_game_date
    FROM (
      SELECT home_team_tricode AS team_abbr, game_date FROM finals
      UNION ALL
      SELECT away_team_tricode, game_date FROM finals
    )
    WHERE team_abbr IS NOT NULL
    GROUP BY team_abbr
  )
SELECT c.cell_date, f.team_abbr AS entity_id, 'TEAM' AS entity_type
FROM (SELECT DISTINCT game_date AS cell_date FROM slots) AS c
JOIN first_games AS f ON f.first_game_date < c.cell_date
UNION DISTINCT
SELECT game_date, home_team_tricode, 'TEAM' FROM slots WHERE home_team_tricode IS NOT NULL
UNION DISTINCT
SELECT game_date, away_team_tricode, 'TEAM' FROM slots WHERE away_team_tricode IS NOT NULL
