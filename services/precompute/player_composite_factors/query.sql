-- One row per expected player of D whose own shot zones and context of D exist. An unknown factor is NULL, and
-- so is every sum that needs it. What a unit of a factor is worth is fitted on the appearances of the season before D.
WITH
  -- Averages of a player hold what his team usually misses; only what it misses beyond that is news.
  absences AS (
    SELECT
      player_lookup, game_id, game_date, days_rest, back_to_back, minutes_last_7_days, back_to_backs_last_14_days,
      injury_status, missing_teammate_points,
      SUM(CAST(ROUND(missing_teammate_points * 1000000) AS INT64)) OVER earlier AS missing_e6,
      COUNT(missing_teammate_points) OVER earlier AS reports
    FROM nba_analytics.upcoming_player_game_context
    WHERE game_date >= @season_start AND game_date <= @last_date
    WINDOW earlier AS (
      PARTITION BY player_lookup ORDER BY UNIX_DATE(game_date) RANGE BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
    )
  ),
  spikes AS (
    SELECT absences.*, missing_teammate_points - SAFE_DIVIDE(missing_e6, reports) / 1000000 AS spike
    FROM absences
  ),
  upcoming AS (
    SELECT * FROM spikes
    WHERE game_date BETWEEN @first_date AND @last_date AND game_date IN UNNEST(@dates)
  ),
  shot_zones AS (
    SELECT player_lookup, analysis_date, primary_scoring_zone,
      paint_rate_last_10, mid_range_rate_last_10, three_pt_rate_last_10
    FROM nba_precompute.player_shot_zone_analysis
    WHERE analysis_date BETWEEN @first_date AND @last_date AND analysis_date IN UNNEST(@dates)
  ),
  defence AS (
    SELECT
      team_abbr, analysis_date, games_in_sample, defensive_rating_last_15, opponent_pace,
      paint_vs_league, mid_range_vs_league, three_pt_vs_league, strongest_zone, weakest_zone
    FROM nba_precompute.team_defense_zone_analysis
    WHERE analysis_date >= @season_start AND analysis_date <= @last_date
  ),
  team_context AS (
    SELECT team_abbr, game_id, game_date, days_rest, opponent_days_rest
    FROM nba_analytics.upcoming_team_game_context
    WHERE game_date BETWEEN @first_date AND @last_date AND game_date IN UNNEST(@dates)
  ),
  league_days AS (
    SELECT
      game_date AS day,
      SUM(IF(possessions IS NULL, NULL, points)) AS points,
      SUM(CAST(ROUND(possessions * 1000000) AS INT64)) AS possessions_e6,
      SUM(IF(possessions IS NULL, NULL, team_seconds)) AS seconds
    FROM nba_analytics.team_offense_game_summary
    WHERE game_date >= @season_start AND game_date < @last_date
    GROUP BY game_date
  ),
  all_days AS (
    SELECT day FROM league_days
    UNION DISTINCT
    SELECT day FROM UNNEST(@dates) AS day
  ),
  league AS (
    SELECT
      a.day AS cell_date,
      MAX(d.day) AS max_day,
      SAFE_DIVIDE(100000000.0 * SUM(d.points), SUM(d.possessions_e6)) AS rating,
      -- 48 minutes of five players are 14,400 seconds.
      SAFE_DIVIDE(0.0144 * SUM(d.possessions_e6), SUM(d.seconds)) AS pace
    FROM all_days AS a
    JOIN league_days AS d ON d.day < a.day
    GROUP BY a.day
  ),
  opponents AS (
    SELECT
      d.team_abbr, d.analysis_date, d.paint_vs_league, d.mid_range_vs_league, d.three_pt_vs_league,
      d.strongest_zone, d.weakest_zone,
      (d.defensive_rating_last_15 - l.rating) * d.games_in_sample
        / (d.games_in_sample + @half_reliable_games) AS defense,
      (d.opponent_pace - l.pace) * d.games_in_sample / (d.games_in_sample + @half_reliable_games) AS pace
    FROM defence AS d
    LEFT JOIN league AS l ON l.cell_date = d.analysis_date
  ),
  appearances AS (
    SELECT
      player_lookup, game_id, game_date, opponent_team_abbr, home_game,
      points - AVG(points) OVER earlier AS surplus,
      COUNT(*) OVER earlier AS games
    FROM nba_analytics.player_game_summary
    WHERE game_date >= @season_start AND game_date < @last_date
    WINDOW earlier AS (
      PARTITION BY player_lookup ORDER BY UNIX_DATE(game_date) RANGE BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
    )
  ),
  -- What an appearance came out above the player's own average, beside the factors of its day.
  seen AS (
    SELECT
      a.game_date, a.surplus, u.back_to_back, a.home_game, o.defense, o.pace, u.spike
    FROM appearances AS a
    JOIN spikes AS u
      ON u.player_lookup = a.player_lookup AND u.game_id = a.game_id AND u.game_date = a.game_date
    LEFT JOIN opponents AS o
      ON o.team_abbr = a.opponent_team_abbr AND o.analysis_date = a.game_date
    WHERE a.games >= @settled_games
  ),
  units AS (
    SELECT 'back_to_back' AS effect, game_date, IF(back_to_back, 1.0, 0.0) AS x, surplus
    FROM seen WHERE back_to_back IS NOT NULL
    UNION ALL
    SELECT 'home', game_date, IF(home_game, 0.5, -0.5), surplus FROM seen
    UNION ALL
    SELECT 'defense', game_date, defense, surplus FROM seen WHERE defense IS NOT NULL
    UNION ALL
    SELECT 'pace', game_date, pace, surplus FROM seen WHERE pace IS NOT NULL
    UNION ALL
    SELECT 'absences', game_date, spike, surplus FROM seen WHERE spike IS NOT NULL
  ),
  -- In whole millionths: a sum of whole numbers does not depend on its order.
  unit_days AS (
    SELECT
      effect, game_date AS day,
      COUNT(*) AS n,
      SUM(CAST(ROUND(x * 1000000) AS INT64)) AS x_e6,
      SUM(CAST(ROUND(surplus * 1000000) AS INT64)) AS y_e6,
      SUM(CAST(ROUND(x * x * 1000000) AS INT64)) AS xx_e6,
      SUM(CAST(ROUND(x * surplus * 1000000) AS INT64)) AS xy_e6,
      SUM(CAST(ROUND(surplus * surplus * 1000000) AS INT64)) AS yy_e6
    FROM units
    GROUP BY effect, game_date
  ),
  sums AS (
    SELECT
      d AS cell_date, u.effect,
      SUM(u.n) AS n,
      SUM(u.x_e6) / 1000000 AS x, SUM(u.y_e6) / 1000000 AS y,
      SUM(u.xx_e6) / 1000000 AS xx, SUM(u.xy_e6) / 1000000 AS xy, SUM(u.yy_e6) / 1000000 AS yy
    FROM UNNEST(@dates) AS d
    JOIN unit_days AS u ON u.day < d
    GROUP BY d, u.effect
    HAVING SUM(u.n) >= @fewest_appearances
  ),
  -- Least squares of one factor and an intercept. A factor that hardly varies says nothing.
  slopes AS (
    SELECT
      cell_date, effect, n,
      xx - x * x / n AS spread,
      (xy - x * y / n) / (xx - x * x / n) AS estimate,
      yy - y * y / n AS variation
    FROM sums
    WHERE xx - x * x / n > 0.0001 * n
  ),
  fits AS (
    SELECT
      cell_date, effect, n, estimate,
      SQRT(GREATEST(variation - estimate * estimate * spread, 0.0) / ((n - 2) * spread)) AS standard_error
    FROM slopes
  ),
  -- An estimate counts as far as it exceeds its own chance, and not at all against the sign it must have.
  weighed AS (
    SELECT
      cell_date, effect, n, estimate, standard_error,
      CASE
        WHEN effect = 'back_to_back' AND estimate > 0 THEN 0.0
        WHEN effect NOT IN ('back_to_back', 'home') AND estimate < 0 THEN 0.0
        WHEN ABS(estimate) <= standard_error THEN 0.0
        ELSE estimate - standard_error * standard_error / estimate
      END AS points
    FROM fits
  ),
  effects AS (
    SELECT
      cell_date,
      MAX(IF(effect = 'back_to_back', points, NULL)) AS back_to_back_points,
      MAX(IF(effect = 'back_to_back', estimate, NULL)) AS back_to_back_estimate,
      MAX(IF(effect = 'back_to_back', standard_error, NULL)) AS back_to_back_error,
      MAX(IF(effect = 'back_to_back', n, NULL)) AS back_to_back_appearances,
      MAX(IF(effect = 'home', points, NULL)) AS home_points,
      MAX(IF(effect = 'home', estimate, NULL)) AS home_estimate,
      MAX(IF(effect = 'home', standard_error, NULL)) AS home_error,
      MAX(IF(effect = 'home', n, NULL)) AS home_appearances,
      MAX(IF(effect = 'defense', points, NULL)) AS defense_points,
      MAX(IF(effect = 'defense', estimate, NULL)) AS defense_estimate,
      MAX(IF(effect = 'defense', standard_error, NULL)) AS defense_error,
      MAX(IF(effect = 'defense', n, NULL)) AS defense_appearances,
      MAX(IF(effect = 'pace', points, NULL)) AS pace_points,
      MAX(IF(effect = 'pace', estimate, NULL)) AS pace_estimate,
      MAX(IF(effect = 'pace', standard_error, NULL)) AS pace_error,
      MAX(IF(effect = 'pace', n, NULL)) AS pace_appearances,
      MAX(IF(effect = 'absences', points, NULL)) AS absences_points,
      MAX(IF(effect = 'absences', estimate, NULL)) AS absences_estimate,
      MAX(IF(effect = 'absences', standard_error, NULL)) AS absences_error,
      MAX(IF(effect = 'absences', n, NULL)) AS absences_appearances
    FROM weighed
    GROUP BY cell_date
  ),
  told_effects AS (
    SELECT
      cell_date,
      back_to_back_points AS per_back_to_back,
      home_points AS per_home_game,
      defense_points AS per_rating_point,
      pace_points AS per_possession,
      absences_points AS per_missing_point,
      TO_JSON(STRUCT(
        STRUCT(
          ROUND(back_to_back_points, 6) AS points, ROUND(back_to_back_estimate, 6) AS estimate,
          ROUND(back_to_back_error, 6) AS standard_error, back_to_back_appearances AS appearances
        ) AS back_to_back,
        STRUCT(
          ROUND(home_points, 6) AS points, ROUND(home_estimate, 6) AS estimate,
          ROUND(home_error, 6) AS standard_error, home_appearances AS appearances
        ) AS home,
        STRUCT(
          ROUND(defense_points, 6) AS points, ROUND(defense_estimate, 6) AS estimate,
          ROUND(defense_error, 6) AS standard_error, defense_appearances AS appearances
        ) AS defense,
        STRUCT(
          ROUND(pace_points, 6) AS points, ROUND(pace_estimate, 6) AS estimate,
          ROUND(pace_error, 6) AS standard_error, pace_appearances AS appearances
        ) AS pace,
        STRUCT(
          ROUND(absences_points, 6) AS points, ROUND(absences_estimate, 6) AS estimate,
          ROUND(absences_error, 6) AS standard_error, absences_appearances AS appearances
        ) AS absences
      )) AS effects
    FROM effects
  ),
  inputs AS (
    SELECT
      p.cell_date, p.player_lookup, p.player_name, p.team_abbr, p.opponent_team_abbr, p.game_id, p.home_game,
      e.quality_tier, e.games_in_sample, e.games_missed_dnp, e.schedule_completeness_pct,
      e.data_completeness_pct, e.expected_games_count, e.actual_games_count, e.missing_games_count,
      e.season_gap_games, e.is_production_ready, e.max_source_game_date,
      u.days_rest, u.back_to_back, u.minutes_last_7_days, u.back_to_backs_last_14_days,
      u.injury_status,
      t.days_rest AS team_days_rest, t.opponent_days_rest,
      z.primary_scoring_zone, d.strongest_zone, d.weakest_zone, l.max_day,
      100 / (1 + u.days_rest) AS rest_load,
      LEAST(100, SAFE_DIVIDE(100 * u.minutes_last_7_days, @full_minutes_7_days)) AS minutes_load,
      LEAST(100, SAFE_DIVIDE(100 * u.back_to_backs_last_14_days, @full_back_to_backs_14_days))
        AS back_to_back_load,
      -- Shares are percentages, so that the sum is in points per 100 shots.
      z.paint_rate_last_10 * 2 * d.paint_vs_league
        + z.mid_range_rate_last_10 * 2 * d.mid_range_vs_league
        + z.three_pt_rate_last_10 * 3 * d.three_pt_vs_league AS mismatch,
      d.defense, d.pace, u.spike,
      w.per_back_to_back, w.per_home_game, w.per_rating_point, w.per_possession, w.per_missing_point, w.effects
    FROM staging.expected_players AS p
    JOIN staging.player_evidence AS e
      ON e.player_lookup = p.player_lookup AND e.cell_date = p.cell_date
    JOIN upcoming AS u
      ON u.player_lookup = p.player_lookup AND u.game_date = p.cell_date
    JOIN shot_zones AS z
      ON z.player_lookup = p.player_lookup AND z.analysis_date = p.cell_date
    LEFT JOIN opponents AS d
      ON d.team_abbr = p.opponent_team_abbr AND d.analysis_date = p.cell_date
    LEFT JOIN team_context AS t
      ON t.team_abbr = p.team_abbr AND t.game_id = p.game_id AND t.game_date = p.cell_date
    LEFT JOIN league AS l
      ON l.cell_date = p.cell_date
    LEFT JOIN told_effects AS w
      ON w.cell_date = p.cell_date
    WHERE NOT e.row_withheld
  ),
  factors AS (
    SELECT
      inputs.*,
      100 - (rest_load + minutes_load + back_to_back_load) / 3 AS freshness,
      CASE WHEN back_to_back THEN per_back_to_back WHEN NOT back_to_back THEN 0 * per_back_to_back END
        AS fatigue_points,
      IF(home_game, 0.5, -0.5) * per_home_game AS home_points,
      defense * per_rating_point AS defense_points,
      pace * per_possession AS pace_points,
      spike * per_missing_point AS absence_points
    FROM inputs
  )
