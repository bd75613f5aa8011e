"""`nba tick`: what the scheduler sends in the cloud, once, on the embedded engine."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from services.console.context import Session, change_session
from services.console.incidents import incident_document
from services.console.live import Tally, refuse_when_outdated, run_workers
from services.console.options import AsJson
from services.console.output import Exit, Json, at_time, count, indented, show, write_json
from services.console.pause import refuse_when_paused
from services.console.tick_report import TickReport, read_standings, read_tick_report

if TYPE_CHECKING:
    from rich.console import RenderableType

    from services.ingest.requests import RawSource
    from services.ingest.source import RawFile

_MOST_DATES = 4


class Work(StrEnum):
    """What a tick wants done; the message has the same words."""

    RETRY = "retry"
    RECONCILE = "reconcile"


@dataclass
class HeardSource:
    """A raw source that remembers why it could not be read, so that a person is told."""

    inner: RawSource
    error: str | None = None

    def read(self, start: dt.date, end: dt.date) -> Sequence[RawFile]:
        """Read the source. What cannot be reached is an answer too: a folder is not worth waiting for."""
        from services.ingest.source import IngestError  # noqa: PLC0415

        try:
            return self.inner.read(start, end)
        except IngestError as error:
            self.error = str(error)
            raise
        except OSError as error:
            self.error = f"The source cannot be read: {error}"
            raise IngestError(
                "The source cannot be read", file=str(error.filename), remedy=str(error.strerror)
            ) from error


@dataclass(frozen=True)
class Tick:
    """A tick that has been played to its end."""

    started_at: dt.datetime
    tally: Tally
    report: TickReport
    has_source: bool
    source_error: str | None


def tick(
    *,
    work: Annotated[
        Work,
        typer.Option(help="retry: what is due of the failures; reconcile: every cell of every season."),
    ] = Work.RETRY,
    source: Annotated[
        str | None,
        typer.Option(
            metavar="SOURCE",
            help="files:DIR or nba-stats:DIR, to fetch lost raw data from; default: NBA_RAW_SOURCE.",
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Let the retry worker, or the reconciler, do what is due now, and run what follows from it.

    In the cloud a scheduler sends this, every hour and every night. A failure is tried 5 times, with pauses
    that grow, so the command may be repeated as often as one likes.
    """
    with change_session() as session:
        refuse_when_paused(session)
        refuse_when_outdated(session)
        chosen = source or session.settings.raw_source
        done = play_tick(session, work, None if chosen is None else _opened(chosen), quiet=as_json)
    if as_json:
        write_json(_document(work, chosen, done))
    else:
        show(tick_lines(work, done, hints=True))
    if done.tally.interrupted:
        raise SystemExit(Exit.INTERRUPTED)
    if done.source_error or done.tally.failed_cells:
        raise SystemExit(Exit.NO)


def _opened(text: str) -> RawSource:
    from services.ingest.sources import open_source  # noqa: PLC0415

    return open_source(text, Path.cwd())


def play_tick(session: Session, work: Work, source: RawSource | None, *, quiet: bool) -> Tick:
    """Publish a tick, deliver until nothing is left, and look at what has changed."""
    from shared.messages.models import RetryTick, TickWork  # noqa: PLC0415
    from shared.topology.graph import RETRY_TICK_TOPIC  # noqa: PLC0415

    heard = None if source is None else HeardSource(source)
    since = session.clock.now()
    before = read_standings(session.warehouse, since)
    message = (RETRY_TICK_TOPIC, RetryTick(work=TickWork(work.value)))
    tally = run_workers(session, [message], planned=None, quiet=quiet, heals=True, source=heard)
    report = read_tick_report(session.warehouse, before, since)
    return Tick(since, tally, report, source is not None, None if heard is None else heard.error)


