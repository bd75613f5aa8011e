"""Backfills: an immutable range with an id, a reason and who asked."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from shared.ledger.controls import Action
from shared.messages.models import ProcessRequested, TriggerSource
from shared.planner.snapshot import Backfill, Reprocess
from shared.sql import Statement, read_sql
from shared.topology.graph import Topology
from shared.warehouse.port import Warehouse, date, query, text, timestamp

_SQL = Path(__file__).parent / "sql"


def record_backfill(warehouse: Warehouse, backfill: Backfill, *, now: dt.datetime) -> None:
    """Write a backfill's row; every message that carries its id is bounded by it from then on."""
    query(
        warehouse,
        Statement("record backfill", read_sql(_SQL / "create_backfill.sql")),
        {
            "backfill_id": text(backfill.backfill_id),
            "created_date": date(now.date()),
            "start_date": date(backfill.start_date),
            "end_date": date(backfill.end_date),
            "processors": text(json.dumps(list(backfill.processors))),
            "reprocess": text(backfill.reprocess.value),
            "reason": text(backfill.reason),
            "requested_by": text(backfill.requested_by),
            "now": timestamp(now),
        },
    )


@dataclass(frozen=True)
class RecordedBackfill:
    """A backfill as it was asked for, and what was last said about it: by whom, when and why."""

    backfill: Backfill
    created_at: dt.datetime
    action: Action | None
    control_reason: str | None
    control_by: str | None
    control_at: dt.datetime | None

    @property
    def state(self) -> str:
        """running, paused or cancelled."""
        return Action.RESUME.state if self.action is None else self.action.state


def read_backfills(warehouse: Warehouse, backfill_id: str | None) -> tuple[RecordedBackfill, ...]:
    """All backfills, newest first; or the one of that id, if there is one."""
    rows = query(
        warehouse,
        Statement("backfills", read_sql(_SQL / "backfills.sql")),
        {"backfill_id": text(backfill_id)},
    )
    return tuple(map(_recorded, rows.values))


def _recorded(row: tuple[Any, ...]) -> RecordedBackfill:
    action = None if row[8] is None else Action(row[8])
    asked = Backfill(
        backfill_id=row[0],
        start_date=row[1],
        end_date=row[2],
        processors=tuple(json.loads(row[3])),
        reprocess=Reprocess(row[4]),
        reason=row[5],
        requested_by=row[6],
        halted=None if action in (None, Action.RESUME) else f"{action.state} by {row[10]}: {row[9]}",
    )
    return RecordedBackfill(asked, row[7], action, row[9], row[10], row[11])


def requests_of(backfill: Backfill, topology: Topology) -> Iterable[ProcessRequested]:
    """The messages that set a backfill going, one per phase that it is about."""
    named = [p for p in topology.processors if not backfill.processors or p.name in backfill.processors]
    for phase in sorted({processor.phase for processor in named}):
        yield ProcessRequested(
            phase=phase,
            processors=backfill.processors,
            start_date=backfill.start_date,
            end_date=backfill.end_date,
            reprocess=backfill.reprocess,
            reason=backfill.reason,
            requested_by=backfill.requested_by,
            correlation_id=backfill.backfill_id,
            trigger_source=TriggerSource.BACKFILL,
            backfill_id=backfill.backfill_id,
        )
