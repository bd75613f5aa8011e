-- One row per player, date and system; possible numbers, quantiles that do not cross, models fitted before the date.
SELECT
  'one_row_per_system' AS check_name,
  game_date AS analysis_date,
  player_lookup AS entity_id,
  CONCAT(CAST(COUNT(*) AS STRING), ' rows of ', system_id) AS detail
FROM staging.rows
GROUP BY game_date, player_lookup, system_id
HAVING COUNT(*) > 1
UNION ALL
SELECT
  'possible_points', game_date, player_lookup,
  CONCAT(
    system_id, ': ', IFNULL(CAST(predicted_points AS STRING), 'NULL'),
    ', mean ', IFNULL(CAST(expected_points AS STRING), 'NULL')
  )
FROM staging.rows
WHERE predicted_points IS NULL OR expected_points IS NULL
  OR predicted_points NOT BETWEEN 0 AND 80 OR expected_points NOT BETWEEN 0 AND 80
UNION ALL
SELECT 'quantiles_in_order', game_date, player_lookup, system_id
FROM staging.rows
WHERE q10 > q25 OR q25 > predicted_points OR predicted_points > q75 OR q75 > q90
UNION ALL
SELECT
  'fitted_before_the_date', game_date, player_lookup,
  CONCAT(system_id, ': fitted on games before ', CAST(trained_before AS STRING))
FROM staging.rows
WHERE trained_before > game_date OR max_source_game_date >= game_date
