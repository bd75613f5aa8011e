-- Entities of one date whose id contains the text, for a name that was not found.
SELECT /* columns: entity */ AS entity_id
FROM target.rows
WHERE /* columns: partition */ = @cell_date
  AND STRPOS(LOWER(/* columns: entity */), @text) > 0
GROUP BY entity_id
ORDER BY entity_id
LIMIT 6
