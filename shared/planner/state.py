"""The state of every cell of the grid. There is no second opinion: worker, CLI and reconciler call this."""

from __future__ import annotations

import datetime as dt
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from shared.clock import grace_ends
from shared.planner.earlier import EarlierSeasons
from shared.planner.fingerprint import NO_SLOT, Chain, chain_of, changed_inputs, input_fingerprint
from shared.planner.snapshot import EMPTY_FINGERPRINT, CellHistory, RawCell, Snapshot
from shared.topology.declaration import RAW_SOURCES, RESULTS, SLOTS, Input, Processor, Window, opens_season
from shared.topology.graph import Topology

#: No date's grace lasts longer: spares looking up the time zone for dates long past.
_GRACE_AT_MOST = dt.timedelta(days=3)


class State(StrEnum):
    """What can be said of a cell."""

    CURRENT = "current"
    PARTIAL = "partial"
    STALE = "stale"
    MISSING = "missing"
    WAITING = "waiting"
    EMPTY = "empty"
    FAILED = "failed"

    @property
    def settled(self) -> bool:
        """Whether cells downstream may go on: the cell is right, or as right as it gets for now."""
        return self in (State.CURRENT, State.PARTIAL, State.EMPTY, State.FAILED)


@dataclass(frozen=True, slots=True)
class Cell:
    """The state of one (processor, date), why, and the fingerprint its inputs imply now.

    `waits_for_raw` tells waiting for games or raw rows from waiting for other cells.
    """

    processor: str
    date: dt.date
    state: State
    reason: str
    input_fingerprint: str
    history: CellHistory
    waits_for_raw: bool


@dataclass(frozen=True)
class Season:
    """A season's calendar: every date that has, or ever had, a slot."""

    season_year: int
    dates: tuple[dt.date, ...]

    @property
    def start(self) -> dt.date:
        return self.dates[0]


@dataclass(frozen=True)
class Grid:
    """Every cell of the loaded seasons."""

    seasons: tuple[Season, ...]
    cells: Mapping[str, Mapping[dt.date, Cell]]

    def season_of(self, day: dt.date) -> Season | None:
        """The season `day` is a game date of."""
        for season in self.seasons:
            position = bisect_left(season.dates, day)
            if position < len(season.dates) and season.dates[position] == day:
                return season
        return None

    def dates(self) -> Iterator[dt.date]:
        """All dates of the grid, ascending within each season."""
        for season in self.seasons:
            yield from season.dates


def seasons_of(snapshot: Snapshot) -> tuple[Season, ...]:
    """The calendar, from the schedule's slots as the ledger has seen them."""
    by_year: dict[int, list[dt.date]] = {}
    for day, cell in snapshot.raw.get(SLOTS, {}).items():
        by_year.setdefault(cell.season_year, []).append(day)
    return tuple(Season(year, tuple(sorted(days))) for year, days in sorted(by_year.items()))


def evaluate(topology: Topology, snapshot: Snapshot, now: dt.datetime, known: Known | None = None) -> Grid:
    """The state of every cell, given what the ledger says and the time. Pure; `known` only saves work."""
    seasons = seasons_of(snapshot)
    cells: dict[str, dict[dt.date, Cell]] = {p.name: {} for p in topology.processors}
    earlier = EarlierSeasons.of(topology)
    for season in seasons:
        _evaluate_season(topology, snapshot, season, now, cells, earlier, known)
    return Grid(seasons, cells)


@dataclass(frozen=True)
class Known:
    """A grid of the same raw data, and the first date with a run that it does not know of.

    No cell reads a run of a later date, so that the cells before `until` are as they were, if no date's grace
    has ended since.
    """

    grid: Grid
    until: dt.date


@dataclass
class _Upstream:
    """What a processor of a season that starts then offers to those after it; unsettled dates ascending."""

    season_start: dt.date
    chain: Chain
    unsettled: Sequence[dt.date]

    def first_unsettled(self, item: Input, day: dt.date) -> dt.date | None:
        """The first date in the input's window that is not settled, of at least one."""
        match item.window:
            case Window.ON_DATE:
                position = bisect_left(self.unsettled, day)
                here = position < len(self.unsettled) and self.unsettled[position] == day
                return day if here else None
            case Window.OPENING:
                return self.unsettled[0] if opens_season(self.season_start, day) else None
            case Window.BEFORE | Window.EARLIER | Window.PREVIOUS_SEASON:
                return self.unsettled[0] if self.unsettled[0] < day else None
            case Window.THROUGH:
                return self.unsettled[0] if self.unsettled[0] <= day else None
            case Window.NEXT_WEEK:
                raise ValueError(f"Window [{item.window}] is for raw sources only")


