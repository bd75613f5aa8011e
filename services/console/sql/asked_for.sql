-- What the retry worker has asked for since @since, and raw dates whose content is new since then.
SELECT kind, name, target_date AS day
FROM nba_orchestration.repair_targets
WHERE target_date >= DATE '1946-01-01'
  AND attempted_at >= @since
UNION ALL
SELECT DISTINCT 'new raw' AS kind, 'raw' AS name, cell_date AS day
FROM nba_orchestration.ledger
WHERE cell_date >= DATE '1946-01-01'
  AND kind = 'raw'
  AND committed_at >= @since
ORDER BY kind, day, name
