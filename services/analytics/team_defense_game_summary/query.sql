-- One row per team of a Final game in which both teams have a box score: what it allowed.
WITH
  games AS (
    SELECT
      game_id, game_date, season_type, home_team_tricode, away_team_tricode, home_team_score, away_team_score
    FROM nba_raw.nbac_schedule
    WHERE game_date BETWEEN @first_date AND @last_date
      AND game_date IN UNNEST(@dates)
      AND game_status = 3
      AND IFNULL(game_status_text, '') != 'Postponed'
      AND season_type IN ('regular', 'play_in', 'playoffs', 'cup_final')
  ),
  sides AS (
    SELECT
      game_id, game_date, season_type,
      home_team_tricode AS team_abbr, away_team_tricode AS opponent_team_abbr, TRUE AS home_game,
      home_team_score AS final_score, away_team_score AS opponent_final_score
    FROM games
    UNION ALL
    SELECT
      game_id, game_date, season_type,
      away_team_tricode, home_team_tricode, FALSE,
      away_team_score, home_team_score
    FROM games
  ),
  -- A team with two rows in one game has none that could be trusted.
  team_rows AS (
    SELECT
      *,
      CAST(ROUND(minutes_decimal * 60) AS INT64) AS seconds
    FROM nba_raw.nbac_team_boxscore
    WHERE game_date BETWEEN @first_date AND @last_date
      AND game_date IN UNNEST(@dates)
    QUALIFY COUNT(*) OVER (PARTITION BY game_date, game_id, team_abbr) = 1
  ),
  charted AS (
    SELECT
      game_id, game_date, team_abbr,
      COUNT(zone) AS attempts,
      COUNTIF(zone = 'paint') AS paint_attempts,
      COUNTIF(zone = 'paint' AND shot_made) AS paint_makes,
      COUNTIF(zone = 'mid_range') AS mid_range_attempts,
      COUNTIF(zone = 'mid_range' AND shot_made) AS mid_range_makes
    FROM (
      SELECT
        game_id, game_date, team_abbr, shot_made,
        -- A shot without a zone or an outcome is not counted, so that its team's chart falls short and is
        -- not used.
        CASE
          WHEN shot_made IS NULL THEN NULL
          WHEN shot_type = '3PT' THEN 'three'
          WHEN shot_type = '2PT' AND shot_zone_basic IN ('Restricted Area', 'In The Paint (Non-RA)') THEN 'paint'
          WHEN shot_type = '2PT' AND shot_zone_basic IS NOT NULL THEN 'mid_range'
        END AS zone
      FROM nba_raw.nbac_shot_chart
      WHERE game_date BETWEEN @first_date AND @last_date
        AND game_date IN UNNEST(@dates)
    ) AS shots
    GROUP BY game_id, game_date, team_abbr
  ),
  told AS (
    SELECT
      game_id, game_date, team_abbr,
      COUNT(zone) AS attempts,
      COUNTIF(zone = 'paint') AS paint_attempts,
      COUNTIF(zone = 'paint' AND shot_made) AS paint_makes,
      COUNTIF(zone = 'mid_range') AS mid_range_attempts,
      COUNTIF(zone = 'mid_range' AND shot_made) AS mid_range_makes,
      COUNTIF(zone IS NOT NULL AND blocked IS NOT NULL) AS attempts_with_block,
      COUNTIF(zone = 'paint' AND blocked) AS paint_blocks,
      COUNTIF(zone = 'mid_range' AND blocked) AS mid_range_blocks,
      COUNTIF(zone = 'three' AND blocked) AS three_pt_blocks
    FROM (
      SELECT
        game_id, game_date, team_abbr, shot_made, blocked,
        -- The text of a two leaves the distance out at 0 feet only: all 3,878 such shots that a shot chart of
        -- 2021-22 shows too are in the restricted area.
        CASE
          WHEN shot_made IS NULL THEN NULL
          WHEN shot_type = '3PT' THEN 'three'
          WHEN shot_type = '2PT' AND IFNULL(shot_distance, 0) <= 8 THEN 'paint'
          WHEN shot_type = '2PT' THEN 'mid_range'
        END AS zone
      FROM nba_raw.nbac_play_by_play
      WHERE game_date BETWEEN @first_date AND @last_date
        AND game_date IN UNNEST(@dates)
    ) AS plays
    GROUP BY game_id, game_date, team_abbr
  ),
  joined AS (
    SELECT
      s.*,
      t.seconds AS team_seconds, t.defensive_rebounds, t.steals, t.blocks, t.personal_fouls,
      t.possessions_counted,
      o.points, o.fg_made, o.fg_attempted, o.three_pt_made, o.three_pt_attempted, o.ft_made, o.ft_attempted,
      o.offensive_rebounds, o.assists, o.turnovers,
      o.possessions_counted AS opponent_possessions_counted,
      t.points - o.points AS margin,
      IFNULL(
        t.points = IFNULL(s.final_score, t.points) AND o.points = IFNULL(s.opponent_final_score, o.points),
        FALSE
      ) AS agrees,
      (
        t.fg_attempted + 0.4 * t.ft_attempted + t.turnovers
        - 1.07 * SAFE_DIVIDE(t.offensive_rebounds, t.offensive_rebounds + o.defensive_rebounds)
          * (t.fg_attempted - t.fg_made)
      ) AS plays_ended,
      (
        o.fg_attempted + 0.4 * o.ft_attempted + o.turnovers
        - 1.07 * SAFE_DIVIDE(o.offensive_rebounds, o.offensive_rebounds + t.defensive_rebounds)
          * (o.fg_attempted - o.fg_made)
      ) AS opponent_plays_ended,
      c.paint_attempts AS charted_paint_attempts, c.paint_makes AS charted_paint_makes,
      c.mid_range_attempts AS charted_mid_range_attempts, c.mid_range_makes AS charted_mid_range_makes,
      f.paint_attempts AS told_paint_attempts, f.paint_makes AS told_paint_makes,
      f.mid_range_attempts AS told_mid_range_attempts, f.mid_range_makes AS told_mid_range_makes,
      CASE
        WHEN c.attempts = o.fg_attempted THEN 'shot_chart'
        WHEN f.attempts = o.fg_attempted THEN 'play_by_play'
      END AS zone_source,
      f.paint_blocks, f.mid_range_blocks, f.three_pt_blocks,
      f.attempts_with_block = o.fg_attempted
        AND f.paint_blocks + f.mid_range_blocks + f.three_pt_blocks = t.blocks AS blocks_told
    FROM sides AS s
    JOIN team_rows AS t
      ON t.game_date = s.game_date AND t.game_id = s.game_id AND t.team_abbr = s.team_abbr
    JOIN team_rows AS o
      ON o.game_date = s.game_date AND o.game_id = s.game_id AND o.team_abbr = s.opponent_team_abbr
    LEFT JOIN charted AS c
      ON c.game_date = s.game_date AND c.game_id = s.game_id AND c.team_abbr = s.opponent_team_abbr
    LEFT JOIN told AS f
      ON f.game_date = s.game_date AND f.game_id = s.game_id AND f.team_abbr = s.opponent_team_abbr
  )
