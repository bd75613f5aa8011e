-- Entities with failures whose id contains the text, for a name that was not found.
SELECT entity_id
FROM nba_processing.all_failures
WHERE analysis_date >= DATE '1946-01-01'
  AND STRPOS(LOWER(entity_id), @text) > 0
GROUP BY entity_id
ORDER BY entity_id
LIMIT 6
