"""Controls: pausing everything; pausing, resuming or cancelling one backfill. Kept in the warehouse."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from shared.sql import Statement, read_sql
from shared.warehouse.port import Warehouse, date, query, text, timestamp

_SQL = Path(__file__).parent / "sql"

#: The scope of a control that is about everything.
PIPELINE = "pipeline"


class Action(StrEnum):
    """What can be said of the pipeline (pause, resume) or of a backfill (also cancel, for ever)."""

    PAUSE = "pause"
    RESUME = "resume"
    CANCEL = "cancel"

    @property
    def state(self) -> str:
        """What the scope is from then on, in a word."""
        return {Action.PAUSE: "paused", Action.RESUME: "running", Action.CANCEL: "cancelled"}[self]


@dataclass(frozen=True)
class Control:
    """One row of nba_orchestration.controls."""

    control_id: str
    scope: str
    action: Action
    reason: str
    requested_by: str


def record_control(warehouse: Warehouse, control: Control, *, now: dt.datetime) -> None:
    """Write a control; every worker obeys it from its next delivery on.

    Raises ValueError when the pipeline is to be cancelled, which would have no way back.
    """
    if control.scope == PIPELINE and control.action is Action.CANCEL:
        raise ValueError("The pipeline can be paused and resumed; only a backfill can be cancelled")
    query(
        warehouse,
        Statement("record control", read_sql(_SQL / "record_control.sql")),
        {
            "control_id": text(control.control_id),
            "created_date": date(now.date()),
            "scope": text(control.scope),
            "action": text(control.action.value),
            "reason": text(control.reason),
            "requested_by": text(control.requested_by),
            "now": timestamp(now),
        },
    )
