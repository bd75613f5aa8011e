INSERT INTO nba_orchestration.quarantine (
  message_id, processor_name, received_date, received_at, reason, body_base64, attributes
)
VALUES (@message_id, @processor_name, @received_date, @now, @reason, @body_base64, @attributes)
