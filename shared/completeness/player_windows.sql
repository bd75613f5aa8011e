-- Each expected player's games before D, counted: staging.player_windows, one row per (cell_date, player_lookup)
-- of staging.expected_players. Reads staging.expected_players and staging.player_listings.
--
-- Columns
--   cell_date DATE, player_lookup STRING, team_abbr STRING, game_id STRING (of D)
--   listed INT64               games of the season he was expected for before D; game_number of the newest
--   played, absent, unclear, season_listed, season_played, season_absent, season_unclear INT64: of these games,
--                              as in staging.player_listings
--   newest_game_date DATE      of the newest; NULL without games
--   l5_expected, l5_played, l5_absent INT64; l5_pct FLOAT64: percent played, NULL with 0 expected; the same for l10
--     (last 5 / 10 games he was expected for), l7d and l14d (days [D-7, D), [D-14, D))
--   worst_window STRING        the window with the lowest percentage, the first of l5 | l10 | l7d | l14d; NULL
--                              without games
--   worst_expected, worst_played INT64: of that window
WITH
  timeline AS (
    SELECT
      player_lookup, game_date AS cell_date, UNIX_DATE(game_date) AS day, TRUE AS is_game,
      CAST(NULL AS STRING) AS team_abbr, CAST(NULL AS STRING) AS game_id
    FROM staging.player_listings
    UNION ALL
    SELECT player_lookup, cell_date, UNIX_DATE(cell_date), FALSE, team_abbr, game_id
    FROM staging.expected_players
  ),
  before_cells AS (
    SELECT
      player_lookup, cell_date, is_game, team_abbr, game_id,
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
  -- What came before a window is what the games before its first had come to.
  counts AS (
    SELECT
      b.cell_date, b.player_lookup, b.team_abbr, b.game_id, b.listed,
      IFNULL(now.played, 0) AS played,
      IFNULL(now.absent, 0) AS absent,
      IFNULL(now.unclear, 0) AS unclear,
      IFNULL(now.season_listed, 0) AS season_listed,
      IFNULL(now.season_played, 0) AS season_played,
      IFNULL(now.season_absent, 0) AS season_absent,
      IFNULL(now.season_unclear, 0) AS season_unclear,
      now.game_date AS newest_game_date,
      LEAST(b.listed, 5) AS l5_expected,
      IFNULL(now.played - IFNULL(l5.played, 0), 0) AS l5_played,
      IFNULL(now.absent - IFNULL(l5.absent, 0), 0) AS l5_absent,
      LEAST(b.listed, 10) AS l10_expected,
      IFNULL(now.played - IFNULL(l10.played, 0), 0) AS l10_played,
      IFNULL(now.absent - IFNULL(l10.absent, 0), 0) AS l10_absent,
      b.l7d AS l7d_expected,
      IFNULL(now.played - IFNULL(l7d.played, 0), 0) AS l7d_played,
      IFNULL(now.absent - IFNULL(l7d.absent, 0), 0) AS l7d_absent,
      b.l14d AS l14d_expected,
      IFNULL(now.played - IFNULL(l14d.played, 0), 0) AS l14d_played,
      IFNULL(now.absent - IFNULL(l14d.absent, 0), 0) AS l14d_absent
    FROM before_cells AS b
    LEFT JOIN staging.player_listings AS now
      ON now.player_lookup = b.player_lookup AND now.game_number = b.listed
    LEFT JOIN staging.player_listings AS l5
      ON l5.player_lookup = b.player_lookup AND l5.game_number = b.listed - 5
    LEFT JOIN staging.player_listings AS l10
      ON l10.player_lookup = b.player_lookup AND l10.game_number = b.listed - 10
    LEFT JOIN staging.player_listings AS l7d
      ON l7d.player_lookup = b.player_lookup AND l7d.game_number = b.listed - b.l7d
    LEFT JOIN staging.player_listings AS l14d
      ON l14d.player_lookup = b.player_lookup AND l14d.game_number = b.listed - b.l14d
    WHERE NOT b.is_game
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
  )
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
