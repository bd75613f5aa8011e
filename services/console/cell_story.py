"""Everything that explains one cell, gathered from the grid, the ledger and the failure tables."""

from __future__ import annotations

import datetime as dt
from bisect import bisect_left, bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from shared.clock import grace_ends
from shared.planner.fingerprint import changed_inputs
from shared.planner.plan import MAX_ATTEMPTS
from shared.planner.snapshot import Snapshot
from shared.planner.state import Cell, Grid, Season, State
from shared.sql import Statement, bind, column_list, read_sql
from shared.topology.declaration import RAW_SOURCES, Input, Processor, Window, opens_season

if TYPE_CHECKING:
    from shared.warehouse.port import Rows, Value, Warehouse

_SQL = Path(__file__).parent / "sql"
_WEEK = dt.timedelta(days=7)


@dataclass(frozen=True)
class InputStory:
    """One declared input: the dates the cell reads, what is there, and whether it differs from the last run.

    `dates` and `rows` count what is there within [first, last]; both are None when the window is empty.
    `unsettled` is the first cell in the window that is not right yet.
    """

    source: str
    window: Window
    first: dt.date | None
    last: dt.date | None
    dates: int
    rows: int
    changed: bool | None
    unsettled: Cell | None


@dataclass(frozen=True)
class Run:
    """One ledger row of the cell."""

    sequence: int
    status: str
    attempt: int
    record_count: int | None
    failure_count: int | None
    run_id: str
    correlation_id: str
    backfill_id: str | None
    trigger_source: str | None
    input_fingerprint: str | None
    output_fingerprint: str | None
    error: str | None
    started_at: dt.datetime | None
    committed_at: dt.datetime


@dataclass(frozen=True)
class CellStory:
    """A cell with its inputs and runs; `code_changed` is None when it never ran."""

    processor: Processor
    cell: Cell
    season: Season
    inputs: tuple[InputStory, ...]
    code_changed: bool | None
    runs: tuple[Run, ...]


def story_of(
    processor: Processor, day: dt.date, snapshot: Snapshot, grid: Grid, runs: tuple[Run, ...]
) -> CellStory:
    """What explains a cell. Raises ValueError when the date is no game date of a loaded season."""
    season = grid.season_of(day)
    if season is None:
        raise ValueError(f"[{day}] is no game date of a loaded season")
    cell = grid.cells[processor.name][day]
    changed = _changes(processor, cell)
    return CellStory(
        processor=processor,
        cell=cell,
        season=season,
        inputs=tuple(
            _input_story(item, day, season, snapshot, grid, None if changed is None else position in changed)
            for position, item in enumerate(processor.inputs)
        ),
        code_changed=_code_changed(processor, cell),
        runs=runs,
    )


def _code_changed(processor: Processor, cell: Cell) -> bool | None:
    success = cell.history.success
    if success is None:
        return None
    return success.input_fingerprint.partition(":")[0] != processor.code_version


def _changes(processor: Processor, cell: Cell) -> frozenset[int] | None:
    """Positions of the inputs that differ from those of the last good run (None: there was none)."""
    success = cell.history.success
    if success is None:
        return None
    parts = success.input_fingerprint.partition(":")[2]
    words = set(changed_inputs(processor, f"{processor.code_version}:{parts}", cell.input_fingerprint))
    labels = [f"{item.source} ({item.window.value})" for item in processor.inputs]
    return frozenset(position for position, label in enumerate(labels) if label in words)


def _input_story(
    item: Input, day: dt.date, season: Season, snapshot: Snapshot, grid: Grid, changed: bool | None
) -> InputStory:
    dates = _dates_read(item.window, day, season, grid)
    counts = _counts(item.source, snapshot)
    there = [counts[d] for d in dates if counts.get(d)]
    unsettled = None
    if item.source not in RAW_SOURCES:
        cells = grid.cells[item.source]
        unsettled = next((cells[d] for d in dates if not cells[d].state.settled), None)
    return InputStory(
        source=item.source,
        window=item.window,
        first=dates[0] if dates else None,
        last=dates[-1] if dates else None,
        dates=len(there),
        rows=sum(there),
        changed=changed,
        unsettled=unsettled,
    )


