-- Regular-season sums of the raw team box scores, under the names of the summaries' columns.
SELECT
  SUM(box.points) AS points,
  SUM(box.fg_made) AS fg_makes,
  SUM(box.fg_attempted) AS fg_attempts,
  SUM(box.three_pt_made) AS three_pt_makes,
  SUM(box.three_pt_attempted) AS three_pt_attempts,
  SUM(box.ft_made) AS ft_makes,
  SUM(box.ft_attempted) AS ft_attempts,
  SUM(box.offensive_rebounds) AS offensive_rebounds,
  SUM(box.defensive_rebounds) AS defensive_rebounds,
  SUM(box.total_rebounds) AS total_rebounds,
  SUM(box.assists) AS assists,
  SUM(box.steals) AS steals,
  SUM(box.blocks) AS blocks,
  SUM(box.turnovers) AS turnovers,
  SUM(box.personal_fouls) AS personal_fouls
FROM nba_raw.nbac_team_boxscore AS box
JOIN nba_raw.nbac_schedule AS slot
  ON slot.game_id = box.game_id
  AND slot.game_date = box.game_date
WHERE box.game_date BETWEEN @first_date AND @last_date
  AND slot.game_date BETWEEN @first_date AND @last_date
  AND slot.season_year = @season_year
  AND slot.season_type = 'regular'
  AND slot.game_status = 3
