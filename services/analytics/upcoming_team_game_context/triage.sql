-- Slots before D that no summary shows as played. One in the last 14 days, or the team's latest,
-- withholds the row; an older one is only recorded.
WITH
  slots AS (
    SELECT game_id, game_date, home_team_tricode, away_team_tricode
    FROM nba_raw.nbac_schedule
    WHERE game_date >= @season_start
      AND game_date <= @last_date
      AND season_year = @season_year
      AND season_type IN ('regular', 'play_in', 'playoffs', 'cup_final')
      AND IFNULL(game_status_text, '') <> 'Postponed'
  ),
  team_slots AS (
    SELECT home_team_tricode AS team_abbr, game_id, game_date
    FROM slots
    WHERE home_team_tricode IS NOT NULL
    UNION ALL
    SELECT away_team_tricode, game_id, game_date
    FROM slots
    WHERE away_team_tricode IS NOT NULL
  ),
  played AS (
    SELECT team_abbr, game_id, game_date
    FROM nba_analytics.team_offense_game_summary
    WHERE game_date >= @season_start AND game_date < @last_date AND margin IS NOT NULL
    UNION DISTINCT
    SELECT team_abbr, game_id, game_date
    FROM nba_analytics.team_defense_game_summary
    WHERE game_date >= @season_start AND game_date < @last_date AND margin IS NOT NULL
  ),
  known AS (
    SELECT s.team_abbr, s.game_id, s.game_date, p.game_id IS NOT NULL AS is_known
    FROM team_slots AS s
    LEFT JOIN played AS p
      ON p.team_abbr = s.team_abbr AND p.game_id = s.game_id AND p.game_date = s.game_date
  ),
  as_of AS (
    SELECT
      team_abbr, game_id, game_date,
      MAX(game_date) OVER earlier AS latest_slot_date,
      COUNT(*) OVER earlier AS expected_season,
      COUNTIF(is_known) OVER earlier AS actual_season,
      COUNT(*) OVER in_window AS expected_window,
      COUNTIF(is_known) OVER in_window AS actual_window
    FROM known
    WINDOW
      earlier AS (
        PARTITION BY team_abbr ORDER BY UNIX_DATE(game_date) RANGE BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
      ),
      in_window AS (
        PARTITION BY team_abbr ORDER BY UNIX_DATE(game_date) RANGE BETWEEN 14 PRECEDING AND 1 PRECEDING
      )
  ),
  cells AS (
    SELECT * FROM as_of
    WHERE game_date BETWEEN @first_date AND @last_date
      AND game_date IN UNNEST(@dates)
      AND actual_season < expected_season
  ),
  missing AS (
    SELECT
      c.game_date AS cell_date, c.team_abbr, k.game_id, k.game_date,
      c.expected_season, c.actual_season, c.expected_window, c.actual_window,
      k.game_date = c.latest_slot_date
        OR k.game_date >= DATE_SUB(c.game_date, INTERVAL 14 DAY) AS withholds
    FROM cells AS c
    JOIN known AS k
      ON k.team_abbr = c.team_abbr AND k.game_date < c.game_date
    WHERE NOT k.is_known
  )
SELECT
  cell_date AS analysis_date,
  team_abbr AS entity_id,
  'TEAM' AS entity_type,
  'UPSTREAM_INCOMPLETE' AS failure_category,
  'UPSTREAM_GAP' AS failure_type,
  CONCAT(
    CAST(COUNT(*) AS STRING), ' of ', CAST(MIN(expected_season) AS STRING),
    ' games before this date have no team_offense_game_summary or team_defense_game_summary row',
    IF(LOGICAL_OR(withholds), '; the latest or the last 14 days are among them', '')
  ) AS failure_reason,
  IF(MIN(actual_window) < MIN(expected_window), MIN(expected_window), MIN(expected_season)) AS expected_game_count,
  IF(MIN(actual_window) < MIN(expected_window), MIN(actual_window), MIN(actual_season)) AS actual_game_count,
  TO_JSON_STRING(ARRAY_AGG(CAST(game_date AS STRING) ORDER BY game_date, game_id)) AS missing_game_dates,
  FALSE AS raw_data_checked,
  NOT LOGICAL_OR(withholds) AS row_written,
  TO_JSON_STRING(STRUCT(ARRAY_AGG(
    STRUCT(
      CAST(game_date AS STRING) AS date,
      game_id,
      team_abbr AS team,
      'UPSTREAM_GAP' AS verdict,
      'nbac_schedule' AS source,
      IF(withholds, 'in the window read', 'older than the window read') AS reason
    )
    ORDER BY game_date, game_id
  ) AS missing)) AS evidence,
  CAST(NULL AS INT64) AS expected_record_count,
  CAST(NULL AS INT64) AS actual_record_count,
  TO_JSON_STRING(ARRAY_AGG(game_id ORDER BY game_date, game_id)) AS missing_game_ids
FROM missing
GROUP BY cell_date, team_abbr
