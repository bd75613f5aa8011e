INSERT INTO target.rows (/* columns: content */)
SELECT /* columns: content */
FROM staging.rows
WHERE game_date IN UNNEST(/* columns: dates */)
