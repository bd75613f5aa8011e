"""A person's step on failures: which rows it changes, written in one transaction with who asked, and why."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import astuple, dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from services.console.failure_queries import Filters, parameters_of
from shared.failures.model import failure_table
from shared.failures.transitions import Status
from shared.sql import Statement, bind, read_sql
from shared.topology.declaration import Phase

if TYPE_CHECKING:
    from shared.warehouse.port import Parameter, Rows, Script, Warehouse

_SQL = Path(__file__).parent / "sql"


class Step(StrEnum):
    """What a person can say of failures."""

    RETRY = "retry"
    INVESTIGATE = "investigate"
    PERMANENT = "permanent"


@dataclass(frozen=True)
class Effect:
    """The statuses a step starts from, and the one it leads to; part of the transition table."""

    starts: tuple[Status, ...]
    ends: Status
    only_correctable: bool


#: Nothing is tried that no attempt can mend.
EFFECTS = {
    Step.RETRY: Effect(
        (Status.UNRESOLVED, Status.PERMANENT, Status.INVESTIGATING), Status.UNRESOLVED, only_correctable=True
    ),
    Step.INVESTIGATE: Effect(
        (Status.UNRESOLVED, Status.RETRYING, Status.PERMANENT), Status.INVESTIGATING, only_correctable=False
    ),
    Step.PERMANENT: Effect(
        (Status.UNRESOLVED, Status.RETRYING, Status.INVESTIGATING), Status.PERMANENT, only_correctable=False
    ),
}


def starts_of(step: Step, filters: Filters) -> tuple[Status, ...]:
    """The statuses that a step starts from. A retry leaves alone what has an attempt, unless it is named."""
    starts = EFFECTS[step].starts
    if step is Step.RETRY and filters.status is Status.RETRYING:
        return (*starts, Status.RETRYING)
    return starts


@dataclass(frozen=True)
class StepCounts:
    """Failure rows that a step changes, and those it leaves, by why it does."""

    changed: int
    resolved: int
    not_correctable: int
    retrying: int
    as_asked: int

    @property
    def matching(self) -> int:
        """All rows that match the filters."""
        return sum(astuple(self))


@dataclass(frozen=True)
class Asked:
    """Who asked for a step, why, and when."""

    action_id: str
    reason: str
    requested_by: str
    now: dt.datetime


def count_step(warehouse: Warehouse, step: Step, filters: Filters) -> StepCounts:
    """What a step would do. Changes nothing."""
    from shared.warehouse.port import query  # noqa: PLC0415

    return _counts(query(warehouse, _statement("failure_action_counts"), _parameters(step, filters)))


def take_step(warehouse: Warehouse, step: Step, filters: Filters, asked: Asked) -> StepCounts:
    """Change the rows and write down what was done: one transaction."""
    return _counts(warehouse.run(step_script(step, filters, asked)))


def step_script(step: Step, filters: Filters, asked: Asked) -> Script:
    """The transaction of a step."""
    from shared.warehouse.port import Script, date, text, timestamp  # noqa: PLC0415

    counts = {"counts": read_sql(_SQL / "failure_action_counts.sql")}
    statements = (
        bind("record failure action", read_sql(_SQL / "record_failure_action.sql"), {}, counts),
        *(_update(phase) for phase in (Phase.ANALYTICS, Phase.PRECOMPUTE, Phase.PREDICTIONS)),
        _statement("failure_action"),
    )
    parameters: dict[str, Parameter] = {
        **_parameters(step, filters),
        "action_id": text(asked.action_id),
        "created_date": date(asked.now.date()),
        "action": text(step.value),
        "filters": text(json.dumps(filters.given(), default=str)),
        "reason": text(asked.reason),
        "requested_by": text(asked.requested_by),
        "now": timestamp(asked.now),
        "to_status": text(EFFECTS[step].ends.value),
    }
    return Script(f"failures {step}", statements, parameters, transaction=True, labels={"purpose": "console"})


def _statement(name: str) -> Statement:
    return Statement(name, read_sql(_SQL / f"{name}.sql"))


def _update(phase: Phase) -> Statement:
    day = "prediction_date" if phase is Phase.PREDICTIONS else "analysis_date"
    return bind(
        f"act on failures {phase.name.lower()}",
        read_sql(_SQL / "act_on_failures.sql"),
        {"failures.rows": failure_table(phase).address},
        {"date": day},
    )


def _parameters(step: Step, filters: Filters) -> dict[str, Parameter]:
    from shared.tables import ColumnType  # noqa: PLC0415
    from shared.warehouse.port import Scalar, text, texts  # noqa: PLC0415

    effect = EFFECTS[step]
    return {
        **parameters_of(filters),
        "status": text(None if filters.status is None else filters.status.value),
        "entity_id": text(filters.entity),
        "from_statuses": texts([status.value for status in starts_of(step, filters)]),
        "only_correctable": Scalar(ColumnType.BOOL, effect.only_correctable),
    }


def _counts(rows: Rows) -> StepCounts:
    numbers = [value for value in rows.values[0] if isinstance(value, int)]
    return StepCounts(*numbers)
