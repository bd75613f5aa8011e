"""Categories and types of failures: closed lists, and one table that connects them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from shared.tables import TableAddress, TableSchema, load_schema
from shared.topology.declaration import Phase

_TABLES = Path(__file__).parent / "tables"


class FailureType(StrEnum):
    """What a failure means."""

    DATA_GAP = "DATA_GAP"
    PLAYER_DNP = "PLAYER_DNP"
    MIXED = "MIXED"
    UNKNOWN = "UNKNOWN"
    PROCESSING_ERROR = "PROCESSING_ERROR"
    INSUFFICIENT_HISTORY = "INSUFFICIENT_HISTORY"
    UPSTREAM_GAP = "UPSTREAM_GAP"

    @property
    def correctable(self) -> bool:
        """Whether new data or another run can mend it. An absence or a first game cannot be mended."""
        return self not in (FailureType.PLAYER_DNP, FailureType.INSUFFICIENT_HISTORY)


class FailureCategory(StrEnum):
    """What was found."""

    INCOMPLETE_DATA = "INCOMPLETE_DATA"
    GAME_NOT_INGESTED = "GAME_NOT_INGESTED"
    MISSING_RAW_DATA = "MISSING_RAW_DATA"
    NAME_UNRESOLVED = "NAME_UNRESOLVED"
    INSUFFICIENT_DATA = "INSUFFICIENT_DATA"
    UPSTREAM_INCOMPLETE = "UPSTREAM_INCOMPLETE"
    CHECK_FAILED = "CHECK_FAILED"
    PROCESSING_ERROR = "PROCESSING_ERROR"
    POISON_MESSAGE = "POISON_MESSAGE"
    DEAD_LETTERED = "DEAD_LETTERED"
    MODEL_ERROR = "MODEL_ERROR"


class Repair(StrEnum):
    """What would mend a correctable failure."""

    REINGEST_RAW = "re-ingest the raw data of the missing dates"
    RUN_AGAIN = "process the date again"
    NOTHING = "nothing: it is explained"


@dataclass(frozen=True)
class CategoryRule:
    """The types a category can have, and what mends it."""

    types: tuple[FailureType, ...]
    repair: Repair


_LADDER = (FailureType.DATA_GAP, FailureType.PLAYER_DNP, FailureType.MIXED, FailureType.UNKNOWN)
_GAP = CategoryRule((FailureType.DATA_GAP,), Repair.REINGEST_RAW)
_ERROR = CategoryRule((FailureType.PROCESSING_ERROR,), Repair.RUN_AGAIN)

#: The one table: category to type to correctable (by type) to what repairs it.
RULES: dict[FailureCategory, CategoryRule] = {
    FailureCategory.INCOMPLETE_DATA: CategoryRule(_LADDER, Repair.REINGEST_RAW),
    FailureCategory.GAME_NOT_INGESTED: _GAP,
    FailureCategory.MISSING_RAW_DATA: _GAP,
    FailureCategory.NAME_UNRESOLVED: _GAP,
    FailureCategory.INSUFFICIENT_DATA: CategoryRule((FailureType.INSUFFICIENT_HISTORY,), Repair.NOTHING),
    FailureCategory.UPSTREAM_INCOMPLETE: CategoryRule((FailureType.UPSTREAM_GAP,), Repair.RUN_AGAIN),
    FailureCategory.CHECK_FAILED: _ERROR,
    FailureCategory.PROCESSING_ERROR: _ERROR,
    FailureCategory.POISON_MESSAGE: _ERROR,
    FailureCategory.DEAD_LETTERED: _ERROR,
    FailureCategory.MODEL_ERROR: _ERROR,
}

CORRECTABLE_TYPES = tuple(kind.value for kind in FailureType if kind.correctable)

_PHASE_TABLE = {
    Phase.ANALYTICS: "analytics_failures",
    Phase.PRECOMPUTE: "precompute_failures",
    Phase.PREDICTIONS: "prediction_failures",
}


def failure_table(phase: Phase) -> TableSchema:
    """The failure table of a phase. Raises KeyError for the raw phase, which has none."""
    return load_schema(_TABLES / f"{_PHASE_TABLE[phase]}.json")


def failure_tables() -> tuple[TableSchema, ...]:
    """All failure tables."""
    return tuple(failure_table(phase) for phase in _PHASE_TABLE)


def failure_views() -> dict[TableAddress, Path]:
    """The views over all failure tables, in the order to make them: address to the file with the query."""
    folder = Path(__file__).parent / "views"
    return {TableAddress("nba_processing", path.stem): path for path in sorted(folder.glob("*.sql"))}
