-- Gaps in a player's own games, players without a game, upstream rows that are missing although his own games are
-- not, and absences: this processor alone documents them (PLAYER_DNP), because its windows are the ones they thin,
-- and lists those among the last 10 games he was expected for.
WITH
  shot_zones AS (
    SELECT DISTINCT player_lookup, analysis_date
    FROM nba_precompute.player_shot_zone_analysis
    WHERE analysis_date BETWEEN @first_date AND @last_date AND analysis_date IN UNNEST(@dates)
  ),
  factors AS (
    SELECT DISTINCT player_lookup, analysis_date
    FROM nba_precompute.player_composite_factors
    WHERE analysis_date BETWEEN @first_date AND @last_date AND analysis_date IN UNNEST(@dates)
  ),
  upcoming AS (
    SELECT DISTINCT player_lookup, game_date
    FROM nba_analytics.upcoming_player_game_context
    WHERE game_date BETWEEN @first_date AND @last_date AND game_date IN UNNEST(@dates)
  ),
  team_games AS (
    SELECT
      g.team_abbr, g.game_date, g.game_id, t.game_id IS NULL AS is_unknown,
      -- The date from which the game is no longer among the team's last 10.
      LEAD(g.game_date, 10) OVER (PARTITION BY g.team_abbr ORDER BY g.game_date, g.game_id) AS tenth_next_date
    FROM (
      SELECT game_id, game_date, team_abbr
      FROM nba_raw.nbac_schedule
      CROSS JOIN UNNEST([home_team_tricode, away_team_tricode]) AS team_abbr
      WHERE game_date >= @season_start AND game_date < @last_date
        AND game_status = 3 AND IFNULL(game_status_text, '') != 'Postponed'
        AND season_type IN ('regular', 'play_in', 'playoffs', 'cup_final')
    ) AS g
    LEFT JOIN (
      SELECT game_id, team_abbr
      FROM nba_analytics.team_offense_game_summary
      WHERE game_date >= @season_start AND game_date < @last_date
    ) AS t ON t.game_id = g.game_id AND t.team_abbr = g.team_abbr
  ),
  unknown_games AS (
    SELECT
      c.team_abbr, c.cell_date,
      STRING_AGG(CONCAT('"', CAST(u.game_date AS STRING), '"'), ',' ORDER BY u.game_date, u.game_id) AS dates,
      STRING_AGG(TO_JSON_STRING(u.game_id), ',' ORDER BY u.game_date, u.game_id) AS ids,
      STRING_AGG(
        CONCAT(
          '{"date":"', CAST(u.game_date AS STRING), '","game_id":', TO_JSON_STRING(u.game_id),
          ',"team":', TO_JSON_STRING(u.team_abbr),
          ',"verdict":"UPSTREAM_GAP","source":"team_offense_game_summary","reason":"no row of the game"}'
        ),
        ',' ORDER BY u.game_date, u.game_id
      ) AS items
    FROM (SELECT DISTINCT team_abbr, cell_date FROM staging.expected_players) AS c
    JOIN team_games AS u
      ON u.team_abbr = c.team_abbr
      AND u.game_date < c.cell_date
      AND (u.tenth_next_date IS NULL OR u.tenth_next_date >= c.cell_date)
    WHERE u.is_unknown
    GROUP BY c.team_abbr, c.cell_date
  ),
  judged AS (
    SELECT
      e.cell_date, e.player_lookup, e.row_withheld, e.games_listed_before,
      e.failure_type, e.failure_category, e.failure_reason, e.worst_expected_games, e.worst_actual_games,
      e.missing_game_dates, e.missing_game_ids, e.evidence, e.window_counts, e.span_start,
      t.dates AS team_dates, t.ids AS team_ids, t.items AS team_items,
      CONCAT(
        IF(z.player_lookup IS NULL, ', no player_shot_zone_analysis of this date', ''),
        IF(f.player_lookup IS NULL, ', no player_composite_factors of this date', ''),
        IF(u.player_lookup IS NULL, ', no upcoming_player_game_context of this date', ''),
        IF(t.team_abbr IS NULL, '', ', no team_offense_game_summary of a game among the last 10 of his team')
      ) AS missing_upstream
    FROM staging.player_evidence AS e
    LEFT JOIN shot_zones AS z ON z.player_lookup = e.player_lookup AND z.analysis_date = e.cell_date
    LEFT JOIN factors AS f ON f.player_lookup = e.player_lookup AND f.analysis_date = e.cell_date
    LEFT JOIN upcoming AS u ON u.player_lookup = e.player_lookup AND u.game_date = e.cell_date
    LEFT JOIN unknown_games AS t ON t.team_abbr = e.team_abbr AND t.cell_date = e.cell_date
  ),
  absences AS (
    SELECT
      player_lookup, game_number,
      STRING_AGG(day, ',') OVER last_10 AS dates,
      STRING_AGG(id, ',') OVER last_10 AS ids,
      STRING_AGG(item, ',') OVER last_10 AS items
    FROM (
      SELECT
        player_lookup, game_number,
        -- Games that are no absence leave NULLs, which STRING_AGG passes over.
        IF(verdict = 'PLAYER_DNP', CONCAT('"', CAST(game_date AS STRING), '"'), NULL) AS day,
        IF(verdict = 'PLAYER_DNP', TO_JSON_STRING(game_id), NULL) AS id,
        IF(
          verdict = 'PLAYER_DNP',
          CONCAT(
            '{"date":"', CAST(game_date AS STRING), '","game_id":', TO_JSON_STRING(game_id),
            ',"team":', TO_JSON_STRING(team_abbr), ',"verdict":"', verdict, '","source":"', source,
            '","reason":', TO_JSON_STRING(reason),
            IF(report_reason IS NULL, '', CONCAT(',"report":', TO_JSON_STRING(report_reason))), '}'
          ),
          NULL
        ) AS item
      FROM staging.player_listings
    )
    WINDOW last_10 AS (PARTITION BY player_lookup ORDER BY game_number ROWS BETWEEN 9 PRECEDING AND CURRENT ROW)
  )
