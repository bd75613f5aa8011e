"""What a tick came to: the warehouse before and after it, put side by side."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from services.console.incidents import Incident, read_incidents
from shared.failures.transitions import Reason, Status
from shared.sql import Statement, read_sql

if TYPE_CHECKING:
    from shared.warehouse.port import Warehouse

_SQL = Path(__file__).parent / "sql"
_OPEN = (Status.UNRESOLVED, Status.RETRYING)

#: Processor, date, entity and category.
Key = tuple[str, dt.date, str, str]


@dataclass(frozen=True)
class Standing:
    """Where one failure stands."""

    status: Status
    reason: str | None
    correctable: bool
    next_attempt_at: dt.datetime | None

    @property
    def open(self) -> bool:
        """Whether it can still be mended, and is not given up."""
        return self.correctable and self.status in _OPEN

    @property
    def given_up(self) -> bool:
        """Whether its attempts are used up."""
        return self.status is Status.PERMANENT and self.reason == Reason.EXHAUSTED


@dataclass(frozen=True)
class TickReport:
    """What changed. Dates and cells are those that were asked for; the rest counts failures.

    `explained`: open before, and now known to be an absence. `found`: new, or open again.
    """

    raw_dates: tuple[dt.date, ...]
    cells: tuple[tuple[str, dt.date], ...]
    new_raw_dates: tuple[dt.date, ...]
    attempted: int
    resolved: int
    explained: int
    found: int
    still_open: int
    given_up: int
    next_attempt_at: dt.datetime | None
    opened: tuple[Incident, ...]
    closed: tuple[Incident, ...]
    open_incidents: int


def read_standings(warehouse: Warehouse, since: dt.datetime) -> dict[Key, Standing]:
    """Where every failure stands that a tick from `since` on can be about."""
    from shared.warehouse.port import query, timestamp  # noqa: PLC0415

    rows = query(
        warehouse,
        Statement("failure standings", read_sql(_SQL / "failure_standings.sql")),
        {"since": timestamp(since)},
    )
    return dict(map(_standing, rows.values))


def _standing(row: tuple[Any, ...]) -> tuple[Key, Standing]:
    return row[:4], Standing(Status(row[4]), row[5], bool(row[6]), row[7])


def read_tick_report(warehouse: Warehouse, before: Mapping[Key, Standing], since: dt.datetime) -> TickReport:
    """Compare what there is now with what was there `before` the tick that began at `since`."""
    from shared.warehouse.port import query, timestamp  # noqa: PLC0415

    after = read_standings(warehouse, since)
    asked: dict[str, list[tuple[str, dt.date]]] = {"raw": [], "cell": [], "new raw": []}
    for kind, name, day in query(
        warehouse, Statement("asked for", read_sql(_SQL / "asked_for.sql")), {"since": timestamp(since)}
    ).values:
        if not isinstance(day, dt.date):
            raise TypeError(f"Unexpected date: [{day}]")
        asked[str(kind)].append((str(name), day))
    was_open = {key for key, standing in before.items() if standing.open}
    was_resolved = {key for key, standing in before.items() if standing.status is Status.RESOLVED}
    incidents = read_incidents(warehouse, closed=True)
    waits = [s.next_attempt_at for s in after.values() if s.open and s.next_attempt_at is not None]
    return TickReport(
        raw_dates=tuple(sorted({day for _, day in asked["raw"]})),
        cells=tuple(asked["cell"]),
        new_raw_dates=tuple(day for _, day in asked["new raw"]),
        attempted=sum(_tried(before.get(key), standing, since) for key, standing in after.items()),
        resolved=sum(
            standing.status is Status.RESOLVED and key in before and key not in was_resolved
            for key, standing in after.items()
        ),
        explained=sum(key in was_open and not s.correctable for key, s in after.items()),
        found=sum(
            standing.open and (key not in before or key in was_resolved) for key, standing in after.items()
        ),
        still_open=sum(standing.open for standing in after.values()),
        given_up=sum(
            standing.given_up and not (key in before and before[key].given_up)
            for key, standing in after.items()
        ),
        next_attempt_at=min(waits, default=None),
        opened=tuple(item for item in incidents if item.opened_at >= since),
        closed=tuple(item for item in incidents if item.closed_at is not None and item.closed_at >= since),
        open_incidents=sum(item.closed_at is None for item in incidents),
    )


def _tried(before: Standing | None, after: Standing, since: dt.datetime) -> bool:
    """Whether an attempt was made: each sets the time of the next one, which is to come."""
    if after.next_attempt_at is None or after.next_attempt_at <= since:
        return False
    return before is None or before.next_attempt_at != after.next_attempt_at
