"""What tables hold, and where two warehouses differ in it."""

from __future__ import annotations

import datetime as dt
import json
import math
from collections.abc import Iterator, Mapping
from itertools import zip_longest

from shared.failures.model import failure_tables
from shared.sql import Statement, column_list
from shared.tables import Column, ColumnType, TableAddress, TableSchema, raw_tables
from shared.topology.declaration import VOLATILE_COLUMNS
from shared.topology.graph import Topology
from shared.warehouse.port import Rows, Value, Warehouse, date, query

#: Of a number computed twice by engines that may add up in another order.
_RELATIVE_DIFFERENCE = 1e-9
#: When and by which run a failure was seen, and how often somebody has tried: never the same twice.
_HISTORY_OF_A_FAILURE = frozenset(
    {
        *("run_id", "created_at", "first_seen_at", "last_seen_at", "resolved_at", "resolved_by_run_id"),
        *("correlation_id", "attempt_count", "next_attempt_at"),
    }
)
_MOST_DIFFERENCES = 20


def tables_of(topology: Topology) -> Iterator[tuple[TableSchema, frozenset[str]]]:
    """Raw, output and failure tables, each with the columns that differ from run to run."""
    for schema in raw_tables().values():
        yield schema, frozenset({"processed_at"})
    for processor in topology.processors:
        yield processor.schema, VOLATILE_COLUMNS
    for schema in failure_tables():
        yield schema, _HISTORY_OF_A_FAILURE


def content(
    warehouse: Warehouse, schema: TableSchema, without: frozenset[str], start: dt.date, end: dt.date
) -> Rows:
    """The rows of a range of dates, by key."""
    columns = column_list(schema.without(without))
    order = ", ".join(schema.key)
    sql = (
        f"SELECT {columns} FROM {schema.address}"
        f" WHERE {schema.partition_column} BETWEEN @start AND @end ORDER BY {order}"
    )
    return query(warehouse, Statement(str(schema.address), sql), {"start": date(start), "end": date(end)})


def differences(
    topology: Topology, one: Warehouse, other: Warehouse, *, start: dt.date, end: dt.date
) -> tuple[Mapping[TableAddress, int], list[str]]:
    """How many rows every table has in `one`, and where `other` says something else.

    Integers, texts, dates and truth values must be the same; floats may differ by a billionth.
    """
    counts: dict[TableAddress, int] = {}
    found: list[str] = []
    for schema, without in tables_of(topology):
        first, second = (content(warehouse, schema, without, start, end) for warehouse in (one, other))
        counts[schema.address] = len(first)
        if len(first) != len(second):
            found.append(f"{schema.address}: {len(first)} rows and {len(second)} rows")
        nothing: dict[str, Value] = {}
        for left, right in zip_longest(first.records(), second.records(), fillvalue=nothing):
            if len(found) >= _MOST_DIFFERENCES:
                return counts, found
            key = [left.get(name, right.get(name)) for name in schema.key]
            found.extend(
                f"{schema.address} {key} {column.name}: "
                f"[{left.get(column.name)}] and [{right.get(column.name)}]"
                for column in schema.without(without)
                if not same(column, left.get(column.name), right.get(column.name))
            )
    return counts, found


def same(column: Column, one: Value, other: Value) -> bool:
    """Whether two values of a column are the same, as far as engines can agree on it."""
    if column.type is ColumnType.JSON and one is not None and other is not None:
        return _alike(json.loads(str(one)), json.loads(str(other)))
    if column.name == "resolution_status":
        # The retry worker has marked one and not yet the other: open, both.
        return _standing(one) == _standing(other)
    return _alike(one, other)


def _alike(one: object, other: object) -> bool:
    """Whether two values are the same, those inside of documents too; an object's members have no order."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_alike(one[name], other[name]) for name in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_alike, one, other))
    if isinstance(one, float) and isinstance(other, float):
        return math.isclose(one, other, rel_tol=_RELATIVE_DIFFERENCE, abs_tol=0.0)
    return type(one) is type(other) and one == other


def _standing(status: Value) -> Value:
    return "UNRESOLVED" if status == "RETRYING" else status
