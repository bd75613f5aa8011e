-- What is known about each expected player's history: staging.player_evidence, one row per (cell_date,
-- player_lookup) of staging.expected_players. Reads staging.expected_players and staging.player_listings.
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
  listings AS (
    SELECT
      player_lookup, game_number, game_date,
      verdict = 'PLAYED' AS is_played,
      verdict = 'PLAYER_DNP' AS is_absence,
      verdict NOT IN ('PLAYED', 'PLAYER_DNP') AS is_gap,
      verdict = 'UNKNOWN' AS is_unclear,
      season_type != 'cup_final' AS of_season
    FROM staging.player_listings
  ),
  -- What the first game_number games of each player hold, and the last five and ten of them.
  games AS (
    SELECT
      player_lookup, game_number, game_date, is_played, is_absence, is_gap, is_unclear, of_season,
      COUNTIF(is_played) OVER so_far AS played,
      COUNTIF(is_absence) OVER so_far AS absent,
      COUNTIF(is_gap) OVER so_far AS gaps,
      COUNTIF(is_unclear) OVER so_far AS unclear,
      COUNTIF(is_gap AND of_season) OVER so_far AS season_gaps,
      COUNTIF(is_unclear AND of_season) OVER so_far AS season_unclear,
      COUNTIF(of_season) OVER so_far AS season_listed,
      COUNTIF(of_season AND is_played) OVER so_far AS season_played,
      COUNTIF(is_played) OVER last_5 AS l5_played,
      COUNTIF(is_absence) OVER last_5 AS l5_absent,
      COUNTIF(is_played) OVER last_10 AS l10_played,
      COUNTIF(is_absence) OVER last_10 AS l10_absent
    FROM listings
    WINDOW
      so_far AS (
        PARTITION BY player_lookup ORDER BY game_number ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
      ),
      last_5 AS (PARTITION BY player_lookup ORDER BY game_number ROWS BETWEEN 4 PRECEDING AND CURRENT ROW),
      last_10 AS (PARTITION BY player_lookup ORDER BY game_number ROWS BETWEEN 9 PRECEDING AND CURRENT ROW)
  ),
  -- Before each D: how many games he had been expected for, in all and in the last days.
  timeline AS (
    SELECT player_lookup, game_date AS cell_date, UNIX_DATE(game_date) AS day, TRUE AS is_game
    FROM staging.player_listings
    UNION ALL
    SELECT player_lookup, cell_date, UNIX_DATE(cell_date), FALSE
    FROM staging.expected_players
  ),
  before_cells AS (
    SELECT
      player_lookup, cell_date, is_game,
      COUNTIF(is_game) OVER (
        PARTITION BY player_lookup ORDER BY day RANGE BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
      ) AS listed,
      COUNTIF(is_game) OVER (
        PARTITION BY player_lookup ORDER BY day RANGE BETWEEN 7 PRECEDING AND 1 PRECEDING
      ) AS l7d,
      COUNTIF(is_game) OVER (
        PARTITION BY player_lookup ORDER BY day RANGE BETWEEN 14 PRECEDING AND 1 PRECEDING
      ) AS l14d
    FROM timeline
  ),
  -- The first game of the span.
  spans AS (
    SELECT
      b.player_lookup, b.cell_date, b.listed, b.l7d, b.l14d,
      IFNULL(now.played, 0) AS played,
      IFNULL(now.absent, 0) AS absent,
      IFNULL(now.gaps, 0) AS gaps,
      IFNULL(now.unclear, 0) AS unclear,
      IFNULL(now.season_listed, 0) AS season_listed,
      IFNULL(now.season_played, 0) AS season_played,
      IFNULL(now.l5_played, 0) AS l5_played,
      IFNULL(now.l5_absent, 0) AS l5_absent,
      IFNULL(now.l10_played, 0) AS l10_played,
      IFNULL(now.l10_absent, 0) AS l10_absent,
      now.game_date AS newest_game_date,
      GREATEST(1, LEAST(
        IFNULL(oldest.game_number, 1),
        b.listed + 1 - IF(@span_days > 0, @span_played_games, 0),
        b.listed + 1 - CASE @span_days WHEN 7 THEN b.l7d WHEN 14 THEN b.l14d ELSE 0 END
      )) AS first_game
    FROM before_cells AS b
    LEFT JOIN games AS now ON now.player_lookup = b.player_lookup AND now.game_number = b.listed
    LEFT JOIN games AS oldest
      ON oldest.player_lookup = b.player_lookup
      AND oldest.is_played
      AND oldest.played = GREATEST(now.played - @span_played_games, 0) + 1
      AND now.played > 0
    WHERE NOT b.is_game
  ),
  counts AS (
    SELECT
      s.player_lookup, s.cell_date, s.listed, s.played, s.season_listed, s.season_played,
      s.newest_game_date, s.first_game, first.game_date AS span_start,
      LEAST(s.listed, 5) AS l5_expected, s.l5_played, s.l5_absent,
      LEAST(s.listed, 10) AS l10_expected, s.l10_played, s.l10_absent,
      s.l7d AS l7d_expected,
      s.played - IFNULL(l7d.played, 0) AS l7d_played,
      s.absent - IFNULL(l7d.absent, 0) AS l7d_absent,
      s.l14d AS l14d_expected,
      s.played - IFNULL(l14d.played, 0) AS l14d_played,
      s.absent - IFNULL(l14d.absent, 0) AS l14d_absent,
      s.listed + 1 - s.first_game AS span_expected,
      s.played - IFNULL(first.played - IF(first.is_played, 1, 0), 0) AS span_played,
      s.absent - IFNULL(first.absent - IF(first.is_absence, 1, 0), 0) AS span_absent,
      s.gaps - IFNULL(first.gaps - IF(first.is_gap, 1, 0), 0) AS span_gaps,
      s.unclear - IFNULL(first.unclear - IF(first.is_unclear, 1, 0), 0) AS span_unclear,
      IFNULL(first.season_gaps - IF(first.is_gap AND first.of_season, 1, 0), 0) AS older_gaps,
      IFNULL(first.season_unclear - IF(first.is_unclear AND first.of_season, 1, 0), 0) AS older_unclear
    FROM spans AS s
    LEFT JOIN games AS l7d ON l7d.player_lookup = s.player_lookup AND l7d.game_number = s.listed - s.l7d
    LEFT JOIN games AS l14d ON l14d.player_lookup = s.player_lookup AND l14d.game_number = s.listed - s.l14d
    LEFT JOIN games AS first
      ON first.player_lookup = s.player_lookup
      AND first.game_number = s.first_game
      AND first.game_number <= s.listed
  ),
  percentages AS (
    SELECT
      *,
      SAFE_DIVIDE(100 * l5_played, l5_expected) AS l5_pct,
      SAFE_DIVIDE(100 * l10_played, l10_expected) AS l10_pct,
      SAFE_DIVIDE(100 * l7d_played, l7d_expected) AS l7d_pct,
      SAFE_DIVIDE(100 * l14d_played, l14d_expected) AS l14d_pct
    FROM counts
  ),
  worst AS (
    SELECT
      *,
      CASE
        WHEN listed = 0 THEN NULL
        WHEN l5_pct <= LEAST(l10_pct, IFNULL(l7d_pct, 100), IFNULL(l14d_pct, 100)) THEN 'l5'
        WHEN l10_pct <= LEAST(IFNULL(l7d_pct, 100), IFNULL(l14d_pct, 100)) THEN 'l10'
        WHEN l7d_pct <= IFNULL(l14d_pct, 100) THEN 'l7d'
        ELSE 'l14d'
      END AS worst_window
    FROM percentages
  ),
  thresholds AS (
    SELECT
      *,
      CASE worst_window
        WHEN 'l5' THEN l5_expected WHEN 'l10' THEN l10_expected
        WHEN 'l7d' THEN l7d_expected WHEN 'l14d' THEN l14d_expected
        ELSE 0
      END AS worst_expected,
      CASE worst_window
        WHEN 'l5' THEN l5_played WHEN 'l10' THEN l10_played
        WHEN 'l7d' THEN l7d_played WHEN 'l14d' THEN l14d_played
        ELSE 0
      END AS worst_played
    FROM worst
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
    FROM thresholds
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
  p.cell_date, p.player_lookup, p.team_abbr, p.game_id,
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
FROM staging.expected_players AS p
JOIN worded AS w ON w.cell_date = p.cell_date AND w.player_lookup = p.player_lookup
