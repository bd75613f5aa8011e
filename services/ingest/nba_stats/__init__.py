"""Files as stats.nba.com, cdn.nba.com and The Odds API answer them, turned into rows of the raw contract."""

from services.ingest.nba_stats.folder import read_folder

__all__ = ["read_folder"]
