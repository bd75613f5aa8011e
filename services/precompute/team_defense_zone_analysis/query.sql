-- One row per team and date D: its last 15 Final games before D, and the league's season before D.
--
-- Sums over 15 games are kept per game (a frame that ends with it); a date finds them by the number of the
-- team's latest game before it, so that no date reads a game twice and none reads one of D or later.
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
  defence AS (
    SELECT
      team_abbr, game_id, game_date, points_allowed, is_production_ready,
      -- Possessions are fractions: millionths add up to the same sum in any order.
      CAST(ROUND(possessions * 1000000) AS INT64) AS possessions_e6,
      IF(possessions IS NULL, NULL, points_allowed) AS rated_points,
      IF(possessions IS NULL, NULL, team_seconds) AS rated_seconds,
      IF(zone_source IS NULL, NULL, paint_attempts_allowed) AS paint_attempts,
      IF(zone_source IS NULL, NULL, paint_makes_allowed) AS paint_makes,
      IF(zone_source IS NULL, NULL, mid_range_attempts_allowed) AS mid_range_attempts,
      IF(zone_source IS NULL, NULL, mid_range_makes_allowed) AS mid_range_makes,
      IF(zone_source IS NULL, NULL, three_pt_attempts_allowed) AS three_pt_attempts,
      IF(zone_source IS NULL, NULL, three_pt_makes_allowed) AS three_pt_makes
    FROM nba_analytics.team_defense_game_summary
    WHERE game_date >= @season_start AND game_date < @last_date
  ),
  windows AS (
    SELECT
      g.team_abbr,
      ROW_NUMBER() OVER in_order AS game_number,
      COUNTIF(d.game_id IS NULL) OVER last_15 AS gaps_last_15,
      COUNTIF(d.game_id IS NULL) OVER season AS gaps_season,
      COUNTIF(NOT d.is_production_ready) OVER last_15 AS unready_last_15,
      COUNT(d.game_id) OVER last_15 AS games,
      COUNT(d.paint_attempts) OVER last_15 AS zone_games,
      CAST(SUM(d.points_allowed) OVER last_15 AS INT64) AS points_allowed,
      CAST(SUM(d.rated_points) OVER last_15 AS INT64) AS rated_points,
      CAST(SUM(d.rated_seconds) OVER last_15 AS INT64) AS rated_seconds,
      CAST(SUM(d.possessions_e6) OVER last_15 AS INT64) AS possessions_e6,
      CAST(SUM(d.paint_attempts) OVER last_15 AS INT64) AS paint_attempts,
      CAST(SUM(d.paint_makes) OVER last_15 AS INT64) AS paint_makes,
      CAST(SUM(d.mid_range_attempts) OVER last_15 AS INT64) AS mid_range_attempts,
      CAST(SUM(d.mid_range_makes) OVER last_15 AS INT64) AS mid_range_makes,
      CAST(SUM(d.three_pt_attempts) OVER last_15 AS INT64) AS three_pt_attempts,
      CAST(SUM(d.three_pt_makes) OVER last_15 AS INT64) AS three_pt_makes
    FROM team_games AS g
    LEFT JOIN defence AS d
      ON d.team_abbr = g.team_abbr AND d.game_id = g.game_id AND d.game_date = g.game_date
    WINDOW
      in_order AS (PARTITION BY g.team_abbr ORDER BY g.game_date, g.game_id),
      last_15 AS (in_order ROWS BETWEEN 14 PRECEDING AND CURRENT ROW),
      season AS (in_order ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)
  ),
  cells AS (
    SELECT DISTINCT game_date AS cell_date
    FROM nba_raw.nbac_schedule
    WHERE game_date BETWEEN @first_date AND @last_date
      AND game_date IN UNNEST(@dates)
      AND season_year = @season_year
      AND season_type IN ('regular', 'play_in', 'playoffs', 'cup_final')
      AND IFNULL(game_status_text, '') <> 'Postponed'
  ),
  timeline AS (
    SELECT team_abbr, game_date AS cell_date, UNIX_DATE(game_date) AS day, FALSE AS is_cell
    FROM team_games
    UNION ALL
    SELECT t.team_abbr, c.cell_date, UNIX_DATE(c.cell_date), TRUE
    FROM cells AS c
    CROSS JOIN (SELECT DISTINCT team_abbr FROM team_games) AS t
  ),
  as_of AS (
    SELECT
      team_abbr, cell_date, is_cell,
      COUNTIF(NOT is_cell) OVER (
        PARTITION BY team_abbr ORDER BY day RANGE BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
      ) AS games_before
    FROM timeline
  ),
  league_days AS (
    SELECT
      game_date AS day,
      CAST(SUM(paint_attempts) AS INT64) AS paint_attempts,
      CAST(SUM(paint_makes) AS INT64) AS paint_makes,
      CAST(SUM(mid_range_attempts) AS INT64) AS mid_range_attempts,
      CAST(SUM(mid_range_makes) AS INT64) AS mid_range_makes,
      CAST(SUM(three_pt_attempts) AS INT64) AS three_pt_attempts,
      CAST(SUM(three_pt_makes) AS INT64) AS three_pt_makes
    FROM defence
    GROUP BY game_date
  ),
  league AS (
    SELECT
      c.cell_date,
      MAX(d.day) AS max_day,
      CAST(SUM(d.paint_attempts) AS INT64) AS paint_attempts,
      CAST(SUM(d.paint_makes) AS INT64) AS paint_makes,
      CAST(SUM(d.mid_range_attempts) AS INT64) AS mid_range_attempts,
      CAST(SUM(d.mid_range_makes) AS INT64) AS mid_range_makes,
      CAST(SUM(d.three_pt_attempts) AS INT64) AS three_pt_attempts,
      CAST(SUM(d.three_pt_makes) AS INT64) AS three_pt_makes
    FROM cells AS c
    JOIN league_days AS d ON d.day < c.cell_date
    GROUP BY c.cell_date
  ),
  joined AS (
    SELECT
      a.cell_date,
      w.*,
      w.paint_attempts + w.mid_range_attempts + w.three_pt_attempts AS attempts,
      l.max_day,
      l.paint_makes AS paint_league_makes,
      l.paint_attempts AS paint_league_attempts,
      l.mid_range_makes AS mid_range_league_makes,
      l.mid_range_attempts AS mid_range_league_attempts,
      l.three_pt_makes AS three_pt_league_makes,
      l.three_pt_attempts AS three_pt_league_attempts
    FROM as_of AS a
    JOIN windows AS w
      ON w.team_abbr = a.team_abbr AND w.game_number = a.games_before
    JOIN league AS l
      ON l.cell_date = a.cell_date
    WHERE a.is_cell AND w.gaps_last_15 = 0
  ),
  compared AS (
    SELECT
      joined.*,
      -- (makes + k * league) / (attempts + k) - league, as one fraction of integers: equal is exactly 0.
      SAFE_DIVIDE(
        paint_makes * paint_league_attempts - paint_attempts * paint_league_makes,
        paint_league_attempts * (paint_attempts + @paint_k)
      ) AS paint_vs,
      SAFE_DIVIDE(
        mid_range_makes * mid_range_league_attempts - mid_range_attempts * mid_range_league_makes,
        mid_range_league_attempts * (mid_range_attempts + @mid_range_k)
      ) AS mid_range_vs,
      SAFE_DIVIDE(
        three_pt_makes * three_pt_league_attempts - three_pt_attempts * three_pt_league_makes,
        three_pt_league_attempts * (three_pt_attempts + @three_pt_k)
      ) AS three_pt_vs
    FROM joined
  )
