"""`nba backfill`: ask for a range, and on the embedded engine run it to the end."""

from __future__ import annotations

import datetime as dt
import getpass
from collections import Counter
from typing import Annotated

import typer

from services.console.context import Session, work_session
from services.console.live import Tally, refuse_when_outdated, run_workers
from services.console.options import AsJson, NeededEnd, NeededStart, Processors, checked_reason, subcommand_of
from services.console.output import Exit, InputError, Json, check_range, count, date_span, show, write_json
from services.console.pause import paused_line, read_pause, refuse_when_paused, write_control
from services.console.plan import plan_document, render_plan
from shared.planner.plan import Plan, Scope, make_plan
from shared.planner.snapshot import Backfill, Reprocess
from shared.planner.state import Grid, State


def backfill(
    context: typer.Context,
    *,
    start_date: NeededStart = None,
    end_date: NeededEnd = None,
    reason: Annotated[
        str | None, typer.Option("--reason", help="Why; kept with the backfill.", show_default=False)
    ] = None,
    processor: Processors = None,
    reprocess: Annotated[
        Reprocess | None, typer.Option(help="missing, stale (also missing; the default), failed or all.")
    ] = None,
    no_resume: Annotated[
        bool, typer.Option("--no-resume", help="Run every cell again, also those that are current.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would run, and stop.")] = False,
    as_json: AsJson = False,
) -> None:
    """Process a range of dates, both included; what is current already is not run again.

    --start-date, --end-date and --reason are needed. Ctrl-C stops after the current run and loses nothing:
    the backfill is paused, and goes on with `nba backfill resume`. The commands below take its id.
    """
    if subcommand_of(context) is not None:
        return
    start, end, why = _needed(start_date, end_date, reason)
    check_range(start, end)
    with work_session() as session:
        asked = _backfill(session, start, end, why, processor, reprocess, no_resume=no_resume)
        grid = grid_of(session, asked)
        scope = Scope(start, end, asked.reprocess, asked.processors)
        plan = make_plan(session.topology, grid, scope)
        if dry_run:
            paused = read_pause(session.warehouse)
            if as_json:
                write_json(plan_document(plan, scope, paused, None))
            else:
                show(render_plan(session.topology, grid, scope, plan))
                show([] if paused is None else [paused_line(paused)])
            return
        refuse_when_paused(session)
        refuse_when_outdated(session)
        record_backfill(session, asked)
        finish(session, asked, plan, as_json=as_json)


def _needed(start: dt.date | None, end: dt.date | None, reason: str | None) -> tuple[dt.date, dt.date, str]:
    if start is None or end is None or reason is None:
        given = {"--start-date": start, "--end-date": end, "--reason": reason}
        missing = ", ".join(name for name, value in given.items() if value is None)
        raise InputError(
            f"Missing: {missing}. "
            "Write nba backfill --start-date YYYY-MM-DD --end-date YYYY-MM-DD --reason TEXT"
        )
    return start, end, reason


def finish(session: Session, asked: Backfill, plan: Plan, *, as_json: bool) -> None:
    """Run a recorded backfill to its end, and say what came of it. A Ctrl-C pauses it.

    Raises SystemExit when it was interrupted, or has failed cells.
    """
    tally = run_backfill(session, asked, plan, quiet=as_json)
    if tally.interrupted:
        write_control(session, asked.backfill_id, "pause", "stopped with Ctrl-C")
    states = states_in(grid_of(session, asked), asked)
    if as_json:
        write_json(_document(asked, tally, states))
    else:
        _tell(tally, states, asked)
    if tally.interrupted:
        raise SystemExit(Exit.INTERRUPTED)
    if states[State.FAILED] or tally.failed_cells:
        raise SystemExit(Exit.NO)


def _backfill(
    session: Session,
    start: dt.date,
    end: dt.date,
    reason: str,
    processors: list[str] | None,
    reprocess: Reprocess | None,
    *,
    no_resume: bool,
) -> Backfill:
    from services.bootstrap import new_id  # noqa: PLC0415

    why = checked_reason(reason, "the range is processed again")
    if no_resume and reprocess not in (None, Reprocess.ALL):
        raise InputError(f"--no-resume means --reprocess all; it does not go with [{reprocess}].")
    chosen = Reprocess.ALL if no_resume else reprocess or Reprocess.STALE
    names = tuple(session.topology.processor(name).name for name in processors or ())
    return Backfill(
        backfill_id=f"backfill-{new_id()[:12]}",
        start_date=start,
        end_date=end,
        processors=names,
        reprocess=chosen,
        reason=why,
        requested_by=getpass.getuser(),
    )


