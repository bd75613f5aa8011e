-- One row per active listed player of a Final game, from the sources of that game alone.
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
      game_id, game_date, team_abbr,
      CAST(ROUND(minutes_decimal * 60) AS INT64) AS seconds,
      fg_attempted, ft_attempted, turnovers, points
    FROM nba_raw.nbac_team_boxscore
    WHERE game_date BETWEEN @first_date AND @last_date
      AND game_date IN UNNEST(@dates)
    QUALIFY COUNT(*) OVER (PARTITION BY game_date, game_id, team_abbr) = 1
  ),
  listed AS (
    SELECT
      *,
      CAST(ROUND(minutes_decimal * 60) AS INT64) AS seconds
    FROM nba_raw.nbac_gamebook_player_stats
    WHERE game_date BETWEEN @first_date AND @last_date
      AND game_date IN UNNEST(@dates)
  ),
  lists AS (
    SELECT
      game_id, game_date, team_abbr,
      COUNT(*) AS names, SUM(IFNULL(points, 0)) AS points, SUM(IFNULL(seconds, 0)) AS seconds
    FROM listed
    GROUP BY game_id, game_date, team_abbr
  ),
  names_of_game AS (
    SELECT game_id, game_date, SUM(names) AS names
    FROM lists
    GROUP BY game_id, game_date
  ),
  reconciled AS (
    SELECT s.game_id, s.game_date
    FROM sides AS s
    JOIN lists AS l
      ON l.game_date = s.game_date AND l.game_id = s.game_id AND l.team_abbr = s.team_abbr
    JOIN team_rows AS t
      ON t.game_date = s.game_date AND t.game_id = s.game_id AND t.team_abbr = s.team_abbr
    JOIN names_of_game AS n
      ON n.game_date = s.game_date AND n.game_id = s.game_id
    WHERE l.points = t.points
      AND ABS(l.seconds - t.seconds) <= 30
      AND t.points = IFNULL(s.final_score, t.points)
    GROUP BY s.game_id, s.game_date
    HAVING COUNT(*) = 2 AND SUM(l.names) = MIN(n.names)
  ),
  charted AS (
    SELECT
      game_id, game_date, team_abbr, player_lookup,
      COUNT(zone) AS attempts,
      COUNTIF(zone = 'paint') AS paint_attempts,
      COUNTIF(zone = 'paint' AND shot_made) AS paint_makes,
      COUNTIF(zone = 'mid_range') AS mid_range_attempts,
      COUNTIF(zone = 'mid_range' AND shot_made) AS mid_range_makes
    FROM (
      SELECT
        game_id, game_date, team_abbr, player_lookup, shot_made,
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
    GROUP BY game_id, game_date, team_abbr, player_lookup
  ),
  charted_teams AS (
    SELECT game_id, game_date, team_abbr, SUM(attempts) AS attempts
    FROM charted
    GROUP BY game_id, game_date, team_abbr
  ),
  told AS (
    SELECT
      game_id, game_date, team_abbr, player_lookup,
      COUNT(zone) AS attempts,
      COUNTIF(zone = 'paint') AS paint_attempts,
      COUNTIF(zone = 'paint' AND shot_made) AS paint_makes,
      COUNTIF(zone = 'mid_range') AS mid_range_attempts,
      COUNTIF(zone = 'mid_range' AND shot_made) AS mid_range_makes,
      COUNTIF(zone IS NOT NULL AND (NOT shot_made OR (assisted IS NOT NULL AND and_one IS NOT NULL)))
        AS attempts_with_creation,
      COUNTIF(zone IS NOT NULL AND shot_made AND assisted) AS assisted_makes,
      COUNTIF(zone IS NOT NULL AND shot_made AND NOT assisted) AS unassisted_makes,
      COUNTIF(zone IS NOT NULL AND shot_made AND and_one) AS and1_count
    FROM (
      SELECT
        game_id, game_date, team_abbr, player_1_lookup AS player_lookup, shot_made, assisted, and_one,
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
    GROUP BY game_id, game_date, team_abbr, player_lookup
  ),
  told_teams AS (
    SELECT game_id, game_date, team_abbr, SUM(attempts) AS attempts
    FROM told
    GROUP BY game_id, game_date, team_abbr
  ),
  -- A bookmaker that offers several lines at once means the one whose two sides it prices most alike.
  main_lines AS (
    SELECT game_id, game_date, player_lookup, bookmaker, points_line
    FROM nba_raw.odds_api_player_points_props
    WHERE game_date BETWEEN @first_date AND @last_date
      AND game_date IN UNNEST(@dates)
      AND snapshot_timestamp < commence_time
      AND points_line IS NOT NULL
    QUALIFY ROW_NUMBER() OVER (
      PARTITION BY game_date, game_id, player_lookup, bookmaker
      ORDER BY
        snapshot_timestamp DESC,
        IFNULL(ABS(SAFE_DIVIDE(1, over_price) - SAFE_DIVIDE(1, under_price)), 2),
        points_line
    ) = 1
  ),
  consensus AS (
    SELECT game_id, game_date, player_lookup, points_line
    FROM (
      SELECT
        game_id, game_date, player_lookup, points_line,
        ROW_NUMBER() OVER (
          PARTITION BY game_date, game_id, player_lookup ORDER BY points_line, bookmaker
        ) AS position,
        COUNT(*) OVER (PARTITION BY game_date, game_id, player_lookup) AS bookmakers
      FROM main_lines
    ) AS ranked
    WHERE position = DIV(bookmakers + 1, 2)
  ),
  team_facts AS (
    SELECT
      s.*,
      t.seconds AS team_seconds, t.fg_attempted AS team_fga, t.ft_attempted AS team_fta,
      t.turnovers AS team_turnovers,
      c.attempts = t.fg_attempted AS chart_complete,
      f.attempts = t.fg_attempted AS told_complete,
      r.game_id IS NOT NULL AS reconciles
    FROM sides AS s
    LEFT JOIN team_rows AS t
      ON t.game_date = s.game_date AND t.game_id = s.game_id AND t.team_abbr = s.team_abbr
    LEFT JOIN charted_teams AS c
      ON c.game_date = s.game_date AND c.game_id = s.game_id AND c.team_abbr = s.team_abbr
    LEFT JOIN told_teams AS f
      ON f.game_date = s.game_date AND f.game_id = s.game_id AND f.team_abbr = s.team_abbr
    LEFT JOIN reconciled AS r
      ON r.game_date = s.game_date AND r.game_id = s.game_id
  ),
  joined AS (
    SELECT
      t.*,
      p.player_lookup, p.player_name, p.player_id, p.starter, p.seconds, p.points,
      p.field_goals_made, p.field_goals_attempted, p.three_pointers_made, p.three_pointers_attempted,
      p.free_throws_made, p.free_throws_attempted, p.offensive_rebounds, p.defensive_rebounds,
      p.total_rebounds, p.assists, p.steals, p.blocks, p.turnovers, p.personal_fouls, p.plus_minus,
      c.paint_attempts AS charted_paint_attempts, c.paint_makes AS charted_paint_makes,
      c.mid_range_attempts AS charted_mid_range_attempts, c.mid_range_makes AS charted_mid_range_makes,
      f.paint_attempts AS told_paint_attempts, f.paint_makes AS told_paint_makes,
      f.mid_range_attempts AS told_mid_range_attempts, f.mid_range_makes AS told_mid_range_makes,
      f.assisted_makes, f.unassisted_makes, f.and1_count,
      t.told_complete AND IFNULL(f.attempts_with_creation, 0) = p.field_goals_attempted AS creation_usable,
      CASE
        WHEN t.chart_complete AND IFNULL(c.attempts, 0) = p.field_goals_attempted THEN 'shot_chart'
        WHEN t.told_complete AND IFNULL(f.attempts, 0) = p.field_goals_attempted THEN 'play_by_play'
      END AS zone_source,
      o.points_line
    FROM listed AS p
    JOIN team_facts AS t
      ON t.game_date = p.game_date AND t.game_id = p.game_id AND t.team_abbr = p.team_abbr
    LEFT JOIN charted AS c
      ON c.game_date = p.game_date AND c.game_id = p.game_id AND c.team_abbr = p.team_abbr
        AND c.player_lookup = p.player_lookup
    LEFT JOIN told AS f
      ON f.game_date = p.game_date AND f.game_id = p.game_id AND f.team_abbr = p.team_abbr
        AND f.player_lookup = p.player_lookup
    LEFT JOIN consensus AS o
      ON o.game_date = p.game_date AND o.game_id = p.game_id AND o.player_lookup = p.player_lookup
    WHERE p.player_status = 'active'
      AND p.player_lookup != ''
  )
SELECT
  player_lookup,
  player_name AS player_full_name,
  player_id,
  game_id,
  game_date,
  season_type,
  team_abbr,
  opponent_team_abbr,
  home_game,
  starter AS starter_flag,
  IF(final_score = opponent_final_score, NULL, final_score > opponent_final_score) AS win_flag,
  points,
  seconds AS seconds_played,
  seconds / 60 AS minutes_played,
  field_goals_made AS fg_makes,
  field_goals_attempted AS fg_attempts,
  three_pointers_made AS three_pt_makes,
  three_pointers_attempted AS three_pt_attempts,
  free_throws_made AS ft_makes,
  free_throws_attempted AS ft_attempts,
  offensive_rebounds,
  defensive_rebounds,
  total_rebounds,
  assists,
  steals,
  blocks,
  turnovers,
  personal_fouls,
  plus_minus,
  CASE zone_source
    WHEN 'shot_chart' THEN IFNULL(charted_paint_attempts, 0)
    WHEN 'play_by_play' THEN IFNULL(told_paint_attempts, 0)
  END AS paint_attempts,
  CASE zone_source
    WHEN 'shot_chart' THEN IFNULL(charted_paint_makes, 0)
    WHEN 'play_by_play' THEN IFNULL(told_paint_makes, 0)
  END AS paint_makes,
  CASE zone_source
    WHEN 'shot_chart' THEN IFNULL(charted_mid_range_attempts, 0)
    WHEN 'play_by_play' THEN IFNULL(told_mid_range_attempts, 0)
  END AS mid_range_attempts,
  CASE zone_source
    WHEN 'shot_chart' THEN IFNULL(charted_mid_range_makes, 0)
    WHEN 'play_by_play' THEN IFNULL(told_mid_range_makes, 0)
  END AS mid_range_makes,
  zone_source,
  IF(creation_usable, IFNULL(assisted_makes, 0), NULL) AS assisted_fg_makes,
  IF(creation_usable, IFNULL(unassisted_makes, 0), NULL) AS unassisted_fg_makes,
  IF(creation_usable, IFNULL(and1_count, 0), NULL) AS and1_count,
  -- Whole numbers up to the one division: 100 * (FGA + 0.44 FTA + TOV) is 100 FGA + 44 FTA + 100 TOV.
  SAFE_DIVIDE(
    20 * (100 * field_goals_attempted + 44 * free_throws_attempted + 100 * turnovers) * team_seconds,
    seconds * (100 * team_fga + 44 * team_fta + 100 * team_turnovers)
  ) AS usage_rate,
  SAFE_DIVIDE(50 * points, 100 * field_goals_attempted + 44 * free_throws_attempted) AS ts_pct,
  SAFE_DIVIDE(2 * field_goals_made + three_pointers_made, 2 * field_goals_attempted) AS efg_pct,
  team_seconds,
  team_fga AS team_field_goals_attempted,
  team_fta AS team_free_throws_attempted,
  team_turnovers,
  points_line,
  CASE
    WHEN points > points_line THEN 'OVER'
    WHEN points < points_line THEN 'UNDER'
    WHEN points = points_line THEN 'PUSH'
  END AS over_under_result,
  points - points_line AS margin,
  CASE
    WHEN NOT reconciles THEN 'unreconciled'
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
  reconciles AS is_production_ready,
  game_date AS max_source_game_date
FROM joined
