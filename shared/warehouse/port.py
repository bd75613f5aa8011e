"""The Warehouse port: what a worker may ask of the store of tables, and how it may fail.

Adapters take GoogleSQL text with `@name` parameters. Every parameter is typed, because an empty array and a
NULL do not tell an engine what they are.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import pyarrow as pa

from shared.sql import Statement
from shared.tables import ColumnType, TableAddress, TableSchema

Value = str | int | float | bool | dt.date | dt.datetime | None


class WarehouseError(Exception):
    """The warehouse could not do what was asked."""


class TransientWarehouseError(WarehouseError):
    """Worth trying again: conflict with a concurrent commit, quota, network, time-out."""


class WarehouseInUseError(WarehouseError):
    """The embedded file is held by another process; the message says by whom."""


class TableNotFoundError(WarehouseError):
    """A statement names a table that does not exist. `nba init` creates what is missing."""


@dataclass(frozen=True)
class Scalar:
    """One typed value; `value` may be None."""

    type: ColumnType
    value: Value


@dataclass(frozen=True)
class Array:
    """A typed array, possibly empty."""

    type: ColumnType
    values: tuple[Value, ...]


@dataclass(frozen=True)
class Structs:
    """An array of structs: field names with types, and one tuple of values per struct."""

    fields: tuple[tuple[str, ColumnType], ...]
    rows: tuple[tuple[Value, ...], ...]


Parameter = Scalar | Array | Structs
Parameters = Mapping[str, Parameter]


def text(value: str | None) -> Scalar:
    """A STRING parameter."""
    return Scalar(ColumnType.STRING, value)


def date(value: dt.date | None) -> Scalar:
    """A DATE parameter."""
    return Scalar(ColumnType.DATE, value)


def integer(value: int | None) -> Scalar:
    """An INT64 parameter."""
    return Scalar(ColumnType.INT64, value)


def timestamp(value: dt.datetime | None) -> Scalar:
    """A TIMESTAMP parameter; the value must be aware."""
    return Scalar(ColumnType.TIMESTAMP, value)


def dates(values: Sequence[dt.date]) -> Array:
    """An ARRAY<DATE> parameter."""
    return Array(ColumnType.DATE, tuple(values))


def texts(values: Sequence[str]) -> Array:
    """An ARRAY<STRING> parameter."""
    return Array(ColumnType.STRING, tuple(values))


@dataclass(frozen=True)
class Rows:
    """A query result: column names and one tuple per row. Timestamps are aware (UTC), dates are dates."""

    columns: tuple[str, ...]
    values: list[tuple[Value, ...]]

    def __len__(self) -> int:
        return len(self.values)

    def records(self) -> Iterator[dict[str, Value]]:
        """Each row as a dictionary."""
        for row in self.values:
            yield dict(zip(self.columns, row, strict=True))


@dataclass(frozen=True)
class Script:
    """Statements sent as one job.

    With `transaction`, all of them take effect or none. `labels` name processor, dates and correlation for
    the engine's job list. `job_key` names this very piece of work, the same again after a crash, so that an
    engine with jobs attaches to the one that is there; empty: every call is a job of its own.
    """

    name: str
    statements: tuple[Statement, ...]
    parameters: Parameters
    transaction: bool
    labels: Mapping[str, str]
    job_key: str = ""


class Warehouse(Protocol):
    """The store of tables. Each call is one job; callers never retry, the message that caused it does."""

    def run(self, script: Script) -> Rows:
        """Run a script and return the rows of its last statement (no rows when it is not a query).

        Raises TransientWarehouseError, TableNotFoundError or WarehouseError.
        """
        ...

    def table(self, script: Script) -> pa.Table:
        """Run one query and return its rows column by column: for results of many rows. Raises as `run`."""
        ...

    def prepare(self, statements: Sequence[Statement], parameters: Parameters) -> None:
        """Get ready to run these statements later with parameters of these types; nothing is executed."""
        ...

    def load(self, address: TableAddress, rows: pa.Table) -> None:
        """Create or replace a staging table with these rows."""
        ...

    def ensure_table(self, schema: TableSchema) -> tuple[str, ...]:
        """Create the table, or add the columns it lacks. Existing data is kept. Returns what was done."""
        ...

    def lacking(self, schema: TableSchema) -> tuple[str, ...]:
        """What `ensure_table` would do, in the same order; nothing is changed."""
        ...

    def ensure_view(self, address: TableAddress, query: Statement) -> None:
        """Create or replace a view."""
        ...

    def drop(self, addresses: Sequence[TableAddress]) -> None:
        """Drop staging tables; those that do not exist are ignored."""
        ...

    def writes(self) -> int | None:
        """A number that grows with every write, when only this object can write; None when others can."""
        ...

    def close(self) -> None:
        """Release what is held."""
        ...


@runtime_checkable
class DryRuns(Protocol):
    """A warehouse that can tell what a query would cost before it runs."""

    def bytes_read(self, script: Script) -> int:
        """Bytes that the one query of a script would read now, which is what is billed. Nothing is run.

        Raises TransientWarehouseError, TableNotFoundError or WarehouseError.
        """
        ...


def query(warehouse: Warehouse, statement: Statement, parameters: Parameters) -> Rows:
    """Run one statement by itself."""
    return warehouse.run(
        Script(statement.name, (statement,), parameters, transaction=False, labels={"purpose": "query"})
    )
