-- Of whom the season before says something on the dates that open a season: staging.opening_players, one row per
-- (cell_date, player_lookup), on dates of the first @opening_days days of the season only; no row when the season
-- before is not loaded.
--
-- Expected beside staging.expected_players (`is_added`): for each team with a slot on D that is not postponed and
-- no Final game of the season before D, the players of its last list of the season before that reconciles and of
-- every later one that does not. Somebody whose newest list of that season is another team's, whom a list of this
-- season before D names, or whom the newest injury report of this season up to D puts elsewhere, is not. The others
-- are those of staging.expected_players whom a list of the season before names.
--
-- Reads raw data only: slots of D, injury reports up to D, everything else before D; staging.team_lists,
-- staging.previous_team_lists, which is team_lists.sql over the season before, and staging.expected_players.
--
-- Columns
--   cell_date DATE             D
--   player_lookup STRING
--   player_name STRING         as the newest source that names him writes it
--   team_abbr STRING           his team on D
--   opponent_team_abbr STRING
--   game_id STRING             the team's game of D
--   home_game BOOL
--   is_added BOOL              not in staging.expected_players
WITH
  -- Of each player the newest list of the season before; in force are his team's last one that reconciles and all
  -- after it.
  last_listed AS (
    SELECT
      l.team_abbr, box.player_lookup, box.player_name,
      l.team_game_number >= IFNULL(f.reconciling_number, 1) AS in_force
    FROM staging.previous_team_lists AS l
    JOIN nba_raw.nbac_gamebook_player_stats AS box
      ON box.game_id = l.game_id AND box.game_date = l.game_date AND box.team_abbr = l.team_abbr
    JOIN (
      SELECT team_abbr, MAX(IF(raw_state = 'reconciles', team_game_number, NULL)) AS reconciling_number
      FROM staging.previous_team_lists
      GROUP BY team_abbr
    ) AS f ON f.team_abbr = l.team_abbr
    WHERE box.game_date >= @opening_start AND box.game_date < @season_start
    QUALIFY ROW_NUMBER() OVER (
      PARTITION BY box.player_lookup ORDER BY l.game_date DESC, l.game_id DESC, l.team_abbr
    ) = 1
  ),
  slots AS (
    SELECT
      game_date AS cell_date, game_id, team_abbr, team_abbr = home_team_tricode AS home_game,
      IF(team_abbr = home_team_tricode, away_team_tricode, home_team_tricode) AS opponent_team_abbr
    FROM nba_raw.nbac_schedule
    CROSS JOIN UNNEST([home_team_tricode, away_team_tricode]) AS team_abbr
    WHERE game_date BETWEEN @first_date AND @last_date
      AND game_date IN UNNEST(@dates)
      AND DATE_DIFF(game_date, @season_start, DAY) BETWEEN 0 AND @opening_days - 1
      AND IFNULL(game_status_text, '') != 'Postponed'
      AND season_type IN ('regular', 'play_in', 'playoffs', 'cup_final')
    QUALIFY ROW_NUMBER() OVER (PARTITION BY game_date, team_abbr ORDER BY game_id) = 1
  ),
  first_games AS (
    SELECT team_abbr, MIN(game_date) AS first_game_date
    FROM staging.team_lists
    GROUP BY team_abbr
  ),
  first_lists AS (
    SELECT box.player_lookup, MIN(box.game_date) AS first_list_date
    FROM staging.team_lists AS l
    JOIN nba_raw.nbac_gamebook_player_stats AS box
      ON box.game_id = l.game_id AND box.game_date = l.game_date AND box.team_abbr = l.team_abbr
    WHERE box.game_date >= @season_start AND box.game_date < @last_date
    GROUP BY box.player_lookup
  ),
  newest_reports AS (
    SELECT d.cell_date, r.player_lookup, r.team_abbr
    FROM (SELECT DISTINCT cell_date FROM slots) AS d
    JOIN nba_raw.nbac_injury_report AS r ON r.game_date <= d.cell_date
    WHERE r.game_date >= @season_start AND r.game_date <= @last_date
      AND r.report_date = r.game_date
    QUALIFY ROW_NUMBER() OVER (
      PARTITION BY d.cell_date, r.player_lookup ORDER BY r.game_date DESC, r.team_abbr
    ) = 1
  )
SELECT
  s.cell_date, p.player_lookup, p.player_name, s.team_abbr, s.opponent_team_abbr, s.game_id, s.home_game,
  TRUE AS is_added
FROM slots AS s
JOIN last_listed AS p ON p.team_abbr = s.team_abbr AND p.in_force
LEFT JOIN first_games AS g ON g.team_abbr = s.team_abbr
LEFT JOIN first_lists AS n ON n.player_lookup = p.player_lookup
LEFT JOIN newest_reports AS r ON r.cell_date = s.cell_date AND r.player_lookup = p.player_lookup
LEFT JOIN staging.expected_players AS e ON e.cell_date = s.cell_date AND e.player_lookup = p.player_lookup
WHERE (g.first_game_date IS NULL OR g.first_game_date >= s.cell_date)
  AND (n.first_list_date IS NULL OR n.first_list_date >= s.cell_date)
  AND (r.team_abbr IS NULL OR r.team_abbr = s.team_abbr)
  AND e.player_lookup IS NULL
UNION ALL
SELECT
  e.cell_date, e.player_lookup, e.player_name, e.team_abbr, e.opponent_team_abbr, e.game_id, e.home_game, FALSE
FROM staging.expected_players AS e
JOIN last_listed AS p ON p.player_lookup = e.player_lookup
WHERE DATE_DIFF(e.cell_date, @season_start, DAY) BETWEEN 0 AND @opening_days - 1
