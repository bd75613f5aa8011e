"""Who is expected, and why a game is missing: SQL shared by all processors that need to know."""
