-- One row per expected player of D whose rows of D upstream exist. History is numbered per player, and what D sees
-- is the game whose number is the count of games before D (staging.player_evidence). All sums are over integers.
-- NULL means unknown, always.
--
-- Who has no game this season on a date that opens it has a row of the season before (staging.prediction_evidence):
-- the features of his last games are those of his last games then; what only tables upstream know stays NULL.
WITH
  appearances AS (
    SELECT
      s.player_lookup, s.points, s.seconds_played, s.fg_attempts, s.ft_attempts,
      IF(s.starter_flag, 1, IF(s.starter_flag IS NULL, NULL, 0)) AS started,
      ROW_NUMBER() OVER (PARTITION BY s.player_lookup ORDER BY s.game_date, s.game_id) AS game_number
    FROM nba_analytics.player_game_summary AS s
    JOIN staging.player_listings AS l ON l.player_lookup = s.player_lookup AND l.game_id = s.game_id
    WHERE s.game_date >= @season_start AND s.game_date < @last_date
  ),
  history AS (
    SELECT
      player_lookup, game_number, started AS started_last, seconds_played AS seconds_last,
      COUNT(*) OVER last_20 AS games_20,
      SUM(points) OVER last_20 AS points_20,
      SUM(seconds_played) OVER last_20 AS seconds_20,
      SUM(seconds_played) OVER last_3 AS seconds_3,
      COUNT(*) OVER last_3 AS games_3,
      SUM(seconds_played) OVER last_5 AS seconds_5,
      COUNT(*) OVER last_5 AS games_5,
      SUM(started) OVER last_5 AS started_5,
      COUNT(*) OVER last_10 AS games_10,
      SUM(started) OVER last_10 AS started_10,
      SUM(seconds_played) OVER last_10 AS seconds_10,
      SUM(seconds_played * seconds_played) OVER last_10 AS seconds_squared_10,
      SUM(fg_attempts) OVER last_10 AS shots_10,
      SUM(ft_attempts) OVER last_10 AS free_throws_10,
      SUM(seconds_played) OVER so_far AS seconds_season,
      SUM(points) OVER so_far AS points_season
    FROM appearances
    WINDOW
      so_far AS (PARTITION BY player_lookup ORDER BY game_number ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW),
      last_3 AS (PARTITION BY player_lookup ORDER BY game_number ROWS BETWEEN 2 PRECEDING AND CURRENT ROW),
      last_5 AS (PARTITION BY player_lookup ORDER BY game_number ROWS BETWEEN 4 PRECEDING AND CURRENT ROW),
      last_10 AS (PARTITION BY player_lookup ORDER BY game_number ROWS BETWEEN 9 PRECEDING AND CURRENT ROW),
      last_20 AS (PARTITION BY player_lookup ORDER BY game_number ROWS BETWEEN 19 PRECEDING AND CURRENT ROW)
  ),
  -- Weights as integers, so that sums are the same in any order: (11/13)^lag for span 12, (23/25)^lag for span 24,
  -- in billionths, over the last 40 games he played.
  smoothed AS (
    SELECT
      n.player_lookup, n.game_number,
      SUM(a.points * CAST(ROUND(1000000000 * POW(11 / 13, n.game_number - a.game_number)) AS INT64)) AS weighted_12,
      SUM(CAST(ROUND(1000000000 * POW(11 / 13, n.game_number - a.game_number)) AS INT64)) AS weight_12,
      SUM(a.points * CAST(ROUND(1000000000 * POW(23 / 25, n.game_number - a.game_number)) AS INT64)) AS weighted_24,
      SUM(CAST(ROUND(1000000000 * POW(23 / 25, n.game_number - a.game_number)) AS INT64)) AS weight_24
    FROM (
      SELECT DISTINCT player_lookup, games_played_before AS game_number
      FROM staging.player_evidence
      WHERE NOT row_withheld
    ) AS n
    JOIN appearances AS a
      ON a.player_lookup = n.player_lookup
      AND a.game_number BETWEEN n.game_number - 39 AND n.game_number
    GROUP BY n.player_lookup, n.game_number
  ),
  previous_games AS (
    SELECT
      player_lookup, season_type, points, seconds_played, fg_attempts, ft_attempts,
      IF(starter_flag, 1, IF(starter_flag IS NULL, NULL, 0)) AS started,
      ROW_NUMBER() OVER (PARTITION BY player_lookup ORDER BY game_date DESC, game_id DESC) AS recency
    FROM nba_analytics.player_game_summary
    WHERE game_date >= @previous_season_start AND game_date < @season_start
      AND season_year = @season_year - 1
  ),
  previous AS (
    SELECT
      player_lookup,
      COUNT(*) AS games,
      SUM(points) AS points,
      SUM(seconds_played) AS seconds
    FROM previous_games
    WHERE season_type != 'cup_final'
    GROUP BY player_lookup
  ),
  -- The last games of those who are judged by that season, weighted as in `smoothed` and, over 10 games, as
  -- player_daily_cache does: (7/9)^lag.
  last_games AS (
    SELECT
      g.player_lookup,
      SUM(IF(g.recency <= 40, g.points * g.weight_12, NULL)) AS weighted_12,
      SUM(IF(g.recency <= 40, g.weight_12, NULL)) AS weight_12,
      SUM(IF(g.recency <= 40, g.points * g.weight_24, NULL)) AS weighted_24,
      SUM(IF(g.recency <= 40, g.weight_24, NULL)) AS weight_24,
      SUM(IF(g.recency <= 10, g.points * g.weight_8, NULL)) AS weighted_8,
      SUM(IF(g.recency <= 10, g.seconds_played * g.weight_8, NULL)) AS weighted_seconds_8,
      SUM(IF(g.recency <= 10, g.weight_8, NULL)) AS weight_8,
      SUM(IF(g.recency <= 5, g.points, NULL)) AS points_5,
      SUM(IF(g.recency <= 10, g.points, NULL)) AS points_10,
      SUM(IF(g.recency <= 10, g.points * g.points, NULL)) AS points_squared_10,
      SUM(IF(g.recency <= 20, g.points, NULL)) AS points_20,
      SUM(IF(g.recency = 1, g.seconds_played, NULL)) AS seconds_last,
      SUM(IF(g.recency <= 3, g.seconds_played, NULL)) AS seconds_3,
      SUM(IF(g.recency <= 5, g.seconds_played, NULL)) AS seconds_5,
      SUM(IF(g.recency <= 10, g.seconds_played, NULL)) AS seconds_10,
      SUM(IF(g.recency <= 10, g.seconds_played * g.seconds_played, NULL)) AS seconds_squared_10,
      SUM(IF(g.recency <= 20, g.seconds_played, NULL)) AS seconds_20,
      SUM(IF(g.recency = 1, g.started, NULL)) AS started_last,
      SUM(IF(g.recency <= 5, g.started, NULL)) AS started_5,
      SUM(IF(g.recency <= 10, g.started, NULL)) AS started_10,
      SUM(IF(g.recency <= 10, g.fg_attempts, NULL)) AS shots_10,
      SUM(IF(g.recency <= 10, g.ft_attempts, NULL)) AS free_throws_10,
      COUNTIF(g.recency <= 3) AS games_3,
      COUNTIF(g.recency <= 5) AS games_5,
      COUNTIF(g.recency <= 10) AS games_10,
      COUNTIF(g.recency <= 20) AS games_20
    FROM (
      SELECT
        *,
        CAST(ROUND(1000000000 * POW(11 / 13, recency - 1)) AS INT64) AS weight_12,
        CAST(ROUND(1000000000 * POW(23 / 25, recency - 1)) AS INT64) AS weight_24,
        CAST(ROUND(1000000000 * POW(7 / 9, recency - 1)) AS INT64) AS weight_8
      FROM previous_games
    ) AS g
    WHERE g.player_lookup IN (SELECT player_lookup FROM staging.prediction_evidence WHERE from_previous_season)
    GROUP BY g.player_lookup
  ),
  team_wins AS (
    SELECT team_abbr, cell_date, COUNTIF(win_flag) AS wins, COUNT(*) AS games
    FROM (
      SELECT c.team_abbr, c.cell_date, t.win_flag
      FROM (SELECT DISTINCT team_abbr, cell_date FROM staging.expected_players) AS c
      JOIN (
        SELECT team_abbr, game_date, game_id, win_flag
        FROM nba_analytics.team_offense_game_summary
        WHERE game_date >= @season_start AND game_date < @last_date
      ) AS t ON t.team_abbr = c.team_abbr AND t.game_date < c.cell_date
      QUALIFY ROW_NUMBER() OVER (
        PARTITION BY c.team_abbr, c.cell_date ORDER BY t.game_date DESC, t.game_id DESC
      ) <= 10
    ) AS last_10
    GROUP BY team_abbr, cell_date
  ),
  -- The line of the middle bookmaker, the lower one of two, as player_game_summary has it: before tip-off.
  consensus AS (
    SELECT game_id, game_date, player_lookup, points_line
    FROM (
      SELECT
        game_id, game_date, player_lookup, points_line,
        ROW_NUMBER() OVER (PARTITION BY game_date, game_id, player_lookup ORDER BY points_line, bookmaker) AS position,
        COUNT(*) OVER (PARTITION BY game_date, game_id, player_lookup) AS bookmakers
      FROM (
        SELECT game_id, game_date, player_lookup, bookmaker, points_line
        FROM nba_raw.odds_api_player_points_props
        WHERE game_date BETWEEN @first_date AND @last_date AND game_date IN UNNEST(@dates)
          AND snapshot_timestamp < commence_time
          AND points_line IS NOT NULL
        QUALIFY ROW_NUMBER() OVER (
          PARTITION BY game_date, game_id, player_lookup, bookmaker
          ORDER BY
            snapshot_timestamp DESC,
            IFNULL(ABS(SAFE_DIVIDE(1, over_price) - SAFE_DIVIDE(1, under_price)), 2),
            points_line
        ) = 1
      ) AS main_lines
    ) AS ranked
    WHERE position = DIV(bookmakers + 1, 2)
  ),
  cache AS (
    SELECT *
    FROM nba_precompute.player_daily_cache
    WHERE cache_date BETWEEN @first_date AND @last_date AND cache_date IN UNNEST(@dates)
  ),
  factors AS (
    SELECT
      player_lookup, analysis_date, opponent_team_abbr, home_game, shot_zone_mismatch_score, opponent_defense_score,
      pace_score, usage_spike_score, fatigue_score, is_production_ready, max_source_game_date
    FROM nba_precompute.player_composite_factors
    WHERE analysis_date BETWEEN @first_date AND @last_date AND analysis_date IN UNNEST(@dates)
  ),
  shot_zones AS (
    SELECT player_lookup, analysis_date, paint_rate_last_10, three_pt_rate_last_10
    FROM nba_precompute.player_shot_zone_analysis
    WHERE analysis_date BETWEEN @first_date AND @last_date AND analysis_date IN UNNEST(@dates)
  ),
  upcoming AS (
    SELECT
      player_lookup, game_date, days_rest, back_to_back, games_last_7_days, minutes_last_7_days, injury_status,
      injury_report_available, missing_teammate_points
    FROM nba_analytics.upcoming_player_game_context
    WHERE game_date BETWEEN @first_date AND @last_date AND game_date IN UNNEST(@dates)
  ),
  team_context AS (
    SELECT team_abbr, game_id, game_date, season_type, opponent_days_rest, team_spread, game_total
    FROM nba_analytics.upcoming_team_game_context
    WHERE game_date BETWEEN @first_date AND @last_date AND game_date IN UNNEST(@dates)
  ),
  defence AS (
    SELECT team_abbr, analysis_date, defensive_rating_last_15, opponent_pace
    FROM nba_precompute.team_defense_zone_analysis
    WHERE analysis_date BETWEEN @first_date AND @last_date AND analysis_date IN UNNEST(@dates)
  ),
  known AS (
    SELECT
      p.player_lookup,
      p.cell_date AS game_date,
      p.player_name,
      p.team_abbr,
      f.opponent_team_abbr,
      p.game_id,
      t.season_type,
      o.points_line,
      w.weighted_12 / w.weight_12 AS points_ewma_12,
      w.weighted_24 / w.weight_24 AS points_ewma_24,
      d.points_ewma_8,
      d.points_avg_last_5,
      d.points_avg_last_10,
      h.points_20 / h.games_20 AS points_avg_last_20,
      d.points_avg_season,
      IF(
        v.games IS NULL, h.points_season / h.game_number,
        (h.points_season + LEAST(v.games, @prior_games) * v.points / v.games)
          / (h.game_number + LEAST(v.games, @prior_games))
      ) AS points_avg_shrunk,
      d.points_std_last_10,
      SAFE_DIVIDE(60 * h.points_20, h.seconds_20) AS points_per_minute_last_20,
      h.seconds_last / 60 AS minutes_last_game,
      h.seconds_3 / h.games_3 / 60 AS minutes_avg_last_3,
      h.seconds_5 / h.games_5 / 60 AS minutes_avg_last_5,
      d.minutes_avg_last_10,
      h.seconds_season / h.game_number / 60 AS minutes_avg_season,
      d.minutes_ewma,
      IF(
        h.games_10 < 2, NULL,
        SQRT(SAFE_DIVIDE(
          h.games_10 * h.seconds_squared_10 - h.seconds_10 * h.seconds_10, h.games_10 * (h.games_10 - 1)
        )) / 60
      ) AS minutes_std_last_10,
      h.started_5 / h.games_5 AS started_last_5,
      h.started_10 / h.games_10 AS started_last_10,
      h.shots_10 / h.games_10 AS shots_avg_last_10,
      h.free_throws_10 / h.games_10 AS free_throws_avg_last_10,
      d.usage_rate_last_10,
      d.player_usage_rate_season AS usage_rate_season,
      d.ts_pct_last_10,
      z.paint_rate_last_10,
      z.three_pt_rate_last_10,
      d.l10_schedule_completeness_pct AS schedule_completeness_last_10,
      v.points / v.games AS previous_season_points_avg,
      v.seconds / v.games / 60 AS previous_season_minutes_avg,
      d.games_played_season,
      h.started_last AS started_last_game,
      CASE
        WHEN NOT u.injury_report_available THEN NULL
        WHEN u.injury_status = 'out' THEN 4
        WHEN u.injury_status = 'doubtful' THEN 3
        WHEN u.injury_status = 'questionable' THEN 2
        WHEN u.injury_status = 'probable' THEN 1
        ELSE 0
      END AS injury_doubt,
      u.days_rest,
      u.games_last_7_days,
      u.minutes_last_7_days,
      f.fatigue_score,
      f.shot_zone_mismatch_score,
      f.opponent_defense_score,
      f.pace_score,
      f.usage_spike_score,
      u.missing_teammate_points,
      e.defensive_rating_last_15 AS opponent_defensive_rating_last_15,
      e.opponent_pace AS opponent_pace_last_15,
      f.home_game,
      u.back_to_back,
      t.opponent_days_rest,
      d.team_pace_last_10,
      d.team_off_rating_last_10,
      g.wins / g.games AS team_win_pct_last_10,
      t.team_spread,
      t.game_total,
      d.quality_tier,
      d.games_in_sample,
      d.games_missed_dnp,
      d.schedule_completeness_pct,
      d.data_completeness_pct,
      d.expected_games_count,
      d.actual_games_count,
      d.missing_games_count,
      d.season_gap_games,
      d.is_production_ready AND f.is_production_ready AS is_production_ready,
      GREATEST(d.max_source_game_date, f.max_source_game_date) AS max_source_game_date
    FROM staging.expected_players AS p
    JOIN staging.player_evidence AS r ON r.player_lookup = p.player_lookup AND r.cell_date = p.cell_date
    JOIN cache AS d ON d.player_lookup = p.player_lookup AND d.cache_date = p.cell_date
    JOIN factors AS f ON f.player_lookup = p.player_lookup AND f.analysis_date = p.cell_date
    JOIN shot_zones AS z ON z.player_lookup = p.player_lookup AND z.analysis_date = p.cell_date
    JOIN upcoming AS u ON u.player_lookup = p.player_lookup AND u.game_date = p.cell_date
    JOIN history AS h ON h.player_lookup = p.player_lookup AND h.game_number = r.games_played_before
    JOIN smoothed AS w ON w.player_lookup = p.player_lookup AND w.game_number = r.games_played_before
    LEFT JOIN previous AS v ON v.player_lookup = p.player_lookup
    LEFT JOIN team_wins AS g ON g.team_abbr = p.team_abbr AND g.cell_date = p.cell_date
    LEFT JOIN team_context AS t
      ON t.team_abbr = p.team_abbr AND t.game_id = p.game_id AND t.game_date = p.cell_date
    LEFT JOIN defence AS e ON e.team_abbr = p.opponent_team_abbr AND e.analysis_date = p.cell_date
    LEFT JOIN consensus AS o
      ON o.player_lookup = p.player_lookup AND o.game_id = p.game_id AND o.game_date = p.cell_date
    WHERE NOT r.row_withheld
    UNION ALL
    SELECT
      p.player_lookup,
      p.cell_date,
      p.player_name,
      p.team_abbr,
      p.opponent_team_abbr,
      p.game_id,
      t.season_type,
      o.points_line,
      h.weighted_12 / h.weight_12 AS points_ewma_12,
      h.weighted_24 / h.weight_24 AS points_ewma_24,
      h.weighted_8 / h.weight_8 AS points_ewma_8,
      h.points_5 / h.games_5 AS points_avg_last_5,
      h.points_10 / h.games_10 AS points_avg_last_10,
      h.points_20 / h.games_20 AS points_avg_last_20,
      CAST(NULL AS FLOAT64) AS points_avg_season,
      v.points / v.games AS points_avg_shrunk,
      IF(
        h.games_10 < 2, NULL,
        SQRT(SAFE_DIVIDE(
          h.games_10 * h.points_squared_10 - h.points_10 * h.points_10, h.games_10 * (h.games_10 - 1)
        ))
      ) AS points_std_last_10,
      SAFE_DIVIDE(60 * h.points_20, h.seconds_20) AS points_per_minute_last_20,
      h.seconds_last / 60 AS minutes_last_game,
      h.seconds_3 / h.games_3 / 60 AS minutes_avg_last_3,
      h.seconds_5 / h.games_5 / 60 AS minutes_avg_last_5,
      h.seconds_10 / h.games_10 / 60 AS minutes_avg_last_10,
      CAST(NULL AS FLOAT64) AS minutes_avg_season,
      h.weighted_seconds_8 / h.weight_8 / 60 AS minutes_ewma,
      IF(
        h.games_10 < 2, NULL,
        SQRT(SAFE_DIVIDE(
          h.games_10 * h.seconds_squared_10 - h.seconds_10 * h.seconds_10, h.games_10 * (h.games_10 - 1)
        )) / 60
      ) AS minutes_std_last_10,
      h.started_5 / h.games_5 AS started_last_5,
      h.started_10 / h.games_10 AS started_last_10,
      h.shots_10 / h.games_10 AS shots_avg_last_10,
      h.free_throws_10 / h.games_10 AS free_throws_avg_last_10,
      CAST(NULL AS FLOAT64) AS usage_rate_last_10,
      CAST(NULL AS FLOAT64) AS usage_rate_season,
      CAST(NULL AS FLOAT64) AS ts_pct_last_10,
      CAST(NULL AS FLOAT64) AS paint_rate_last_10,
      CAST(NULL AS FLOAT64) AS three_pt_rate_last_10,
      CAST(NULL AS FLOAT64) AS schedule_completeness_last_10,
      v.points / v.games AS previous_season_points_avg,
      v.seconds / v.games / 60 AS previous_season_minutes_avg,
      0 AS games_played_season,
      h.started_last AS started_last_game,
      CASE
        WHEN a.game_date IS NULL THEN NULL
        WHEN u.injury_status = 'out' THEN 4
        WHEN u.injury_status = 'doubtful' THEN 3
        WHEN u.injury_status = 'questionable' THEN 2
        WHEN u.injury_status = 'probable' THEN 1
        ELSE 0
      END AS injury_doubt,
      CAST(NULL AS INT64) AS days_rest,
      0 AS games_last_7_days,
      0.0 AS minutes_last_7_days,
      CAST(NULL AS FLOAT64) AS fatigue_score,
      CAST(NULL AS FLOAT64) AS shot_zone_mismatch_score,
      CAST(NULL AS FLOAT64) AS opponent_defense_score,
      CAST(NULL AS FLOAT64) AS pace_score,
      CAST(NULL AS FLOAT64) AS usage_spike_score,
      CAST(NULL AS FLOAT64) AS missing_teammate_points,
      e.defensive_rating_last_15 AS opponent_defensive_rating_last_15,
      e.opponent_pace AS opponent_pace_last_15,
      p.home_game,
      FALSE AS back_to_back,
      t.opponent_days_rest,
      CAST(NULL AS FLOAT64) AS team_pace_last_10,
      CAST(NULL AS FLOAT64) AS team_off_rating_last_10,
      g.wins / g.games AS team_win_pct_last_10,
      t.team_spread,
      t.game_total,
      r.quality_tier,
      r.games_in_sample,
      r.games_missed_dnp,
      r.schedule_completeness_pct,
      r.data_completeness_pct,
      r.expected_games_count,
      r.actual_games_count,
      r.missing_games_count,
      r.season_gap_games,
      r.is_production_ready,
      r.max_source_game_date
    FROM staging.opening_players AS p
    JOIN staging.prediction_evidence AS r
      ON r.player_lookup = p.player_lookup AND r.cell_date = p.cell_date AND r.from_previous_season
    JOIN last_games AS h ON h.player_lookup = p.player_lookup
    LEFT JOIN previous AS v ON v.player_lookup = p.player_lookup
    LEFT JOIN upcoming AS u ON u.player_lookup = p.player_lookup AND u.game_date = p.cell_date
    LEFT JOIN (
      SELECT DISTINCT game_date
      FROM upcoming
      WHERE injury_report_available
    ) AS a ON a.game_date = p.cell_date
    LEFT JOIN team_wins AS g ON g.team_abbr = p.team_abbr AND g.cell_date = p.cell_date
    LEFT JOIN team_context AS t
      ON t.team_abbr = p.team_abbr AND t.game_id = p.game_id AND t.game_date = p.cell_date
    LEFT JOIN defence AS e ON e.team_abbr = p.opponent_team_abbr AND e.analysis_date = p.cell_date
    LEFT JOIN consensus AS o
      ON o.player_lookup = p.player_lookup AND o.game_id = p.game_id AND o.game_date = p.cell_date
    WHERE NOT r.row_withheld
  )
