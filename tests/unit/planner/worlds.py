"""Worlds for the planner, made by hand: a few declared processors, and what the ledger says of each cell."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

from shared.planner.snapshot import Backfill, CellHistory, Failed, RawCell, Snapshot, Success
from shared.planner.state import Cell, Grid, evaluate
from shared.topology.declaration import (
    PROPS,
    RESULTS,
    SLOTS,
    TEAM_BOX,
    EntityType,
    Input,
    Phase,
    Processor,
    Window,
)
from shared.topology.graph import build_topology

SEASON = 2021
FIRST = dt.date(2021, 10, 19)
#: Long after every grace of the season has passed.
LATER = dt.datetime(2022, 9, 1, tzinfo=dt.UTC)
_BLANK = Path(__file__).parent / "blank"


def on(number: int) -> dt.date:
    """Day `number` of the season; 0 is its first."""
    return FIRST + dt.timedelta(days=number)


def declared(name: str, phase: Phase, *inputs: tuple[str, Window], version: int = 1) -> Processor:
    """A processor of that name; another `version` is another code version."""
    return Processor(
        name=name,
        class_name=f"{name.title()}Processor",
        abbreviation=name.upper(),
        phase=phase,
        entity=EntityType.TEAM,
        entity_column="team_abbr",
        inputs=tuple(Input(source, window) for source, window in inputs),
        folder=_BLANK,
        parameters={"version": version},
    )


#: What happened on a date; props are optional.
SCORES = declared(
    "scores",
    Phase.ANALYTICS,
    (RESULTS, Window.ON_DATE),
    (TEAM_BOX, Window.ON_DATE),
    (PROPS, Window.ON_DATE),
)
#: What is about to happen; needs slots only.
AHEAD = declared("ahead", Phase.ANALYTICS, (SLOTS, Window.NEXT_WEEK))
#: The season before a date.
FORM = declared("form", Phase.PRECOMPUTE, (SLOTS, Window.ON_DATE), ("scores", Window.BEFORE))
#: What form says on the date.
CARD = declared("card", Phase.PRECOMPUTE, ("form", Window.ON_DATE))
#: Every card up to and with the date.
TREND = declared("trend", Phase.PREDICTIONS, ("card", Window.THROUGH))


@dataclass
class World:
    """A ledger in memory: raw cells, runs and backfills, changed by the methods."""

    processors: tuple[Processor, ...]
    now: dt.datetime = LATER
    raw: dict[str, dict[dt.date, RawCell]] = field(default_factory=dict)
    runs: dict[str, dict[dt.date, CellHistory]] = field(default_factory=dict)
    backfills: dict[str, Backfill] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.topology = build_topology(self.processors)
        self._sequence = 0

    def land(
        self, source: str, day: dt.date, *games: str, content: str | None = None, season: int = SEASON
    ) -> None:
        """Raw rows of `games` are on a date; without a text for their content, the games are the content."""
        text = ",".join(games) or "empty" if content is None else content
        self.raw.setdefault(source, {})[day] = RawCell(season, text, len(games), frozenset(games), "landed")

    def schedule(self, *days: dt.date, season: int = SEASON) -> None:
        """Every date has one slot, not played yet."""
        for day in days:
            self.land(SLOTS, day, _game(day), season=season)

    def play(self, *days: dt.date, season: int = SEASON) -> None:
        """Every date's slot is Final, and its required rows have landed."""
        self.schedule(*days, season=season)
        for day in days:
            self.land(RESULTS, day, _game(day), season=season)
            self.land(TEAM_BOX, day, _game(day), season=season)

    def postpone(self, day: dt.date) -> None:
        """The date's slots are postponed: they stay in the schedule, none counts."""
        self.raw[SLOTS][day] = replace(self.raw[SLOTS][day], fingerprint="postponed", game_ids=frozenset())

    def snapshot(self) -> Snapshot:
        """What the planner would read now."""
        return Snapshot(
            {source: dict(cells) for source, cells in self.raw.items()},
            {name: dict(cells) for name, cells in self.runs.items()},
            dict(self.backfills),
        )

    def grid(self) -> Grid:
        """The state of every cell now."""
        return evaluate(self.topology, self.snapshot(), self.now)

    def cell(self, processor: Processor, day: dt.date) -> Cell:
        """The state of one cell now."""
        return self.grid().cells[processor.name][day]

    def run(
        self,
        processor: Processor,
        *days: dt.date,
        output: str = "rows",
        rows: int = 1,
        open_failures: int = 0,
        requested: bool = False,
    ) -> None:
        """Successful runs of cells on the inputs of now."""
        grid = self.grid()
        for day in days:
            self._sequence += 1
            cell = grid.cells[processor.name][day]
            success = Success(
                cell.input_fingerprint,
                output if rows else "empty",
                rows,
                self._sequence,
                "run",
                "message",
            )
            self._set(
                processor,
                replace(
                    cell.history,
                    success=success,
                    open_failures=open_failures,
                    ran_for_request=requested or cell.history.ran_for_request,
                ),
                day,
            )

    def fail(self, processor: Processor, *days: dt.date, requested: bool = False) -> None:
        """Failed runs of cells on the inputs of now; each leaves one open failure."""
        grid = self.grid()
        for day in days:
            self._sequence += 1
            cell = grid.cells[processor.name][day]
            last = cell.history.failed
            again = last is not None and last.input_fingerprint == cell.input_fingerprint
            failed = Failed(
                input_fingerprint=cell.input_fingerprint,
                sequence=self._sequence,
                attempt=(last.attempt if again and last is not None else 0) + 1,
                error="no such column",
                run_id="run",
                causation_id="message",
            )
            self._set(
                processor,
                replace(
                    cell.history,
                    failed=failed,
                    open_failures=1,
                    ran_for_request=requested or cell.history.ran_for_request,
                ),
                day,
            )

    def run_everything(self) -> None:
        """Run every cell that can run, upstream first, until nothing is left to do."""
        for processor in self.topology.processors:
            states = self.grid().cells[processor.name]
            self.run(
                processor, *(day for day, cell in states.items() if cell.state.value in ("missing", "stale"))
            )

    def put(self, processor: Processor, day: dt.date, output: str) -> None:
        """A cell has this output, on inputs that do not matter."""
        self._sequence += 1
        success = Success("some inputs", output, 1, self._sequence, "run", "message")
        self._set(processor, CellHistory(success), day)

    def forget_requests(self) -> None:
        """A new request: nothing has run for it yet."""
        for cells in self.runs.values():
            for day, history in cells.items():
                cells[day] = replace(history, ran_for_request=False)

    def _set(self, processor: Processor, history: CellHistory, day: dt.date) -> None:
        self.runs.setdefault(processor.name, {})[day] = history


def states(grid: Grid, processor: Processor, days: Iterable[dt.date]) -> list[str]:
    """The states of a processor's cells, as text."""
    return [grid.cells[processor.name][day].state.value for day in days]


def _game(day: dt.date) -> str:
    return f"g{day.isoformat()}"
