"""`nba coverage`: the state of every cell, processor by date, as a heat map."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from services.console.context import no_dates, read_grid, read_session, season_name
from services.console.options import AsJson, FromDate, ToDate
from services.console.output import Json, check_range, columns, console, count, date_span, show, write_json
from services.console.pause import Pause, pause_document, paused_line, read_pause
from shared.planner.state import Cell, Grid, Season, State
from shared.topology.declaration import Processor
from shared.topology.graph import Topology

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.text import Text


@dataclass(frozen=True)
class _Look:
    symbol: str
    style: str


#: Readable without colour: what is well is a block, what is not is a letter.
_LOOKS = {
    State.CURRENT: _Look("█", "green"),
    State.PARTIAL: _Look("P", "black on yellow"),
    State.STALE: _Look("S", "black on cyan"),
    State.MISSING: _Look("·", "bright_black"),
    State.WAITING: _Look("w", "blue"),
    State.EMPTY: _Look("-", "bright_black"),
    State.FAILED: _Look("X", "bold white on red"),
}
_BLOCK_ASCII = "#"
_DOT_ASCII = "."
#: A day number is written above every fifth date, where it has room.
_DAY_STEP = 5
#: Room for dates on the narrowest terminal; a month's name and year needs as much.
_LEAST_WIDTH = 8


@dataclass(frozen=True)
class Coverage:
    """The cells of a range of dates, of one season."""

    topology: Topology
    season: Season
    dates: tuple[dt.date, ...]
    cells: Mapping[str, Mapping[dt.date, Cell]]

    def of(self, processor: Processor) -> Iterator[Cell]:
        """The cells of one processor, by date."""
        found = self.cells[processor.name]
        return (found[day] for day in self.dates)

    def states(self) -> Counter[State]:
        """Cells by state."""
        return Counter(cell.state for p in self.topology.processors for cell in self.of(p))


def coverage(*, start_date: FromDate = None, end_date: ToDate = None, as_json: AsJson = False) -> None:
    """Show the state of every cell as a heat map: one row per processor, one character per game date."""
    if start_date is not None and end_date is not None:
        check_range(start_date, end_date)
    with read_session() as session:
        snapshot, grid = read_grid(session, start_date, end_date)
        paused = None if snapshot.paused is None else read_pause(session.warehouse)
        seasons = coverage_of(session.topology, grid, start_date, end_date)
    if as_json:
        write_json(coverage_document(seasons, paused))
    elif not seasons:
        show([no_dates(grid, start_date, end_date)])
    else:
        terminal = console()
        unicode = terminal.encoding.lower().startswith("utf")
        for season in seasons:
            show(render_coverage(season, width=terminal.width, unicode=unicode))
    if paused is not None and not as_json:
        show([f"\n{paused_line(paused)}"])


def coverage_of(
    topology: Topology, grid: Grid, start: dt.date | None, end: dt.date | None
) -> tuple[Coverage, ...]:
    """The seasons that have game dates in the range."""
    first, last = start or dt.date.min, end or dt.date.max
    found = []
    for season in grid.seasons:
        dates = tuple(day for day in season.dates if first <= day <= last)
        if dates:
            found.append(Coverage(topology, season, dates, grid.cells))
    return tuple(found)


def _rows(cell: Cell) -> int:
    return 0 if cell.history.success is None else cell.history.success.record_count


def _with_rows(cells: Sequence[Cell]) -> tuple[int, dt.date | None, dt.date | None]:
    """Rows in all, and the first and last date that has some."""
    dates = [cell.date for cell in cells if _rows(cell)]
    return sum(map(_rows, cells)), min(dates, default=None), max(dates, default=None)


def coverage_document(seasons: Sequence[Coverage], paused: Pause | None) -> Json:
    """Every cell, for programs."""
    return {
        "seasons": [_season_document(season) for season in seasons],
        "paused": pause_document(paused),
    }


def _season_document(found: Coverage) -> Json:
    processors: list[Json] = []
    cells: list[Json] = []
    for processor in found.topology.processors:
        own = list(found.of(processor))
        rows, first, last = _with_rows(own)
        states = Counter(cell.state for cell in own)
        processors.append(
            {
                "processor": processor.name,
                "abbreviation": processor.abbreviation,
                "states": {state.value: states[state] for state in State},
                "rows": rows,
                "first_date": first,
                "last_date": last,
            }
        )
        cells.extend(
            {
                "processor": processor.name,
                "date": cell.date,
                "state": cell.state.value,
                "reason": cell.reason,
                "rows": _rows(cell),
                "open_failures": cell.history.open_failures,
            }
            for cell in own
        )
    total = found.states()
    return {
        "season_year": found.season.season_year,
        "start_date": found.dates[0],
        "end_date": found.dates[-1],
        "game_dates": len(found.dates),
        "states": {state.value: total[state] for state in State},
        "processors": processors,
        "cells": cells,
    }


@dataclass(frozen=True)
class _Block:
    """Dates of one month, or of a part of it where a month is wider than the terminal."""

    name: str
    dates: tuple[dt.date, ...]

    @property
    def width(self) -> int:
        return max(len(self.dates), len(self.name))


def _blocks(dates: Sequence[dt.date], room: int) -> list[list[_Block]]:
    """Months in lines that fit `room` characters, one blank between months."""
    months: dict[tuple[int, int], list[dt.date]] = {}
    for day in dates:
        months.setdefault((day.year, day.month), []).append(day)
    lines: list[list[_Block]] = [[]]
    used = 0
    for days in months.values():
        for start in range(0, len(days), room):
            part = tuple(days[start : start + room])
            new_year = part[0] == dates[0] or part[0].month == 1
            block = _Block(f"{part[0]:%b %Y}" if new_year else f"{part[0]:%b}", part)
            if lines[-1] and used + 1 + block.width > room:
                lines.append([])
                used = 0
            used += block.width + (1 if lines[-1] else 0)
            lines[-1].append(block)
    return lines


def _day_numbers(dates: Sequence[dt.date]) -> str:
    text = ""
    for position, day in enumerate(dates):
        if position % _DAY_STEP == 0:
            text = f"{text:<{position}}{day.day}"
    return text if len(text) <= len(dates) else text[: (len(dates) - 1) // _DAY_STEP * _DAY_STEP].rstrip()


def render_coverage(found: Coverage, *, width: int, unicode: bool) -> list[RenderableType]:
    """The heat map of one season with legend, totals and what to do next."""
    from rich.text import Text  # noqa: PLC0415

    title = Text(f"Season {season_name(found.season)}", style="bold")
    title.append(
        f": {count(len(found.dates), 'game date')}, {date_span(found.dates[0], found.dates[-1])}", ""
    )
    lines: list[RenderableType] = [title, Text()]
    for blocks in _blocks(found.dates, max(width - _label_width(found), _LEAST_WIDTH)):
        lines.extend(_heat_map(found, blocks, unicode=unicode))
        lines.append(Text())
    lines.append(_legend(found.states(), unicode=unicode))
    lines.append(Text())
    lines.extend(_totals(found, width))
    hints = _hints(found)
    if hints:
        lines.append(Text())
        lines.extend(Text(hint) for hint in hints)
    return lines


def _symbol(state: State, *, unicode: bool) -> str:
    symbol = _LOOKS[state].symbol
    if unicode or symbol.isascii():
        return symbol
    return _BLOCK_ASCII if state is State.CURRENT else _DOT_ASCII


def _label_width(found: Coverage) -> int:
    return max(len(processor.abbreviation) for processor in found.topology.processors) + 2


def _heat_map(found: Coverage, blocks: Sequence[_Block], *, unicode: bool) -> Iterator[Text]:
    from rich.text import Text  # noqa: PLC0415

    label = _label_width(found)
    indent = " " * label
    names = " ".join(f"{block.name:<{block.width}}" for block in blocks)
    numbers = " ".join(f"{_day_numbers(block.dates):<{block.width}}" for block in blocks)
    yield Text(indent + names.rstrip(), style="bold")
    yield Text(indent + numbers.rstrip(), style="bright_black")
    for processor in found.topology.processors:
        line = Text(f"{processor.abbreviation:<{label}}")
        for position, block in enumerate(blocks):
            if position:
                line.append(" ")
            for day in block.dates:
                state = found.cells[processor.name][day].state
                line.append(_symbol(state, unicode=unicode), _LOOKS[state].style)
            line.append(" " * (block.width - len(block.dates)))
        line.rstrip()
        yield line


def _legend(states: Counter[State], *, unicode: bool) -> Text:
    from rich.text import Text  # noqa: PLC0415

    line = Text()
    for state in State:
        if line:
            line.append("  ")
        line.append(_symbol(state, unicode=unicode), _LOOKS[state].style)
        line.append(f" {state.value}", "" if states[state] else "bright_black")
    return line


def _totals(found: Coverage, width: int) -> Iterator[Text]:
    from rich.text import Text  # noqa: PLC0415

    total = found.states()
    present = [state for state in State if total[state]]
    table = [["", *(state.value for state in present), "rows", "dates with rows"]]
    rows_in_all = 0
    for processor in found.topology.processors:
        own = list(found.of(processor))
        states = Counter(cell.state for cell in own)
        rows, first, last = _with_rows(own)
        rows_in_all += rows
        counts = [f"{states[state]:,}" if states[state] else "" for state in present]
        span = "none" if first is None or last is None else date_span(first, last)
        table.append([processor.abbreviation, *counts, f"{rows:,}", span])
    table.append(["all", *(f"{total[state]:,}" for state in present), f"{rows_in_all:,}", ""])
    numbers = range(1, len(present) + 2)
    lines = columns(table, right=numbers)
    if max(map(len, lines)) > width:
        lines = columns([row[:-1] for row in table], right=numbers)
    styles = ["bright_black", *("" for _ in found.topology.processors), "bold"]
    return (Text(line, style=style) for line, style in zip(lines, styles, strict=True))


def _hints(found: Coverage) -> list[str]:
    """What to look at or do next, for every state that is not well."""
    states = found.states()
    span = f"--start-date {found.dates[0]} --end-date {found.dates[-1]}"
    hints = []
    if states[State.FAILED]:
        first = _first(found, State.FAILED)
        hints.append(
            f"{count(states[State.FAILED], 'failed cell')}: nba why {_named(found, first)} {first.date}"
        )
    if states[State.PARTIAL]:
        hints.append(f"{count(states[State.PARTIAL], 'partial cell')}: nba failures {span}")
    undone = states[State.MISSING] + states[State.STALE]
    if undone:
        hints.append(f"{count(undone, 'cell')} to run: nba plan {span}")
    if states[State.WAITING] and not undone:
        first = _first(found, State.WAITING)
        hints.append(
            f"{count(states[State.WAITING], 'waiting cell')}: nba why {_named(found, first)} {first.date}"
        )
    return hints


def _first(found: Coverage, state: State) -> Cell:
    return next(c for p in found.topology.processors for c in found.of(p) if c.state is state)


def _named(found: Coverage, cell: Cell) -> str:
    return found.topology.processor(cell.processor).abbreviation
