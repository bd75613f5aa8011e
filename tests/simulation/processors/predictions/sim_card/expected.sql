-- Both teams of every slot of D that was not postponed.
SELECT DISTINCT game_date AS cell_date, team_abbr AS entity_id, 'TEAM' AS entity_type
FROM nba_raw.nbac_schedule
CROSS JOIN UNNEST([home_team_tricode, away_team_tricode]) AS team_abbr
WHERE game_date BETWEEN @first_date AND @last_date
  AND game_date IN UNNEST(@dates)
  AND IFNULL(game_status_text, '') <> 'Postponed'
