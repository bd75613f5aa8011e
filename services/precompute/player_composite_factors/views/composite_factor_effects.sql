-- What a unit of each factor was worth, as it was known on each date: the estimate from the appearances of the
-- season before the date, its standard error, and the points that were used.
WITH
  dates AS (
    SELECT season_year, analysis_date, MAX(TO_JSON_STRING(effects)) AS effects
    FROM nba_precompute.player_composite_factors
    WHERE analysis_date >= DATE '1946-01-01' AND effects IS NOT NULL
    GROUP BY season_year, analysis_date
  ),
  told AS (
    SELECT
      season_year, analysis_date, 'back_to_back' AS effect, 'a game on the day before' AS unit,
      JSON_VALUE(effects, '$.back_to_back.points') AS points,
      JSON_VALUE(effects, '$.back_to_back.estimate') AS estimate,
      JSON_VALUE(effects, '$.back_to_back.standard_error') AS standard_error,
      JSON_VALUE(effects, '$.back_to_back.appearances') AS appearances
    FROM dates
    UNION ALL
    SELECT
      season_year, analysis_date, 'home', 'home instead of away',
      JSON_VALUE(effects, '$.home.points'), JSON_VALUE(effects, '$.home.estimate'),
      JSON_VALUE(effects, '$.home.standard_error'), JSON_VALUE(effects, '$.home.appearances')
    FROM dates
    UNION ALL
    SELECT
      season_year, analysis_date, 'defense', 'point of opponent_defense_score',
      JSON_VALUE(effects, '$.defense.points'), JSON_VALUE(effects, '$.defense.estimate'),
      JSON_VALUE(effects, '$.defense.standard_error'), JSON_VALUE(effects, '$.defense.appearances')
    FROM dates
    UNION ALL
    SELECT
      season_year, analysis_date, 'pace', 'possession of pace_score',
      JSON_VALUE(effects, '$.pace.points'), JSON_VALUE(effects, '$.pace.estimate'),
      JSON_VALUE(effects, '$.pace.standard_error'), JSON_VALUE(effects, '$.pace.appearances')
    FROM dates
    UNION ALL
    SELECT
      season_year, analysis_date, 'absences', 'point of usage_spike_score',
      JSON_VALUE(effects, '$.absences.points'), JSON_VALUE(effects, '$.absences.estimate'),
      JSON_VALUE(effects, '$.absences.standard_error'), JSON_VALUE(effects, '$.absences.appearances')
    FROM dates
  )
SELECT
  season_year,
  analysis_date AS as_of_date,
  effect,
  unit,
  CAST(points AS FLOAT64) AS points_per_unit,
  CAST(estimate AS FLOAT64) AS estimate,
  CAST(standard_error AS FLOAT64) AS standard_error,
  CAST(appearances AS INT64) AS appearances
FROM told