SELECT
  cell_date AS analysis_date,
  player_lookup AS entity_id,
  'PLAYER' AS entity_type,
  failure_category,
  failure_type,
  IF(row_withheld, failure_reason, CONCAT(failure_reason, missing_upstream)) AS failure_reason,
  worst_expected_games AS expected_game_count,
  worst_actual_games AS actual_game_count,
  missing_game_dates,
  TRUE AS raw_data_checked,
  NOT row_withheld AND missing_upstream = '' AS row_written,
  evidence,
  CAST(NULL AS INT64) AS expected_record_count,
  CAST(NULL AS INT64) AS actual_record_count,
  missing_game_ids
FROM judged
WHERE failure_type != 'PLAYER_DNP'
UNION ALL
SELECT
  cell_date, player_lookup, 'PLAYER', 'UPSTREAM_INCOMPLETE', 'UPSTREAM_GAP',
  CONCAT('His own games are complete', missing_upstream),
  worst_expected_games, worst_actual_games,
  CONCAT('[', IFNULL(team_dates, ''), ']'), TRUE, FALSE,
  CONCAT('{"missing":[', IFNULL(team_items, ''), ']}'),
  CAST(NULL AS INT64), CAST(NULL AS INT64),
  CONCAT('[', IFNULL(team_ids, ''), ']')
FROM judged
WHERE IFNULL(failure_type, 'PLAYER_DNP') = 'PLAYER_DNP' AND missing_upstream != ''
UNION ALL
SELECT
  j.cell_date, j.player_lookup, 'PLAYER', j.failure_category, j.failure_type, j.failure_reason,
  j.worst_expected_games, j.worst_actual_games,
  CONCAT('[', IFNULL(a.dates, ''), ']'), TRUE, TRUE,
  CONCAT(
    '{"windows":', j.window_counts, ',"span_start":"', CAST(j.span_start AS STRING),
    '","missing":[', IFNULL(a.items, ''), ']}'
  ),
  CAST(NULL AS INT64), CAST(NULL AS INT64),
  CONCAT('[', IFNULL(a.ids, ''), ']')
FROM judged AS j
LEFT JOIN absences AS a ON a.player_lookup = j.player_lookup AND a.game_number = j.games_listed_before
WHERE j.failure_type = 'PLAYER_DNP' AND j.missing_upstream = ''
