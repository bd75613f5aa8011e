-- Points and games of each expected team before D.
WITH
  cells AS (
    SELECT DISTINCT game_date AS analysis_date, season_year, team_abbr
    FROM nba_raw.nbac_schedule
    CROSS JOIN UNNEST([home_team_tricode, away_team_tricode]) AS team_abbr
    WHERE game_date BETWEEN @first_date AND @last_date
      AND game_date IN UNNEST(@dates)
      AND IFNULL(game_status_text, '') != 'Postponed'
  ),
  games AS (
    SELECT team_abbr, game_date, points
    FROM nba_analytics.team_offense_game_summary
    WHERE game_date >= @season_start AND game_date < @last_date
  )
SELECT
  c.team_abbr,
  c.analysis_date,
  SUM(g.points) AS points_so_far,
  c.season_year,
  CAST(NULL AS STRING) AS quality_tier,
  COUNT(*) AS games_in_sample,
  0 AS games_missed_dnp,
  100.0 AS schedule_completeness_pct,
  100.0 AS data_completeness_pct,
  COUNT(*) AS expected_games_count,
  COUNT(*) AS actual_games_count,
  0 AS missing_games_count,
  TRUE AS is_production_ready,
  MAX(g.game_date) AS max_source_game_date
FROM cells AS c
JOIN games AS g ON g.team_abbr = c.team_abbr AND g.game_date < c.analysis_date
GROUP BY c.team_abbr, c.analysis_date, c.season_year
