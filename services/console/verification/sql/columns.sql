-- One pass over a table's season: rows, distinct keys, misplaced rows, and count, minimum and maximum of every column.
SELECT
  COUNT(*) AS row_count,
  COUNT(DISTINCT /* columns: key */) AS key_count,
  COUNTIF(COALESCE(season_year, -1) != @season_year OR /* columns: partition */ NOT IN UNNEST(@dates)) AS misplaced,
  /* columns: statistics */
FROM target.rows
WHERE /* columns: partition */ BETWEEN @from_date AND @to_date
  AND (season_year = @season_year OR /* columns: partition */ BETWEEN @first_date AND @last_date)
