-- Attempts and makes by NBA.com's zones, over the team-games whose shot chart agrees with the box score.
SELECT
  chart.shot_zone_basic,
  COUNT(*) AS attempts,
  COUNTIF(chart.shot_made) AS makes
FROM nba_raw.nbac_shot_chart AS chart
JOIN nba_analytics.team_offense_game_summary AS team
  ON team.game_id = chart.game_id
  AND team.team_abbr = chart.team_abbr
WHERE chart.game_date BETWEEN @first_date AND @last_date
  AND team.game_date BETWEEN @first_date AND @last_date
  AND team.season_year = @season_year
  AND team.season_type = 'regular'
  AND team.zone_source = 'shot_chart'
GROUP BY chart.shot_zone_basic
ORDER BY chart.shot_zone_basic
