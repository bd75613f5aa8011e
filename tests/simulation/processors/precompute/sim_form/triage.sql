-- What is missing of a team's games before D: lost box scores (a gap), absences (never withheld for them),
-- games whose points were withheld upstream, or any game at all.
WITH
  cells AS (
    SELECT DISTINCT game_date AS analysis_date, team_abbr
    FROM nba_raw.nbac_schedule
    CROSS JOIN UNNEST([home_team_tricode, away_team_tricode]) AS team_abbr
    WHERE game_date BETWEEN @first_date AND @last_date
      AND game_date IN UNNEST(@dates)
      AND IFNULL(game_status_text, '') <> 'Postponed'
  ),
  games AS (
    SELECT game_id, game_date, team_abbr
    FROM nba_raw.nbac_schedule
    CROSS JOIN UNNEST([home_team_tricode, away_team_tricode]) AS team_abbr
    WHERE game_date >= @season_start
      AND game_date < @last_date
      AND game_status = 3
      AND IFNULL(game_status_text, '') <> 'Postponed'
  ),
  seen AS (
    SELECT
      c.analysis_date,
      c.team_abbr,
      g.game_date,
      p.points AS scored,
      b.team_abbr IS NULL AS lost,
      b.team_abbr IS NOT NULL AND b.points IS NULL AS absent,
      b.points IS NOT NULL AND p.points IS NULL AS withheld
    FROM cells AS c
    JOIN games AS g ON g.team_abbr = c.team_abbr AND g.game_date < c.analysis_date
    LEFT JOIN nba_raw.nbac_team_boxscore AS b
      ON b.game_id = g.game_id AND b.game_date = g.game_date AND b.team_abbr = g.team_abbr
      AND b.game_date >= @season_start AND b.game_date < @last_date
    LEFT JOIN nba_analytics.sim_scores AS p
      ON p.game_date = g.game_date AND p.team_abbr = g.team_abbr
      AND p.game_date >= @season_start AND p.game_date < @last_date
  ),
  counted AS (
    SELECT
      c.analysis_date,
      c.team_abbr,
      COUNT(s.game_date) AS games,
      COUNT(s.scored) AS scored,
      COUNTIF(IFNULL(s.lost, FALSE)) AS lost,
      COUNTIF(IFNULL(s.absent, FALSE)) AS absent,
      COUNTIF(IFNULL(s.withheld, FALSE)) AS withheld,
      STRING_AGG(IF(s.lost, CONCAT('"', CAST(s.game_date AS STRING), '"'), NULL), ',' ORDER BY s.game_date) AS lost_dates
    FROM cells AS c
    LEFT JOIN seen AS s ON s.analysis_date = c.analysis_date AND s.team_abbr = c.team_abbr
    GROUP BY c.analysis_date, c.team_abbr
  ),
  found AS (
    SELECT
      analysis_date, team_abbr, games, scored, lost_dates, 'INCOMPLETE_DATA' AS category,
      IF(lost = 0, 'PLAYER_DNP', IF(absent = 0, 'DATA_GAP', 'MIXED')) AS kind
    FROM counted
    WHERE lost + absent > 0
    UNION ALL
    SELECT
      analysis_date, team_abbr, games, scored, CAST(NULL AS STRING), 'UPSTREAM_INCOMPLETE', 'UPSTREAM_GAP'
    FROM counted
    WHERE withheld > 0
    UNION ALL
    SELECT
      analysis_date, team_abbr, games, scored, CAST(NULL AS STRING), 'INSUFFICIENT_DATA',
      'INSUFFICIENT_HISTORY'
    FROM counted
    WHERE scored = 0 AND lost + withheld = 0
  )
SELECT
  f.analysis_date,
  f.team_abbr AS entity_id,
  'TEAM' AS entity_type,
  f.category AS failure_category,
  f.kind AS failure_type,
  CONCAT(CAST(f.scored AS STRING), ' of ', CAST(f.games AS STRING), ' games') AS failure_reason,
  f.games AS expected_game_count,
  f.scored AS actual_game_count,
  CONCAT('[', IFNULL(f.lost_dates, ''), ']') AS missing_game_dates,
  TRUE AS raw_data_checked,
  r.team_abbr IS NOT NULL AS row_written,
  '[]' AS evidence,
  CAST(NULL AS INT64) AS expected_record_count,
  CAST(NULL AS INT64) AS actual_record_count,
  '[]' AS missing_game_ids
FROM found AS f
LEFT JOIN staging.rows AS r ON r.analysis_date = f.analysis_date AND r.team_abbr = f.team_abbr
