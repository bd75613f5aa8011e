-- One row per team and slot of D. A slot is one row of the frame, so "before D" is "before this row": every
-- window is a frame that ends before the row, and no game of D or later can enter it.
WITH
  slots AS (
    SELECT game_id, game_date, season_type, home_team_tricode, away_team_tricode
    FROM nba_raw.nbac_schedule
    WHERE game_date >= @season_start
      AND game_date <= DATE_ADD(@last_date, INTERVAL 7 DAY)
      AND season_year = @season_year
      AND season_type IN ('regular', 'play_in', 'playoffs', 'cup_final')
      AND IFNULL(game_status_text, '') <> 'Postponed'
  ),
  team_slots AS (
    SELECT
      home_team_tricode AS team_abbr, away_team_tricode AS opponent_team_abbr, TRUE AS home_game,
      game_id, game_date, season_type
    FROM slots
    WHERE home_team_tricode IS NOT NULL
    UNION ALL
    SELECT away_team_tricode, home_team_tricode, FALSE, game_id, game_date, season_type
    FROM slots
    WHERE away_team_tricode IS NOT NULL
  ),
  -- Either summary proves that the game was played: each has one of the two box score rows as its source.
  played AS (
    SELECT team_abbr, game_id, game_date, MAX(margin) AS margin
    FROM (
      SELECT team_abbr, game_id, game_date, margin
      FROM nba_analytics.team_offense_game_summary
      WHERE game_date >= @season_start AND game_date < @last_date
      UNION ALL
      SELECT team_abbr, game_id, game_date, margin
      FROM nba_analytics.team_defense_game_summary
      WHERE game_date >= @season_start AND game_date < @last_date
    )
    WHERE margin IS NOT NULL
    GROUP BY team_abbr, game_id, game_date
  ),
  numbered AS (
    SELECT
      s.team_abbr, s.opponent_team_abbr, s.home_game, s.game_id, s.game_date, s.season_type,
      UNIX_DATE(s.game_date) AS day,
      p.margin,
      COUNT(p.margin) OVER (
        PARTITION BY s.team_abbr ORDER BY s.game_date, s.game_id
        ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
      ) AS played_number,
      COUNTIF(s.season_type <> 'cup_final') OVER (
        PARTITION BY s.team_abbr ORDER BY s.game_date, s.game_id
        ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
      ) AS season_number
    FROM team_slots AS s
    LEFT JOIN played AS p
      ON p.team_abbr = s.team_abbr AND p.game_id = s.game_id AND p.game_date = s.game_date
  ),
  framed AS (
    SELECT
      team_abbr, opponent_team_abbr, home_game, game_id, game_date, season_type, season_number,
      COUNT(*) OVER before AS slots_before,
      COUNT(margin) OVER before AS games_before,
      MAX(IF(margin IS NOT NULL, game_date, NULL)) OVER earlier AS last_played_date,
      MAX(game_date) OVER earlier AS last_slot_date,
      LAG(margin) OVER in_order AS last_slot_margin,
      IFNULL(MAX(IF(margin > 0, NULL, played_number)) OVER before, 0) AS last_not_won_number,
      IFNULL(MAX(IF(margin < 0, NULL, played_number)) OVER before, 0) AS last_not_lost_number,
      COUNT(margin) OVER (
        PARTITION BY team_abbr ORDER BY day RANGE BETWEEN 7 PRECEDING AND 1 PRECEDING
      ) AS games_last_7_days,
      COUNT(margin) OVER (
        PARTITION BY team_abbr ORDER BY day RANGE BETWEEN 14 PRECEDING AND 1 PRECEDING
      ) AS games_last_14_days,
      COUNT(IF(margin IS NULL, 1, NULL)) OVER (
        PARTITION BY team_abbr ORDER BY day RANGE BETWEEN 14 PRECEDING AND 1 PRECEDING
      ) AS gaps_last_14_days,
      COUNT(*) OVER (
        PARTITION BY team_abbr ORDER BY day RANGE BETWEEN 1 FOLLOWING AND 7 FOLLOWING
      ) AS games_next_7_days
    FROM numbered
    WINDOW
      in_order AS (PARTITION BY team_abbr ORDER BY game_date, game_id),
      before AS (in_order ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING),
      earlier AS (PARTITION BY team_abbr ORDER BY day RANGE BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
  ),
  as_of AS (
    SELECT
      framed.*,
      IFNULL(last_slot_date > IFNULL(last_played_date, DATE '0001-01-01'), FALSE) AS latest_is_gap,
      DATE_DIFF(game_date, last_slot_date, DAY) - 1 AS days_rest
    FROM framed
    WHERE game_date BETWEEN @first_date AND @last_date AND game_date IN UNNEST(@dates)
  ),
  lines AS (
    SELECT game_id, game_date, home_spread, total_points
    FROM nba_raw.odds_api_game_lines
    WHERE game_date BETWEEN @first_date AND @last_date AND game_date IN UNNEST(@dates)
  )
SELECT
  t.team_abbr,
  t.game_id,
  t.game_date,
  t.opponent_team_abbr,
  t.home_game,
  t.season_type,
  IF(t.season_type = 'cup_final', NULL, t.season_number) AS game_number_in_season,
  t.days_rest,
  IFNULL(t.days_rest = 0, FALSE) AS is_back_to_back,
  t.games_last_7_days,
  t.games_last_14_days,
  t.games_next_7_days,
  t.games_before - t.last_not_won_number AS win_streak,
  t.games_before - t.last_not_lost_number AS loss_streak,
  t.last_slot_margin AS last_game_margin,
  IF(o.latest_is_gap, NULL, o.days_rest) AS opponent_days_rest,
  IF(t.home_game, l.home_spread, 0 - l.home_spread) AS team_spread,
  l.total_points AS game_total,
  @season_year AS season_year,
  CASE
    WHEN t.games_before >= 10 THEN 'gold'
    WHEN t.games_before >= 5 THEN 'silver'
    WHEN t.games_before >= 3 THEN 'bronze'
    WHEN t.games_before >= 1 THEN 'bootstrap'
  END AS quality_tier,
  t.games_before AS games_in_sample,
  CAST(NULL AS INT64) AS games_missed_dnp,
  SAFE_DIVIDE(100.0 * t.games_before, t.slots_before) AS schedule_completeness_pct,
  SAFE_DIVIDE(100.0 * t.games_before, t.slots_before) AS data_completeness_pct,
  t.slots_before AS expected_games_count,
  t.games_before AS actual_games_count,
  t.slots_before - t.games_before AS missing_games_count,
  t.slots_before - t.games_before AS season_gap_games,
  t.slots_before = t.games_before AS is_production_ready,
  COALESCE(
    GREATEST(t.last_played_date, o.last_played_date), t.last_played_date, o.last_played_date
  ) AS max_source_game_date
FROM as_of AS t
LEFT JOIN as_of AS o
  ON o.game_id = t.game_id AND o.game_date = t.game_date AND o.team_abbr = t.opponent_team_abbr
LEFT JOIN lines AS l
  ON l.game_id = t.game_id AND l.game_date = t.game_date
WHERE NOT t.latest_is_gap AND t.gaps_last_14_days = 0
