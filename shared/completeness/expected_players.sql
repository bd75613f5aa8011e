-- Who is expected on each date: staging.expected_players, one row per (cell_date, player_lookup).
--
-- For each team with a slot on D that is not postponed: the players of its latest Final game before D whose
-- list reconciles, the names of every later list that does not, and the names of D's injury report. A player
-- named by two teams belongs to the one of D's injury report, else to the newer list; when that team has no
-- slot on D he is not expected. Reads raw data only: slots and injury report of D, everything else before D.
--
-- Every processor that uses shared/completeness declares shared_sql = ("team_lists", "expected_players",
-- "player_listings", "player_windows", "player_evidence") or the first of them; who also speaks of the teams that
-- have no game of the season yet, OPENING_STATEMENTS (shared/topology/declaration.py).
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
  listed AS (
    SELECT
      l.team_abbr, l.team_game_number, l.game_date, l.game_id, l.raw_state = 'reconciles' AS reconciles,
      box.player_lookup, box.player_name
    FROM staging.team_lists AS l
    JOIN nba_raw.nbac_gamebook_player_stats AS box
      ON box.game_id = l.game_id AND box.game_date = l.game_date AND box.team_abbr = l.team_abbr
    WHERE box.game_date >= @season_start AND box.game_date < @last_date
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
  -- Of each team with a slot: its number of games before D and the last of them whose list reconciles.
  team_timeline AS (
    SELECT
      team_abbr, game_date, UNIX_DATE(game_date) AS day, FALSE AS is_cell,
      team_game_number, IF(raw_state = 'reconciles', team_game_number, NULL) AS reconciling_number
    FROM staging.team_lists
    UNION ALL
    SELECT team_abbr, cell_date, UNIX_DATE(cell_date), TRUE, CAST(NULL AS INT64), CAST(NULL AS INT64)
    FROM slots
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
    SELECT team_abbr, cell_date, team_game_number
    FROM teams_before
    CROSS JOIN UNNEST(GENERATE_ARRAY(IFNULL(reconciling_number, 1), last_number)) AS team_game_number
    WHERE is_cell AND last_number IS NOT NULL
  ),
  named AS (
    SELECT
      f.cell_date, l.player_lookup, l.player_name, l.team_abbr, l.game_date, l.game_id, l.reconciles,
      FALSE AS is_reported
    FROM lists_in_force AS f
    JOIN listed AS l ON l.team_abbr = f.team_abbr AND l.team_game_number = f.team_game_number
    UNION ALL
    SELECT
      r.game_date, r.player_lookup, r.player_name, r.team_abbr, CAST(NULL AS DATE), CAST(NULL AS STRING), FALSE,
      TRUE
    FROM nba_raw.nbac_injury_report AS r
    JOIN slots AS s ON s.cell_date = r.game_date AND s.team_abbr = r.team_abbr
    WHERE r.game_date BETWEEN @first_date AND @last_date
      AND r.game_date IN UNNEST(@dates)
      AND r.report_date = r.game_date
  ),
  candidates AS (
    SELECT
      cell_date, player_lookup, team_abbr,
      MAX(player_name) AS player_name,
      MAX(game_date) AS newest_list_date,
      MAX(game_id) AS newest_list_game,
      LOGICAL_OR(reconciles) AS reconciles,
      LOGICAL_OR(is_reported) AS is_reported
    FROM named
    GROUP BY cell_date, player_lookup, team_abbr
  ),
  -- A newer list of another team overrules, also when that team has no slot on D.
  moved AS (
    SELECT player_lookup
    FROM listed
    GROUP BY player_lookup
    HAVING MIN(team_abbr) != MAX(team_abbr)
  ),
  moved_timeline AS (
    SELECT
      player_lookup, game_date, UNIX_DATE(game_date) AS day, CAST(NULL AS STRING) AS team_abbr,
      game_date AS listed_on
    FROM listed
    JOIN moved USING (player_lookup)
    UNION ALL
    SELECT player_lookup, cell_date, UNIX_DATE(cell_date), team_abbr, CAST(NULL AS DATE)
    FROM candidates
    JOIN moved USING (player_lookup)
  ),
  moved_before AS (
    SELECT
      player_lookup, game_date AS cell_date, team_abbr,
      MAX(listed_on) OVER (
        PARTITION BY player_lookup ORDER BY day RANGE BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
      ) AS last_listed_on
    FROM moved_timeline
  ),
  own_team AS (
    SELECT c.cell_date, c.player_lookup, c.team_abbr, c.player_name, c.newest_list_date, c.reconciles
    FROM candidates AS c
    LEFT JOIN moved_before AS m
      ON m.player_lookup = c.player_lookup AND m.cell_date = c.cell_date AND m.team_abbr = c.team_abbr
    WHERE c.is_reported OR m.last_listed_on IS NULL OR m.last_listed_on = c.newest_list_date
    QUALIFY ROW_NUMBER() OVER (
      PARTITION BY c.cell_date, c.player_lookup
      ORDER BY
        c.is_reported DESC, c.newest_list_date IS NULL, c.newest_list_date DESC, c.newest_list_game DESC,
        c.team_abbr
    ) = 1
  )
SELECT
  p.cell_date, p.player_lookup, p.player_name, p.team_abbr, s.opponent_team_abbr, s.game_id, s.home_game,
  CASE
    WHEN p.reconciles THEN 'box_score_list'
    WHEN p.newest_list_date IS NOT NULL THEN 'unreconciled_list'
    ELSE 'injury_report'
  END AS expected_because
FROM own_team AS p
JOIN slots AS s ON s.cell_date = p.cell_date AND s.team_abbr = p.team_abbr
