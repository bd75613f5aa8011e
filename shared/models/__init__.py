"""Models of a player's points: arrays in, arrays out. Nothing here knows of tables or dates."""