def _document(work: Work, source: str | None, done: Tick) -> Json:
    report, tally = done.report, done.tally
    return {
        "work": work.value,
        "started_at": done.started_at,
        "source": source,
        "source_error": done.source_error,
        "attempted": {
            "failures": report.attempted,
            "raw_dates": list(report.raw_dates),
            "cells": [{"processor": name, "date": day} for name, day in report.cells],
        },
        "new_raw_dates": list(report.new_raw_dates),
        "cells_run": tally.cells,
        "cells_run_by_processor": dict(tally.by_processor),
        "cells_changed": tally.changed,
        "failed_cells": tally.failed_cells,
        "failures": {
            "resolved": report.resolved,
            "explained": report.explained,
            "found": report.found,
            "still_open": report.still_open,
            "given_up": report.given_up,
            "next_attempt_at": report.next_attempt_at,
        },
        "incidents": {
            "opened": [incident_document(item) for item in report.opened],
            "closed": [incident_document(item) for item in report.closed],
        },
        "deliveries": tally.deliveries,
        "seconds": round(tally.seconds, 3),
        "interrupted": tally.interrupted,
    }


def tick_lines(work: Work, done: Tick, *, hints: bool) -> list[RenderableType]:
    """A tick for people; with `hints`, also what to do next."""
    report, tally = done.report, done.tally
    table = [("attempted", _attempted(report))] if work is Work.RETRY else []
    if report.raw_dates or report.new_raw_dates:
        table.append(("raw data", _raw(done)))
    changed = f", of which {tally.changed:,} came out different" if tally.cells else ""
    table.append(("cells run", f"{tally.cells:,}{changed}"))
    table.append(("failures", ", ".join(_failures(report))))
    table.append(("incidents", f"{len(report.opened):,} opened, {len(report.closed):,} closed"))
    verb = "Stopped before its end" if tally.interrupted else "Done"
    lines: list[RenderableType] = [
        f"Tick ({work}) of {at_time(done.started_at)}. {verb} in {tally.seconds:.1f} s."
    ]
    lines.append(_two_columns(table))
    if hints:
        # It names a file, which has to stay in one piece.
        lines.extend([done.source_error] if done.source_error else [])
        lines.extend(indented(hint, 0) for hint in _hints(done))
    return lines


def _two_columns(rows: Sequence[tuple[str, str]]) -> RenderableType:
    from rich.table import Table  # noqa: PLC0415

    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0), pad_edge=False)
    table.add_column(no_wrap=True)
    table.add_column()
    for name, value in rows:
        table.add_row(f"  {name}", value)
    return table


def _attempted(report: TickReport) -> str:
    if not report.attempted:
        return "nothing is due"
    through = []
    if report.raw_dates:
        through.append(f"the raw data of {count(len(report.raw_dates), 'date')}")
    if report.cells:
        through.append(count(len(report.cells), "cell"))
    return f"{count(report.attempted, 'failure')}, through {' and '.join(through) or 'what they wait for'}"


def _raw(done: Tick) -> str:
    new, asked = done.report.new_raw_dates, done.report.raw_dates
    if not done.has_source and asked:
        return f"asked for {_dates(asked)}, and no source to answer"
    if done.source_error:
        return f"asked for {_dates(asked)}, and the source cannot be read"
    if not new:
        return f"asked for {_dates(asked)}; the source has nothing new"
    return f"new for {_dates(new)}" + (f"; asked for {count(len(asked), 'date')}" if asked else "")


def _dates(days: Sequence[dt.date]) -> str:
    named = ", ".join(map(str, days[:_MOST_DATES]))
    return named if len(days) <= _MOST_DATES else f"{named} and {len(days) - _MOST_DATES:,} more"


def _failures(report: TickReport) -> Iterator[str]:
    yield f"{report.resolved:,} resolved"
    if report.explained:
        yield f"{report.explained:,} explained"
    if report.found:
        yield f"{report.found:,} found"
    yield f"{report.still_open:,} still open"
    yield f"{report.given_up:,} given up"


def _hints(done: Tick) -> Iterator[str]:
    report = done.report
    if report.raw_dates and not done.has_source:
        yield "Lost raw data can be fetched from --source files:DIR or nba-stats:DIR (or NBA_RAW_SOURCE)."
    if report.next_attempt_at is not None:
        yield (
            f"The next attempt is due at {at_time(report.next_attempt_at)}. "
            "Sooner: nba failures retry --status RETRYING --reason TEXT, and a tick."
        )
    if report.given_up:
        yield "What was given up: nba failures --status PERMANENT; another try: nba failures retry"
    if report.resolved and report.open_incidents and not done.tally.interrupted:
        yield "An incident whose last failure is resolved is closed by the next tick."
    if done.tally.interrupted:
        yield "Nothing is lost. What did not run: nba tick --work reconcile"
