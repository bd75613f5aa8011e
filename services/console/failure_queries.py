"""Reads failure rows and their counts, for the commands that show them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from services.console.triage import Failure, failures_of
from shared.failures.model import FailureCategory, FailureType
from shared.failures.transitions import Status
from shared.sql import Statement, read_sql

if TYPE_CHECKING:
    from shared.warehouse.port import Parameter, Rows, Warehouse

_SQL = Path(__file__).parent / "sql"
_FIRST_DATE = dt.date(1946, 1, 1)
_LAST_DATE = dt.date(2200, 1, 1)
_NOT_RESOLVED = tuple(status for status in Status if status is not Status.RESOLVED)


@dataclass(frozen=True)
class Filters:
    """What is asked for; None means any.

    `processor` is the class-style name, `entity` in lower case. `everything` lists resolved and explained
    failures too.
    """

    start: dt.date | None
    end: dt.date | None
    processor: str | None
    type: FailureType | None
    category: FailureCategory | None
    status: Status | None
    entity: str | None
    everything: bool

    @property
    def statuses(self) -> tuple[Status, ...]:
        """The statuses whose rows are listed."""
        if self.status is not None:
            return (self.status,)
        return tuple(Status) if self.everything else _NOT_RESOLVED

    def given(self) -> dict[str, str]:
        """The filters that were given, as text."""
        named = {
            "start_date": self.start,
            "end_date": self.end,
            "processor_name": self.processor,
            "failure_type": self.type,
            "failure_category": self.category,
            "resolution_status": self.status,
            "entity_id": self.entity,
        }
        return {name: str(value) for name, value in named.items() if value is not None}

    @property
    def narrow(self) -> bool:
        """Whether the asker has chosen what to see, so that all of it is shown."""
        chosen = (self.processor, self.type, self.category, self.status, self.entity)
        return self.everything or any(item is not None for item in chosen)

    @property
    def explained(self) -> bool:
        """Whether rows that need no mending are listed too."""
        asked = self.type is not None or self.entity is not None or self.status is Status.RESOLVED
        return self.everything or asked


@dataclass(frozen=True)
class FailureCount:
    """How many failures of one processor, category, type and status there are, and between which dates."""

    processor: str
    category: str
    type: str
    status: Status
    failures: int
    rows_missing: int
    first_date: dt.date
    last_date: dt.date

    @property
    def explained(self) -> bool:
        """Whether nothing can or need be done: an absence, or a player's first game."""
        return self.status is Status.PERMANENT and not FailureType(self.type).correctable


def read_failures(warehouse: Warehouse, filters: Filters) -> tuple[Failure, ...]:
    """The failure rows to list."""
    # What runs a query loads the engine's libraries; only who reads failures waits for that.
    from shared.tables import ColumnType  # noqa: PLC0415
    from shared.warehouse.port import Scalar, text, texts  # noqa: PLC0415

    return failures_of(
        _run(
            warehouse,
            "failure_rows",
            {
                **parameters_of(filters),
                "statuses": texts([status.value for status in filters.statuses]),
                "explained": Scalar(ColumnType.BOOL, filters.explained),
                "entity_id": text(filters.entity),
            },
        )
    )


def read_counts(warehouse: Warehouse, filters: Filters) -> tuple[FailureCount, ...]:
    """How many failures there are, listed or not."""
    from shared.warehouse.port import text  # noqa: PLC0415

    status = text(None if filters.status is None else filters.status.value)
    rows = _run(warehouse, "failure_counts", {**parameters_of(filters), "status": status})
    return tuple(map(_count, rows.values))


def similar_entities(warehouse: Warehouse, fragment: str) -> tuple[str, ...]:
    """Entities with failures whose id contains the text."""
    from shared.warehouse.port import text  # noqa: PLC0415

    rows = _run(warehouse, "similar_entities", {"text": text(fragment.lower())})
    return tuple(str(row[0]) for row in rows.values)


def _run(warehouse: Warehouse, name: str, parameters: Mapping[str, Parameter]) -> Rows:
    from shared.warehouse.port import query  # noqa: PLC0415

    return query(warehouse, Statement(name, read_sql(_SQL / f"{name}.sql")), parameters)


def parameters_of(filters: Filters) -> dict[str, Parameter]:
    """The filters that every query takes; an open range is all dates."""
    from shared.warehouse.port import date, text  # noqa: PLC0415

    return {
        "from_date": date(filters.start or _FIRST_DATE),
        "to_date": date(filters.end or _LAST_DATE),
        "processor_name": text(filters.processor),
        "failure_type": text(None if filters.type is None else filters.type.value),
        "failure_category": text(None if filters.category is None else filters.category.value),
    }


def _count(row: tuple[Any, ...]) -> FailureCount:
    return FailureCount(row[0], row[1], row[2], Status(row[3]), int(row[4]), int(row[5]), row[6], row[7])
