SELECT
  game_date AS cell_date,
  game_id,
  TRUE AS counts,
  TO_HEX(MD5(/* columns: hash_input */)) AS row_hash
FROM nba_raw./* columns: table */
WHERE game_date BETWEEN @first_date AND @last_date
  AND game_date IN UNNEST(@dates)
