-- Records the content of one raw source on the given dates, where it differs from what the ledger says.
-- The season of a row is in its game id (0022100001: the season that starts in 2021); rows without a game
-- belong to the season their month says.
INSERT INTO nba_orchestration.ledger (
  cell_name, cell_date, season_year, kind, status, output_fingerprint, record_count, game_ids, sequence,
  attempt, run_id, correlation_id, causation_id, trigger_source, started_at, committed_at
)
WITH
  content AS (
    /* columns: content_query */
  ),
  by_date AS (
    SELECT
      cell_date,
      IFNULL(
        1900 + MIN(IF(SUBSTR(game_id, 4, 2) < '40', 100, 0) + CAST(SUBSTR(game_id, 4, 2) AS INT64)),
        EXTRACT(YEAR FROM cell_date) - IF(EXTRACT(MONTH FROM cell_date) < 9, 1, 0)
      ) AS season_year,
      COUNT(*) AS record_count,
      TO_HEX(MD5(STRING_AGG(row_hash, ',' ORDER BY row_hash))) AS fingerprint
    FROM content
    GROUP BY cell_date
  ),
  games AS (
    SELECT cell_date, CONCAT('["', STRING_AGG(game_id, '","' ORDER BY game_id), '"]') AS game_ids
    FROM (SELECT DISTINCT cell_date, game_id FROM content WHERE counts)
    GROUP BY cell_date
  ),
  newest AS (
    SELECT cell_date, season_year, output_fingerprint, sequence
    FROM nba_orchestration.ledger
    WHERE cell_date BETWEEN @first_date AND @last_date
      AND cell_name = /* columns: source */
    QUALIFY ROW_NUMBER() OVER (PARTITION BY cell_date ORDER BY sequence DESC) = 1
  )
SELECT
  /* columns: source */, d, COALESCE(by_date.season_year, newest.season_year), 'raw',
  IF(by_date.cell_date IS NULL, 'empty', 'success'),
  IFNULL(by_date.fingerprint, 'empty'), IFNULL(by_date.record_count, 0), games.game_ids,
  IFNULL(newest.sequence, 0) + 1, 0, @run_id, @correlation_id, @causation_id, @trigger_source, @started_at,
  @now
FROM UNNEST(@dates) AS d
LEFT JOIN by_date ON by_date.cell_date = d
LEFT JOIN games ON games.cell_date = d
LEFT JOIN newest ON newest.cell_date = d
WHERE IFNULL(by_date.fingerprint, 'empty') <> IFNULL(newest.output_fingerprint, 'empty')
