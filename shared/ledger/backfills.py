"""Backfills: an immutable range with an id, a reason and who asked."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable
from pathlib import Path

from shared.messages.models import ProcessRequested, TriggerSource
from shared.planner.snapshot import Backfill
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
