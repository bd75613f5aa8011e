-- One row per expected player of D whose own shot zones and context of D exist. An unknown factor is NULL, and
-- so is every sum that needs it.
WITH
  -- Averages of a player hold what his team usually misses; only what it misses beyond that is news.
  absences AS (
    SELECT
      player_lookup, game_date, days_rest, back_to_back, minutes_last_7_days, back_to_backs_last_14_days,
      injury_status, missing_teammate_points,
      SUM(CAST(ROUND(missing_teammate_points * 1000000) AS INT64)) OVER earlier AS missing_e6,
      COUNT(missing_teammate_points) OVER earlier AS reports
    FROM nba_analytics.upcoming_player_game_context
    WHERE game_date >= @season_start AND game_date <= @last_date
    WINDOW earlier AS (
      PARTITION BY player_lookup ORDER BY UNIX_DATE(game_date) RANGE BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
    )
  ),
  upcoming AS (
    SELECT * FROM absences
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
    WHERE analysis_date BETWEEN @first_date AND @last_date AND analysis_date IN UNNEST(@dates)
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
  league AS (
    SELECT
      cell_date,
      MAX(d.day) AS max_day,
      SAFE_DIVIDE(100000000.0 * SUM(d.points), SUM(d.possessions_e6)) AS rating,
      -- 48 minutes of five players are 14,400 seconds.
      SAFE_DIVIDE(0.0144 * SUM(d.possessions_e6), SUM(d.seconds)) AS pace
    FROM UNNEST(@dates) AS cell_date
    JOIN league_days AS d ON d.day < cell_date
    GROUP BY cell_date
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
      (d.defensive_rating_last_15 - l.rating) * d.games_in_sample
        / (d.games_in_sample + @half_reliable_games) AS defense,
      (d.opponent_pace - l.pace) * d.games_in_sample / (d.games_in_sample + @half_reliable_games) AS pace,
      u.missing_teammate_points - SAFE_DIVIDE(u.missing_e6, u.reports) / 1000000 AS spike
    FROM staging.expected_players AS p
    JOIN staging.player_evidence AS e
      ON e.player_lookup = p.player_lookup AND e.cell_date = p.cell_date
    JOIN upcoming AS u
      ON u.player_lookup = p.player_lookup AND u.game_date = p.cell_date
    JOIN shot_zones AS z
      ON z.player_lookup = p.player_lookup AND z.analysis_date = p.cell_date
    LEFT JOIN defence AS d
      ON d.team_abbr = p.opponent_team_abbr AND d.analysis_date = p.cell_date
    LEFT JOIN team_context AS t
      ON t.team_abbr = p.team_abbr AND t.game_id = p.game_id AND t.game_date = p.cell_date
    LEFT JOIN league AS l
      ON l.cell_date = p.cell_date
    WHERE NOT e.row_withheld
  ),
  factors AS (
    SELECT
      inputs.*,
      100 - (rest_load + minutes_load + back_to_back_load) / 3 AS freshness,
      IF(back_to_back, @back_to_back_micropoints, 0) / 1000000 AS fatigue_points,
      IF(home_game, @home_micropoints, 0 - @home_micropoints) / 2000000 AS home_points,
      @defense_micropoints * defense / 1000000 AS defense_points,
      @pace_micropoints * pace / 1000000 AS pace_points,
      @absence_micropoints * spike / 1000000 AS absence_points
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
    weakest_zone AS opponent_weakest_zone,
    @back_to_back_micropoints AS back_to_back_micropoints,
    @home_micropoints AS home_micropoints,
    @defense_micropoints AS defense_micropoints,
    @pace_micropoints AS pace_micropoints,
    @absence_micropoints AS absence_micropoints
  )) AS context,
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
