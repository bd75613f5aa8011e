"""`nba incidents`: one line per cause of open failures, as the retry worker opens and closes them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from services.console.context import read_session
from services.console.options import AsJson
from services.console.output import Json, at_time, columns, count, date_span, indented, show, write_json
from shared.sql import Statement, read_sql

if TYPE_CHECKING:
    from rich.console import RenderableType

    from shared.topology.graph import Topology
    from shared.warehouse.port import Warehouse

_SQL = Path(__file__).parent / "sql"


@dataclass(frozen=True)
class Incident:
    """Failures with one cause; `processor` is the class-style name, `cells` counts dates."""

    incident_id: str
    processor: str
    type: str
    cause: str
    first_date: dt.date
    last_date: dt.date
    cells: int
    failures: int
    opened_at: dt.datetime
    closed_at: dt.datetime | None


def read_incidents(warehouse: Warehouse, *, closed: bool) -> tuple[Incident, ...]:
    """The open incidents, newest first; with `closed`, also those that are over."""
    from shared.tables import ColumnType  # noqa: PLC0415
    from shared.warehouse.port import Scalar, query  # noqa: PLC0415

    rows = query(
        warehouse,
        Statement("incidents", read_sql(_SQL / "incidents.sql")),
        {"closed": Scalar(ColumnType.BOOL, closed)},
    )
    return tuple(map(_incident, rows.values))


def _incident(row: tuple[Any, ...]) -> Incident:
    return Incident(*row)


def incidents(
    *,
    everything: Annotated[bool, typer.Option("--all", help="Also those that are over.")] = False,
    as_json: AsJson = False,
) -> None:
    """List open incidents: what an alert is sent for, one per cause, however many failures it has.

    The retry worker opens and closes them, so they are as new as the last tick.
    """
    with read_session() as session:
        found = read_incidents(session.warehouse, closed=True)
        topology = session.topology
    listed = found if everything else tuple(item for item in found if item.closed_at is None)
    if as_json:
        write_json({"incidents": [incident_document(item) for item in listed]})
    else:
        show(render_incidents(topology, listed, closed=sum(item.closed_at is not None for item in found)))


def incident_document(incident: Incident) -> Json:
    """One incident, for programs."""
    return {
        "incident_id": incident.incident_id,
        "processor_name": incident.processor,
        "failure_type": incident.type,
        "cause": incident.cause,
        "first_date": incident.first_date,
        "last_date": incident.last_date,
        "cells": incident.cells,
        "failures": incident.failures,
        "opened_at": incident.opened_at,
        "closed_at": incident.closed_at,
    }


def render_incidents(topology: Topology, listed: Sequence[Incident], *, closed: int) -> list[RenderableType]:
    """Incidents for people; `closed` counts those that are over, listed or not."""
    from rich.text import Text  # noqa: PLC0415

    still_open = sum(item.closed_at is None for item in listed)
    title = Text(count(still_open, "open incident"), style="bold")
    hint = " (--all lists them)" if closed and len(listed) == still_open else ""
    title.append(f"; {closed:,} closed{hint}", "")
    lines: list[RenderableType] = [title]
    lines.extend(_incidents(topology, listed))
    if still_open:
        lines.append(
            Text("\nThe failures of one: nba failures --processor NAME --start-date ... --end-date ...")
        )
    return lines


def _incidents(topology: Topology, listed: Sequence[Incident]) -> Iterator[RenderableType]:
    """A line per incident below its cause: what one cause does to many processors is read at once."""
    from rich.text import Text  # noqa: PLC0415

    short = {p.class_name: p.abbreviation for p in topology.processors}
    by_cause: dict[tuple[str, str], list[Incident]] = {}
    for item in sorted(listed, key=lambda item: (item.first_date, item.opened_at)):
        by_cause.setdefault((item.cause, _when(item)), []).append(item)
    for (cause, when), items in by_cause.items():
        yield Text()
        yield Text(cause, style="bold" if items[0].closed_at is None else "default")
        yield indented(when, 2, "bright_black")
        rows = [
            (
                short.get(item.processor, item.processor),
                item.type,
                date_span(item.first_date, item.last_date),
                count(item.failures, "failure"),
                count(item.cells, "date"),
            )
            for item in items
        ]
        yield from (f"  {line}" for line in columns(rows, right=(3, 4)))


def _when(incident: Incident) -> str:
    since = f"since {at_time(incident.opened_at)}"
    return since if incident.closed_at is None else f"{since}, closed {at_time(incident.closed_at)}"
