-- Every game a player was expected for: staging.player_listings, one row per (player_lookup, game_id) of Final
-- games from @season_start to before @last_date. No row depends on anything later than its own game.
--
-- A player is expected for a game when the box score's list names him in any status. Where the list of his
-- team is missing or does not reconcile, he is also expected when he was on the team's latest earlier list that
-- reconciles and on no other team's list in between. A list reconciles when its players' points add up to the
-- team's exactly, their minutes within 0.5, and both team rows of the game exist (team_lists.sql).
--
-- Columns
--   player_lookup STRING
--   game_id STRING
--   game_date DATE
--   team_abbr STRING           the team he was expected for
--   season_type STRING         regular | play_in | playoffs | cup_final
--   game_number INT64          1, 2, ... over his rows of the season, by (game_date, game_id)
--   status STRING              active | dnp | inactive; NULL when not listed
--   raw_state STRING           of the team's list: reconciles | not_ingested (no player row of the game) |
--                              incomplete
--   in_pgs BOOL                nba_analytics.player_game_summary has the row
--   verdict STRING             PLAYED (in_pgs) | PLAYER_DNP | DERIVED_MISSING | GAME_INCOMPLETE |
--                              GAME_NOT_INGESTED | UNKNOWN (listed with a status that is none of the three)
--   reason STRING              PLAYER_DNP only: dnp_reason, else the injury report of that date (its reason,
--                              else its status), else 'not reported'
--   reason_source STRING       PLAYER_DNP only: the table the reason is from; NULL when not reported
--   report_reason STRING       what the injury report of that date says of him, whatever the verdict
--   source STRING              the table that decided the verdict
--   played, absent, unclear INT64: of his first game_number games, those PLAYED, PLAYER_DNP, UNKNOWN
--   season_listed, season_played, season_absent, season_unclear INT64: the same without the Cup final
WITH
  listed AS (
    SELECT
      l.game_id, l.game_date, l.season_type, l.team_abbr, l.team_game_number, l.raw_state,
      box.player_lookup, box.player_status, box.dnp_reason
    FROM staging.team_lists AS l
    JOIN nba_raw.nbac_gamebook_player_stats AS box
      ON box.game_id = l.game_id AND box.game_date = l.game_date AND box.team_abbr = l.team_abbr
    WHERE box.game_date >= @season_start AND box.game_date < @last_date
  ),
  doubtful AS (
    SELECT game_id, game_date, season_type, team_abbr, raw_state, last_reconciling
    FROM (
      SELECT
        game_id, game_date, season_type, team_abbr, raw_state,
        MAX(IF(raw_state = 'reconciles', team_game_number, NULL)) OVER (
          PARTITION BY team_abbr ORDER BY team_game_number ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        ) AS last_reconciling
      FROM staging.team_lists
    )
    WHERE raw_state != 'reconciles'
  ),
  carried AS (
    SELECT d.game_id, d.game_date, d.season_type, d.team_abbr, d.raw_state, p.player_lookup
    FROM doubtful AS d
    JOIN listed AS p ON p.team_abbr = d.team_abbr AND p.team_game_number = d.last_reconciling
    LEFT JOIN listed AS other
      ON other.player_lookup = p.player_lookup
      AND (
        other.game_id = d.game_id
        OR (other.team_abbr != d.team_abbr AND other.game_date > p.game_date AND other.game_date <= d.game_date)
      )
    WHERE other.player_lookup IS NULL
    QUALIFY ROW_NUMBER() OVER (PARTITION BY d.game_id, p.player_lookup ORDER BY d.team_abbr) = 1
  ),
  expected AS (
    SELECT
      player_lookup, game_id, game_date, team_abbr, season_type, raw_state,
      TRUE AS is_listed, player_status AS status, NULLIF(TRIM(dnp_reason), '') AS dnp_reason
    FROM listed
    UNION ALL
    SELECT
      player_lookup, game_id, game_date, team_abbr, season_type, raw_state,
      FALSE, CAST(NULL AS STRING), CAST(NULL AS STRING)
    FROM carried
  ),
  reported AS (
    SELECT
      player_lookup, game_date,
      MAX(COALESCE(NULLIF(TRIM(reason), ''), injury_status)) AS reason
    FROM nba_raw.nbac_injury_report
    WHERE game_date >= @season_start AND game_date < @last_date
      AND report_date = game_date
    GROUP BY player_lookup, game_date
  ),
  derived AS (
    SELECT DISTINCT player_lookup, game_id
    FROM nba_analytics.player_game_summary
    WHERE game_date >= @season_start AND game_date < @last_date
  ),
  judged AS (
    SELECT
      e.player_lookup, e.game_id, e.game_date, e.team_abbr, e.season_type, e.status, e.raw_state, e.dnp_reason,
      r.reason AS report_reason,
      d.game_id IS NOT NULL AS in_pgs,
      CASE
        WHEN d.game_id IS NOT NULL THEN 'PLAYED'
        WHEN e.status = 'active' THEN 'DERIVED_MISSING'
        WHEN e.status IN ('dnp', 'inactive') THEN 'PLAYER_DNP'
        WHEN e.is_listed THEN 'UNKNOWN'
        WHEN e.raw_state = 'not_ingested' THEN 'GAME_NOT_INGESTED'
        ELSE 'GAME_INCOMPLETE'
      END AS verdict
    FROM expected AS e
    LEFT JOIN derived AS d ON d.player_lookup = e.player_lookup AND d.game_id = e.game_id
    LEFT JOIN reported AS r ON r.player_lookup = e.player_lookup AND r.game_date = e.game_date
  )
SELECT
  player_lookup, game_id, game_date, team_abbr, season_type,
  ROW_NUMBER() OVER (PARTITION BY player_lookup ORDER BY game_date, game_id) AS game_number,
  status, raw_state, in_pgs, verdict,
  IF(verdict = 'PLAYER_DNP', COALESCE(dnp_reason, report_reason, 'not reported'), NULL) AS reason,
  CASE
    WHEN verdict != 'PLAYER_DNP' THEN NULL
    WHEN dnp_reason IS NOT NULL THEN 'nbac_gamebook_player_stats'
    WHEN report_reason IS NOT NULL THEN 'nbac_injury_report'
  END AS reason_source,
  report_reason,
  CASE verdict
    WHEN 'PLAYED' THEN 'player_game_summary'
    WHEN 'DERIVED_MISSING' THEN 'player_game_summary'
    WHEN 'GAME_NOT_INGESTED' THEN 'nbac_schedule'
    WHEN 'GAME_INCOMPLETE' THEN 'nbac_team_boxscore'
    ELSE 'nbac_gamebook_player_stats'
  END AS source,
  COUNTIF(verdict = 'PLAYED') OVER so_far AS played,
  COUNTIF(verdict = 'PLAYER_DNP') OVER so_far AS absent,
  COUNTIF(verdict = 'UNKNOWN') OVER so_far AS unclear,
  COUNTIF(season_type != 'cup_final') OVER so_far AS season_listed,
  COUNTIF(season_type != 'cup_final' AND verdict = 'PLAYED') OVER so_far AS season_played,
  COUNTIF(season_type != 'cup_final' AND verdict = 'PLAYER_DNP') OVER so_far AS season_absent,
  COUNTIF(season_type != 'cup_final' AND verdict = 'UNKNOWN') OVER so_far AS season_unclear
FROM judged
WINDOW so_far AS (
  PARTITION BY player_lookup ORDER BY game_date, game_id ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
)
