"""Which cells to run, in which waves, and why. Pure; the same answer for a worker and for `nba plan`."""

from __future__ import annotations

import datetime as dt
from bisect import bisect_right
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace

from shared.planner.snapshot import Backfill, Reprocess
from shared.planner.state import Cell, Grid, Season, State
from shared.topology.declaration import RAW_SOURCES, Input, Processor, Window, opens_season
from shared.topology.graph import RAW_INGEST, Topology

#: Failed runs on one input fingerprint after which nothing but a person tries again.
MAX_ATTEMPTS = 5
_WEEK = dt.timedelta(days=7)
_DAY = dt.timedelta(days=1)


@dataclass(frozen=True)
class Scope:
    """Cells a request or event may run: a range of dates, and processors (none named means all).

    `automatic`: nobody asked for it by hand, so that a cell whose attempts are used up is left alone.
    `failed_too`: it belongs to a backfill of what failed, so that a cell which had to wait when the request
    came is tried when its turn has come.
    """

    start: dt.date
    end: dt.date
    reprocess: Reprocess
    processors: tuple[str, ...] = ()
    automatic: bool = False
    failed_too: bool = False

    @property
    def forces(self) -> bool:
        """Whether it wants cells to run again although their inputs are the same."""
        return self.failed_too or self.reprocess in (Reprocess.ALL, Reprocess.FAILED)

    def names(self, processor: str) -> bool:
        """Whether the processor is in scope."""
        return not self.processors or processor in self.processors

    def covers(self, processor: str, day: dt.date) -> bool:
        """Whether a cell is in scope."""
        return self.start <= day <= self.end and self.names(processor)

    def within(self, backfill: Backfill) -> Scope:
        """This scope limited to a backfill's range and processors.

        What the backfill's cells bring about is followed whatever it asked for; a backfill of all cells
        goes on wanting all.
        """
        if self.processors and backfill.processors:
            names = tuple(name for name in self.processors if name in backfill.processors)
            if not names:
                # No name at all would mean every processor; an empty range means none.
                return replace(self, start=dt.date.max, end=dt.date.min)
        else:
            names = self.processors or backfill.processors
        return Scope(
            max(self.start, backfill.start_date),
            min(self.end, backfill.end_date),
            Reprocess.ALL if backfill.reprocess is Reprocess.ALL else self.reprocess,
            names,
            self.automatic,
            failed_too=backfill.reprocess is Reprocess.FAILED,
        )


@dataclass(frozen=True, slots=True)
class PlannedCell:
    """A cell that will run. `only_if_changed`: it may; it is right as far as its inputs are, and runs only
    when the cells planned before it come out different, or it has to run in any case but nothing that is
    certain to happen reaches it."""

    cell: Cell
    wave: int
    only_if_changed: bool


@dataclass(frozen=True)
class Plan:
    """The cells of a scope that will run, in waves, and those that cannot run yet."""

    planned: tuple[PlannedCell, ...]
    waiting: tuple[Cell, ...]

    def waves(self) -> Mapping[int, tuple[PlannedCell, ...]]:
        """Planned cells by wave, in order."""
        found: dict[int, list[PlannedCell]] = {}
        for item in sorted(self.planned, key=lambda p: p.wave):
            found.setdefault(item.wave, []).append(item)
        return {wave: tuple(items) for wave, items in found.items()}


def wanted(cell: Cell, reprocess: Reprocess) -> bool:
    """Whether a request of this kind runs the cell once it is ready."""
    match reprocess:
        case Reprocess.MISSING:
            return cell.state is State.MISSING
        case Reprocess.STALE:
            return cell.state in (State.MISSING, State.STALE)
        case Reprocess.FAILED:
            return cell.state in (State.FAILED, State.PARTIAL) and not cell.history.ran_for_request
        case Reprocess.ALL:
            if cell.state in (State.MISSING, State.STALE):
                return True
            return cell.state not in (State.WAITING, State.EMPTY) and not cell.history.ran_for_request


def ready_cells(
    grid: Grid, processor: Processor, scope: Scope, *, limit: int
) -> tuple[Season | None, list[Cell], bool]:
    """Cells of one processor to run now: of one season, at most `limit`, oldest first.

    A date whose rows no query survives takes down all that ran with it. What failed is therefore tried again
    apart from the rest, and each date alone in its last attempt: those without a fault of their own succeed.

    Returns the season, the cells, and whether more are left for a further message.
    """
    found = [
        cell
        for day, cell in grid.cells[processor.name].items()
        if scope.covers(processor.name, day) and _wanted_by(cell, scope) and not _used_up(cell, scope)
    ]
    if not found:
        return None, [], False
    season = grid.season_of(found[0].date)
    if season is None:
        raise ValueError(f"[{found[0].date}] is a cell of the grid without a season")
    of_season = [cell for cell in found if season.dates[0] <= cell.date <= season.dates[-1]]
    healthy = [cell for cell in of_season if cell.state is not State.FAILED]
    together = [cell for cell in of_season if _attempts(cell) < MAX_ATTEMPTS - 1]
    chosen = (healthy or together)[:limit] or of_season[:1]
    return season, chosen, len(chosen) < len(found)


