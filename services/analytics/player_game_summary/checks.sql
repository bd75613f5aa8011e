-- Rows that must not go on: doubled keys, critical fields that are NULL, numbers that contradict each other.
WITH
  doubled AS (
    SELECT game_date, player_lookup, game_id, COUNT(*) AS copies
    FROM staging.rows
    GROUP BY game_date, player_lookup, game_id
    HAVING COUNT(*) > 1
  ),
  judged AS (
    SELECT
      *,
      CONCAT(
        IF(opponent_team_abbr IS NULL, 'opponent_team_abbr ', ''),
        IF(points IS NULL, 'points ', ''),
        IF(seconds_played IS NULL, 'seconds_played ', ''),
        IF(fg_makes IS NULL, 'fg_makes ', ''),
        IF(fg_attempts IS NULL, 'fg_attempts ', ''),
        IF(three_pt_makes IS NULL, 'three_pt_makes ', ''),
        IF(three_pt_attempts IS NULL, 'three_pt_attempts ', ''),
        IF(ft_makes IS NULL, 'ft_makes ', ''),
        IF(ft_attempts IS NULL, 'ft_attempts ', ''),
        IF(turnovers IS NULL, 'turnovers ', '')
      ) AS missing,
      CONCAT(
        IF(seconds_played NOT BETWEEN 0 AND 6000, 'seconds_played ', ''),
        IF(points != 2 * fg_makes + three_pt_makes + ft_makes, 'points ', ''),
        IF(fg_makes NOT BETWEEN three_pt_makes AND fg_attempts, 'fg_makes ', ''),
        IF(three_pt_makes NOT BETWEEN 0 AND three_pt_attempts, 'three_pt_makes ', ''),
        IF(three_pt_attempts > fg_attempts, 'three_pt_attempts ', ''),
        IF(ft_makes NOT BETWEEN 0 AND ft_attempts, 'ft_makes ', ''),
        IF(
          LEAST(
            turnovers, IFNULL(assists, 0), IFNULL(steals, 0), IFNULL(blocks, 0), IFNULL(personal_fouls, 0),
            IFNULL(offensive_rebounds, 0), IFNULL(defensive_rebounds, 0), IFNULL(total_rebounds, 0)
          ) < 0,
          'counts ', ''
        ),
        IF(plus_minus NOT BETWEEN -100 AND 100, 'plus_minus ', ''),
        -- In five minutes and more nobody has used more than the five of them together.
        IF(seconds_played >= 300 AND usage_rate > 100, 'usage_rate ', '')
      ) AS contradicted
    FROM staging.rows
  )
SELECT
  'key_is_unique' AS check_name,
  game_date AS analysis_date,
  player_lookup AS entity_id,
  CONCAT('[', CAST(copies AS STRING), '] rows for game ', game_id) AS detail
FROM doubled
UNION ALL
SELECT
  'critical_field_is_there', game_date, player_lookup, CONCAT('game ', game_id, ' lacks [', TRIM(missing), ']')
FROM judged
WHERE missing != ''
UNION ALL
SELECT
  'numbers_are_possible', game_date, player_lookup,
  CONCAT('game ', game_id, ' contradicts itself in [', TRIM(contradicted), ']')
FROM judged
WHERE contradicted != ''
