-- The models that the run fitted. A redelivery that fits the same again adds nothing.
INSERT INTO nba_predictions.model_artefacts (
  processor_name, trained_before, training_key, artefact_id, versions, payload, run_id, created_at
)
SELECT
  @processor_name, c.model_trained_before, c.model_training_key, c.model_artefact_id, @versions, c.model_payload,
  @run_id, @now
FROM staging.computed AS c
WHERE c.computed_kind = 'artefact'
  AND NOT EXISTS (
    SELECT 1
    FROM nba_predictions.model_artefacts AS m
    WHERE m.trained_before >= DATE '1946-01-01'
      AND m.trained_before = c.model_trained_before
      AND m.processor_name = @processor_name
      AND m.training_key = c.model_training_key
  )