def _wanted_by(cell: Cell, scope: Scope) -> bool:
    return wanted(cell, scope.reprocess) or (scope.failed_too and wanted(cell, Reprocess.FAILED))


def _used_up(cell: Cell, scope: Scope) -> bool:
    return scope.automatic and _attempts(cell) >= MAX_ATTEMPTS


def _attempts(cell: Cell) -> int:
    """Failed runs on the inputs of now, when the newest run is one."""
    failed = cell.history.failed
    return failed.attempt if cell.state is State.FAILED and failed is not None else 0


def affected_scope(
    processor: Processor, sources: Iterable[str], start: dt.date, end: dt.date
) -> Scope | None:
    """Cells of `processor` that a completion of `sources` for a range of dates can affect.

    None when the processor reads none of them.
    """
    names = set(sources)
    hit = [item for item in processor.inputs if _hit(item, names)]
    if not hit:
        return None
    # Without an end; the harness ends it with the season, unless a window reaches further.
    first = start - _WEEK if any(item.window is Window.NEXT_WEEK for item in hit) else start
    last = end if all(item.window is Window.ON_DATE for item in hit) else dt.date.max
    return Scope(first, last, Reprocess.STALE, (processor.name,), automatic=True)


def reach_of(processor: Processor, sources: Iterable[str], grid: Grid, end: dt.date) -> dt.date:
    """The last date on which a cell of `processor` can read what `sources` have on dates up to `end`.

    That is the end of the season, or of the last one that is loaded when it reads them across seasons: a date
    that a message can name, since the rest of a long range goes on in one.
    """
    names = set(sources)
    crosses = any(item.window.crosses_seasons for item in processor.inputs if _hit(item, names))
    return max([end, *(season.dates[-1] for season in grid.seasons if crosses or season.start <= end)])


def passes_on(
    topology: Topology,
    grid: Grid,
    processor: Processor,
    start: dt.date,
    end: dt.date,
    *,
    told: Collection[str],
    backfill: Backfill | None,
) -> bool:
    """Whether a worker that has nothing to run on these dates must announce them all the same.

    Cells downstream that waited for this processor become ready when its cells turn out right without a run,
    and then hear of it from nobody. `told` are the processors that hear what this worker has heard.
    """
    for other in topology.processors:
        scope = affected_scope(other, (processor.name,), start, end)
        if scope is None or other.name in told:
            continue
        scope = scope if backfill is None else scope.within(backfill)
        reach = reach_of(other, (processor.name,), grid, end)
        if any(
            cell.state in (State.MISSING, State.STALE)
            for day, cell in grid.cells[other.name].items()
            if day <= reach and scope.covers(other.name, day)
        ):
            return True
    return False


def _hit(item: Input, names: set[str]) -> bool:
    if item.source in RAW_SOURCES:
        return RAW_INGEST in names or item.source.partition(".")[0] in names
    return item.source in names


@dataclass
class _Progress:
    """Of one processor in a season: per date, the wave it is planned in, or that it stays unsettled.

    `heard`: the first date that something planned before may announce to this processor. `doubtful`: dates
    that have to run, but that nothing certain reaches.
    """

    season_year: int
    heard: dt.date
    waves: dict[dt.date, int] = field(default_factory=dict)
    certain: list[dt.date] = field(default_factory=list)
    doubtful: list[dt.date] = field(default_factory=list)
    blocked: list[dt.date] = field(default_factory=list)
    running_wave: list[int] = field(default_factory=list)
    dates: list[dt.date] = field(default_factory=list)

    def add(self, day: dt.date, planned: PlannedCell | None, *, settled: bool, doubtful: bool) -> None:
        """Take note of a date, in ascending order: planned, or else settled or not."""
        if planned is not None:
            self.waves[day] = planned.wave
            if not planned.only_if_changed:
                self.certain.append(day)
            elif doubtful:
                self.doubtful.append(day)
        elif not settled:
            self.blocked.append(day)
        before = self.running_wave[-1] if self.running_wave else 0
        self.dates.append(day)
        self.running_wave.append(max(before, self.waves.get(day, 0)))

    def before(self, item: Input, day: dt.date) -> _Before:
        """What is planned of this processor in the window in which a cell of `day` reads it."""
        if item.window is Window.ON_DATE:
            return _Before(
                self.waves.get(day, 0), day in self.certain, day in self.doubtful, day in self.blocked
            )
        last = day if item.window is Window.THROUGH else day - _DAY
        position = bisect_right(self.dates, last)
        return _Before(
            wave=self.running_wave[position - 1] if position else 0,
            certain=bool(self.certain) and self.certain[0] <= last,
            doubtful=bool(self.doubtful) and self.doubtful[0] <= last,
            blocked=bool(self.blocked) and self.blocked[0] <= last,
        )

    def first_announced(self) -> dt.date:
        """The first date of which those downstream may hear."""
        return min(self.heard, next(iter(self.waves), dt.date.max))


