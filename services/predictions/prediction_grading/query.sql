-- One row per prediction of a player who played for the team it is about (GRADED), or whom a list shows not to have
-- (VOID): as absent, as another team's, or, when it is complete, by not naming him. A prediction that cannot be judged yet has none; triage says why.
WITH
  predictions AS (
    SELECT *
    FROM nba_predictions.player_points_predictions
    WHERE game_date BETWEEN @first_date AND @last_date AND game_date IN UNNEST(@dates)
  ),
  played AS (
    SELECT player_lookup, game_id, game_date, points, minutes_played
    FROM nba_analytics.player_game_summary
    WHERE game_date BETWEEN @first_date AND @last_date AND game_date IN UNNEST(@dates)
  ),
  box AS (
    SELECT player_lookup, game_id, game_date, team_abbr, player_status, dnp_reason, points
    FROM nba_raw.nbac_gamebook_player_stats
    WHERE game_date BETWEEN @first_date AND @last_date AND game_date IN UNNEST(@dates)
  ),
  scores AS (
    SELECT t.game_id, t.game_date, t.team_abbr, t.points
    FROM (
      SELECT game_id, game_date, team_abbr, points
      FROM nba_raw.nbac_team_boxscore
      WHERE game_date BETWEEN @first_date AND @last_date AND game_date IN UNNEST(@dates)
    ) AS t
    JOIN (
      SELECT game_id, game_date
      FROM nba_raw.nbac_schedule
      WHERE game_date BETWEEN @first_date AND @last_date AND game_date IN UNNEST(@dates) AND game_status = 3
    ) AS s ON s.game_id = t.game_id AND s.game_date = t.game_date
  ),
  -- A list whose players' points add up to the team's names everybody who played.
  complete_lists AS (
    SELECT s.game_id, s.game_date, s.team_abbr
    FROM scores AS s
    JOIN box AS b ON b.game_id = s.game_id AND b.game_date = s.game_date AND b.team_abbr = s.team_abbr
    GROUP BY s.game_id, s.game_date, s.team_abbr, s.points
    HAVING IFNULL(SUM(b.points), 0) = s.points
  ),
  judged AS (
    SELECT
      p.*,
      IF(g.player_lookup IS NULL, 'VOID', 'GRADED') AS outcome,
      CASE
        WHEN g.player_lookup IS NOT NULL THEN NULL
        WHEN b.player_lookup IS NULL THEN 'not on the list of his team'
        WHEN b.team_abbr != p.team_abbr THEN CONCAT('on the list of ', b.team_abbr)
        ELSE CONCAT(b.player_status, IFNULL(CONCAT(': ', b.dnp_reason), ''))
      END AS void_reason,
      g.points AS actual_points,
      g.minutes_played AS actual_minutes
    FROM predictions AS p
    LEFT JOIN box AS b
      ON b.player_lookup = p.player_lookup AND b.game_id = p.game_id AND b.game_date = p.game_date
    LEFT JOIN played AS g
      ON g.player_lookup = p.player_lookup AND g.game_id = p.game_id AND g.game_date = p.game_date
      AND (b.team_abbr IS NULL OR b.team_abbr = p.team_abbr)
    LEFT JOIN complete_lists AS l
      ON l.game_id = p.game_id AND l.game_date = p.game_date AND l.team_abbr = p.team_abbr
    WHERE g.player_lookup IS NOT NULL
      OR b.team_abbr != p.team_abbr
      OR (b.player_lookup IS NOT NULL AND b.player_status != 'active')
      OR (b.player_lookup IS NULL AND l.game_id IS NOT NULL)
  )
SELECT
  player_lookup,
  game_date,
  system_id,
  player_name,
  team_abbr,
  opponent_team_abbr,
  game_id,
  season_type,
  outcome,
  void_reason,
  actual_points,
  actual_minutes,
  predicted_points,
  expected_points,
  ABS(predicted_points - actual_points) AS absolute_error,
  predicted_points - actual_points AS signed_error,
  expected_points - actual_points AS mean_error,
  ABS(predicted_points - actual_points) <= 3 AS within_3,
  ABS(predicted_points - actual_points) <= 5 AS within_5,
  IF(q10 IS NULL, NULL, GREATEST(0.1 * (actual_points - q10), 0.9 * (q10 - actual_points))) AS pinball_10,
  IF(q25 IS NULL, NULL, GREATEST(0.25 * (actual_points - q25), 0.75 * (q25 - actual_points))) AS pinball_25,
  0.5 * ABS(predicted_points - actual_points) AS pinball_50,
  IF(q75 IS NULL, NULL, GREATEST(0.75 * (actual_points - q75), 0.25 * (q75 - actual_points))) AS pinball_75,
  IF(q90 IS NULL, NULL, GREATEST(0.9 * (actual_points - q90), 0.1 * (q90 - actual_points))) AS pinball_90,
  actual_points BETWEEN q10 AND q90 AS in_80,
  actual_points BETWEEN q25 AND q75 AS in_50,
  -- The predictive distribution at what happened, as shared/models/distribution.py has it.
  CASE
    WHEN q10 IS NULL OR actual_points IS NULL THEN NULL
    WHEN actual_points > q90 + 0.2
      THEN 1 - 0.1 * EXP(LN(0.4) * (actual_points - q90 - 0.2) / (q90 - q75 + 0.05))
    WHEN actual_points > q75 + 0.15 THEN 0.75 + 0.15 * (actual_points - q75 - 0.15) / (q90 - q75 + 0.05)
    WHEN actual_points > predicted_points + 0.1
      THEN 0.5 + 0.25 * (actual_points - predicted_points - 0.1) / (q75 - predicted_points + 0.05)
    WHEN actual_points > q25 + 0.05
      THEN 0.25 + 0.25 * (actual_points - q25 - 0.05) / (predicted_points - q25 + 0.05)
    WHEN actual_points > q10 THEN 0.1 + 0.15 * (actual_points - q10) / (q25 - q10 + 0.05)
    ELSE 0.1 * (actual_points + 0.5) / (q10 + 0.5)
  END AS pit,
  points_line,
  ABS(points_line - actual_points) AS line_absolute_error,
  p_over,
  recommendation,
  CASE
    WHEN actual_points > points_line THEN 'OVER'
    WHEN actual_points < points_line THEN 'UNDER'
    WHEN actual_points = points_line THEN 'PUSH'
  END AS over_under_result,
  CASE
    WHEN recommendation IN ('OVER', 'UNDER') AND actual_points != points_line
      THEN recommendation = IF(actual_points > points_line, 'OVER', 'UNDER')
  END AS recommendation_correct,
  games_played_season,
  minutes_avg_last_10,
  artefact_id,
  season_year,
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
  max_source_game_date
FROM judged
