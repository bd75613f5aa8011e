"""`nba demo`: a synthetic month with planted faults, from raw rows to features, and how it heals."""

from __future__ import annotations

import datetime as dt
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from services.console import failure_queries
from services.console.backfill import grid_of, record_backfill, run_backfill, states_in
from services.console.context import Session, work_session_on
from services.console.coverage import coverage_of, render_coverage
from services.console.failures import render_failure, render_triage
from services.console.ingest import write_tables
from services.console.init import initialise_session
from services.console.live import Tally
from services.console.output import console, count, show
from services.console.tick import Work, play_tick, tick_lines
from services.settings import Settings
from shared.failures.model import FailureType
from shared.failures.transitions import Status
from shared.planner.plan import Scope, make_plan
from shared.planner.snapshot import Backfill, Reprocess
from shared.planner.state import State

if TYPE_CHECKING:
    from services.console.triage import Failure
    from services.ingest.source import RawFile
    from services.ingest.synthetic import LateDelivery, SyntheticSeason
    from shared.clock import Clock

_SEED = 7
_SEASON = 2023
_START = dt.date(2023, 10, 24)
_END = dt.date(2023, 11, 22)
#: The afternoon after the last date, when nothing waits for raw rows any more.
_NOW = dt.datetime(2023, 11, 23, 20, tzinfo=dt.UTC)
_FIRST_ARRIVAL = dt.timedelta(minutes=50)
_LAST_ARRIVAL = dt.timedelta(hours=4)
_MOST_TICKS = 6
_FOLDER = Path(".nba")
_FILE = _FOLDER / "demo.duckdb"


def demo() -> None:
    """Play one month: planted faults, backfill, heat map, triage; then the retry worker heals it."""
    started = time.perf_counter()
    _FILE.unlink(missing_ok=True)
    with work_session_on(
        Settings(Path.cwd() / _FILE, Path.cwd() / _FOLDER / "logs" / "demo.jsonl", None, None)
    ) as session:
        played = replace(session, clock=_PlayedClock(_NOW))
        month = _raw_data(played)
        asked, before = _backfill(played)
        _triage(played)
        _healing(played, month, asked, before)
        _afterwards(played)
    _title(f"Done in {time.perf_counter() - started:.0f} s")
    show(
        [
            "The warehouse of this demo stays; look around in it:",
            f"  export NBA_WAREHOUSE=duckdb://{Path.cwd() / _FILE}",
            f"  .venv/bin/nba why PDC {_END}",
            "  .venv/bin/nba incidents --all",
            "  .venv/bin/nba failures --status RESOLVED",
        ]
    )


def _title(text: str) -> None:
    from rich.text import Text  # noqa: PLC0415

    show([Text(f"\n== {text}", style="bold"), Text()])


def _raw_data(session: Session) -> SyntheticSeason:
    from services.ingest.synthetic import SyntheticOptions, generate  # noqa: PLC0415

    _title("1. A month of raw data lands, with faults planted")
    initialise_session(session)
    month = generate(
        SyntheticOptions(seed=_SEED, season_year=_SEASON, start_date=_START, end_date=_END, faults=True)
    )
    truth = month.truth
    show(
        [
            f"An invented league on the 30 real teams, {_START} to {_END} (seed {_SEED}).",
            "Ordinary life is in it: "
            + ", ".join(
                (
                    count(len(truth.absences), "absence") + " with reasons",
                    count(len(truth.postponements), "postponed game"),
                    count(len(truth.trades), "trade"),
                    count(len(truth.overtime_games), "overtime game"),
                )
            )
            + ".",
            "And these faults, which nobody tells the pipeline about:",
            *(f"  {late.game_date}  {_in_words(late)}" for late in month.late),
        ]
    )
    report = write_tables(session, month.tables, None, quiet=False)
    show([f"Ingested {count(sum(report.rows.values()), 'raw row')} of {count(len(report.dates), 'date')}."])
    return month


def _backfill(session: Session) -> tuple[Backfill, Counter[State]]:
    _title("2. Backfill: every processor, every date")
    asked = Backfill(
        "backfill-demo", _START, _END, (), Reprocess.STALE, "first load of the demo month", "demo"
    )
    grid = grid_of(session, asked)
    plan = make_plan(session.topology, grid, Scope(_START, _END, Reprocess.STALE))
    record_backfill(session, asked)
    _tell_speed(run_backfill(session, asked, plan, quiet=False))
    _title("3. Which dates are right? (nba coverage)")
    states = _heat_map(session, asked)
    show(
        [
            "",
            "P: processed as far as the data goes. Some games are lost, and every later window that needs",
            "one of them says so, instead of quietly averaging over what happens to be there.",
        ]
    )
    return asked, states


