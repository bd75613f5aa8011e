-- Where failures stand: all that new data or another run may mend, and all that has been
-- spoken of, or is to be tried, since @since.
SELECT
  processor_name, analysis_date, entity_id, failure_category, IFNULL(resolution_status, 'UNRESOLVED') AS status,
  resolution_reason, is_correctable, next_attempt_at
FROM nba_processing.all_failures
WHERE analysis_date >= DATE '1946-01-01'
  AND ((is_correctable AND IFNULL(resolution_status, 'UNRESOLVED') <> 'RESOLVED')
    OR resolved_at >= @since OR last_seen_at >= @since OR next_attempt_at >= @since)