SELECT
  known.*,
  (
    (IF(points_ewma_12 IS NULL, 1, 0) + IF(points_ewma_24 IS NULL, 1, 0) + IF(points_ewma_8 IS NULL, 1, 0))
    + (IF(points_avg_last_5 IS NULL, 1, 0) + IF(points_avg_last_10 IS NULL, 1, 0) + IF(points_avg_last_20 IS NULL, 1, 0))
    + (IF(points_avg_season IS NULL, 1, 0) + IF(points_avg_shrunk IS NULL, 1, 0) + IF(points_std_last_10 IS NULL, 1, 0))
    + (IF(points_per_minute_last_20 IS NULL, 1, 0) + IF(minutes_last_game IS NULL, 1, 0) + IF(minutes_avg_last_3 IS NULL, 1, 0))
    + (IF(minutes_avg_last_5 IS NULL, 1, 0) + IF(minutes_avg_last_10 IS NULL, 1, 0) + IF(minutes_avg_season IS NULL, 1, 0))
    + (IF(minutes_ewma IS NULL, 1, 0) + IF(minutes_std_last_10 IS NULL, 1, 0) + IF(started_last_5 IS NULL, 1, 0))
  ) + (
    (IF(started_last_10 IS NULL, 1, 0) + IF(shots_avg_last_10 IS NULL, 1, 0) + IF(free_throws_avg_last_10 IS NULL, 1, 0))
    + (IF(usage_rate_last_10 IS NULL, 1, 0) + IF(usage_rate_season IS NULL, 1, 0) + IF(ts_pct_last_10 IS NULL, 1, 0))
    + (IF(paint_rate_last_10 IS NULL, 1, 0) + IF(three_pt_rate_last_10 IS NULL, 1, 0) + IF(schedule_completeness_last_10 IS NULL, 1, 0))
    + (IF(previous_season_points_avg IS NULL, 1, 0) + IF(previous_season_minutes_avg IS NULL, 1, 0) + IF(games_played_season IS NULL, 1, 0))
    + (IF(started_last_game IS NULL, 1, 0) + IF(injury_doubt IS NULL, 1, 0) + IF(days_rest IS NULL, 1, 0))
    + (IF(games_last_7_days IS NULL, 1, 0) + IF(minutes_last_7_days IS NULL, 1, 0) + IF(fatigue_score IS NULL, 1, 0))
  ) + (
    (IF(shot_zone_mismatch_score IS NULL, 1, 0) + IF(opponent_defense_score IS NULL, 1, 0) + IF(pace_score IS NULL, 1, 0))
    + (IF(usage_spike_score IS NULL, 1, 0) + IF(missing_teammate_points IS NULL, 1, 0) + IF(opponent_defensive_rating_last_15 IS NULL, 1, 0))
    + (IF(opponent_pace_last_15 IS NULL, 1, 0) + IF(home_game IS NULL, 1, 0) + IF(back_to_back IS NULL, 1, 0))
    + (IF(opponent_days_rest IS NULL, 1, 0) + IF(team_pace_last_10 IS NULL, 1, 0) + IF(team_off_rating_last_10 IS NULL, 1, 0))
    + (IF(team_win_pct_last_10 IS NULL, 1, 0) + IF(team_spread IS NULL, 1, 0) + IF(game_total IS NULL, 1, 0))
  ) AS missing_feature_count,
  @feature_version AS feature_version,
  @season_year AS season_year
FROM known
