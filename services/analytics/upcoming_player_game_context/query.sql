-- One row per expected player of D whose span holds no gap. State before D: games played are numbered per
-- player, and what D sees is the game whose number is the count of games before D (staging.player_evidence).
WITH
  appearances AS (
    SELECT
      s.player_lookup, s.game_id, s.game_date, s.team_abbr, s.points, s.seconds_played,
      l.season_type != 'cup_final' AS of_season
    FROM nba_analytics.player_game_summary AS s
    JOIN staging.player_listings AS l ON l.player_lookup = s.player_lookup AND l.game_id = s.game_id
    WHERE s.game_date >= @season_start AND s.game_date < @last_date
  ),
  team_games AS (
    SELECT
      team_abbr, game_id, game_date,
      ROW_NUMBER() OVER (PARTITION BY team_abbr ORDER BY game_date, game_id) AS team_game_number
    FROM (SELECT DISTINCT team_abbr, game_id, game_date FROM appearances)
  ),
  team_timeline AS (
    SELECT team_abbr, game_date, UNIX_DATE(game_date) AS day, team_game_number, FALSE AS is_cell
    FROM team_games
    UNION ALL
    SELECT DISTINCT team_abbr, cell_date, UNIX_DATE(cell_date), CAST(NULL AS INT64), TRUE
    FROM staging.expected_players
  ),
  teams AS (
    SELECT
      team_abbr, game_date AS cell_date, is_cell,
      MAX(team_game_number) OVER before AS games_before,
      MAX(IF(is_cell, NULL, game_date)) OVER before AS last_game_date
    FROM team_timeline
    WINDOW before AS (
      PARTITION BY team_abbr ORDER BY day RANGE BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
    )
  ),
  sequenced AS (
    SELECT
      a.player_lookup, a.game_id, a.game_date, a.team_abbr, a.points, a.seconds_played, a.of_season,
      t.team_game_number,
      DATE_DIFF(
        a.game_date,
        LAG(a.game_date) OVER (PARTITION BY a.player_lookup ORDER BY a.game_date, a.game_id),
        DAY
      ) = 1 AS is_back_to_back
    FROM appearances AS a
    JOIN team_games AS t ON t.team_abbr = a.team_abbr AND t.game_id = a.game_id
  ),
  history AS (
    SELECT
      player_lookup, game_date, team_abbr, team_game_number,
      COUNT(*) OVER so_far AS game_number,
      COUNTIF(of_season) OVER so_far AS season_games,
      SUM(IF(of_season, points, 0)) OVER so_far AS season_points,
      SUM(seconds_played) OVER so_far AS seconds,
      COUNTIF(is_back_to_back) OVER so_far AS back_to_backs
    FROM sequenced
    WINDOW so_far AS (
      PARTITION BY player_lookup ORDER BY game_date, game_id ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
    )
  ),
  reported AS (
    SELECT game_date, team_abbr, player_lookup, injury_status, reason
    FROM nba_raw.nbac_injury_report
    WHERE game_date BETWEEN @first_date AND @last_date
      AND game_date IN UNNEST(@dates)
      AND report_date = game_date
    QUALIFY ROW_NUMBER() OVER (PARTITION BY game_date, team_abbr, player_lookup ORDER BY game_id, injury_status) = 1
  ),
  reports AS (
    SELECT DISTINCT game_date
    FROM reported
  ),
  players AS (
    SELECT
      p.cell_date, p.player_lookup, p.player_name, p.team_abbr, p.opponent_team_abbr, p.game_id, p.home_game,
      p.expected_because,
      e.games_played_before, e.l7d_actual_games, e.l14d_actual_games, e.gap_games_count,
      e.quality_tier, e.games_missed_dnp, e.schedule_completeness_pct, e.data_completeness_pct,
      e.expected_games_count, e.actual_games_count, e.missing_games_count, e.season_gap_games,
      e.is_production_ready, e.max_source_game_date,
      r.injury_status, r.reason AS injury_reason,
      t.games_before AS team_games_before, t.last_game_date AS team_last_game_date,
      now.game_date AS last_game_date, now.seconds, now.back_to_backs,
      -- The team's rotation: who played for it in one of its last 10 games.
      r.injury_status = 'out'
        AND now.team_abbr = p.team_abbr
        AND now.team_game_number > t.games_before - 10 AS is_missed,
      CAST(ROUND(SAFE_DIVIDE(1000000 * now.season_points, now.season_games)) AS INT64) AS points_per_game_e6
    FROM staging.expected_players AS p
    JOIN staging.player_evidence AS e ON e.cell_date = p.cell_date AND e.player_lookup = p.player_lookup
    LEFT JOIN history AS now
      ON now.player_lookup = p.player_lookup AND now.game_number = e.games_played_before
    LEFT JOIN reported AS r
      ON r.game_date = p.cell_date AND r.team_abbr = p.team_abbr AND r.player_lookup = p.player_lookup
    LEFT JOIN teams AS t ON t.team_abbr = p.team_abbr AND t.cell_date = p.cell_date AND t.is_cell
  ),
  missed AS (
    SELECT cell_date, team_abbr, COUNT(*) AS players, SUM(points_per_game_e6) AS points_per_game_e6
    FROM players
    WHERE is_missed
    GROUP BY cell_date, team_abbr
  ),
  loaded AS (
    SELECT
      p.*,
      reports.game_date IS NOT NULL AS report_available,
      IF(reports.game_date IS NULL OR p.team_games_before IS NULL, NULL, IFNULL(m.players, 0) - IF(p.is_missed, 1, 0))
        AS missing_teammates,
      IFNULL(m.points_per_game_e6, 0) - IF(p.is_missed, p.points_per_game_e6, 0) AS missing_points_e6,
      IFNULL(p.seconds, 0) - IFNULL(w7.seconds, 0) AS seconds_last_7_days,
      IFNULL(p.seconds, 0) - IFNULL(w14.seconds, 0) AS seconds_last_14_days,
      IFNULL(p.back_to_backs, 0) - IFNULL(w14.back_to_backs, 0) AS back_to_backs_last_14_days
    FROM players AS p
    LEFT JOIN history AS w7
      ON w7.player_lookup = p.player_lookup AND w7.game_number = p.games_played_before - p.l7d_actual_games
    LEFT JOIN history AS w14
      ON w14.player_lookup = p.player_lookup AND w14.game_number = p.games_played_before - p.l14d_actual_games
    LEFT JOIN missed AS m ON m.cell_date = p.cell_date AND m.team_abbr = p.team_abbr
    LEFT JOIN reports ON reports.game_date = p.cell_date
    WHERE p.gap_games_count = 0
  )