SELECT
  game_id,
  game_date,
  season_type,
  team_abbr,
  opponent_team_abbr,
  home_game,
  IF(margin = 0, NULL, margin > 0) AS win_flag,
  margin,
  CAST(ROUND((team_seconds - 14400) / 1500) AS INT64) AS overtime_periods,
  team_seconds,
  points AS points_allowed,
  fg_made AS fg_makes_allowed,
  fg_attempted AS fg_attempts_allowed,
  three_pt_made AS three_pt_makes_allowed,
  three_pt_attempted AS three_pt_attempts_allowed,
  ft_made AS ft_makes_allowed,
  ft_attempted AS ft_attempts_allowed,
  CASE zone_source
    WHEN 'shot_chart' THEN charted_paint_attempts
    WHEN 'play_by_play' THEN told_paint_attempts
  END AS paint_attempts_allowed,
  CASE zone_source
    WHEN 'shot_chart' THEN charted_paint_makes
    WHEN 'play_by_play' THEN told_paint_makes
  END AS paint_makes_allowed,
  CASE zone_source
    WHEN 'shot_chart' THEN charted_mid_range_attempts
    WHEN 'play_by_play' THEN told_mid_range_attempts
  END AS mid_range_attempts_allowed,
  CASE zone_source
    WHEN 'shot_chart' THEN charted_mid_range_makes
    WHEN 'play_by_play' THEN told_mid_range_makes
  END AS mid_range_makes_allowed,
  zone_source,
  offensive_rebounds AS offensive_rebounds_allowed,
  defensive_rebounds,
  assists AS assists_allowed,
  turnovers AS turnovers_forced,
  steals,
  blocks,
  IF(blocks_told, paint_blocks, NULL) AS paint_blocks,
  IF(blocks_told, mid_range_blocks, NULL) AS mid_range_blocks,
  IF(blocks_told, three_pt_blocks, NULL) AS three_pt_blocks,
  personal_fouls,
  0.5 * (plays_ended + opponent_plays_ended) AS possessions,
  possessions_counted,
  opponent_possessions_counted,
  -- 48 minutes of five positions are 14,400 seconds.
  SAFE_DIVIDE(14400 * 0.5 * (plays_ended + opponent_plays_ended), team_seconds) AS opponent_pace,
  SAFE_DIVIDE(7200 * (possessions_counted + opponent_possessions_counted), team_seconds) AS pace_counted,
  SAFE_DIVIDE(100 * points, 0.5 * (plays_ended + opponent_plays_ended)) AS defensive_rating,
  SAFE_DIVIDE(100 * points, opponent_possessions_counted) AS defensive_rating_counted,
  -- Whole numbers up to the one division: 2 * (FGA + 0.44 FTA) is (100 FGA + 44 FTA) / 50.
  SAFE_DIVIDE(50 * points, 100 * fg_attempted + 44 * ft_attempted) AS ts_pct_allowed,
  SAFE_DIVIDE(2 * fg_made + three_pt_made, 2 * fg_attempted) AS efg_pct_allowed,
  CASE
    WHEN NOT agrees THEN 'incomplete'
    WHEN zone_source = 'shot_chart' THEN 'gold'
    WHEN zone_source = 'play_by_play' THEN 'silver'
    ELSE 'bronze'
  END AS data_quality_tier,
  'nbac_gamebook' AS primary_source_used,
  @season_year AS season_year,
  CAST(NULL AS STRING) AS quality_tier,
  1 AS games_in_sample,
  0 AS games_missed_dnp,
  100.0 AS schedule_completeness_pct,
  100.0 AS data_completeness_pct,
  1 AS expected_games_count,
  1 AS actual_games_count,
  0 AS missing_games_count,
  agrees AS is_production_ready,
  game_date AS max_source_game_date
FROM joined
