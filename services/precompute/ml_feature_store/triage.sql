-- Gaps in the player's own games, players without a game, and players whose rows of D upstream are missing although
-- their own games are not; who has no game this season needs none upstream. Absences (PLAYER_DNP) are documented by player_daily_cache.
WITH
  cache AS (
    SELECT DISTINCT player_lookup, cache_date
    FROM nba_precompute.player_daily_cache
    WHERE cache_date BETWEEN @first_date AND @last_date AND cache_date IN UNNEST(@dates)
  ),
  factors AS (
    SELECT DISTINCT player_lookup, analysis_date
    FROM nba_precompute.player_composite_factors
    WHERE analysis_date BETWEEN @first_date AND @last_date AND analysis_date IN UNNEST(@dates)
  ),
  shot_zones AS (
    SELECT DISTINCT player_lookup, analysis_date
    FROM nba_precompute.player_shot_zone_analysis
    WHERE analysis_date BETWEEN @first_date AND @last_date AND analysis_date IN UNNEST(@dates)
  ),
  upcoming AS (
    SELECT DISTINCT player_lookup, game_date
    FROM nba_analytics.upcoming_player_game_context
    WHERE game_date BETWEEN @first_date AND @last_date AND game_date IN UNNEST(@dates)
  ),
  judged AS (
    SELECT
      e.*,
      IF(e.from_previous_season, '', CONCAT(
        IF(d.player_lookup IS NULL, ', no player_daily_cache of this date', ''),
        IF(f.player_lookup IS NULL, ', no player_composite_factors of this date', ''),
        IF(z.player_lookup IS NULL, ', no player_shot_zone_analysis of this date', ''),
        IF(u.player_lookup IS NULL, ', no upcoming_player_game_context of this date', '')
      )) AS missing_upstream
    FROM staging.prediction_evidence AS e
    LEFT JOIN cache AS d ON d.player_lookup = e.player_lookup AND d.cache_date = e.cell_date
    LEFT JOIN factors AS f ON f.player_lookup = e.player_lookup AND f.analysis_date = e.cell_date
    LEFT JOIN shot_zones AS z ON z.player_lookup = e.player_lookup AND z.analysis_date = e.cell_date
    LEFT JOIN upcoming AS u ON u.player_lookup = e.player_lookup AND u.game_date = e.cell_date
  )
SELECT
  cell_date AS analysis_date,
  player_lookup AS entity_id,
  'PLAYER' AS entity_type,
  failure_category,
  failure_type,
  failure_reason,
  worst_expected_games AS expected_game_count,
  worst_actual_games AS actual_game_count,
  missing_game_dates,
  TRUE AS raw_data_checked,
  NOT row_withheld AS row_written,
  evidence,
  CAST(NULL AS INT64) AS expected_record_count,
  CAST(NULL AS INT64) AS actual_record_count,
  missing_game_ids
FROM judged
WHERE failure_type <> 'PLAYER_DNP' AND (row_withheld OR missing_upstream = '')
UNION ALL
SELECT
  cell_date, player_lookup, 'PLAYER', 'UPSTREAM_INCOMPLETE', 'UPSTREAM_GAP',
  CONCAT('His own games are complete', missing_upstream),
  worst_expected_games, worst_actual_games, '[]', TRUE, FALSE, '{"missing":[]}',
  CAST(NULL AS INT64), CAST(NULL AS INT64), '[]'
FROM judged
WHERE NOT row_withheld AND missing_upstream != ''
