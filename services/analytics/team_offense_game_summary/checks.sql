-- Rows that must not go on: doubled keys, critical fields that are NULL, numbers that contradict each other.
WITH
  doubled AS (
    SELECT game_date, team_abbr, game_id, COUNT(*) AS copies
    FROM staging.rows
    GROUP BY game_date, team_abbr, game_id
    HAVING COUNT(*) > 1
  ),
  judged AS (
    SELECT
      *,
      CONCAT(
        IF(team_seconds IS NULL, 'team_seconds ', ''),
        IF(points IS NULL, 'points ', ''),
        IF(fg_makes IS NULL, 'fg_makes ', ''),
        IF(fg_attempts IS NULL, 'fg_attempts ', ''),
        IF(three_pt_makes IS NULL, 'three_pt_makes ', ''),
        IF(three_pt_attempts IS NULL, 'three_pt_attempts ', ''),
        IF(ft_makes IS NULL, 'ft_makes ', ''),
        IF(ft_attempts IS NULL, 'ft_attempts ', ''),
        IF(offensive_rebounds IS NULL, 'offensive_rebounds ', ''),
        IF(defensive_rebounds IS NULL, 'defensive_rebounds ', ''),
        IF(turnovers IS NULL, 'turnovers ', '')
      ) AS missing,
      CONCAT(
        -- Sources round the minutes of a team to a minute at most.
        IF(ABS(team_seconds - 14400 - 1500 * overtime_periods) > 60, 'team_seconds ', ''),
        IF(overtime_periods NOT BETWEEN 0 AND 10, 'overtime_periods ', ''),
        IF(points != 2 * fg_makes + three_pt_makes + ft_makes, 'points ', ''),
        IF(fg_makes NOT BETWEEN three_pt_makes AND fg_attempts, 'fg_makes ', ''),
        IF(three_pt_makes NOT BETWEEN 0 AND three_pt_attempts, 'three_pt_makes ', ''),
        IF(three_pt_attempts > fg_attempts, 'three_pt_attempts ', ''),
        IF(ft_makes NOT BETWEEN 0 AND ft_attempts, 'ft_makes ', ''),
        IF(LEAST(offensive_rebounds, defensive_rebounds, turnovers, IFNULL(total_rebounds, 0), IFNULL(assists, 0)) < 0, 'counts ', ''),
        IF(possessions NOT BETWEEN 0 AND 200, 'possessions ', '')
      ) AS contradicted
    FROM staging.rows
  )
SELECT
  'key_is_unique' AS check_name,
  game_date AS analysis_date,
  team_abbr AS entity_id,
  CONCAT('[', CAST(copies AS STRING), '] rows for game ', game_id) AS detail
FROM doubled
UNION ALL
SELECT
  'critical_field_is_there', game_date, team_abbr, CONCAT('game ', game_id, ' lacks [', TRIM(missing), ']')
FROM judged
WHERE missing != ''
UNION ALL
SELECT
  'numbers_are_possible', game_date, team_abbr,
  CONCAT('game ', game_id, ' contradicts itself in [', TRIM(contradicted), ']')
FROM judged
WHERE contradicted != ''
