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
        IF(points_allowed IS NULL, 'points_allowed ', ''),
        IF(fg_makes_allowed IS NULL, 'fg_makes_allowed ', ''),
        IF(fg_attempts_allowed IS NULL, 'fg_attempts_allowed ', ''),
        IF(three_pt_makes_allowed IS NULL, 'three_pt_makes_allowed ', ''),
        IF(three_pt_attempts_allowed IS NULL, 'three_pt_attempts_allowed ', ''),
        IF(ft_makes_allowed IS NULL, 'ft_makes_allowed ', ''),
        IF(ft_attempts_allowed IS NULL, 'ft_attempts_allowed ', ''),
        IF(offensive_rebounds_allowed IS NULL, 'offensive_rebounds_allowed ', ''),
        IF(defensive_rebounds IS NULL, 'defensive_rebounds ', ''),
        IF(turnovers_forced IS NULL, 'turnovers_forced ', '')
      ) AS missing,
      CONCAT(
        -- Sources round the minutes of a team to a minute at most.
        IF(ABS(team_seconds - 14400 - 1500 * overtime_periods) > 60, 'team_seconds ', ''),
        IF(overtime_periods NOT BETWEEN 0 AND 10, 'overtime_periods ', ''),
        IF(points_allowed != 2 * fg_makes_allowed + three_pt_makes_allowed + ft_makes_allowed, 'points_allowed ', ''),
        IF(fg_makes_allowed NOT BETWEEN three_pt_makes_allowed AND fg_attempts_allowed, 'fg_makes_allowed ', ''),
        IF(three_pt_makes_allowed NOT BETWEEN 0 AND three_pt_attempts_allowed, 'three_pt_makes_allowed ', ''),
        IF(three_pt_attempts_allowed > fg_attempts_allowed, 'three_pt_attempts_allowed ', ''),
        IF(ft_makes_allowed NOT BETWEEN 0 AND ft_attempts_allowed, 'ft_makes_allowed ', ''),
        IF(LEAST(
          offensive_rebounds_allowed, defensive_rebounds, turnovers_forced, IFNULL(assists_allowed, 0),
          IFNULL(steals, 0), IFNULL(blocks, 0), IFNULL(personal_fouls, 0)
        ) < 0, 'counts ', ''),
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
