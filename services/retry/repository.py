"""What a tick reads and writes: two jobs, whatever the number of failures."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from services.retry.incidents import Incident, IncidentChanges
from services.retry.policy import (
    Attempt,
    Evidence,
    Lack,
    OpenFailure,
    Repairs,
    Target,
    TargetKind,
    TargetState,
)
from shared.failures.model import FailureCategory, FailureType, failure_table
from shared.failures.transitions import Reason, Status
from shared.sql import Statement, bind, read_sql
from shared.tables import ColumnType
from shared.topology.declaration import Phase
from shared.topology.graph import Topology
from shared.warehouse.port import Parameter, Script, Structs, Warehouse, date, query, text, timestamp

_SQL = Path(__file__).parent / "sql"
_KEY = (
    ("processor_name", ColumnType.STRING),
    ("day", ColumnType.DATE),
    ("entity_id", ColumnType.STRING),
    ("failure_category", ColumnType.STRING),
    ("status", ColumnType.STRING),
    ("number_before", ColumnType.INT64),
)


@dataclass(frozen=True)
class OpenWork:
    """The world of a tick. `paused`: why nothing may be started, or None."""

    failures: tuple[OpenFailure, ...]
    targets: Mapping[Target, TargetState]
    incidents: tuple[Incident, ...]
    game_dates: tuple[dt.date, ...]
    paused: str | None


def read_open_work(warehouse: Warehouse, topology: Topology) -> OpenWork:
    """Read everything a tick looks at, in one job."""
    names = {processor.class_name: processor.name for processor in topology.processors}
    rows = query(warehouse, Statement("open failures", read_sql(_SQL / "open_failures.sql")), {})
    failures: list[OpenFailure] = []
    targets: dict[Target, TargetState] = {}
    incidents: list[Incident] = []
    game_dates: list[dt.date] = []
    paused: str | None = None
    for row in rows.values:
        match row[0]:
            case "failure":
                failures.append(_failure(row, names))
            case "target":
                target, state = _target(row)
                targets[target] = state
            case "incident":
                incidents.append(_incident(row, names))
            case "game date":
                game_dates.append(_day(row[3]))
            case "paused":
                paused = str(row[7])
            case _:
                raise ValueError(f"Unexpected kind of row: [{row[0]}]")
    return OpenWork(tuple(failures), targets, tuple(incidents), tuple(game_dates), paused)


def _failure(row: tuple[Any, ...], names: Mapping[str, str]) -> OpenFailure:
    return OpenFailure(
        phase=Phase(row[1]),
        # A processor that is no longer in the tree still has its failures, under the name they carry.
        processor=names.get(row[2], row[2]),
        date=_day(row[3]),
        entity_id=row[4],
        category=FailureCategory(row[5]),
        type=FailureType(row[6]),
        reason=row[7] or "",
        status=Status(row[8]),
        status_reason=None if row[9] is None else Reason(row[9]),
        attempts=row[10],
        next_attempt_at=row[11],
        evidence=_evidence(row[14]),
    )


@lru_cache(maxsize=65_536)
def _evidence(told: str | None) -> Evidence:
    """The missing games of an evidence text. Kept: what lacks one game mostly says it in the same words."""
    found = json.loads(told) if told else None
    items = found.get("missing", ()) if isinstance(found, Mapping) else ()
    return Evidence(
        tuple(
            Lack(dt.date.fromisoformat(item["date"]), item["verdict"], item["source"])
            for item in items
            if item.get("date")
        )
    )


def _target(row: tuple[Any, ...]) -> tuple[Target, TargetState]:
    target = Target(TargetKind(row[5]), row[2], _day(row[3]))
    return target, TargetState(row[10], row[12], row[11], row[13])


def _incident(row: tuple[Any, ...], names: Mapping[str, str]) -> Incident:
    return Incident(
        incident_id=row[4],
        processor=names.get(row[2], row[2]),
        type=FailureType(row[6]),
        cause=row[7],
        first_date=_day(row[3]),
        last_date=_day(row[15]),
        cells=int(row[14]),
        failures=row[10],
        opened_at=row[12],
        closed_at=None,
    )


def _day(value: object) -> dt.date:
    if not isinstance(value, dt.date):
        raise TypeError(f"Unexpected date: [{value}]")
    return value


def write_tick(
    warehouse: Warehouse,
    topology: Topology,
    repairs: Repairs,
    incidents: IncidentChanges,
    *,
    correlation_id: str,
    now: dt.datetime,
) -> None:
    """Mark what is tried and given up, and bring targets and incidents up to date: one transaction."""
    script = tick_script(topology, repairs, incidents, correlation_id=correlation_id, now=now)
    if script.statements:
        warehouse.run(script)


def tick_script(
    topology: Topology,
    repairs: Repairs,
    incidents: IncidentChanges,
    *,
    correlation_id: str,
    now: dt.datetime,
) -> Script:
    """The transaction of a tick; without statements when there is nothing to write."""
    classes = {processor.name: processor.class_name for processor in topology.processors}
    statements: list[Statement] = []
    parameters: dict[str, Parameter] = {
        "now": timestamp(now),
        "today": date(now.date()),
        "correlation_id": text(correlation_id),
    }
    days: list[dt.date] = []
    for phase in (Phase.ANALYTICS, Phase.PRECOMPUTE, Phase.PREDICTIONS):
        tried = [a for a in repairs.attempts if a.failure.phase is phase]
        given_up = [f for f in repairs.exhausted if f.phase is phase]
        days.extend(f.date for f in (*(a.failure for a in tried), *given_up))
        for name, rows in (
            ("attempts", _attempts(tried, classes)),
            ("exhausted", Structs(_KEY, tuple(_key(f, classes) for f in given_up))),
        ):
            if rows.rows:
                statements.append(_mark(name, phase))
                parameters[f"{name}_{phase.name.lower()}"] = rows
    if repairs.targets:
        days.extend(item.target.date for item in repairs.targets)
        statements.append(Statement("merge targets", read_sql(_SQL / "merge_targets.sql")))
        parameters["targets"] = _targets(repairs)
    changed = (*incidents.opened, *incidents.continued, *incidents.closed)
    if changed:
        statements.append(Statement("merge incidents", read_sql(_SQL / "merge_incidents.sql")))
        parameters["incidents"] = _incidents(changed, classes)
    parameters["first_date"] = date(min(days, default=now.date()))
    parameters["last_date"] = date(max(days, default=now.date()))
    return Script("tick", tuple(statements), parameters, transaction=True, labels={"purpose": "retry"})


def _mark(name: str, phase: Phase) -> Statement:
    table = failure_table(phase)
    return bind(
        f"mark {name} {phase.name.lower()}",
        read_sql(_SQL / f"mark_{name}.sql"),
        {"failures.rows": table.address},
        {"date": table.partition_column, "rows": f"@{name}_{phase.name.lower()}"},
    )


def _key(failure: OpenFailure, classes: Mapping[str, str]) -> tuple[Any, ...]:
    return (
        classes.get(failure.processor, failure.processor),
        failure.date,
        failure.entity_id,
        failure.category.value,
        failure.status.value,
        failure.attempts,
    )


def _attempts(tried: Sequence[Attempt], classes: Mapping[str, str]) -> Structs:
    fields = (*_KEY, ("number", ColumnType.INT64), ("next_attempt_at", ColumnType.TIMESTAMP))
    return Structs(fields, tuple((*_key(a.failure, classes), a.number, a.next_attempt_at) for a in tried))


def _targets(repairs: Repairs) -> Structs:
    fields = (
        ("kind", ColumnType.STRING),
        ("name", ColumnType.STRING),
        ("day", ColumnType.DATE),
        ("number", ColumnType.INT64),
        ("next_attempt_at", ColumnType.TIMESTAMP),
    )
    return Structs(
        fields,
        tuple(
            (item.target.kind.value, item.target.name, item.target.date, item.number, item.next_attempt_at)
            for item in repairs.targets
        ),
    )


def _incidents(changed: Sequence[Incident], classes: Mapping[str, str]) -> Structs:
    fields = (
        ("incident_id", ColumnType.STRING),
        ("processor_name", ColumnType.STRING),
        ("failure_type", ColumnType.STRING),
        ("cause", ColumnType.STRING),
        ("first_date", ColumnType.DATE),
        ("last_date", ColumnType.DATE),
        ("cell_count", ColumnType.INT64),
        ("failure_count", ColumnType.INT64),
        ("opened_at", ColumnType.TIMESTAMP),
        ("closed_at", ColumnType.TIMESTAMP),
    )
    return Structs(
        fields,
        tuple(
            (
                item.incident_id,
                classes.get(item.processor, item.processor),
                item.type.value,
                item.cause,
                item.first_date,
                item.last_date,
                item.cells,
                item.failures,
                item.opened_at,
                item.closed_at,
            )
            for item in changed
        ),
    )
