-- Teams on D without an earlier Final game, and Final games before D without a row in
-- team_defense_game_summary. A gap in the last 15 games withholds the row; an older one is only recorded.
WITH
  finals AS (
    SELECT game_id, game_date, home_team_tricode, away_team_tricode
    FROM nba_raw.nbac_schedule
    WHERE game_date >= @season_start
      AND game_date < @last_date
      AND season_year = @season_year
      AND season_type IN ('regular', 'play_in', 'playoffs', 'cup_final')
      AND game_status = 3
  ),
  team_games AS (
    SELECT home_team_tricode AS team_abbr, game_id, game_date
    FROM finals
    WHERE home_team_tricode IS NOT NULL
    UNION ALL
    SELECT away_team_tricode, game_id, game_date
    FROM finals
    WHERE away_team_tricode IS NOT NULL
  ),
  known AS (
    SELECT
      g.team_abbr, g.game_id, g.game_date,
      d.game_id IS NOT NULL AS is_known,
      ROW_NUMBER() OVER (PARTITION BY g.team_abbr ORDER BY g.game_date, g.game_id) AS game_number
    FROM team_games AS g
    LEFT JOIN (
      SELECT DISTINCT team_abbr, game_id, game_date
      FROM nba_analytics.team_defense_game_summary
      WHERE game_date >= @season_start AND game_date < @last_date
    ) AS d
      ON d.team_abbr = g.team_abbr AND d.game_id = g.game_id AND d.game_date = g.game_date
  ),
  gap_teams AS (
    SELECT DISTINCT team_abbr FROM known WHERE NOT is_known
  ),
  cells AS (
    SELECT e.cell_date, e.entity_id AS team_abbr, COUNT(*) AS games_before
    FROM staging.expected AS e
    JOIN gap_teams AS t ON t.team_abbr = e.entity_id
    JOIN known AS k ON k.team_abbr = e.entity_id AND k.game_date < e.cell_date
    GROUP BY e.cell_date, e.entity_id
  ),
  missing AS (
    SELECT
      c.cell_date, c.team_abbr, c.games_before, k.game_id, k.game_date,
      k.game_number > c.games_before - 15 AS withholds
    FROM cells AS c
    JOIN known AS k
      ON k.team_abbr = c.team_abbr AND k.game_date < c.cell_date
    WHERE NOT k.is_known
  ),
  gaps AS (
    SELECT
      cell_date, team_abbr,
      MIN(games_before) AS games_before,
      COUNT(*) AS missing_season,
      COUNTIF(withholds) AS missing_window,
      ARRAY_AGG(CAST(game_date AS STRING) ORDER BY game_date, game_id) AS missing_game_dates,
      ARRAY_AGG(game_id ORDER BY game_date, game_id) AS missing_game_ids,
      ARRAY_AGG(
        STRUCT(
          CAST(game_date AS STRING) AS date,
          game_id,
          team_abbr AS team,
          'UPSTREAM_GAP' AS verdict,
          'nbac_schedule' AS source,
          IF(withholds, 'in the last 15 games', 'older than the last 15 games') AS reason
        )
        ORDER BY game_date, game_id
      ) AS evidence
    FROM missing
    GROUP BY cell_date, team_abbr
  ),
  first_games AS (
    SELECT team_abbr, MIN(game_date) AS first_game_date
    FROM team_games
    GROUP BY team_abbr
  )
SELECT
  cell_date AS analysis_date,
  team_abbr AS entity_id,
  'TEAM' AS entity_type,
  'UPSTREAM_INCOMPLETE' AS failure_category,
  'UPSTREAM_GAP' AS failure_type,
  CONCAT(
    CAST(missing_season AS STRING), ' of ', CAST(games_before AS STRING),
    ' Final games before this date have no team_defense_game_summary row, ',
    CAST(missing_window AS STRING), ' of them in the last 15'
  ) AS failure_reason,
  IF(missing_window > 0, LEAST(games_before, 15), games_before) AS expected_game_count,
  IF(missing_window > 0, LEAST(games_before, 15) - missing_window, games_before - missing_season)
    AS actual_game_count,
  TO_JSON_STRING(missing_game_dates) AS missing_game_dates,
  TRUE AS raw_data_checked,
  missing_window = 0 AS row_written,
  TO_JSON_STRING(STRUCT(evidence AS missing)) AS evidence,
  CAST(NULL AS INT64) AS expected_record_count,
  CAST(NULL AS INT64) AS actual_record_count,
  TO_JSON_STRING(missing_game_ids) AS missing_game_ids
FROM gaps
UNION ALL
SELECT
  e.cell_date, e.entity_id, 'TEAM', 'INSUFFICIENT_DATA', 'INSUFFICIENT_HISTORY',
  'no Final game of the team before this date in the season',
  0, 0, '[]', TRUE, FALSE, '{"missing":[]}', CAST(NULL AS INT64), CAST(NULL AS INT64), '[]'
FROM staging.expected AS e
LEFT JOIN first_games AS f
  ON f.team_abbr = e.entity_id AND f.first_game_date < e.cell_date
WHERE f.team_abbr IS NULL
