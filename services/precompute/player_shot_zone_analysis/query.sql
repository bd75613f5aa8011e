-- One row per expected player of D: his last 10 and 20 games played before D.
--
-- The sums are kept per game (a frame that ends with it); a date finds them by the number of games that the
-- player played before it.
WITH
  games AS (
    SELECT
      player_lookup, game_id, game_date,
      IF(zone_source IS NULL, NULL, paint_attempts) AS paint_attempts,
      IF(zone_source IS NULL, NULL, paint_makes) AS paint_makes,
      IF(zone_source IS NULL, NULL, mid_range_attempts) AS mid_range_attempts,
      IF(zone_source IS NULL, NULL, mid_range_makes) AS mid_range_makes,
      IF(zone_source IS NULL, NULL, three_pt_attempts) AS three_pt_attempts,
      IF(zone_source IS NULL, NULL, three_pt_makes) AS three_pt_makes,
      assisted_fg_makes AS assisted,
      assisted_fg_makes + unassisted_fg_makes AS explained
    FROM nba_analytics.player_game_summary
    WHERE game_date >= @season_start AND game_date < @last_date
  ),
  windows AS (
    SELECT
      player_lookup, game_date,
      ROW_NUMBER() OVER in_order AS game_number,
      COUNT(paint_attempts) OVER last_10 AS zone_games_10,
      CAST(SUM(paint_attempts) OVER last_10 AS INT64) AS paint_attempts_10,
      CAST(SUM(paint_makes) OVER last_10 AS INT64) AS paint_makes_10,
      CAST(SUM(mid_range_attempts) OVER last_10 AS INT64) AS mid_range_attempts_10,
      CAST(SUM(mid_range_makes) OVER last_10 AS INT64) AS mid_range_makes_10,
      CAST(SUM(three_pt_attempts) OVER last_10 AS INT64) AS three_pt_attempts_10,
      CAST(SUM(three_pt_makes) OVER last_10 AS INT64) AS three_pt_makes_10,
      CAST(SUM(assisted) OVER last_10 AS INT64) AS assisted_10,
      CAST(SUM(explained) OVER last_10 AS INT64) AS explained_10,
      COUNT(paint_attempts) OVER last_20 AS zone_games_20,
      CAST(SUM(paint_attempts) OVER last_20 AS INT64) AS paint_attempts_20,
      CAST(SUM(paint_makes) OVER last_20 AS INT64) AS paint_makes_20,
      CAST(SUM(mid_range_attempts) OVER last_20 AS INT64) AS mid_range_attempts_20,
      CAST(SUM(mid_range_makes) OVER last_20 AS INT64) AS mid_range_makes_20,
      CAST(SUM(three_pt_attempts) OVER last_20 AS INT64) AS three_pt_attempts_20,
      CAST(SUM(three_pt_makes) OVER last_20 AS INT64) AS three_pt_makes_20,
      CAST(SUM(assisted) OVER last_20 AS INT64) AS assisted_20,
      CAST(SUM(explained) OVER last_20 AS INT64) AS explained_20
    FROM games
    WINDOW
      in_order AS (PARTITION BY player_lookup ORDER BY game_date, game_id),
      last_10 AS (in_order ROWS BETWEEN 9 PRECEDING AND CURRENT ROW),
      last_20 AS (in_order ROWS BETWEEN 19 PRECEDING AND CURRENT ROW)
  ),
  timeline AS (
    SELECT player_lookup, game_date AS cell_date, UNIX_DATE(game_date) AS day, FALSE AS is_cell
    FROM games
    UNION ALL
    SELECT player_lookup, cell_date, UNIX_DATE(cell_date), TRUE
    FROM staging.player_evidence
    WHERE NOT row_withheld
  ),
  as_of AS (
    SELECT
      player_lookup, cell_date, is_cell,
      COUNTIF(NOT is_cell) OVER (
        PARTITION BY player_lookup ORDER BY day RANGE BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
      ) AS games_before
    FROM timeline
  ),
  joined AS (
    SELECT
      a.cell_date, w.*,
      w.paint_attempts_10 + w.mid_range_attempts_10 + w.three_pt_attempts_10 AS shots_10,
      w.paint_attempts_20 + w.mid_range_attempts_20 + w.three_pt_attempts_20 AS shots_20
    FROM as_of AS a
    JOIN windows AS w
      ON w.player_lookup = a.player_lookup AND w.game_number = a.games_before
    WHERE a.is_cell
  )
