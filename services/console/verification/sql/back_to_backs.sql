-- Regular-season games on the day after another game, recomputed from the results, and how often the context
-- tables, where they have a row of the same game, say otherwise.
WITH appearances AS (
  SELECT
    player_lookup, team_abbr, game_id, game_date, season_type,
    LAG(game_date) OVER (PARTITION BY player_lookup ORDER BY game_date, game_id) AS game_date_before
  FROM nba_analytics.player_game_summary
  WHERE game_date BETWEEN @first_date AND @last_date
    AND season_year = @season_year
),
team_games AS (
  SELECT
    team_abbr, game_id, game_date, season_type,
    LAG(game_date) OVER (PARTITION BY team_abbr ORDER BY game_date, game_id) AS game_date_before
  FROM (SELECT DISTINCT team_abbr, game_id, game_date, season_type FROM appearances)
),
judged AS (
  SELECT
    'player' AS entity_type,
    COALESCE(DATE_DIFF(results.game_date, results.game_date_before, DAY) = 1, FALSE) AS recomputed,
    context.back_to_back AS stored
  FROM appearances AS results
  LEFT JOIN nba_analytics.upcoming_player_game_context AS context
    ON context.player_lookup = results.player_lookup
    AND context.game_id = results.game_id
    AND context.game_date = results.game_date
    AND context.game_date BETWEEN @first_date AND @last_date
  WHERE results.season_type = 'regular'
  UNION ALL
  SELECT
    'team' AS entity_type,
    COALESCE(DATE_DIFF(results.game_date, results.game_date_before, DAY) = 1, FALSE) AS recomputed,
    context.is_back_to_back AS stored
  FROM team_games AS results
  LEFT JOIN nba_analytics.upcoming_team_game_context AS context
    ON context.team_abbr = results.team_abbr
    AND context.game_id = results.game_id
    AND context.game_date = results.game_date
    AND context.game_date BETWEEN @first_date AND @last_date
  WHERE results.season_type = 'regular'
)
SELECT
  entity_type,
  COUNTIF(recomputed) AS back_to_backs,
  COUNT(stored) AS compared,
  COUNTIF(stored != recomputed) AS different
FROM judged
GROUP BY entity_type
ORDER BY entity_type
