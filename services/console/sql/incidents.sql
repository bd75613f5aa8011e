-- Incidents, newest first: the open ones, and with @closed those that are over.
SELECT
  incident_id, processor_name, failure_type, cause, first_date, last_date, cell_count, failure_count, opened_at,
  closed_at
FROM nba_orchestration.incidents
WHERE opened_date >= DATE '2000-01-01'
  AND (@closed OR closed_at IS NULL)
ORDER BY opened_at DESC, first_date, processor_name, cause, incident_id
