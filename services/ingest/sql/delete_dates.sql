DELETE FROM target.rows
WHERE game_date BETWEEN @first_date AND @last_date
  AND game_date IN UNNEST(/* columns: dates */)
