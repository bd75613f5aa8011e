-- One row per expected player of D with a game played, no gap in his span and every upstream row of D. State
-- before D: games played are numbered per player, and what D sees is the game whose number is the count of games
-- before D (staging.player_evidence). All sums are over integers; shots, free throws and turnovers are pooled as
-- hundredths of a play (100 FGA + 44 FTA + 100 TOV).
WITH
  appearances AS (
    SELECT
      s.player_lookup, s.game_id, s.game_date, s.points, s.seconds_played,
      l.season_type != 'cup_final' AS of_season,
      100 * s.fg_attempts + 44 * s.ft_attempts AS shots_e2,
      IF(s.team_plays_e2 IS NULL, NULL, 100 * s.fg_attempts + 44 * s.ft_attempts + 100 * s.turnovers) AS plays_e2,
      IF(s.team_plays_e2 IS NULL, NULL, s.seconds_played) AS seconds_of_plays,
      IF(s.team_plays_e2 IS NULL, NULL, s.team_seconds) AS team_seconds,
      s.team_plays_e2
    FROM (
      SELECT
        player_lookup, game_id, game_date, points, seconds_played, fg_attempts, ft_attempts, turnovers, team_seconds,
        IF(
          team_seconds IS NULL, NULL,
          100 * team_field_goals_attempted + 44 * team_free_throws_attempted + 100 * team_turnovers
        ) AS team_plays_e2
      FROM nba_analytics.player_game_summary
      WHERE game_date >= @season_start AND game_date < @last_date
    ) AS s
    JOIN staging.player_listings AS l ON l.player_lookup = s.player_lookup AND l.game_id = s.game_id
  ),
  history AS (
    SELECT
      player_lookup,
      COUNT(*) OVER so_far AS game_number,
      COUNT(*) OVER last_10 AS games_10,
      SUM(points) OVER last_5 AS points_5,
      COUNT(*) OVER last_5 AS games_5,
      SUM(points) OVER last_10 AS points_10,
      SUM(points * points) OVER last_10 AS points_squared_10,
      SUM(seconds_played) OVER last_10 AS seconds_10,
      SUM(shots_e2) OVER last_10 AS shots_e2_10,
      SUM(plays_e2) OVER last_10 AS plays_e2_10,
      SUM(seconds_of_plays) OVER last_10 AS seconds_of_plays_10,
      SUM(team_seconds) OVER last_10 AS team_seconds_10,
      SUM(team_plays_e2) OVER last_10 AS team_plays_e2_10,
      SUM(IF(of_season, points, NULL)) OVER so_far AS points_season,
      SUM(IF(of_season, plays_e2, NULL)) OVER so_far AS plays_e2_season,
      SUM(IF(of_season, seconds_of_plays, NULL)) OVER so_far AS seconds_of_plays_season,
      SUM(IF(of_season, team_seconds, NULL)) OVER so_far AS team_seconds_season,
      SUM(IF(of_season, team_plays_e2, NULL)) OVER so_far AS team_plays_e2_season,
      -- The weights (7/9)^lag of an average of span 8, times 9^9: integers add up the same in any order.
      387420489 * points
        + 301327047 * IFNULL(LAG(points, 1) OVER by_game, 0)
        + 234365481 * IFNULL(LAG(points, 2) OVER by_game, 0)
        + 182284263 * IFNULL(LAG(points, 3) OVER by_game, 0)
        + 141776649 * IFNULL(LAG(points, 4) OVER by_game, 0)
        + 110270727 * IFNULL(LAG(points, 5) OVER by_game, 0)
        + 85766121 * IFNULL(LAG(points, 6) OVER by_game, 0)
        + 66706983 * IFNULL(LAG(points, 7) OVER by_game, 0)
        + 51883209 * IFNULL(LAG(points, 8) OVER by_game, 0)
        + 40353607 * IFNULL(LAG(points, 9) OVER by_game, 0) AS weighted_points,
      387420489 * seconds_played
        + 301327047 * IFNULL(LAG(seconds_played, 1) OVER by_game, 0)
        + 234365481 * IFNULL(LAG(seconds_played, 2) OVER by_game, 0)
        + 182284263 * IFNULL(LAG(seconds_played, 3) OVER by_game, 0)
        + 141776649 * IFNULL(LAG(seconds_played, 4) OVER by_game, 0)
        + 110270727 * IFNULL(LAG(seconds_played, 5) OVER by_game, 0)
        + 85766121 * IFNULL(LAG(seconds_played, 6) OVER by_game, 0)
        + 66706983 * IFNULL(LAG(seconds_played, 7) OVER by_game, 0)
        + 51883209 * IFNULL(LAG(seconds_played, 8) OVER by_game, 0)
        + 40353607 * IFNULL(LAG(seconds_played, 9) OVER by_game, 0) AS weighted_seconds,
      CASE LEAST(COUNT(*) OVER so_far, 10)
        WHEN 1 THEN 387420489
        WHEN 2 THEN 688747536
        WHEN 3 THEN 923113017
        WHEN 4 THEN 1105397280
        WHEN 5 THEN 1247173929
        WHEN 6 THEN 1357444656
        WHEN 7 THEN 1443210777
        WHEN 8 THEN 1509917760
        WHEN 9 THEN 1561800969
        ELSE 1602154576
      END AS weight
    FROM appearances
    WINDOW
      by_game AS (PARTITION BY player_lookup ORDER BY game_date, game_id),
      so_far AS (
        PARTITION BY player_lookup ORDER BY game_date, game_id ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
      ),
      last_5 AS (PARTITION BY player_lookup ORDER BY game_date, game_id ROWS BETWEEN 4 PRECEDING AND CURRENT ROW),
      last_10 AS (PARTITION BY player_lookup ORDER BY game_date, game_id ROWS BETWEEN 9 PRECEDING AND CURRENT ROW)
  ),
  team_games AS (
    SELECT
      g.team_abbr, g.game_date,
      COUNT(*) OVER so_far AS team_game_number,
      COUNTIF(t.game_id IS NULL) OVER last_10 AS unknown_games,
      SUM(IF(t.possessions IS NULL, NULL, t.points)) OVER last_10 AS points,
      SUM(CAST(ROUND(t.possessions * 1000000) AS INT64)) OVER last_10 AS possessions_e6,
      SUM(IF(t.possessions IS NULL, NULL, t.team_seconds)) OVER last_10 AS seconds
    FROM (
      SELECT game_id, game_date, team_abbr
      FROM nba_raw.nbac_schedule
      CROSS JOIN UNNEST([home_team_tricode, away_team_tricode]) AS team_abbr
      WHERE game_date >= @season_start AND game_date < @last_date
        AND game_status = 3 AND IFNULL(game_status_text, '') != 'Postponed'
        AND season_type IN ('regular', 'play_in', 'playoffs', 'cup_final')
    ) AS g
    LEFT JOIN (
      SELECT game_id, team_abbr, points, possessions, team_seconds
      FROM nba_analytics.team_offense_game_summary
      WHERE game_date >= @season_start AND game_date < @last_date
    ) AS t ON t.game_id = g.game_id AND t.team_abbr = g.team_abbr
    WINDOW
      so_far AS (
        PARTITION BY g.team_abbr ORDER BY g.game_date, g.game_id ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
      ),
      last_10 AS (PARTITION BY g.team_abbr ORDER BY g.game_date, g.game_id ROWS BETWEEN 9 PRECEDING AND CURRENT ROW)
  ),
  team_cells AS (
    SELECT
      team_abbr, game_date AS cell_date, is_cell,
      MAX(team_game_number) OVER (
        PARTITION BY team_abbr ORDER BY day RANGE BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
      ) AS games_before
    FROM (
      SELECT team_abbr, game_date, UNIX_DATE(game_date) AS day, team_game_number, FALSE AS is_cell
      FROM team_games
      UNION ALL
      SELECT DISTINCT team_abbr, cell_date, UNIX_DATE(cell_date), CAST(NULL AS INT64), TRUE
      FROM staging.expected_players
    )
  ),
  teams AS (
    SELECT
      c.team_abbr, c.cell_date,
      g.game_date AS last_game_date,
      g.unknown_games,
      SAFE_DIVIDE(14400 * g.possessions_e6, 1000000 * g.seconds) AS pace,
      SAFE_DIVIDE(100000000 * g.points, g.possessions_e6) AS off_rating
    FROM team_cells AS c
    LEFT JOIN team_games AS g ON g.team_abbr = c.team_abbr AND g.team_game_number = c.games_before
    WHERE c.is_cell
  ),
  shot_zones AS (
    SELECT
      player_lookup, analysis_date, primary_scoring_zone, paint_rate_last_10, three_pt_rate_last_10,
      assisted_rate_last_10
    FROM nba_precompute.player_shot_zone_analysis
    WHERE analysis_date BETWEEN @first_date AND @last_date AND analysis_date IN UNNEST(@dates)
  ),
  factors AS (
    SELECT player_lookup, analysis_date, fatigue_score, total_composite_adjustment
    FROM nba_precompute.player_composite_factors
    WHERE analysis_date BETWEEN @first_date AND @last_date AND analysis_date IN UNNEST(@dates)
  ),
  upcoming AS (
    SELECT
      player_lookup, game_date, games_last_7_days, games_last_14_days, minutes_last_7_days, minutes_last_14_days,
      back_to_backs_last_14_days
    FROM nba_analytics.upcoming_player_game_context
    WHERE game_date BETWEEN @first_date AND @last_date AND game_date IN UNNEST(@dates)
  )
