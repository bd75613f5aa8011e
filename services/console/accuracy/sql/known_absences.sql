-- UPPER BOUND, no feature of a prediction: how many points of team-mates are missing when it is known who played.
--
-- As upcoming_player_game_context and player_composite_factors have missing_teammate_points and usage_spike_score,
-- except for who is missing on D: not whom D's injury report rules out, but whoever of the players expected on D
-- has no appearance on D. NULL where D's game is not derived to the last point: nobody is missing for want of data.
WITH
  appearances AS (
    SELECT s.player_lookup, s.game_id, s.game_date, s.team_abbr, s.points, l.season_type != 'cup_final' AS of_season
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
      MAX(team_game_number) OVER (
        PARTITION BY team_abbr ORDER BY day RANGE BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
      ) AS games_before
    FROM team_timeline
  ),
  history AS (
    SELECT
      a.player_lookup, a.team_abbr, t.team_game_number,
      COUNT(*) OVER so_far AS game_number,
      COUNTIF(a.of_season) OVER so_far AS season_games,
      SUM(IF(a.of_season, a.points, 0)) OVER so_far AS season_points
    FROM appearances AS a
    JOIN team_games AS t ON t.team_abbr = a.team_abbr AND t.game_id = a.game_id
    WINDOW so_far AS (
      PARTITION BY a.player_lookup ORDER BY a.game_date, a.game_id ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
    )
  ),
  played AS (
    SELECT player_lookup, game_id, game_date, team_abbr, points
    FROM nba_analytics.player_game_summary
    WHERE game_date BETWEEN @first_date AND @last_date AND game_date IN UNNEST(@dates)
  ),
  derived_games AS (
    SELECT p.game_id, p.game_date, p.team_abbr
    FROM played AS p
    JOIN (
      SELECT game_id, game_date, team_abbr, points
      FROM nba_raw.nbac_team_boxscore
      WHERE game_date BETWEEN @first_date AND @last_date AND game_date IN UNNEST(@dates)
    ) AS b ON b.game_id = p.game_id AND b.game_date = p.game_date AND b.team_abbr = p.team_abbr
    GROUP BY p.game_id, p.game_date, p.team_abbr, b.points
    HAVING SUM(p.points) = b.points
  ),
  players AS (
    SELECT
      p.cell_date, p.player_lookup, p.team_abbr, e.gap_games_count,
      d.game_id IS NOT NULL AND t.games_before IS NOT NULL AS is_known,
      d.game_id IS NOT NULL
        AND own.player_lookup IS NULL
        AND now.team_abbr = p.team_abbr
        AND now.team_game_number > t.games_before - 10 AS is_missed,
      CAST(ROUND(SAFE_DIVIDE(1000000 * now.season_points, now.season_games)) AS INT64) AS points_per_game_e6
    FROM staging.expected_players AS p
    JOIN staging.player_evidence AS e ON e.cell_date = p.cell_date AND e.player_lookup = p.player_lookup
    LEFT JOIN history AS now
      ON now.player_lookup = p.player_lookup AND now.game_number = e.games_played_before
    LEFT JOIN teams AS t ON t.team_abbr = p.team_abbr AND t.cell_date = p.cell_date AND t.is_cell
    LEFT JOIN derived_games AS d
      ON d.team_abbr = p.team_abbr AND d.game_id = p.game_id AND d.game_date = p.cell_date
    LEFT JOIN played AS own
      ON own.player_lookup = p.player_lookup AND own.game_id = p.game_id AND own.game_date = p.cell_date
  ),
  missed AS (
    SELECT cell_date, team_abbr, SUM(points_per_game_e6) AS points_per_game_e6
    FROM players
    WHERE is_missed
    GROUP BY cell_date, team_abbr
  ),
  absences AS (
    SELECT
      p.cell_date, p.player_lookup,
      IF(
        p.is_known, IFNULL(m.points_per_game_e6, 0) - IF(p.is_missed, IFNULL(p.points_per_game_e6, 0), 0), NULL
      ) AS missing_e6
    FROM players AS p
    LEFT JOIN missed AS m ON m.cell_date = p.cell_date AND m.team_abbr = p.team_abbr
    WHERE p.gap_games_count = 0
  )
SELECT
  player_lookup,
  cell_date AS game_date,
  missing_e6 / 1000000 AS missing_teammate_points,
  missing_e6 / 1000000 - SAFE_DIVIDE(SUM(missing_e6) OVER earlier, COUNT(missing_e6) OVER earlier) / 1000000
    AS usage_spike_score
FROM absences
WINDOW earlier AS (
  PARTITION BY player_lookup ORDER BY UNIX_DATE(cell_date) RANGE BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
)
