-- What is known about the history of everybody for whom there is something to predict: staging.prediction_evidence,
-- one row per (cell_date, player_lookup) of staging.expected_players and of the added staging.opening_players.
--
-- It is staging.player_evidence but for those of staging.opening_players who have not played this season, and lack
-- no data of it: they are judged by the season before, in staging.previous_player_listings, which is
-- player_listings.sql over that season. Their span is from the oldest of the last @span_played_games games they
-- played then to its end, or all of it for somebody who played none.
--
-- Columns, each as in player_evidence.sql, of the season that judges him
--   cell_date DATE, player_lookup STRING, team_abbr STRING, game_id STRING (of D)
--   from_previous_season BOOL  judged by the season before; then
--     worst_expected_games, worst_actual_games and schedule_completeness_pct are those of the span,
--     season_gap_games are games of that season, and quality_tier is bootstrap with a game played
--   failure_type, failure_category, failure_reason, missing_game_dates, missing_game_ids, evidence STRING
--   worst_expected_games, worst_actual_games, expected_games_count, actual_games_count, missing_games_count,
--   games_missed_dnp, games_in_sample, season_gap_games INT64
--   schedule_completeness_pct, data_completeness_pct FLOAT64
--   quality_tier STRING, is_production_ready BOOL, row_withheld BOOL, max_source_game_date DATE
WITH
  newcomers AS (
    SELECT o.cell_date, o.player_lookup, o.team_abbr, o.game_id, e.max_source_game_date
    FROM staging.opening_players AS o
    LEFT JOIN staging.player_evidence AS e ON e.cell_date = o.cell_date AND e.player_lookup = o.player_lookup
    WHERE o.is_added OR e.failure_type = 'INSUFFICIENT_HISTORY'
  ),
  last_counts AS (
    SELECT player_lookup, MAX(game_number) AS listed, MAX(played) AS played
    FROM staging.previous_player_listings
    GROUP BY player_lookup
  ),
  first_games AS (
    SELECT
      c.player_lookup,
      IFNULL(
        MIN(IF(l.verdict = 'PLAYED' AND l.played >= c.played - @span_played_games + 1, l.game_number, NULL)), 1
      ) AS first_game
    FROM last_counts AS c
    JOIN staging.previous_player_listings AS l ON l.player_lookup = c.player_lookup
    GROUP BY c.player_lookup
  ),
  counted AS (
    SELECT
      l.player_lookup,
      COUNTIF(l.verdict = 'PLAYED') AS played,
      MIN(IF(l.game_number = f.first_game, l.game_date, NULL)) AS span_start,
      MAX(l.game_date) AS newest_game_date,
      COUNTIF(l.game_number >= f.first_game) AS span_expected,
      COUNTIF(l.game_number >= f.first_game AND l.verdict = 'PLAYED') AS span_played,
      COUNTIF(l.game_number >= f.first_game AND l.verdict = 'PLAYER_DNP') AS span_absent,
      COUNTIF(l.game_number >= f.first_game AND l.verdict NOT IN ('PLAYED', 'PLAYER_DNP')) AS span_gaps,
      COUNTIF(l.game_number <= f.first_game - 1 AND l.verdict NOT IN ('PLAYED', 'PLAYER_DNP')) AS older_gaps,
      COUNTIF(l.verdict = 'UNKNOWN') AS unclear,
      STRING_AGG(
        IF(l.verdict IN ('PLAYED', 'PLAYER_DNP'), NULL, CONCAT('"', CAST(l.game_date AS STRING), '"')),
        ',' ORDER BY l.game_number
      ) AS dates,
      STRING_AGG(
        IF(l.verdict IN ('PLAYED', 'PLAYER_DNP'), NULL, TO_JSON_STRING(l.game_id)), ',' ORDER BY l.game_number
      ) AS ids,
      STRING_AGG(
        IF(
          l.verdict IN ('PLAYED', 'PLAYER_DNP'), NULL,
          CONCAT(
            '{"date":"', CAST(l.game_date AS STRING), '","game_id":', TO_JSON_STRING(l.game_id),
            ',"team":', TO_JSON_STRING(l.team_abbr), ',"verdict":"', l.verdict, '","source":"', l.source, '"}'
          )
        ),
        ',' ORDER BY l.game_number
      ) AS items
    FROM staging.previous_player_listings AS l
    JOIN first_games AS f ON f.player_lookup = l.player_lookup
    GROUP BY l.player_lookup
  ),
  judged AS (
    SELECT
      n.cell_date, n.player_lookup, n.team_abbr, n.game_id, n.max_source_game_date,
      c.played, c.span_start, c.newest_game_date, c.span_expected, c.span_played, c.span_absent, c.span_gaps, c.older_gaps, c.dates, c.ids, c.items,
      CASE
        WHEN c.span_gaps + c.older_gaps = 0 AND c.played = 0 THEN 'INSUFFICIENT_HISTORY'
        WHEN c.span_gaps + c.older_gaps = 0 THEN NULL
        WHEN c.span_gaps + c.older_gaps = c.unclear THEN 'UNKNOWN'
        WHEN c.span_absent = 0 THEN 'DATA_GAP'
        ELSE 'MIXED'
      END AS type_of_failure
    FROM newcomers AS n
    JOIN counted AS c ON c.player_lookup = n.player_lookup
  )