def _tell_speed(tally: Tally) -> None:
    show([f"{count(tally.cells, 'cell')} in {tally.seconds:.1f} s, {count(tally.rows, 'row')}."])


def _heat_map(session: Session, asked: Backfill) -> Counter[State]:
    grid = grid_of(session, asked)
    terminal = console()
    unicode = terminal.encoding.lower().startswith("utf")
    for season in coverage_of(session.topology, grid, _START, _END):
        show(render_coverage(season, width=terminal.width, unicode=unicode))
    return states_in(grid, asked)


def _filters(status: Status | None, *, everything: bool) -> failure_queries.Filters:
    return failure_queries.Filters(_START, _END, None, None, None, status, None, everything=everything)


def _triage(session: Session) -> None:
    _title("4. What is missing, and what would mend it? (nba failures)")
    filters = _filters(None, everything=False)
    found = failure_queries.read_failures(session.warehouse, filters)
    counts = failure_queries.read_counts(session.warehouse, filters)
    show(render_triage(session.topology, filters, found, counts))
    everything = failure_queries.read_failures(session.warehouse, _filters(None, everything=True))
    for heading, kinds in (
        ("A hole that can be mended, game by game", (FailureType.MIXED, FailureType.DATA_GAP)),
        ("A player who just did not play: explained, and never retried", (FailureType.PLAYER_DNP,)),
    ):
        example = _example(everything, kinds)
        if example is not None:
            _title(f"   {heading} (nba failures --entity {example.entity_id})")
            show(render_failure(session.topology, example))


def _example(found: Sequence[Failure], kinds: Sequence[FailureType]) -> Failure | None:
    """The failure of the last date whose type comes first in `kinds`, with few games to read."""
    suitable = [f for kind in kinds for f in found if f.type == kind and 1 < len(f.evidence.missing) < 5]
    return suitable[-1] if suitable else None


class _PlayedClock:
    """The machine's clock set to another day; what would wait makes it jump."""

    def __init__(self, start: dt.datetime) -> None:
        self._ahead = start - dt.datetime.now(dt.UTC)

    def now(self) -> dt.datetime:
        return dt.datetime.now(dt.UTC) + self._ahead

    def sleep_until(self, moment: dt.datetime) -> None:
        self._ahead += max(moment - self.now(), dt.timedelta())


@dataclass(frozen=True)
class _LateSource:
    """A source that has each late delivery from some moment on."""

    arrivals: Sequence[tuple[dt.datetime, LateDelivery]]
    clock: Clock

    def read(self, start: dt.date, end: dt.date) -> tuple[RawFile, ...]:
        """Everything that has arrived of these dates."""
        now = self.clock.now()
        return tuple(
            file
            for arrived, late in self.arrivals
            if arrived <= now and start <= late.game_date <= end
            for file in late.files
        )


def _healing(session: Session, month: SyntheticSeason, asked: Backfill, before: Counter[State]) -> None:
    from rich.text import Text  # noqa: PLC0415

    _title("5. The retry worker asks for what is missing (nba tick, every hour)")
    first, *others = sorted(month.late, key=lambda late: late.game_date, reverse=True)
    started = session.clock.now()
    arrivals = [
        (started + _FIRST_ARRIVAL, first),
        *((started + _LAST_ARRIVAL, late) for late in others),
    ]
    source = _LateSource(arrivals, session.clock)
    show(
        [
            f"The source will have {first.game_date} within the hour, the other dates in four hours.",
            "What is tried again is tried after growing pauses: 1 hour, 4, 16, 48; then it is given up.",
        ]
    )
    everything = sum(before.values())
    for _ in range(_MOST_TICKS):
        done = play_tick(session, Work.RETRY, source, quiet=False)
        show(tick_lines(Work.RETRY, done, hints=False))
        if done.tally.cells:
            why = "what reads new data, and what was to be looked at again"
            show([f"  {done.tally.cells} of {everything} cells ran: {why}."])
        show([Text()])
        if done.report.next_attempt_at is None:
            break
        session.clock.sleep_until(done.report.next_attempt_at)
    _title("6. Which dates are right now?")
    _heat_map(session, asked)


def _in_words(late: LateDelivery) -> str:
    return late.kind.value.replace("_", " ")


def _afterwards(session: Session) -> None:
    open_now = failure_queries.read_failures(session.warehouse, _filters(None, everything=False))
    counts = failure_queries.read_counts(session.warehouse, _filters(None, everything=True))
    resolved = sum(item.failures for item in counts if item.status is Status.RESOLVED)
    explained = sum(item.failures for item in counts if item.explained)
    show(
        [
            "",
            f"{count(resolved, 'failure')} resolved by themselves, {count(len(open_now), 'failure')} open, "
            f"{explained:,} explained absences and first games on record.",
        ]
    )