def grid_of(session: Session, asked: Backfill) -> Grid:
    """The state of every cell around a backfill's range, as its workers see it."""
    view = session.memory.look(
        session.warehouse,
        session.topology,
        start=asked.start_date,
        end=asked.end_date,
        request_id=asked.backfill_id,
        backfill_id=asked.backfill_id,
        now=session.clock.now(),
    )
    return view.grid


def record_backfill(session: Session, asked: Backfill) -> None:
    """Write down a new backfill."""
    from shared.ledger import backfills  # noqa: PLC0415

    backfills.record_backfill(session.warehouse, asked, now=session.clock.now())


def run_backfill(session: Session, asked: Backfill, plan: Plan, *, quiet: bool) -> Tally:
    """Publish the messages of a recorded backfill, and deliver until nothing is left."""
    from shared.ledger.backfills import requests_of  # noqa: PLC0415
    from shared.topology.graph import TRIGGER_TOPICS  # noqa: PLC0415

    requests = requests_of(asked, session.topology)
    messages = [(TRIGGER_TOPICS[request.phase], request) for request in requests]
    planned = Counter(item.cell.processor for item in plan.planned)
    if not quiet:
        conditional = sum(1 for item in plan.planned if item.only_if_changed)
        waves = len(plan.waves())
        line = f"{asked.backfill_id}: {count(len(plan.planned), 'cell')} in {count(waves, 'wave')}"
        if conditional:
            line += f" ({conditional:,} only if what they read comes out different)"
        show([f"{line}, {count(len(plan.waiting), 'cell')} waiting."])
    return run_workers(session, messages, planned=planned, quiet=quiet)


def states_in(grid: Grid, asked: Backfill) -> Counter[State]:
    """How many cells of a backfill's range are in which state."""
    scope = Scope(asked.start_date, asked.end_date, asked.reprocess, asked.processors)
    return Counter(
        cell.state
        for name, cells in grid.cells.items()
        for day, cell in cells.items()
        if scope.covers(name, day)
    )


def _document(asked: Backfill, tally: Tally, states: Counter[State]) -> Json:
    return {
        "backfill_id": asked.backfill_id,
        "start_date": asked.start_date,
        "end_date": asked.end_date,
        "reprocess": asked.reprocess.value,
        "reason": asked.reason,
        "requested_by": asked.requested_by,
        "cells_run": tally.cells,
        "cells_run_by_processor": dict(tally.by_processor),
        "cells_changed": tally.changed,
        "rows": tally.rows,
        "failures_reported": tally.failures,
        "failed_cells": tally.failed_cells,
        "deliveries": tally.deliveries,
        "published": tally.published,
        "seconds": round(tally.seconds, 3),
        "interrupted": tally.interrupted,
        "states": {state.value: number for state, number in states.items()},
    }


def _tell(tally: Tally, states: Counter[State], asked: Backfill) -> None:
    if tally.published:
        return
    rate = f", {tally.cells / tally.seconds:,.0f} cells a second" if tally.seconds and tally.cells else ""
    verb = "Stopped after" if tally.interrupted else "Ran"
    show(
        [
            f"{verb} {count(tally.cells, 'cell')} in {tally.seconds:.1f} s{rate}; "
            f"{tally.changed:,} came out different from before.",
            f"{date_span(asked.start_date, asked.end_date)} is now: "
            + (
                ", ".join(f"{number:,} {state.value}" for state, number in states.most_common()) or "no cells"
            ),
        ]
    )
    if tally.interrupted:
        show(
            [
                "Nothing is lost. The backfill is paused; it goes on where it stopped with:",
                f"  nba backfill resume {asked.backfill_id} --reason TEXT",
            ]
        )
    if states[State.FAILED]:
        show(["Failed cells have their reason: nba failures --category PROCESSING_ERROR, or nba coverage."])
