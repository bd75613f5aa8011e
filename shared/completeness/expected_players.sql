-- Who is expected on each date: staging.expected_players, one row per (cell_date, player_lookup).
--
-- For each team with a slot on D that is not postponed: the players of its latest Final game before D whose
-- list reconciles, the names of every later list that does not, and the names of D's injury report. A player
-- named by two teams belongs to the one of D's injury report, else to the newer list; when that team has no
-- slot on D he is not expected. Reads raw data only: slots and injury report of D, everything else before D.
--
-- Run first; every processor that uses shared/completeness declares
-- shared_sql = ("expected_players", "player_listings", "player_evidence") or the first one or two of them.
--
-- Columns
--   cell_date DATE             D
--   player_lookup STRING
--   player_name STRING         as the newest source that names him writes it; NULL when none does
--   team_abbr STRING           his team on D
--   opponent_team_abbr STRING
--   game_id STRING             the team's game of D
--   home_game BOOL
--   expected_because STRING    box_score_list | unreconciled_list | injury_report, the first that applies
WITH
  -- Which lists reconcile: the same text in player_listings.sql, down to team_lists (a test compares them).
  box AS (
    SELECT
      game_id, game_date, team_abbr, player_lookup, player_name, player_status, dnp_reason, points,
      CAST(ROUND(minutes_decimal * 60) AS INT64) AS seconds
    FROM nba_raw.nbac_gamebook_player_stats
    WHERE game_date >= @season_start AND game_date < @last_date
  ),
  player_sums AS (
    SELECT
      game_id, game_date, team_abbr,
      SUM(points) AS points,
      SUM(seconds) AS seconds,
      COUNTIF(player_status = 'active' AND (points IS NULL OR seconds IS NULL)) AS without_line
    FROM box
    GROUP BY game_id, game_date, team_abbr
  ),
  team_rows AS (
    SELECT
      game_id, game_date, team_abbr, points,
      CAST(ROUND(minutes_decimal * 60) AS INT64) AS seconds
    FROM nba_raw.nbac_team_boxscore
    WHERE game_date >= @season_start AND game_date < @last_date
  ),
  games_with_rows AS (
    SELECT game_id, game_date, SUM(team_rows) AS team_rows
    FROM (
      SELECT game_id, game_date, 1 AS team_rows FROM team_rows
      UNION ALL
      SELECT game_id, game_date, 0 FROM player_sums
    )
    GROUP BY game_id, game_date
  ),
  team_games AS (
    SELECT
      game_id, game_date, season_type, team_abbr,
      ROW_NUMBER() OVER (PARTITION BY team_abbr ORDER BY game_date, game_id) AS team_game_number,
      ROW_NUMBER() OVER (ORDER BY game_date, game_id, team_abbr) AS list_order
    FROM nba_raw.nbac_schedule
    CROSS JOIN UNNEST([home_team_tricode, away_team_tricode]) AS team_abbr
    WHERE game_date >= @season_start AND game_date < @last_date
      AND game_status = 3 AND IFNULL(game_status_text, '') != 'Postponed'
      AND season_type IN ('regular', 'play_in', 'playoffs', 'cup_final')
  ),
  team_lists AS (
    SELECT
      g.game_id, g.game_date, g.season_type, g.team_abbr, g.team_game_number, g.list_order,
      CASE
        WHEN any_row.game_id IS NULL THEN 'not_ingested'
        WHEN any_row.team_rows = 2
          AND players.without_line = 0
          AND players.points = team.points
          AND ABS(players.seconds - team.seconds) <= 30 THEN 'reconciles'
        ELSE 'incomplete'
      END AS raw_state
    FROM team_games AS g
    LEFT JOIN games_with_rows AS any_row ON any_row.game_id = g.game_id AND any_row.game_date = g.game_date
    LEFT JOIN player_sums AS players
      ON players.game_id = g.game_id AND players.game_date = g.game_date AND players.team_abbr = g.team_abbr
    LEFT JOIN team_rows AS team
      ON team.game_id = g.game_id AND team.game_date = g.game_date AND team.team_abbr = g.team_abbr
  ),
  listed AS (
    SELECT
      l.team_abbr, l.team_game_number, l.list_order, l.raw_state = 'reconciles' AS reconciles,
      box.player_lookup, box.player_name
    FROM team_lists AS l
    JOIN box ON box.game_id = l.game_id AND box.game_date = l.game_date AND box.team_abbr = l.team_abbr
  ),
  moved AS (
    SELECT player_lookup
    FROM listed
    GROUP BY player_lookup
    HAVING MIN(team_abbr) != MAX(team_abbr)
  ),
  slots AS (
    SELECT
      game_date AS cell_date, game_id, team_abbr, team_abbr = home_team_tricode AS home_game,
      IF(team_abbr = home_team_tricode, away_team_tricode, home_team_tricode) AS opponent_team_abbr
    FROM nba_raw.nbac_schedule
    CROSS JOIN UNNEST([home_team_tricode, away_team_tricode]) AS team_abbr
    WHERE game_date BETWEEN @first_date AND @last_date
      AND game_date IN UNNEST(@dates)
      AND IFNULL(game_status_text, '') != 'Postponed'
      AND season_type IN ('regular', 'play_in', 'playoffs', 'cup_final')
    QUALIFY ROW_NUMBER() OVER (PARTITION BY game_date, team_abbr ORDER BY game_id) = 1
  ),
  reported AS (
    SELECT game_date AS cell_date, team_abbr, player_lookup, MAX(player_name) AS player_name
    FROM nba_raw.nbac_injury_report
    WHERE game_date BETWEEN @first_date AND @last_date
      AND game_date IN UNNEST(@dates)
      AND report_date <= game_date
    GROUP BY game_date, team_abbr, player_lookup
  ),
  -- Before each D, of every team: its number of games so far and the last of them whose list reconciles.
  team_timeline AS (
    SELECT team_abbr, game_date, UNIX_DATE(game_date) AS day, FALSE AS is_cell,
      team_game_number, IF(raw_state = 'reconciles', team_game_number, NULL) AS reconciling_number
    FROM team_lists
    UNION ALL
    SELECT teams.team_abbr, cell_date, UNIX_DATE(cell_date), TRUE, CAST(NULL AS INT64), CAST(NULL AS INT64)
    FROM UNNEST(@dates) AS cell_date
    CROSS JOIN (SELECT DISTINCT team_abbr FROM team_lists) AS teams
  ),
  teams_before AS (
    SELECT
      team_abbr, game_date AS cell_date, is_cell,
      MAX(team_game_number) OVER before AS last_number,
      MAX(reconciling_number) OVER before AS reconciling_number
    FROM team_timeline
    WINDOW before AS (
      PARTITION BY team_abbr ORDER BY day RANGE BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
    )
  ),
  lists_in_force AS (
    SELECT t.team_abbr, t.cell_date, team_game_number, s.game_id IS NOT NULL AS plays
    FROM teams_before AS t
    LEFT JOIN slots AS s ON s.cell_date = t.cell_date AND s.team_abbr = t.team_abbr
    CROSS JOIN UNNEST(GENERATE_ARRAY(IFNULL(reconciling_number, 1), last_number)) AS team_game_number
    WHERE is_cell AND last_number IS NOT NULL
  ),
  named AS (
    SELECT
      f.cell_date, l.player_lookup, l.player_name, l.team_abbr, l.list_order,
      l.reconciles, FALSE AS is_reported
    FROM lists_in_force AS f
    JOIN listed AS l ON l.team_abbr = f.team_abbr AND l.team_game_number = f.team_game_number
    LEFT JOIN moved ON moved.player_lookup = l.player_lookup
    WHERE f.plays OR moved.player_lookup IS NOT NULL
    UNION ALL
    SELECT
      cell_date, player_lookup, player_name, team_abbr, CAST(NULL AS INT64), FALSE, TRUE
    FROM reported
  ),
  by_team AS (
    SELECT
      cell_date, player_lookup, team_abbr,
      MAX(player_name) AS player_name,
      MAX(list_order) AS newest_list,
      LOGICAL_OR(is_reported) AS is_reported,
      LOGICAL_OR(reconciles) AS reconciles
    FROM named
    GROUP BY cell_date, player_lookup, team_abbr
  ),
  own_team AS (
    SELECT *
    FROM by_team
    QUALIFY ROW_NUMBER() OVER (
      PARTITION BY cell_date, player_lookup
      ORDER BY is_reported DESC, newest_list IS NULL, newest_list DESC, team_abbr
    ) = 1
  )
SELECT
  p.cell_date, p.player_lookup, p.player_name, p.team_abbr, s.opponent_team_abbr, s.game_id, s.home_game,
  CASE
    WHEN reconciles THEN 'box_score_list'
    WHEN newest_list IS NOT NULL THEN 'unreconciled_list'
    ELSE 'injury_report'
  END AS expected_because
FROM own_team AS p
JOIN slots AS s ON s.cell_date = p.cell_date AND s.team_abbr = p.team_abbr
