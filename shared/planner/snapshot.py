"""What the planner looks at: raw cells, newest runs, open failures, backfills. Read from the ledger."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

#: Output fingerprint of a cell without rows. Cells without rows leave no trace in a lookback.
EMPTY_FINGERPRINT = "empty"


class Reprocess(StrEnum):
    """Which cells a request wants to run."""

    MISSING = "missing"
    FAILED = "failed"
    STALE = "stale"
    ALL = "all"


@dataclass(frozen=True, slots=True)
class RawCell:
    """A raw source on a date: content fingerprint, rows, and the games the rows belong to.

    For the schedule's slots, `game_ids` are the slots still standing; for its results, the Final games.
    `written_for_request`: whether the ingest run the snapshot was taken for has ever written the cell.
    """

    season_year: int
    fingerprint: str
    record_count: int
    game_ids: frozenset[str]
    run_id: str
    written_for_request: bool = False


@dataclass(frozen=True, slots=True)
class Success:
    """The newest successful run of a cell."""

    input_fingerprint: str
    output_fingerprint: str
    record_count: int
    sequence: int
    run_id: str
    causation_id: str


@dataclass(frozen=True, slots=True)
class Failed:
    """The newest failed run of a cell; `attempt` counts the failed runs on this input fingerprint."""

    input_fingerprint: str
    sequence: int
    attempt: int
    error: str
    run_id: str
    causation_id: str


@dataclass(frozen=True, slots=True)
class CellHistory:
    """What the ledger says of a cell, with the number of its open correctable failures.

    `ran_for_request`: whether it has run, well or not, under the request the snapshot was taken for.
    """

    success: Success | None = None
    failed: Failed | None = None
    open_failures: int = 0
    ran_for_request: bool = False


@dataclass(frozen=True)
class Backfill:
    """A backfill's immutable range, and what it wants. No processors means all.

    `halted`: why nothing more of it may start (paused or cancelled, by whom), or None.
    """

    backfill_id: str
    start_date: dt.date
    end_date: dt.date
    processors: tuple[str, ...]
    reprocess: Reprocess
    reason: str
    requested_by: str
    halted: str | None = None


NO_HISTORY = CellHistory()


@dataclass(frozen=True)
class Snapshot:
    """The world at one moment, for whole seasons. `paused`: who paused the pipeline and why, or None."""

    raw: Mapping[str, Mapping[dt.date, RawCell]]
    runs: Mapping[str, Mapping[dt.date, CellHistory]]
    backfills: Mapping[str, Backfill] = field(default_factory=dict)
    paused: str | None = None

    def history(self, processor: str, day: dt.date) -> CellHistory:
        """What the ledger says of a cell; an empty history when it says nothing."""
        return self.runs.get(processor, {}).get(day, NO_HISTORY)

    def after(self, processor: str, histories: Mapping[dt.date, CellHistory]) -> Snapshot:
        """The same world with these cells of a processor committed anew."""
        cells = {**self.runs.get(processor, {}), **histories}
        return replace(self, runs={**self.runs, processor: cells})