def _evaluate_season(
    topology: Topology,
    snapshot: Snapshot,
    season: Season,
    now: dt.datetime,
    cells: dict[str, dict[dt.date, Cell]],
    earlier: EarlierSeasons,
    known: Known | None,
) -> None:
    raw_chains = {source: _raw_chain(snapshot, source, season.season_year) for source in RAW_SOURCES}
    in_grace = {day for day in season.dates if day >= now.date() - _GRACE_AT_MOST and now < grace_ends(day)}
    upstream: dict[str, _Upstream] = {}
    for processor in topology.processors:
        outputs: list[tuple[dt.date, str]] = []
        unsettled: list[dt.date] = []
        inputs = [
            (item, raw_chains[item.source] if item.source in raw_chains else upstream[item.source].chain)
            for item in processor.inputs
        ]
        waits = [
            (item, _Upstream(season.start, chain, unsettled_dates))
            for item, chain in inputs
            if item.source not in raw_chains
            and (
                unsettled_dates := earlier.unsettled(
                    item, season.season_year, upstream[item.source].unsettled
                )
            )
        ]
        columns = [earlier.parts(item, season.season_year, chain, season.dates) for item, chain in inputs]
        for position, day in enumerate(season.dates):
            if known is not None and day < known.until:
                cell = known.grid.cells[processor.name][day]
            else:
                parts = [column[position] for column in columns]
                if not snapshot.raw[SLOTS][day].game_ids:
                    parts.append(NO_SLOT)
                fingerprint = input_fingerprint(processor.code_version, parts)
                cell = _evaluate_cell(processor, day, fingerprint, waits, snapshot, in_grace=day in in_grace)
            cells[processor.name][day] = cell
            success = cell.history.success
            outputs.append((day, EMPTY_FINGERPRINT if success is None else success.output_fingerprint))
            if not cell.state.settled:
                unsettled.append(day)
        upstream[processor.name] = _Upstream(season.start, chain_of(tuple(outputs)), unsettled)
    # Not before: a season is none of the ones before it.
    for source, raw_chain in raw_chains.items():
        earlier.add(source, season.season_year, raw_chain, ())
    for name, done in upstream.items():
        earlier.add(name, season.season_year, done.chain, done.unsettled)


def _raw_chain(snapshot: Snapshot, source: str, season_year: int) -> Chain:
    cells = snapshot.raw.get(source, {})
    return chain_of(
        tuple((day, cells[day].fingerprint) for day in sorted(cells) if cells[day].season_year == season_year)
    )


def _evaluate_cell(
    processor: Processor,
    day: dt.date,
    fingerprint: str,
    waits: list[tuple[Input, _Upstream]],
    snapshot: Snapshot,
    *,
    in_grace: bool,
) -> Cell:
    history = snapshot.history(processor.name, day)
    success, failed = history.success, history.failed

    def cell(state: State, reason: str, *, waits_for_raw: bool = False) -> Cell:
        return Cell(processor.name, day, state, reason, fingerprint, history, waits_for_raw)

    newest_failed = (
        failed is not None
        and failed.input_fingerprint == fingerprint
        and (success is None or failed.sequence > success.sequence)
    )
    slots = snapshot.raw[SLOTS][day]
    if not slots.game_ids:
        if failed is not None and newest_failed:
            return cell(State.FAILED, f"attempt {failed.attempt} failed: {failed.error}")
        # A run with slots leaves rows or failures; one that nobody has to mend must go as well.
        cleared = success is None or success.input_fingerprint.endswith(f":{NO_SLOT}")
        if cleared and not history.open_failures:
            return cell(State.EMPTY, "no slot is left on this date")
        return cell(State.STALE, "no slot is left on this date, but rows or failures are")
    if in_grace and processor.waits_for_results:
        pending = _not_landed(processor, day, slots, snapshot)
        if pending is not None:
            return cell(State.WAITING, pending, waits_for_raw=True)
    for item, upstream in waits:
        blocker = upstream.first_unsettled(item, day)
        if blocker is not None:
            return cell(State.WAITING, f"waiting for {item.source} of {blocker.isoformat()}")
    if failed is not None and newest_failed:
        return cell(State.FAILED, f"attempt {failed.attempt} failed: {failed.error}")
    if success is None:
        return cell(State.MISSING, "never processed")
    if success.input_fingerprint != fingerprint:
        what = ", ".join(changed_inputs(processor, success.input_fingerprint, fingerprint))
        return cell(State.STALE, f"stale because of {what}")
    if history.open_failures:
        return cell(State.PARTIAL, f"{history.open_failures} correctable failures are open")
    return cell(State.CURRENT, "as its inputs imply")


def _not_landed(processor: Processor, day: dt.date, slots: RawCell, snapshot: Snapshot) -> str | None:
    """Why a date's own games cannot be processed yet, or None when they can."""
    results = snapshot.raw.get(RESULTS, {}).get(day)
    final = results.game_ids if results is not None else frozenset[str]()
    unplayed = sorted(slots.game_ids - final)
    if unplayed:
        return (
            f"waiting for {len(unplayed)} of {len(slots.game_ids)} games to be Final (first: {unplayed[0]})"
        )
    for source in processor.required_raw:
        landed = snapshot.raw.get(source, {}).get(day)
        missing = sorted(final - (landed.game_ids if landed is not None else frozenset[str]()))
        if missing:
            return f"waiting for {source} rows of {len(missing)} games (first: {missing[0]})"
    return None
