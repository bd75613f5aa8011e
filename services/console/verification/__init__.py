"""What `nba verify` does: recompute published values of a season, and judge every column of its tables."""
