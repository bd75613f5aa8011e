-- Every expected player of D; the shared definition reads raw data only.
SELECT cell_date, player_lookup AS entity_id, 'PLAYER' AS entity_type
FROM staging.expected_players
