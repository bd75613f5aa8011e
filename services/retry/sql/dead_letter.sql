MERGE nba_orchestration.dead_letters AS d
USING (SELECT @message_id AS message_id, @subscription AS subscription) AS n
ON d.received_date >= DATE '2000-01-01'
  AND d.message_id = n.message_id
  AND d.subscription = n.subscription
WHEN NOT MATCHED THEN INSERT (
  message_id, subscription, processor_name, received_date, received_at, reason, body_base64, attributes
)
VALUES (
  @message_id, @subscription, @processor_name, @received_date, @now, @reason, @body_base64, @attributes
)