SELECT
  player_lookup,
  player_name,
  game_id,
  cell_date AS game_date,
  team_abbr,
  opponent_team_abbr,
  home_game,
  expected_because,
  last_game_date,
  DATE_DIFF(cell_date, last_game_date, DAY) - 1 AS days_rest,
  IFNULL(DATE_DIFF(cell_date, last_game_date, DAY) = 1, FALSE) AS back_to_back,
  l7d_actual_games AS games_last_7_days,
  l14d_actual_games AS games_last_14_days,
  seconds_last_7_days / 60 AS minutes_last_7_days,
  seconds_last_14_days / 60 AS minutes_last_14_days,
  back_to_backs_last_14_days,
  report_available AS injury_report_available,
  injury_status,
  injury_reason,
  missing_teammates,
  IF(missing_teammates IS NULL, NULL, missing_points_e6 / 1000000) AS missing_teammate_points,
  @season_year AS season_year,
  quality_tier,
  actual_games_count AS games_in_sample,
  games_missed_dnp,
  schedule_completeness_pct,
  data_completeness_pct,
  expected_games_count,
  actual_games_count,
  missing_games_count,
  season_gap_games,
  is_production_ready,
  IF(
    team_last_game_date > max_source_game_date OR max_source_game_date IS NULL,
    team_last_game_date, max_source_game_date
  ) AS max_source_game_date
FROM loaded
