"""Synthetic seasons in the raw contract: invented players, exact accounting, and a record of the truth.

They serve the demo, tests, load tests and simulations, where real data is absent or says nothing about what
went wrong. `generate` returns the tables with the truth; `synthetic_files` returns what the ingest takes.
"""

from __future__ import annotations

from services.ingest.synthetic.faults import FaultKind, LateDelivery
from services.ingest.synthetic.options import SyntheticOptions
from services.ingest.synthetic.season import SyntheticSeason, generate, synthetic_files
from services.ingest.synthetic.season_calendar import season_bounds
from services.ingest.synthetic.truth import (
    AbsenceTruth,
    AppearanceTruth,
    GameHalfIngested,
    GameNotIngested,
    MissingSource,
    NameDifference,
    NamePair,
    PostponementTruth,
    TradeTruth,
    Truth,
)

__all__ = [
    "AbsenceTruth",
    "AppearanceTruth",
    "FaultKind",
    "GameHalfIngested",
    "GameNotIngested",
    "LateDelivery",
    "MissingSource",
    "NameDifference",
    "NamePair",
    "PostponementTruth",
    "SyntheticOptions",
    "SyntheticSeason",
    "TradeTruth",
    "Truth",
    "generate",
    "season_bounds",
    "synthetic_files",
]