SELECT
  player_lookup,
  cell_date AS analysis_date,
  player_name,
  team_abbr,
  game_id,
  opponent_team_abbr,
  home_game,
  freshness AS fatigue_score,
  mismatch AS shot_zone_mismatch_score,
  defense AS opponent_defense_score,
  pace AS pace_score,
  spike AS usage_spike_score,
  fatigue_points AS fatigue_adjustment,
  home_points AS home_adjustment,
  defense_points AS defense_adjustment,
  pace_points AS pace_adjustment,
  absence_points AS usage_adjustment,
  fatigue_points + home_points + defense_points + pace_points AS adjustment_without_absences,
  fatigue_points + home_points + defense_points + pace_points + absence_points AS total_composite_adjustment,
  IF(freshness IS NULL, 0, 1) + IF(mismatch IS NULL, 0, 1) + IF(defense IS NULL, 0, 1)
    + IF(pace IS NULL, 0, 1) + IF(spike IS NULL, 0, 1) AS known_factors,
  TO_JSON(STRUCT(
    days_rest,
    back_to_back,
    back_to_backs_last_14_days,
    injury_status,
    team_days_rest,
    opponent_days_rest,
    primary_scoring_zone,
    strongest_zone AS opponent_strongest_zone,
    weakest_zone AS opponent_weakest_zone
  )) AS context,
  effects,
  @season_year AS season_year,
  quality_tier,
  games_in_sample,
  games_missed_dnp,
  schedule_completeness_pct,
  data_completeness_pct,
  expected_games_count,
  actual_games_count,
  missing_games_count,
  season_gap_games,
  is_production_ready,
  GREATEST(max_source_game_date, IFNULL(max_day, max_source_game_date)) AS max_source_game_date
FROM factors
