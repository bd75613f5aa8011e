SELECT
  game_date AS cell_date,
  game_id,
  NOT postponed AS counts,
  TO_HEX(MD5(/* columns: hash_input */)) AS row_hash
FROM (
  SELECT *, IFNULL(game_status_text = 'Postponed', FALSE) AS postponed
  FROM nba_raw.nbac_schedule
  WHERE game_date BETWEEN @first_date AND @last_date
    AND game_date IN UNNEST(@dates)
)