def _dates_read(window: Window, day: dt.date, season: Season, grid: Grid) -> tuple[dt.date, ...]:
    match window:
        case Window.ON_DATE:
            return (day,)
        case Window.BEFORE:
            return season.dates[: bisect_left(season.dates, day)]
        case Window.THROUGH:
            return season.dates[: bisect_right(season.dates, day)]
        case Window.NEXT_WEEK:
            return season.dates[: bisect_right(season.dates, day + _WEEK)]
        case Window.OPENING if not opens_season(season.start, day):
            return ()
        case Window.OPENING | Window.PREVIOUS_SEASON:
            before = [other for other in grid.seasons if other.season_year == season.season_year - 1]
            return before[0].dates if before else ()
        case Window.EARLIER:
            return tuple(date for date in grid.dates() if date < day)


def _counts(source: str, snapshot: Snapshot) -> Mapping[dt.date, int]:
    if source in RAW_SOURCES:
        return {day: cell.record_count for day, cell in snapshot.raw.get(source, {}).items()}
    return {
        day: history.success.record_count
        for day, history in snapshot.runs.get(source, {}).items()
        if history.success is not None
    }


def what_next(story: CellStory) -> str:
    """What will happen to the cell, and what a person can do."""
    cell, short = story.cell, story.processor.abbreviation
    run = f"`nba backfill --start-date {cell.date} --end-date {cell.date} --processor {short} --reason ...`"
    match cell.state:
        case State.CURRENT | State.EMPTY:
            return "Nothing to do. It runs again when one of its inputs changes."
        case State.PARTIAL:
            return (
                "It runs again by itself when the data that is missing arrives. What would mend it: "
                f"`nba failures --processor {short} --start-date {cell.date} --end-date {cell.date}`."
            )
        case State.MISSING | State.STALE:
            return f"It is ready: the next event of its inputs runs it, or {run}."
        case State.FAILED:
            failed = cell.history.failed
            attempt = 0 if failed is None else failed.attempt
            by_hand = f"mend the cause, then {run} with --reprocess failed"
            if attempt >= MAX_ATTEMPTS:
                return f"Its {MAX_ATTEMPTS} attempts on these inputs are used up. By hand: {by_hand}."
            tried = f"It has failed {attempt} of {MAX_ATTEMPTS} times on these inputs"
            return f"{tried}, and runs again when they change. By hand: {by_hand}."
        case State.WAITING if cell.waits_for_raw:
            return (
                "It runs when its games are Final and their raw rows have landed, "
                f"or with what is there after {grace_ends(cell.date):%Y-%m-%d %H:%M} UTC."
            )
        case State.WAITING:
            blocker = next((item.unsettled for item in story.inputs if item.unsettled is not None), None)
            look = "" if blocker is None else f" Look there: `nba why {blocker.processor} {blocker.date}`."
            return f"It runs by itself after what it waits for.{look}"


def read_runs(warehouse: Warehouse, processor: Processor, day: dt.date) -> tuple[Run, ...]:
    """Every run of a cell, newest first."""
    from shared.warehouse.port import date, query, text  # noqa: PLC0415

    rows = query(
        warehouse,
        Statement("cell runs", read_sql(_SQL / "cell_runs.sql")),
        {"cell_date": date(day), "cell_name": text(processor.name)},
    )
    return tuple(map(_run, rows.values))


def _run(row: tuple[Any, ...]) -> Run:
    return Run(*row)


def read_entity(
    warehouse: Warehouse, processor: Processor, day: dt.date, entity: str
) -> list[dict[str, Value]]:
    """The output rows of an entity on a date, columns as declared."""
    return list(_of_output(warehouse, "entity_rows", processor, day, "entity", entity).records())


def similar_in_cell(warehouse: Warehouse, processor: Processor, day: dt.date, entity: str) -> tuple[str, ...]:
    """Entities with an output row on a date whose id contains the text."""
    rows = _of_output(warehouse, "cell_entities", processor, day, "text", entity)
    return tuple(str(row[0]) for row in rows.values)


def _of_output(
    warehouse: Warehouse, name: str, processor: Processor, day: dt.date, parameter: str, value: str
) -> Rows:
    from shared.warehouse.port import date, query, text  # noqa: PLC0415

    statement = bind(
        name,
        read_sql(_SQL / f"{name}.sql"),
        {"target.rows": processor.schema.address},
        {
            "content": column_list(processor.schema.columns),
            "partition": processor.schema.partition_column,
            "entity": processor.entity_column,
        },
    )
    return query(warehouse, statement, {"cell_date": date(day), parameter: text(value.lower())})
