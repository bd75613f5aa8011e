SELECT
  game_date AS cell_date,
  game_id,
  TRUE AS counts,
  TO_HEX(MD5(/* columns: hash_input */)) AS row_hash
FROM nba_raw.nbac_schedule
WHERE game_date BETWEEN @first_date AND @last_date
  AND game_date IN UNNEST(@dates)
  AND game_status = 3
  AND IFNULL(game_status_text, '') <> 'Postponed'
