-- What the computation needs: stored models that are still what would be fitted (kind artefact), features of the
-- dates, and, when a model has to be fitted, features of all earlier dates with the points that were scored then.
WITH
  stored AS (
    SELECT m.trained_before, m.training_key, m.artefact_id, m.versions, m.payload
    FROM UNNEST(@models) AS w
    JOIN (
      SELECT trained_before, training_key, artefact_id, versions, payload
      FROM nba_predictions.model_artefacts
      WHERE trained_before BETWEEN @first_model AND @last_model
        AND processor_name = @processor_name
      QUALIFY ROW_NUMBER() OVER (PARTITION BY trained_before, training_key ORDER BY created_at, artefact_id) = 1
    ) AS m ON m.trained_before = w.trained_before AND m.training_key = w.training_key
  ),
  unfitted AS (
    SELECT COUNTIF(s.training_key IS NULL) AS models
    FROM UNNEST(@models) AS w
    LEFT JOIN stored AS s ON s.trained_before = w.trained_before AND s.training_key = w.training_key
    WHERE w.needed
  ),
  scored AS (
    SELECT player_lookup, game_id, game_date, points
    FROM nba_analytics.player_game_summary
    WHERE game_date >= @history_start AND game_date < @last_date
  )
SELECT
  'row' AS computed_kind,
  CAST(NULL AS DATE) AS model_trained_before,
  CAST(NULL AS STRING) AS model_training_key,
  CAST(NULL AS STRING) AS model_artefact_id,
  CAST(NULL AS STRING) AS model_versions,
  CAST(NULL AS STRING) AS model_payload,
  IF(unfitted.models > 0, s.points, NULL) AS points,
  f.*
FROM (
  SELECT *
  FROM nba_predictions.ml_feature_store
  WHERE game_date >= @history_start AND game_date <= @last_date
) AS f
CROSS JOIN unfitted
LEFT JOIN scored AS s
  ON s.player_lookup = f.player_lookup AND s.game_id = f.game_id AND s.game_date = f.game_date
WHERE unfitted.models > 0 OR f.game_date IN UNNEST(@dates)
UNION ALL
SELECT
  'artefact', s.trained_before, s.training_key, s.artefact_id, s.versions, s.payload, CAST(NULL AS INT64),
  f.*
FROM stored AS s
LEFT JOIN (
  SELECT *
  FROM nba_predictions.ml_feature_store
  WHERE game_date BETWEEN @first_date AND @last_date
) AS f ON FALSE