SELECT
  team_abbr,
  cell_date AS analysis_date,
  SAFE_DIVIDE(100.0 * paint_attempts, attempts) AS paint_frequency_allowed,
  SAFE_DIVIDE(paint_makes, paint_attempts) AS paint_pct_allowed,
  SAFE_DIVIDE(
    paint_makes * paint_league_attempts + @paint_k * paint_league_makes,
    paint_league_attempts * (paint_attempts + @paint_k)
  ) AS paint_pct_allowed_shrunk,
  SAFE_DIVIDE(paint_attempts, paint_attempts + @paint_k) AS paint_reliability,
  SAFE_DIVIDE(paint_league_makes, paint_league_attempts) AS paint_league_pct,
  paint_vs AS paint_vs_league,
  SAFE_DIVIDE(paint_attempts, zone_games) AS paint_attempts_allowed_per_game,
  SAFE_DIVIDE(2 * paint_makes, zone_games) AS paint_points_allowed_per_game,
  SAFE_DIVIDE(100.0 * mid_range_attempts, attempts) AS mid_range_frequency_allowed,
  SAFE_DIVIDE(mid_range_makes, mid_range_attempts) AS mid_range_pct_allowed,
  SAFE_DIVIDE(
    mid_range_makes * mid_range_league_attempts + @mid_range_k * mid_range_league_makes,
    mid_range_league_attempts * (mid_range_attempts + @mid_range_k)
  ) AS mid_range_pct_allowed_shrunk,
  SAFE_DIVIDE(mid_range_attempts, mid_range_attempts + @mid_range_k) AS mid_range_reliability,
  SAFE_DIVIDE(mid_range_league_makes, mid_range_league_attempts) AS mid_range_league_pct,
  mid_range_vs AS mid_range_vs_league,
  SAFE_DIVIDE(mid_range_attempts, zone_games) AS mid_range_attempts_allowed_per_game,
  SAFE_DIVIDE(2 * mid_range_makes, zone_games) AS mid_range_points_allowed_per_game,
  SAFE_DIVIDE(100.0 * three_pt_attempts, attempts) AS three_pt_frequency_allowed,
  SAFE_DIVIDE(three_pt_makes, three_pt_attempts) AS three_pt_pct_allowed,
  SAFE_DIVIDE(
    three_pt_makes * three_pt_league_attempts + @three_pt_k * three_pt_league_makes,
    three_pt_league_attempts * (three_pt_attempts + @three_pt_k)
  ) AS three_pt_pct_allowed_shrunk,
  SAFE_DIVIDE(three_pt_attempts, three_pt_attempts + @three_pt_k) AS three_pt_reliability,
  SAFE_DIVIDE(three_pt_league_makes, three_pt_league_attempts) AS three_pt_league_pct,
  three_pt_vs AS three_pt_vs_league,
  SAFE_DIVIDE(three_pt_attempts, zone_games) AS three_pt_attempts_allowed_per_game,
  SAFE_DIVIDE(3 * three_pt_makes, zone_games) AS three_pt_points_allowed_per_game,
  zone_games AS zone_games_count,
  SAFE_DIVIDE(100000000.0 * rated_points, possessions_e6) AS defensive_rating_last_15,
  SAFE_DIVIDE(points_allowed, games) AS opponent_points_per_game,
  -- 48 minutes of five players are 14,400 seconds.
  SAFE_DIVIDE(0.0144 * possessions_e6, rated_seconds) AS opponent_pace,
  CASE LEAST(2 * paint_vs, 2 * mid_range_vs, 3 * three_pt_vs)
    WHEN 2 * paint_vs THEN 'paint'
    WHEN 2 * mid_range_vs THEN 'mid_range'
    WHEN 3 * three_pt_vs THEN 'three_pt'
  END AS strongest_zone,
  CASE GREATEST(2 * paint_vs, 2 * mid_range_vs, 3 * three_pt_vs)
    WHEN 2 * paint_vs THEN 'paint'
    WHEN 2 * mid_range_vs THEN 'mid_range'
    WHEN 3 * three_pt_vs THEN 'three_pt'
  END AS weakest_zone,
  @season_year AS season_year,
  CASE
    WHEN games >= 10 THEN 'gold'
    WHEN games >= 5 THEN 'silver'
    WHEN games >= 3 THEN 'bronze'
    ELSE 'bootstrap'
  END AS quality_tier,
  games AS games_in_sample,
  CAST(NULL AS INT64) AS games_missed_dnp,
  100.0 * (game_number - gaps_season) / game_number AS schedule_completeness_pct,
  100.0 * (game_number - gaps_season) / game_number AS data_completeness_pct,
  game_number AS expected_games_count,
  game_number - gaps_season AS actual_games_count,
  gaps_season AS missing_games_count,
  gaps_season AS season_gap_games,
  gaps_season = 0 AND unready_last_15 = 0 AS is_production_ready,
  max_day AS max_source_game_date
FROM compared
