-- Gaps in the player's own games, and players whose shot zones or context of D are missing although their own
-- games are not. Absences (PLAYER_DNP) are documented by player_daily_cache; a missing opponent is a NULL factor.
WITH
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
      CASE
        WHEN z.player_lookup IS NULL AND u.player_lookup IS NULL
          THEN 'player_shot_zone_analysis and upcoming_player_game_context'
        WHEN z.player_lookup IS NULL THEN 'player_shot_zone_analysis'
        WHEN u.player_lookup IS NULL THEN 'upcoming_player_game_context'
      END AS missing_upstream
    FROM staging.player_evidence AS e
    LEFT JOIN shot_zones AS z
      ON z.player_lookup = e.player_lookup AND z.analysis_date = e.cell_date
    LEFT JOIN upcoming AS u
      ON u.player_lookup = e.player_lookup AND u.game_date = e.cell_date
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
WHERE failure_type <> 'PLAYER_DNP' AND (row_withheld OR missing_upstream IS NULL)
UNION ALL
SELECT
  cell_date, player_lookup, 'PLAYER', 'UPSTREAM_INCOMPLETE', 'UPSTREAM_GAP',
  CONCAT('no row of this date in ', missing_upstream),
  worst_expected_games, worst_actual_games, '[]', TRUE, FALSE, '{"missing":[]}',
  CAST(NULL AS INT64), CAST(NULL AS INT64), '[]'
FROM judged
WHERE NOT row_withheld AND missing_upstream IS NOT NULL
