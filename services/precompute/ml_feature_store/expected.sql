-- Every expected player of D, and those of teams that open their season on D; the shared definitions read raw data
-- only.
SELECT cell_date, player_lookup AS entity_id, 'PLAYER' AS entity_type
FROM staging.expected_players
UNION ALL
SELECT cell_date, player_lookup, 'PLAYER'
FROM staging.opening_players
WHERE is_added