SELECT
  e.cell_date, e.player_lookup, e.team_abbr, e.game_id, FALSE AS from_previous_season,
  e.failure_type, e.failure_category, e.failure_reason, e.missing_game_dates, e.missing_game_ids, e.evidence,
  e.worst_expected_games, e.worst_actual_games, e.expected_games_count, e.actual_games_count,
  e.missing_games_count, e.games_missed_dnp, e.games_in_sample, e.season_gap_games,
  e.schedule_completeness_pct, e.data_completeness_pct,
  e.quality_tier, e.is_production_ready, e.row_withheld, e.max_source_game_date
FROM staging.player_evidence AS e
LEFT JOIN newcomers AS n ON n.cell_date = e.cell_date AND n.player_lookup = e.player_lookup
WHERE n.player_lookup IS NULL
UNION ALL
SELECT
  cell_date, player_lookup, team_abbr, game_id, TRUE,
  type_of_failure,
  CASE
    WHEN type_of_failure = 'INSUFFICIENT_HISTORY' THEN 'INSUFFICIENT_DATA'
    WHEN type_of_failure IS NOT NULL THEN 'INCOMPLETE_DATA'
  END,
  CASE
    WHEN type_of_failure IS NULL THEN NULL
    WHEN type_of_failure = 'INSUFFICIENT_HISTORY' THEN CONCAT(
      'No game played this season before ', CAST(cell_date AS STRING),
      ', and none in the season before; expected for ', CAST(span_expected AS STRING), ' then'
    )
    ELSE CONCAT(
      'No game played this season before ', CAST(cell_date AS STRING), ', and of the season before ',
      IF(type_of_failure = 'UNKNOWN', 'games cannot be judged: ', 'games lack repairable data: '),
      CAST(IF(span_gaps = 0, older_gaps, span_gaps) AS STRING),
      IF(span_gaps = 0, ' before ', ' from '), CAST(span_start AS STRING), IF(span_gaps = 0, '', ' on')
    )
  END,
  IF(type_of_failure IS NULL, NULL, CONCAT('[', IFNULL(dates, ''), ']')),
  IF(type_of_failure IS NULL, NULL, CONCAT('[', IFNULL(ids, ''), ']')),
  IF(type_of_failure IS NULL, NULL, CONCAT(
    '{"windows":{"span":[', CAST(span_expected AS STRING), ',', CAST(span_played AS STRING), ',',
    CAST(span_absent AS STRING), ']},"span_start":"', CAST(span_start AS STRING),
    '","missing":[', IFNULL(items, ''), ']}'
  )),
  span_expected, span_played, span_expected, span_played, span_expected - span_played, span_absent,
  LEAST(played, @span_played_games), older_gaps,
  SAFE_DIVIDE(100 * span_played, span_expected),
  SAFE_DIVIDE(100 * (span_played + span_absent), span_expected),
  IF(played = 0, NULL, 'bootstrap'), span_gaps + older_gaps = 0, span_gaps >= 1 OR played = 0,
  IFNULL(max_source_game_date, newest_game_date)
FROM judged
