-- One grade per player, date and system; a graded row has its error, a void one has none.
SELECT
  'one_row_per_system' AS check_name,
  game_date AS analysis_date,
  player_lookup AS entity_id,
  CONCAT(CAST(COUNT(*) AS STRING), ' rows of ', system_id) AS detail
FROM staging.rows
GROUP BY game_date, player_lookup, system_id
HAVING COUNT(*) > 1
UNION ALL
SELECT 'graded_or_void', game_date, player_lookup, CONCAT(system_id, ' is ', outcome)
FROM staging.rows
WHERE (outcome = 'GRADED') != (absolute_error IS NOT NULL)
UNION ALL
SELECT
  'probability_in_range', game_date, player_lookup,
  CONCAT(system_id, ': ', IFNULL(CAST(pit AS STRING), 'NULL'))
FROM staging.rows
WHERE pit NOT BETWEEN 0 AND 1