SELECT
  p.player_lookup,
  p.cell_date AS cache_date,
  p.player_name,
  p.team_abbr,
  p.game_id,
  h.points_5 / h.games_5 AS points_avg_last_5,
  h.points_10 / h.games_10 AS points_avg_last_10,
  SAFE_DIVIDE(h.points_season, e.games_played_season) AS points_avg_season,
  IF(
    h.games_10 < 2, NULL,
    SQRT(SAFE_DIVIDE(h.games_10 * h.points_squared_10 - h.points_10 * h.points_10, h.games_10 * (h.games_10 - 1)))
  ) AS points_std_last_10,
  h.weighted_points / h.weight AS points_ewma_8,
  h.seconds_10 / h.games_10 / 60 AS minutes_avg_last_10,
  h.weighted_seconds / h.weight / 60 AS minutes_ewma,
  SAFE_DIVIDE(20 * h.plays_e2_10 * h.team_seconds_10, h.seconds_of_plays_10 * h.team_plays_e2_10)
    AS usage_rate_last_10,
  SAFE_DIVIDE(50 * h.points_10, h.shots_e2_10) AS ts_pct_last_10,
  SAFE_DIVIDE(20 * h.plays_e2_season * h.team_seconds_season, h.seconds_of_plays_season * h.team_plays_e2_season)
    AS player_usage_rate_season,
  e.games_played_season,
  u.games_last_7_days,
  u.games_last_14_days,
  u.minutes_last_7_days,
  u.minutes_last_14_days,
  u.back_to_backs_last_14_days,
  SAFE_DIVIDE(u.minutes_last_7_days, u.games_last_7_days) AS avg_minutes_per_game_last_7,
  t.pace AS team_pace_last_10,
  t.off_rating AS team_off_rating_last_10,
  z.primary_scoring_zone,
  z.paint_rate_last_10,
  z.three_pt_rate_last_10,
  z.assisted_rate_last_10,
  f.fatigue_score,
  f.total_composite_adjustment,
  e.l5_schedule_pct AS l5_schedule_completeness_pct,
  e.l5_data_pct AS l5_data_completeness_pct,
  e.l10_schedule_pct AS l10_schedule_completeness_pct,
  e.l10_data_pct AS l10_data_completeness_pct,
  e.l7d_schedule_pct AS l7d_schedule_completeness_pct,
  e.l7d_data_pct AS l7d_data_completeness_pct,
  e.l14d_schedule_pct AS l14d_schedule_completeness_pct,
  e.l14d_data_pct AS l14d_data_completeness_pct,
  @season_year AS season_year,
  e.quality_tier,
  e.games_in_sample,
  e.games_missed_dnp,
  e.schedule_completeness_pct,
  e.data_completeness_pct,
  e.expected_games_count,
  e.actual_games_count,
  e.missing_games_count,
  e.season_gap_games,
  e.is_production_ready,
  IF(t.last_game_date > e.max_source_game_date, t.last_game_date, e.max_source_game_date) AS max_source_game_date
FROM staging.expected_players AS p
JOIN staging.player_evidence AS e ON e.cell_date = p.cell_date AND e.player_lookup = p.player_lookup
JOIN history AS h ON h.player_lookup = p.player_lookup AND h.game_number = e.games_played_before
JOIN teams AS t ON t.team_abbr = p.team_abbr AND t.cell_date = p.cell_date
JOIN shot_zones AS z ON z.player_lookup = p.player_lookup AND z.analysis_date = p.cell_date
JOIN factors AS f ON f.player_lookup = p.player_lookup AND f.analysis_date = p.cell_date
JOIN upcoming AS u ON u.player_lookup = p.player_lookup AND u.game_date = p.cell_date
WHERE NOT e.row_withheld AND IFNULL(t.unknown_games, 0) = 0
