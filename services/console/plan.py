"""`nba plan`: the exact cells that would run, in waves, each with its reason."""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from services.console.context import no_dates, read_grid, read_session
from services.console.cost import ProcessorCost, costs_document, plan_costs, render_costs
from services.console.options import AsJson, EndDate, Processors, StartDate
from services.console.output import Json, check_range, count, date_span, show, write_json
from services.console.pause import Pause, pause_document, paused_line, read_pause
from shared.planner.plan import Plan, Scope, make_plan
from shared.planner.snapshot import Reprocess
from shared.planner.state import Cell, Grid, State
from shared.topology.graph import Topology

if TYPE_CHECKING:
    from rich.console import RenderableType

_GAMES_TO_COME = re.compile(r"waiting for \d+ of \d+ games to be Final.*")
_ROWS_TO_COME = re.compile(r"waiting for (\S+) rows of \d+ games.*")
_UPSTREAM = re.compile(r"waiting for (\S+) of (\d{4}-\d{2}-\d{2})")


@dataclass(frozen=True)
class PlanLine:
    """Consecutive game dates of one processor that run in one wave (0: not yet) for one reason."""

    processor: str
    wave: int
    reason: str
    dates: tuple[dt.date, ...]


def plan(
    *,
    start_date: StartDate,
    end_date: EndDate,
    processor: Processors = None,
    reprocess: Annotated[
        Reprocess,
        typer.Option(
            help="missing: never processed; stale: these and what has changed inputs; "
            "failed: failed and partial cells; all: everything."
        ),
    ] = Reprocess.STALE,
    cost: Annotated[
        bool, typer.Option("--cost", help="Also what BigQuery would read for it, and bill: dry runs.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """List the exact cells that would run, in waves, each with its reason. Runs nothing."""
    check_range(start_date, end_date)
    with read_session() as session:
        names = tuple(session.topology.processor(name).name for name in processor or ())
        snapshot, grid = read_grid(session, start_date, end_date)
        paused = None if snapshot.paused is None else read_pause(session.warehouse)
        scope = Scope(start_date, end_date, reprocess, names)
        planned = make_plan(session.topology, grid, scope)
        costs = plan_costs(session, snapshot, grid, planned) if cost else None
    if as_json:
        write_json(plan_document(planned, scope, paused, costs))
    else:
        show(render_plan(session.topology, grid, scope, planned))
        show([] if costs is None else render_costs(session, costs))
        show([] if paused is None else [paused_line(paused)])


def plan_document(
    planned: Plan, scope: Scope, paused: Pause | None, costs: Sequence[ProcessorCost] | None
) -> Json:
    """Every cell of a plan, for programs; with what it costs where somebody has asked."""
    cells = sorted(planned.planned, key=lambda item: (item.wave, item.cell.processor, item.cell.date))
    return {
        "start_date": scope.start,
        "end_date": scope.end,
        "reprocess": scope.reprocess.value,
        "processors": list(scope.processors),
        "paused": pause_document(paused),
        "cost": None if costs is None else costs_document(costs),
        "cells": [
            {
                "processor": item.cell.processor,
                "date": item.cell.date,
                "wave": item.wave,
                "only_if_changed": item.only_if_changed,
                "state": item.cell.state.value,
                "reason": item.cell.reason,
            }
            for item in cells
        ],
        "waiting": [
            {"processor": cell.processor, "date": cell.date, "reason": cell.reason}
            for cell in sorted(planned.waiting, key=lambda cell: (cell.processor, cell.date))
        ],
        "totals": {
            "cells": len(cells),
            "only_if_changed": sum(item.only_if_changed for item in cells),
            "waves": max((item.wave for item in cells), default=0),
            "waiting": len(planned.waiting),
        },
    }


def plan_lines(topology: Topology, grid: Grid, planned: Plan) -> tuple[PlanLine, ...]:
    """A plan's cells, consecutive game dates with one reason put together; wave by wave, upstream first."""
    short = {p.name: p.abbreviation for p in topology.processors}
    reasons = [
        (item.wave, item.cell, _maybe(item.cell) if item.only_if_changed else _why(item.cell, short))
        for item in planned.planned
    ]
    reasons.extend((0, cell, _why_not(cell, short)) for cell in planned.waiting)
    rank = {p.name: position for position, p in enumerate(topology.processors)}
    reasons.sort(key=lambda item: (item[0], rank[item[1].processor], item[1].date))
    place = {day: position for position, day in enumerate(grid.dates())}
    return tuple(_runs(reasons, place))


def _runs(reasons: Iterable[tuple[int, Cell, str]], place: dict[dt.date, int]) -> Iterator[PlanLine]:
    key: tuple[str, int, str] | None = None
    dates: list[dt.date] = []
    for wave, cell, reason in reasons:
        this = (cell.processor, wave, reason)
        if key is not None and (this != key or place[cell.date] != place[dates[-1]] + 1):
            yield PlanLine(*key, tuple(dates))
            dates = []
        key = this
        dates.append(cell.date)
    if key is not None:
        yield PlanLine(*key, tuple(dates))


def _why(cell: Cell, short: dict[str, str]) -> str:
    match cell.state:
        case State.STALE:
            return cell.reason
        case State.PARTIAL:
            return "partial: correctable failures are open"
        case State.WAITING:
            upstream = _upstream(cell, short)
            if cell.history.success is None:
                return f"missing: runs after {upstream}"
            return f"runs after {upstream}, which may change it"
        case _:
            return f"{cell.state.value}: {cell.reason}"


def _maybe(cell: Cell) -> str:
    if cell.state in (State.MISSING, State.STALE):
        return f"{cell.state.value}; runs if an earlier wave speaks of its date"
    return "runs only if an earlier wave changes its inputs"


def _why_not(cell: Cell, short: dict[str, str]) -> str:
    if _GAMES_TO_COME.fullmatch(cell.reason):
        return "waiting for its games to be Final"
    rows = _ROWS_TO_COME.fullmatch(cell.reason)
    if rows is not None:
        return f"waiting for {rows[1]} rows of its games"
    upstream = _UPSTREAM.fullmatch(cell.reason)
    if upstream is not None:
        when = "the same date" if upstream[2] == cell.date.isoformat() else upstream[2]
        return f"waiting for {short.get(upstream[1], upstream[1])} of {when}"
    return cell.reason


def _upstream(cell: Cell, short: dict[str, str]) -> str:
    found = _UPSTREAM.fullmatch(cell.reason)
    return "its upstream" if found is None else short.get(found[1], found[1])


def render_plan(topology: Topology, grid: Grid, scope: Scope, planned: Plan) -> list[RenderableType]:
    """A plan for people."""
    from rich.text import Text  # noqa: PLC0415

    lines = plan_lines(topology, grid, planned)
    runs = [line for line in lines if line.wave]
    waits = [line for line in lines if not line.wave]
    span = date_span(scope.start, scope.end)
    if not any(scope.start <= day <= scope.end for day in grid.dates()):
        return [Text(no_dates(grid, scope.start, scope.end))]
    found: list[RenderableType] = []
    if runs:
        found.append(_title(scope, span, planned))
        for wave, items in planned.waves().items():
            found.append(Text(f"\nWave {wave}: {count(len(items), 'cell')}", style="bold"))
            found.append(_table(topology, [line for line in runs if line.wave == wave], lines))
    else:
        found.append(Text(f"Nothing to run for {span} (--reprocess {scope.reprocess.value})."))
        found.append(Text(_states(grid, scope)))
    if waits:
        found.append(Text(f"\nNot yet: {count(len(planned.waiting), 'cell')} waiting", style="bold"))
        found.append(_table(topology, waits, lines))
    return found


def _title(scope: Scope, span: str, planned: Plan) -> RenderableType:
    from rich.text import Text  # noqa: PLC0415

    maybe = sum(item.only_if_changed for item in planned.planned)
    sure = len(planned.planned) - maybe
    text = Text(f"{count(sure, 'cell')} to run", style="bold")
    text.append(f" in {count(len(planned.waves()), 'wave')}, {span}, --reprocess {scope.reprocess.value}", "")
    if maybe:
        text.append(f"; {maybe:,} more may follow", "")
    return text


def _table(topology: Topology, lines: Sequence[PlanLine], everything: Sequence[PlanLine]) -> RenderableType:
    """Lines as columns, as wide as all lines of the plan need, so that the waves stand in line."""
    from rich.table import Table  # noqa: PLC0415

    short = {p.name: p.abbreviation for p in topology.processors}
    rows = {
        line: (
            f"  {short[line.processor]}",
            date_span(line.dates[0], line.dates[-1]),
            count(len(line.dates), "date"),
        )
        for line in everything
    }
    width = [max(len(row[position]) for row in rows.values()) for position in range(3)]
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0), pad_edge=False)
    table.add_column(no_wrap=True, min_width=width[0], style="cyan")
    table.add_column(no_wrap=True, min_width=width[1])
    table.add_column(no_wrap=True, min_width=width[2], justify="right")
    table.add_column()
    for line in lines:
        table.add_row(*rows[line], line.reason)
    return table


def _states(grid: Grid, scope: Scope) -> str:
    states = Counter(
        cell.state
        for processor, cells in grid.cells.items()
        for day, cell in cells.items()
        if scope.covers(processor, day)
    )
    listed = ", ".join(f"{states[state]:,} {state.value}" for state in State if states[state])
    return f"Its cells: {listed}."