def _past(seasons: list[_Progress], item: Input, season: Season) -> list[_Progress]:
    """The earlier seasons that a cell of this season reads of an input."""
    if item.window is Window.EARLIER:
        return seasons
    if item.window in (Window.OPENING, Window.PREVIOUS_SEASON):
        return [done for done in seasons if done.season_year == season.season_year - 1]
    return []


@dataclass(frozen=True)
class _Seen:
    """An input's processor as a season sees it: of this season, and of the earlier ones it reads."""

    season: Season
    own: _Progress
    past: list[_Progress]

    def before(self, item: Input, day: dt.date) -> _Before:
        """What is planned of it in the window in which a cell of `day` reads it."""
        reads_past = item.window is not Window.OPENING or opens_season(self.season.start, day)
        past = self.past if reads_past else []
        found = [done.before(item, done.dates[-1] + _DAY) for done in past if done.dates]
        if item.window not in (Window.OPENING, Window.PREVIOUS_SEASON):
            found.append(self.own.before(item, day))
        return _Before(
            wave=max((one.wave for one in found), default=0),
            certain=any(one.certain for one in found),
            doubtful=any(one.doubtful for one in found),
            blocked=any(one.blocked for one in found),
        )

    def first_announced(self) -> dt.date:
        """The first date of which those downstream may hear."""
        return min(done.first_announced() for done in (*self.past, self.own))


@dataclass(frozen=True, slots=True)
class _Before:
    """Of one input of a cell: the last wave planned in its window, and whether something there runs for
    certain, is doubtful, or stays unsettled."""

    wave: int
    certain: bool
    doubtful: bool
    blocked: bool


def make_plan(topology: Topology, grid: Grid, scope: Scope) -> Plan:
    """Everything the scope will run until nothing is left to do, assuming that every run succeeds."""
    planned: list[PlannedCell] = []
    waiting: list[Cell] = []
    past: dict[str, list[_Progress]] = {}
    for season in grid.seasons:
        progress: dict[str, _Progress] = {}
        for processor in topology.processors:
            upstream = [
                (item, _Seen(season, progress[item.source], _past(past.get(item.source, []), item, season)))
                for item in processor.inputs
                if item.source not in RAW_SOURCES
            ]
            heard = min((done.first_announced() for _, done in upstream), default=dt.date.max)
            own = progress[processor.name] = _Progress(season.season_year, heard)
            for day in season.dates:
                cell = grid.cells[processor.name][day]
                before = [done.before(item, day) for item, done in upstream]
                planned_cell = _plan_cell(cell, scope, before, heard)
                must_run = cell.state in (State.MISSING, State.STALE)
                own.add(
                    day,
                    planned_cell,
                    settled=cell.state.settled,
                    doubtful=must_run or any(item.doubtful for item in before),
                )
                if planned_cell is not None:
                    planned.append(planned_cell)
                elif cell.state is State.WAITING and scope.covers(processor.name, day):
                    waiting.append(cell)
        for name, done in progress.items():
            past.setdefault(name, []).append(done)
    return Plan(tuple(planned), tuple(waiting))


def _plan_cell(cell: Cell, scope: Scope, before: list[_Before], heard: dt.date) -> PlannedCell | None:
    if not scope.covers(cell.processor, cell.date) or cell.waits_for_raw:
        return None
    wave = 1 + max((item.wave for item in before), default=0)
    if wanted(cell, scope.reprocess):
        return PlannedCell(cell, wave, only_if_changed=False)
    if cell.state is State.EMPTY or (cell.state is State.WAITING and any(i.blocked for i in before)):
        return None
    must_run = cell.state in (State.MISSING, State.STALE)
    if wave == 1:
        # A completion speaks of a range, so that it can reach cells whose own windows it does not touch.
        return PlannedCell(cell, 2, only_if_changed=True) if must_run and heard <= cell.date else None
    never_ran = cell.history.success is None and cell.history.failed is None
    forced = scope.reprocess is Reprocess.ALL and not cell.history.ran_for_request
    settles = not any(item.doubtful for item in before)
    certain = forced or ((must_run or (never_ran and settles)) and any(item.certain for item in before))
    return PlannedCell(cell, wave, only_if_changed=not certain)