SELECT
  j.player_lookup,
  j.cell_date AS analysis_date,
  p.player_name,
  p.team_abbr,
  CASE
    WHEN j.shots_10 IS NULL OR j.shots_10 = 0 THEN NULL
    WHEN 100 * j.paint_attempts_10 >= 40 * j.shots_10 THEN 'paint'
    WHEN 100 * j.three_pt_attempts_10 >= 40 * j.shots_10 THEN 'perimeter'
    WHEN 100 * j.mid_range_attempts_10 >= 35 * j.shots_10 THEN 'mid_range'
    ELSE 'balanced'
  END AS primary_scoring_zone,
  SAFE_DIVIDE(100.0 * j.paint_attempts_10, j.shots_10) AS paint_rate_last_10,
  SAFE_DIVIDE(j.paint_makes_10, j.paint_attempts_10) AS paint_pct_last_10,
  SAFE_DIVIDE(j.paint_attempts_10, j.zone_games_10) AS paint_attempts_per_game_last_10,
  SAFE_DIVIDE(100.0 * j.mid_range_attempts_10, j.shots_10) AS mid_range_rate_last_10,
  SAFE_DIVIDE(j.mid_range_makes_10, j.mid_range_attempts_10) AS mid_range_pct_last_10,
  SAFE_DIVIDE(j.mid_range_attempts_10, j.zone_games_10) AS mid_range_attempts_per_game_last_10,
  SAFE_DIVIDE(100.0 * j.three_pt_attempts_10, j.shots_10) AS three_pt_rate_last_10,
  SAFE_DIVIDE(j.three_pt_makes_10, j.three_pt_attempts_10) AS three_pt_pct_last_10,
  SAFE_DIVIDE(j.three_pt_attempts_10, j.zone_games_10) AS three_pt_attempts_per_game_last_10,
  SAFE_DIVIDE(100.0 * j.assisted_10, j.explained_10) AS assisted_rate_last_10,
  LEAST(j.game_number, 10) AS games_last_10,
  j.zone_games_10 AS zone_games_last_10,
  j.shots_10 AS total_shots_last_10,
  SAFE_DIVIDE(100.0 * j.paint_attempts_20, j.shots_20) AS paint_rate_last_20,
  SAFE_DIVIDE(j.paint_makes_20, j.paint_attempts_20) AS paint_pct_last_20,
  SAFE_DIVIDE(j.paint_attempts_20, j.zone_games_20) AS paint_attempts_per_game_last_20,
  SAFE_DIVIDE(100.0 * j.mid_range_attempts_20, j.shots_20) AS mid_range_rate_last_20,
  SAFE_DIVIDE(j.mid_range_makes_20, j.mid_range_attempts_20) AS mid_range_pct_last_20,
  SAFE_DIVIDE(j.mid_range_attempts_20, j.zone_games_20) AS mid_range_attempts_per_game_last_20,
  SAFE_DIVIDE(100.0 * j.three_pt_attempts_20, j.shots_20) AS three_pt_rate_last_20,
  SAFE_DIVIDE(j.three_pt_makes_20, j.three_pt_attempts_20) AS three_pt_pct_last_20,
  SAFE_DIVIDE(j.three_pt_attempts_20, j.zone_games_20) AS three_pt_attempts_per_game_last_20,
  SAFE_DIVIDE(100.0 * j.assisted_20, j.explained_20) AS assisted_rate_last_20,
  LEAST(j.game_number, 20) AS games_last_20,
  j.zone_games_20 AS zone_games_last_20,
  j.shots_20 AS total_shots_last_20,
  @season_year AS season_year,
  e.quality_tier,
  LEAST(j.game_number, 20) AS games_in_sample,
  e.games_missed_dnp,
  e.schedule_completeness_pct,
  e.data_completeness_pct,
  e.expected_games_count,
  e.actual_games_count,
  e.missing_games_count,
  e.season_gap_games,
  e.is_production_ready,
  j.game_date AS max_source_game_date
FROM joined AS j
JOIN staging.expected_players AS p
  ON p.player_lookup = j.player_lookup AND p.cell_date = j.cell_date
JOIN staging.player_evidence AS e
  ON e.player_lookup = j.player_lookup AND e.cell_date = j.cell_date
