"""Running the workers on the embedded engine until nothing is left, with live progress."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import FrameType
from typing import TYPE_CHECKING

from services.console.context import Session
from services.console.output import InputError, console, count, date_span, show

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

    from services.ingest.requests import RawSource
    from shared.messages.models import AnyMessage
    from shared.worker.run import RunReport


@dataclass
class Tally:
    """What the workers have done so far. `cells` counts runs of cells, also of the same cell twice."""

    seconds: float = 0.0
    runs: int = 0
    cells: int = 0
    rows: int = 0
    changed: int = 0
    failures: int = 0
    failed_cells: int = 0
    deliveries: int = 0
    published: int = 0
    interrupted: bool = False
    by_processor: dict[str, int] = field(default_factory=dict)


class _Stop:
    """Set by Ctrl-C; the run under way is finished first."""

    def __init__(self) -> None:
        self.asked = False

    def ask(self, _signal: int, _frame: FrameType | None) -> None:
        self.asked = True


@contextmanager
def _stopping_on_interrupt() -> Iterator[_Stop]:
    stop = _Stop()
    before = signal.signal(signal.SIGINT, stop.ask)
    try:
        yield stop
    finally:
        signal.signal(signal.SIGINT, before)


def refuse_when_outdated(session: Session) -> None:
    """Refuse work on an embedded file whose tables are of an older version: no run could be committed.

    Raises InputError with the remedy.
    """
    from shared.warehouse.initialise import lacking  # noqa: PLC0415

    if session.settings.broker is not None:
        return
    steps = lacking(session.warehouse, session.topology)
    if steps:
        raise InputError(
            f"The warehouse is not up to date: {steps[0]}{_and_more(len(steps) - 1)}. "
            "`nba migrate` adds what is missing and keeps all data."
        )


def _and_more(number: int) -> str:
    return f", and {count(number, 'more step')}" if number else ""


def run_workers(
    session: Session,
    messages: Sequence[tuple[str, AnyMessage]],
    *,
    planned: Mapping[str, int] | None,
    quiet: bool,
    heals: bool = False,
    source: RawSource | None = None,
) -> Tally:
    """Publish messages (topic, message) and deliver until nothing is left or Ctrl-C was pressed.

    In the cloud it only publishes: the services there do the work.

    `planned`: cells expected per processor, for the progress bar. `heals`: whether the services around the
    processors run too, which ask `source` for raw data that was lost. The current run always ends whole, so
    an interruption loses nothing: what did not run is missing or stale, and the next command runs it.
    """
    from services.bootstrap import local_runtime  # noqa: PLC0415

    tally = Tally()
    started = time.perf_counter()
    if session.settings.broker is not None:
        _publish(session, messages, quiet=quiet)
        tally.published = len(messages)
        return tally
    with _progress(planned, quiet=quiet) as watch, _stopping_on_interrupt() as stop:

        def on_run(report: RunReport) -> None:
            _count(tally, report)
            watch.show(session, tally, report)

        _, broker = local_runtime(
            session.warehouse,
            clock=session.clock,
            on_run=on_run,
            heals=heals,
            source=source,
            memory=session.memory,
        )
        for topic, message in messages:
            broker.publish(topic, message)
        finished = broker.run_until_idle(lambda: stop.asked)
    tally.deliveries = broker.deliveries
    tally.interrupted = not finished
    tally.seconds = time.perf_counter() - started
    return tally


def _publish(session: Session, messages: Sequence[tuple[str, AnyMessage]], *, quiet: bool) -> None:
    from services.adapters import open_broker  # noqa: PLC0415

    broker = open_broker(session.settings)
    for topic, message in messages:
        broker.publish(topic, message)
    if not quiet:
        topics = ", ".join(sorted({topic for topic, _ in messages})) or "no topic"
        show([f"Published {count(len(messages), 'message')} to {topics} of [{session.settings.broker}]."])
        show(["The services do the rest. Follow it with nba backfill status, nba coverage and nba failures."])


def _count(tally: Tally, report: RunReport) -> None:
    tally.runs += 1
    tally.cells += len(report.dates)
    tally.rows += report.record_count
    tally.changed += report.changed
    tally.failures += report.failure_count
    tally.failed_cells += len(report.failed)
    done = tally.by_processor.get(report.processor, 0)
    tally.by_processor[report.processor] = done + len(report.dates)


class _Watch:
    """Prints a line per run above a bar of cells."""

    def __init__(self, progress: Progress | None, task: TaskID | None) -> None:
        self._progress = progress
        self._task = task

    def show(self, session: Session, tally: Tally, report: RunReport) -> None:
        """Show a finished run."""
        if self._progress is None or self._task is None:
            return
        name = session.topology.processor(report.processor).abbreviation
        span = date_span(report.dates[0], report.dates[-1])
        parts = [
            f"  {name:<6}{span:<23}{count(len(report.dates), 'cell'):>10}",
            f"{report.record_count:>8,} rows",
            f"{report.changed:>5,} changed",
            f"{report.failure_count:>7,} failures",
            f"{report.seconds:>6.2f} s",
        ]
        self._progress.console.print("  ".join(parts), soft_wrap=True)
        if report.failed:
            first = report.failed[0]
            line = (
                f"        {count(len(report.failed), 'date')} failed, the first {first.date}: {first.reason}"
            )
            self._progress.console.print(line, soft_wrap=True)
        self._progress.update(self._task, completed=tally.cells)


@contextmanager
def _progress(planned: Mapping[str, int] | None, *, quiet: bool) -> Iterator[_Watch]:
    if quiet:
        yield _Watch(None, None)
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn  # noqa: PLC0415

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console(), transient=True) as progress:
        total = None if planned is None else sum(planned.values())
        yield _Watch(progress, progress.add_task("  cells", total=total))
