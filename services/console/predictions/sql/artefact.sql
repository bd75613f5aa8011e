-- The stored model that a prediction names; the same content may be kept under several training keys.
SELECT trained_before, training_key, artefact_id, versions, payload
FROM nba_predictions.model_artefacts
WHERE trained_before = @trained_before
  AND processor_name = @processor_name
  AND artefact_id = @artefact_id
ORDER BY created_at, training_key
LIMIT 1
