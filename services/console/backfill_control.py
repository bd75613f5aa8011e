"""`nba backfill` with its subcommands: look at backfills, and cancel, pause or resume one by its id."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from services.console.backfill import backfill, finish, grid_of, states_in
from services.console.context import Session, change_session, read_session
from services.console.live import refuse_when_outdated
from services.console.options import AsJson, Reason, checked_reason
from services.console.output import InputError, Json, at_time, columns, count, date_span, show, write_json
from services.console.pause import paused_line, read_pause, refuse_when_paused, write_control
from shared.planner.plan import Scope, make_plan
from shared.planner.state import State

if TYPE_CHECKING:
    from shared.ledger.backfills import RecordedBackfill

_Id = Annotated[str, typer.Argument(metavar="ID", help="Id of the backfill.", show_default=False)]
_NAMED = 5


def build_backfill() -> typer.Typer:
    """The command `nba backfill` with its subcommands."""
    group = typer.Typer(invoke_without_command=True, rich_markup_mode=None)
    group.callback()(backfill)
    group.command("status")(status)
    group.command("pause")(pause)
    group.command("resume")(resume)
    group.command("cancel")(cancel)
    return group


@dataclass(frozen=True)
class BackfillView:
    """A backfill with the cells of its range now: by state, and how many it still wants to run."""

    recorded: RecordedBackfill
    states: Counter[State]
    to_run: int

    @property
    def state(self) -> str:
        """cancelled, paused, running, or complete when nothing is left to run or to wait for."""
        settled = not self.to_run and not self.states[State.WAITING]
        return "complete" if settled and self.recorded.state == "running" else self.recorded.state


def status(
    backfill_id: Annotated[
        str | None, typer.Argument(metavar="[ID]", help="One backfill; default: all.", show_default=False)
    ] = None,
    *,
    as_json: AsJson = False,
) -> None:
    """List the backfills, newest first, with the cells of their range; or one with its details."""
    from shared.ledger.backfills import read_backfills  # noqa: PLC0415

    with read_session() as session:
        if backfill_id is None:
            recorded = read_backfills(session.warehouse, None)
        else:
            recorded = (_recorded(session, backfill_id),)
        views = [_view(session, item) for item in recorded]
        paused = read_pause(session.warehouse)
    if as_json:
        write_json({"backfills": [_document(view) for view in views]})
        return
    if backfill_id is not None:
        show(_details(views[0]))
    elif views:
        show(_table(views))
    else:
        show(["There is no backfill yet. `nba backfill --help` says how to ask for one."])
    show([] if paused is None else [paused_line(paused)])


def pause(backfill_id: _Id, *, reason: Reason, as_json: AsJson = False) -> None:
    """Start nothing more of a backfill, until it is resumed. What runs already is finished."""
    _say(backfill_id, "pause", checked_reason(reason, "the backfill is paused"), as_json=as_json)


def cancel(backfill_id: _Id, *, reason: Reason, as_json: AsJson = False) -> None:
    """Start nothing more of a backfill, for ever. What it has run stays."""
    _say(backfill_id, "cancel", checked_reason(reason, "the backfill is cancelled"), as_json=as_json)


def resume(backfill_id: _Id, *, reason: Reason, as_json: AsJson = False) -> None:
    """Go on with a backfill under its own id, to its end. What it has run, or is current, stays."""
    why = checked_reason(reason, "the backfill goes on")
    with change_session() as session:
        recorded = _recorded(session, backfill_id)
        _refuse_cancelled(recorded)
        refuse_when_paused(session)
        refuse_when_outdated(session)
        write_control(session, backfill_id, "resume", why)
        asked = recorded.backfill
        scope = Scope(asked.start_date, asked.end_date, asked.reprocess, asked.processors)
        plan = make_plan(session.topology, grid_of(session, asked), scope)
        finish(session, asked, plan, as_json=as_json)


def _say(backfill_id: str, action: str, why: str, *, as_json: bool) -> None:
    with change_session() as session:
        before = _recorded(session, backfill_id)
        wanted = {"pause": "paused", "cancel": "cancelled"}[action]
        changes = before.state != wanted
        if changes:
            _refuse_cancelled(before)
            write_control(session, backfill_id, action, why)
        view = _view(session, _recorded(session, backfill_id))
    if as_json:
        write_json({"changed": changes, "backfill": _document(view)})
        return
    already = "" if changes else " was so already, nothing has changed"
    show([f"{backfill_id}{already}: {_control(view.recorded)}"])
    if action == "pause":
        show([f"It goes on with: nba backfill resume {backfill_id} --reason TEXT"])


def _recorded(session: Session, backfill_id: str) -> RecordedBackfill:
    from shared.ledger.backfills import read_backfills  # noqa: PLC0415

    found = read_backfills(session.warehouse, backfill_id)
    if found:
        return found[0]
    newest = [item.backfill.backfill_id for item in read_backfills(session.warehouse, None)[:_NAMED]]
    there = f"The newest: {', '.join(newest)}." if newest else "There is none at all."
    raise InputError(f"There is no backfill [{backfill_id}]. {there} `nba backfill status` lists them.")


def _refuse_cancelled(recorded: RecordedBackfill) -> None:
    if recorded.state == "cancelled":
        asked = recorded.backfill
        raise InputError(
            f"[{asked.backfill_id}] is cancelled for ever: {_control(recorded)}. Ask for the range anew: "
            f"nba backfill --start-date {asked.start_date} --end-date {asked.end_date} --reason TEXT"
        )


def _view(session: Session, recorded: RecordedBackfill) -> BackfillView:
    asked = recorded.backfill
    grid = grid_of(session, asked)
    scope = Scope(asked.start_date, asked.end_date, asked.reprocess, asked.processors)
    planned = make_plan(session.topology, grid, scope).planned
    to_run = sum(not item.only_if_changed for item in planned)
    return BackfillView(recorded, states_in(grid, asked), to_run)


def _control(recorded: RecordedBackfill) -> str:
    if recorded.action is None or recorded.control_at is None:
        return "nothing was said of it"
    who, when = recorded.control_by, at_time(recorded.control_at)
    return f"{recorded.state} by {who}, {when}: {recorded.control_reason}"


def _document(view: BackfillView) -> Json:
    recorded, asked = view.recorded, view.recorded.backfill
    control: Json = None
    if recorded.action is not None:
        control = {
            "action": recorded.action.value,
            "reason": recorded.control_reason,
            "requested_by": recorded.control_by,
            "created_at": recorded.control_at,
        }
    return {
        "backfill_id": asked.backfill_id,
        "start_date": asked.start_date,
        "end_date": asked.end_date,
        "processors": list(asked.processors),
        "reprocess": asked.reprocess.value,
        "state": recorded.state,
        "complete": view.state == "complete",
        "reason": asked.reason,
        "requested_by": asked.requested_by,
        "created_at": recorded.created_at,
        "last_control": control,
        "cells": {state.value: view.states[state] for state in State},
        "cells_to_run": view.to_run,
    }


def _table(views: Sequence[BackfillView]) -> list[str]:
    lines = []
    for view in views:
        asked = view.recorded.backfill
        lines.append(
            f"{asked.backfill_id}  {date_span(asked.start_date, asked.end_date)}  {view.state}  "
            f"by {asked.requested_by}: {asked.reason}"
        )
        lines.append(f"    {_cells(view)}")
    return lines


def _cells(view: BackfillView) -> str:
    states = ", ".join(f"{view.states[state]:,} {state.value}" for state in State if view.states[state])
    left = f"; {count(view.to_run, 'cell')} to run" if view.to_run else ""
    return f"{states or 'no cells'}{left}"


def _details(view: BackfillView) -> list[str]:
    recorded, asked = view.recorded, view.recorded.backfill
    table = [
        ("state", view.state),
        ("range", date_span(asked.start_date, asked.end_date)),
        ("processors", ", ".join(asked.processors) or "all"),
        ("reprocess", asked.reprocess.value),
        ("reason", asked.reason),
        ("asked", f"{at_time(recorded.created_at)} by {asked.requested_by}"),
        ("last said", _control(recorded)),
        ("cells now", _cells(view)),
    ]
    return [asked.backfill_id, *(f"  {line}" for line in columns(table))]
