-- One row per team and date; shares, percentages and ratings must be possible.
SELECT
  'one_row_per_team_and_date' AS check_name,
  analysis_date,
  team_abbr AS entity_id,
  CONCAT(CAST(COUNT(*) AS STRING), ' rows') AS detail
FROM staging.rows
GROUP BY analysis_date, team_abbr
HAVING COUNT(*) > 1
UNION ALL
SELECT
  'makes_within_attempts', analysis_date, team_abbr,
  CONCAT(
    'field-goal percentages allowed: paint ', IFNULL(CAST(paint_pct_allowed AS STRING), 'NULL'),
    ', mid-range ', IFNULL(CAST(mid_range_pct_allowed AS STRING), 'NULL'),
    ', three ', IFNULL(CAST(three_pt_pct_allowed AS STRING), 'NULL')
  )
FROM staging.rows
WHERE paint_pct_allowed NOT BETWEEN 0 AND 1
  OR mid_range_pct_allowed NOT BETWEEN 0 AND 1
  OR three_pt_pct_allowed NOT BETWEEN 0 AND 1
UNION ALL
SELECT
  'shares_add_up', analysis_date, team_abbr,
  'the three zones do not make up all attempts'
FROM staging.rows
WHERE ABS(paint_frequency_allowed + mid_range_frequency_allowed + three_pt_frequency_allowed - 100) > 0.000001
UNION ALL
SELECT
  'rating_in_range', analysis_date, team_abbr,
  CONCAT(
    'defensive rating ', IFNULL(CAST(defensive_rating_last_15 AS STRING), 'NULL'),
    ', pace ', IFNULL(CAST(opponent_pace AS STRING), 'NULL'),
    ', points per game ', IFNULL(CAST(opponent_points_per_game AS STRING), 'NULL')
  )
FROM staging.rows
WHERE defensive_rating_last_15 NOT BETWEEN 50 AND 200
  OR opponent_pace NOT BETWEEN 50 AND 160
  OR opponent_points_per_game IS NULL
  OR opponent_points_per_game NOT BETWEEN 30 AND 250
UNION ALL
SELECT
  'before_the_date', analysis_date, team_abbr,
  CONCAT('made from a game of ', CAST(max_source_game_date AS STRING))
FROM staging.rows
WHERE max_source_game_date >= analysis_date
