-- What is known about each expected player's history: staging.player_evidence, one row per (cell_date,
-- player_lookup) of staging.expected_players. Reads staging.player_windows and staging.player_listings.
--
-- Parameters: @span_played_games, the longest window in games played that the row uses (10; PSZA 20), and
-- @span_days, its longest window in days (7 or 14; 0 when all its windows are of games played). The span runs to
-- D from the oldest game that these windows use: the last games played and, with windows in days, the games of
-- these days and as many of the last games expected as of games played. With no game played it is the season.
--
-- Columns
--   cell_date DATE, player_lookup STRING, team_abbr STRING, game_id STRING (of D)
--   l5_expected_games, l5_actual_games INT64; l5_schedule_pct, l5_data_pct FLOAT64: percent, NULL with 0 expected;
--     the same for l10 (last 5 / 10 games he was expected for), l7d and l14d (days [D-7, D), [D-14, D))
--   worst_window STRING        the window with the lowest schedule pct, the first of l5 | l10 | l7d | l14d
--   worst_expected_games, worst_actual_games INT64: for expected_game_count / actual_game_count of a failure
--   schedule_completeness_pct FLOAT64  percent, of the worst window
--   below_threshold BOOL       under 90 % in at least one window
--   span_start DATE            date of the oldest game of the span; NULL without games
--   expected_games_count, actual_games_count, missing_games_count, games_missed_dnp INT64: in the span
--   gap_games_count INT64      correctable gaps in the span
--   data_completeness_pct FLOAT64  percent: (played + explained by an absence) / expected, in the span
--   games_in_sample INT64      games played that a window of @span_played_games has: at most that many
--   games_listed_before INT64  expected before D in the season, with the Cup final: game_number of the newest
--   games_played_before INT64  played before D in the season, with the Cup final: the number of his newest game
--                              among those with verdict PLAYED, by (game_date, game_id)
--   games_played_season, games_listed_season INT64: the same two without the Cup final
--   season_gap_games INT64     correctable gaps older than the span, without the Cup final
--   quality_tier STRING        gold >= 10 games played before D, silver >= 5, bronze >= 3, bootstrap >= 1, or NULL
--   is_production_ready BOOL   no gap in the season
--   row_withheld BOOL          a gap in the span, or no game played: no row is written
--   max_source_game_date DATE  newest game he was expected for; NULL without games
--   failure_type STRING        DATA_GAP | MIXED | UNKNOWN | PLAYER_DNP | INSUFFICIENT_HISTORY, or NULL; with it:
--   failure_category STRING    INCOMPLETE_DATA | INSUFFICIENT_DATA
--   failure_reason STRING      a sentence
--   window_counts STRING       JSON object: window name, or span, to [expected, played, absent]
--   missing_game_dates, missing_game_ids STRING: JSON arrays: with a gap, the gaps of the season before D and
--                              the absences of the span; [] for the two types without a gap
--   evidence STRING            JSON object: windows (window_counts), span_start, missing (of each missing game
--                              date, game_id, team, verdict, source, reason, report: the injury report's words)
WITH
  starts AS (
    SELECT
      w.*,
      GREATEST(1, LEAST(
        IFNULL(oldest.game_number, 1),
        w.listed + 1 - IF(@span_days > 0, @span_played_games, 0),
        w.listed + 1 - CASE @span_days WHEN 7 THEN w.l7d_expected WHEN 14 THEN w.l14d_expected ELSE 0 END
      )) AS first_game
    FROM staging.player_windows AS w
    LEFT JOIN staging.player_listings AS oldest
      ON oldest.player_lookup = w.player_lookup
      AND oldest.verdict = 'PLAYED'
      AND oldest.played = GREATEST(w.played - @span_played_games, 0) + 1
      AND w.played > 0
  ),
  -- What the games of the span come to, and the gaps before it: the first game's counts include itself.
  spans AS (
    SELECT
      s.*,
      first.game_date AS span_start,
      s.listed + 1 - s.first_game AS span_expected,
      s.played - IFNULL(first.played - IF(first.verdict = 'PLAYED', 1, 0), 0) AS span_played,
      s.absent - IFNULL(first.absent - IF(first.verdict = 'PLAYER_DNP', 1, 0), 0) AS span_absent,
      s.unclear - IFNULL(first.unclear - IF(first.verdict = 'UNKNOWN', 1, 0), 0) AS span_unclear,
      IFNULL(
        first.season_listed - first.season_played - first.season_absent
          - IF(first.verdict NOT IN ('PLAYED', 'PLAYER_DNP') AND first.season_type != 'cup_final', 1, 0),
        0
      ) AS older_gaps,
      IFNULL(
        first.season_unclear - IF(first.verdict = 'UNKNOWN' AND first.season_type != 'cup_final', 1, 0), 0
      ) AS older_unclear
    FROM starts AS s
    LEFT JOIN staging.player_listings AS first
      ON first.player_lookup = s.player_lookup
      AND first.game_number = s.first_game
      AND first.game_number <= s.listed
  ),
  gaps AS (
    SELECT *, span_expected - span_played - span_absent AS span_gaps
    FROM spans
  ),
  judged AS (
    SELECT
      *,
      CASE
        WHEN span_gaps + older_gaps > span_unclear + older_unclear THEN IF(span_absent > 0, 'MIXED', 'DATA_GAP')
        WHEN span_gaps + older_gaps > 0 THEN 'UNKNOWN'
        WHEN played = 0 THEN 'INSUFFICIENT_HISTORY'
        WHEN 10 * worst_played < 9 * worst_expected THEN 'PLAYER_DNP'
      END AS failure_type
    FROM gaps
  ),
  missing AS (
    SELECT
      j.player_lookup, j.cell_date,
      STRING_AGG(CONCAT('"', CAST(l.game_date AS STRING), '"'), ',' ORDER BY l.game_number) AS dates,
      STRING_AGG(TO_JSON_STRING(l.game_id), ',' ORDER BY l.game_number) AS ids,
      STRING_AGG(
        CONCAT(
          '{"date":"', CAST(l.game_date AS STRING), '","game_id":', TO_JSON_STRING(l.game_id),
          ',"team":', TO_JSON_STRING(l.team_abbr), ',"verdict":"', l.verdict, '","source":"', l.source, '"',
          IF(l.reason IS NULL, '', CONCAT(',"reason":', TO_JSON_STRING(l.reason))),
          IF(l.report_reason IS NULL, '', CONCAT(',"report":', TO_JSON_STRING(l.report_reason))), '}'
        ),
        ',' ORDER BY l.game_number
      ) AS items
    FROM judged AS j
    JOIN staging.player_listings AS l
      ON l.player_lookup = j.player_lookup
      AND l.game_number <= j.listed
      AND (l.verdict != 'PLAYER_DNP' OR l.game_number >= j.first_game)
    WHERE j.span_gaps + j.older_gaps > 0 AND l.verdict != 'PLAYED'
    GROUP BY j.player_lookup, j.cell_date
  ),
  worded AS (
    SELECT
      j.*, m.dates, m.ids, m.items,
      CASE
        WHEN failure_type IS NULL THEN NULL
        WHEN span_gaps > 0 THEN CONCAT(
          IF(failure_type = 'UNKNOWN', 'Games that cannot be judged: ', 'Games that lack repairable data: '),
          CAST(span_gaps AS STRING), ' of ', CAST(span_expected AS STRING),
          ' from ', CAST(span_start AS STRING), ' to before ', CAST(j.cell_date AS STRING),
          '; explained absences: ', CAST(span_absent AS STRING)
        )
        WHEN older_gaps > 0 THEN CONCAT(
          IF(failure_type = 'UNKNOWN', 'Games that cannot be judged: ', 'Games that lack repairable data: '),
          CAST(older_gaps AS STRING), ' of the season before ', CAST(span_start AS STRING),
          '; the rolling windows are complete'
        )
        WHEN failure_type = 'INSUFFICIENT_HISTORY' THEN CONCAT(
          'No game played this season before ', CAST(j.cell_date AS STRING),
          '; expected for ', CAST(listed AS STRING)
        )
        ELSE CONCAT(
          'Played ', CAST(worst_played AS STRING), ' of ', CAST(worst_expected AS STRING), ' games (',
          CASE worst_window
            WHEN 'l5' THEN 'last 5' WHEN 'l10' THEN 'last 10' WHEN 'l7d' THEN 'last 7 days' ELSE 'last 14 days'
          END,
          '); every absence is explained, no data is missing'
        )
      END AS failure_reason,
      IF(failure_type IS NULL, NULL, CONCAT(
        '{"l5":[', CAST(l5_expected AS STRING),
        ',', CAST(l5_played AS STRING), ',', CAST(l5_absent AS STRING),
        '],"l10":[', CAST(l10_expected AS STRING),
        ',', CAST(l10_played AS STRING), ',', CAST(l10_absent AS STRING),
        '],"l7d":[', CAST(l7d_expected AS STRING),
        ',', CAST(l7d_played AS STRING), ',', CAST(l7d_absent AS STRING),
        '],"l14d":[', CAST(l14d_expected AS STRING),
        ',', CAST(l14d_played AS STRING), ',', CAST(l14d_absent AS STRING),
        '],"span":[', CAST(span_expected AS STRING),
        ',', CAST(span_played AS STRING), ',', CAST(span_absent AS STRING),
        ']}'
      )) AS window_counts
    FROM judged AS j
    LEFT JOIN missing AS m ON m.player_lookup = j.player_lookup AND m.cell_date = j.cell_date
  )
SELECT
  w.cell_date, w.player_lookup, w.team_abbr, w.game_id,
  w.l5_expected AS l5_expected_games, w.l5_played AS l5_actual_games, w.l5_pct AS l5_schedule_pct,
  SAFE_DIVIDE(100 * (w.l5_played + w.l5_absent), w.l5_expected) AS l5_data_pct,
  w.l10_expected AS l10_expected_games, w.l10_played AS l10_actual_games, w.l10_pct AS l10_schedule_pct,
  SAFE_DIVIDE(100 * (w.l10_played + w.l10_absent), w.l10_expected) AS l10_data_pct,
  w.l7d_expected AS l7d_expected_games, w.l7d_played AS l7d_actual_games, w.l7d_pct AS l7d_schedule_pct,
  SAFE_DIVIDE(100 * (w.l7d_played + w.l7d_absent), w.l7d_expected) AS l7d_data_pct,
  w.l14d_expected AS l14d_expected_games, w.l14d_played AS l14d_actual_games, w.l14d_pct AS l14d_schedule_pct,
  SAFE_DIVIDE(100 * (w.l14d_played + w.l14d_absent), w.l14d_expected) AS l14d_data_pct,
  w.worst_window,
  w.worst_expected AS worst_expected_games,
  w.worst_played AS worst_actual_games,
  SAFE_DIVIDE(100 * w.worst_played, w.worst_expected) AS schedule_completeness_pct,
  10 * w.worst_played < 9 * w.worst_expected AS below_threshold,
  w.span_start,
  w.span_expected AS expected_games_count,
  w.span_played AS actual_games_count,
  w.span_expected - w.span_played AS missing_games_count,
  w.span_absent AS games_missed_dnp,
  w.span_gaps AS gap_games_count,
  SAFE_DIVIDE(100 * (w.span_played + w.span_absent), w.span_expected) AS data_completeness_pct,
  LEAST(w.played, @span_played_games) AS games_in_sample,
  w.listed AS games_listed_before,
  w.played AS games_played_before,
  w.season_played AS games_played_season,
  w.season_listed AS games_listed_season,
  w.older_gaps AS season_gap_games,
  CASE
    WHEN w.played >= 10 THEN 'gold'
    WHEN w.played >= 5 THEN 'silver'
    WHEN w.played >= 3 THEN 'bronze'
    WHEN w.played >= 1 THEN 'bootstrap'
  END AS quality_tier,
  w.span_gaps + w.older_gaps = 0 AS is_production_ready,
  w.span_gaps > 0 OR w.played = 0 AS row_withheld,
  w.newest_game_date AS max_source_game_date,
  w.failure_type,
  CASE
    WHEN w.failure_type IS NULL THEN NULL
    WHEN w.failure_type = 'INSUFFICIENT_HISTORY' THEN 'INSUFFICIENT_DATA'
    ELSE 'INCOMPLETE_DATA'
  END AS failure_category,
  w.failure_reason,
  w.window_counts,
  IF(w.failure_type IS NULL, NULL, CONCAT('[', IFNULL(w.dates, ''), ']')) AS missing_game_dates,
  IF(w.failure_type IS NULL, NULL, CONCAT('[', IFNULL(w.ids, ''), ']')) AS missing_game_ids,
  IF(w.failure_type IS NULL, NULL, CONCAT(
    '{"windows":', w.window_counts, ',"span_start":', IFNULL(CONCAT('"', CAST(w.span_start AS STRING), '"'), 'null'),
    ',"missing":[', IFNULL(w.items, ''), ']}'
  )) AS evidence
FROM worded AS w
