"""`nba pause` and `nba resume`: nothing new starts anywhere while the pipeline is paused."""

from __future__ import annotations

import datetime as dt
import getpass
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from services.console.context import Session, change_session
from services.console.options import AsJson, Reason, checked_reason
from services.console.output import Json, PipelinePausedError, at_time, show, write_json
from shared.sql import Statement, read_sql

if TYPE_CHECKING:
    from shared.warehouse.port import Warehouse

_SQL = Path(__file__).parent / "sql"
#: The scope of what is said of everything; a backfill's is its id.
_PIPELINE = "pipeline"


@dataclass(frozen=True)
class Pause:
    """Since when the pipeline is paused, who paused it, and why."""

    since: dt.datetime
    requested_by: str
    reason: str

    def __str__(self) -> str:
        return f"paused since {at_time(self.since)} by {self.requested_by}: {self.reason}"


def read_pause(warehouse: Warehouse) -> Pause | None:
    """The pause that holds now, if one does."""
    from shared.warehouse.port import query, text  # noqa: PLC0415

    rows = query(
        warehouse,
        Statement("newest control", read_sql(_SQL / "newest_control.sql")),
        {"scope": text(_PIPELINE)},
    )
    for action, reason, requested_by, created_at in rows.values:
        if action == "pause" and isinstance(created_at, dt.datetime):
            return Pause(created_at, str(requested_by), str(reason))
    return None


def paused_line(paused: Pause) -> str:
    """What a command that only looks has to say of a pause."""
    return f"The pipeline is {paused}. Nothing runs until `nba resume`."


def pause_document(paused: Pause | None) -> Json:
    """A pause for programs."""
    if paused is None:
        return None
    return {"since": paused.since, "requested_by": paused.requested_by, "reason": paused.reason}


def refuse_when_paused(session: Session) -> None:
    """Raise PipelinePausedError while the pipeline is paused: the workers would run nothing, silently."""
    paused = read_pause(session.warehouse)
    if paused is not None:
        raise PipelinePausedError(
            f"The pipeline is {paused}. Nothing has run. "
            "`nba resume` ends the pause; then run the command again."
        )


def pause(*, reason: Reason, as_json: AsJson = False) -> None:
    """Stop new work everywhere, until `nba resume`. What runs already is finished; nothing is lost."""
    why = checked_reason(reason, "the pipeline is paused")
    with change_session() as session:
        before = read_pause(session.warehouse)
        if before is None:
            write_control(session, _PIPELINE, "pause", why)
        paused = read_pause(session.warehouse)
    if as_json:
        write_json({"changed": before is None, "paused": pause_document(paused)})
    elif before is not None:
        show([f"The pipeline is already {before}. Nothing has changed."])
    else:
        show(
            [f"The pipeline is {paused}.", "Cells wait until `nba resume`; what is there can still be read."]
        )


def resume(
    *,
    reason: Annotated[str, typer.Option(help="Why; kept with who asked.")] = "the pause is over",
    as_json: AsJson = False,
) -> None:
    """End a pause. On the embedded engine, `nba tick --work reconcile` then runs what was left."""
    why = checked_reason(reason, "the pause is over")
    with change_session() as session:
        before = read_pause(session.warehouse)
        if before is not None:
            write_control(session, _PIPELINE, "resume", why)
    if as_json:
        write_json({"changed": before is not None, "was_paused": pause_document(before)})
    elif before is None:
        show(["The pipeline is not paused. Nothing has changed."])
    else:
        show(
            [
                f"The pipeline runs again. It was {before}.",
                "What was left runs with: nba tick --work reconcile",
            ]
        )


def write_control(session: Session, scope: str, action: str, why: str) -> None:
    """Write down what the user of this process says of the pipeline, or of a backfill."""
    from services.bootstrap import new_id  # noqa: PLC0415
    from shared.ledger.controls import Action, Control, record_control  # noqa: PLC0415

    control = Control(new_id(), scope, Action(action), why, getpass.getuser())
    record_control(session.warehouse, control, now=session.clock.now())
