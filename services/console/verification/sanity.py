"""Season-wide sanity of every output column, as its schema declares it, and of the raw tables behind it.

Checks of a single date cannot see a column that is constant, or empty, for a whole season.
"""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from services.console.verification.season import SQL, SeasonDates, run
from shared.sql import bind, hash_input, read_sql
from shared.tables import Column, ColumnType, TableSchema, check_identifier
from shared.topology.declaration import (
    GAME_LINES,
    INJURY_REPORT,
    PLAY_BY_PLAY,
    PROPS,
    SHOT_CHART,
    VOLATILE_COLUMNS,
    Processor,
)
from shared.warehouse.port import Value, Warehouse, date, dates, query

_YEAR = dt.timedelta(days=366)
#: A source that stops at a round multiple of this has likely been cut off, not finished.
_ROUND = 1024

#: How schemas name the optional sources in the reason why a column may be empty, and the tables meant.
_SOURCE_NAMES: tuple[tuple[re.Pattern[str], tuple[str, ...]], ...] = (
    (re.compile(r"play-by-play|assists on makes", re.IGNORECASE), (PLAY_BY_PLAY,)),
    (re.compile(r"zones come from", re.IGNORECASE), (SHOT_CHART, PLAY_BY_PLAY)),
    (re.compile(r"injury report", re.IGNORECASE), (INJURY_REPORT,)),
    (re.compile(r"game lines", re.IGNORECASE), (GAME_LINES,)),
    (re.compile(r"(?<!game )\blines|props", re.IGNORECASE), (PROPS,)),
)


class Problem(StrEnum):
    """What can be wrong with a table or a column over a season."""

    NO_ROWS = "no rows"
    DUPLICATE_KEY = "duplicate key"
    MISPLACED = "outside the season"
    REQUIRED_NULL = "NULL in a required column"
    ALL_NULL = "all NULL"
    CONSTANT = "constant"
    OUT_OF_RANGE = "out of range"


@dataclass(frozen=True)
class Finding:
    """Something wrong, in one sentence; `column` is None when it concerns the table."""

    problem: Problem
    column: str | None
    message: str


@dataclass(frozen=True)
class Explained:
    """A column that is all NULL or constant, and may be: `reason` is the schema's."""

    problem: Problem
    column: str
    reason: str


@dataclass(frozen=True)
class TableSanity:
    """What one pass over an output table's season has shown."""

    processor: Processor
    rows: int
    columns: int
    findings: tuple[Finding, ...]
    explained: tuple[Explained, ...]


@dataclass(frozen=True)
class Agreement:
    """Two tables that state the same thing, over `compared` rows."""

    what: str
    compared: int
    different: int


@dataclass(frozen=True)
class RawSource:
    """A raw table's rows of the season."""

    table: str
    rows: int

    @property
    def cut_off(self) -> bool:
        """Whether the number of rows suggests that the source was cut off."""
        return self.rows > 0 and self.rows % _ROUND == 0


def raw_sources(warehouse: Warehouse, season: SeasonDates) -> tuple[RawSource, ...]:
    """Rows of the season in every raw table, by name."""
    rows = run(warehouse, "raw_rows", season.parameters).values
    return tuple(RawSource(str(row[0]), int(row[1])) for row in rows)  # type: ignore[arg-type]


def sources_named(reason: str) -> tuple[str, ...]:
    """The raw tables that a schema's reason names; a column is excused only while all of them are empty."""
    return tuple(table for pattern, tables in _SOURCE_NAMES if pattern.search(reason) for table in tables)


def agreements(warehouse: Warehouse, season: SeasonDates) -> tuple[Agreement, ...]:
    """Where two tables of the season must say the same."""
    found = {}
    for statement in ("box_agreement", "back_to_backs"):
        for record in run(warehouse, statement, season.parameters).records():
            found[str(record.get("side", record.get("entity_type")))] = (
                record["compared"],
                record["different"],
            )
    return tuple(Agreement(what, *found.get(name, (0, 0))) for name, what in _AGREEMENTS.items())  # type: ignore[arg-type]


_AGREEMENTS: Mapping[str, str] = {
    "players": "points of a team-game: players' sum and team",
    "defense": "points of a team-game: scored and allowed by the opponent",
    "team": "back-to-backs of teams: results and context",
    "player": "back-to-backs of players: results and context",
}


def table_sanity(
    warehouse: Warehouse, processor: Processor, season: SeasonDates, raw_rows: Mapping[str, int]
) -> TableSanity:
    """Judge one output table over a season, in one query. `raw_rows`: rows of the season by raw table."""
    schema = processor.schema
    statement = bind(
        f"columns of {schema.address}",
        read_sql(SQL / "columns.sql"),
        {"target.rows": schema.address},
        {
            "key": hash_input(tuple(schema.column(name) for name in schema.key)),
            "partition": check_identifier(schema.partition_column),
            "statistics": _statistics(schema),
        },
    )
    parameters = {
        **season.parameters,
        "dates": dates(season.dates),
        "from_date": date(season.dates[0] - _YEAR),
        "to_date": date(season.dates[-1] + _YEAR),
    }
    record = next(query(warehouse, statement, parameters).records())
    rows = _count(record["row_count"])
    if rows == 0:
        finding = Finding(Problem.NO_ROWS, None, f"No row of {season.name}: nothing of it has been processed")
        return TableSanity(processor, 0, len(schema.columns), (finding,), ())
    findings = [*_table_findings(schema, season, rows, record)]
    explained = []
    for position, column in enumerate(schema.columns):
        seen = _Seen(column, rows, *(record[f"{kind}_{position}"] for kind in ("count", "least", "most")))
        for found in (*_presence(seen, raw_rows), *_range(seen)):
            if isinstance(found, Finding):
                findings.append(found)
            else:
                explained.append(found)
    return TableSanity(processor, rows, len(schema.columns), tuple(findings), tuple(explained))


def _statistics(schema: TableSchema) -> str:
    """For every column: how many values, the least and the greatest."""
    parts = []
    for position, column in enumerate(schema.columns):
        name = check_identifier(column.name)
        value = f"TO_JSON_STRING({name})" if column.type is ColumnType.JSON else name
        parts.append(f"COUNT({name}) AS count_{position}")
        parts.append(f"MIN({value}) AS least_{position}, MAX({value}) AS most_{position}")
    return ",\n  ".join(parts)


@dataclass(frozen=True)
class _Seen:
    """A column and what the season shows of it."""

    column: Column
    rows: int
    values: Value
    least: Value
    most: Value


def _table_findings(
    schema: TableSchema, season: SeasonDates, rows: int, record: Mapping[str, Value]
) -> Iterator[Finding]:
    duplicates = rows - _count(record["key_count"])
    if duplicates:
        key = ", ".join(schema.key)
        yield Finding(Problem.DUPLICATE_KEY, None, f"{duplicates:,} rows repeat the key ({key}) of another")
    misplaced = _count(record["misplaced"])
    if misplaced:
        yield Finding(
            Problem.MISPLACED,
            schema.partition_column,
            f"{misplaced:,} rows have a date or a season_year that is not of {season.name}",
        )


def _presence(seen: _Seen, raw_rows: Mapping[str, int]) -> Iterator[Finding | Explained]:
    column = seen.column
    nulls = seen.rows - _count(seen.values)
    if column.required and nulls:
        yield Finding(Problem.REQUIRED_NULL, column.name, f"NULL in {nulls:,} of {seen.rows:,} rows")
    if nulls == seen.rows:
        yield _all_null(column, raw_rows)
    elif seen.least == seen.most and seen.rows > 1 and column.name not in VOLATILE_COLUMNS - {"data_hash"}:
        if column.constant is not None:
            yield Explained(Problem.CONSTANT, column.name, column.constant)
        else:
            yield Finding(
                Problem.CONSTANT,
                column.name,
                f"always [{seen.least}], and its schema gives no reason for that",
            )


def _all_null(column: Column, raw_rows: Mapping[str, int]) -> Finding | Explained:
    if column.all_null is None:
        return Finding(
            Problem.ALL_NULL, column.name, "NULL in every row, and its schema gives no reason for that"
        )
    there = [
        f"{table} has {raw_rows[table]:,} rows" for table in sources_named(column.all_null) if raw_rows[table]
    ]
    if there:
        return Finding(
            Problem.ALL_NULL,
            column.name,
            f"NULL in every row, although {' and '.join(there)} (its schema says: {column.all_null})",
        )
    return Explained(Problem.ALL_NULL, column.name, column.all_null)


def _range(seen: _Seen) -> Iterator[Finding]:
    least, most = seen.least, seen.most
    if not isinstance(least, int | float) or not isinstance(most, int | float):
        return
    column = seen.column
    # Engines differ in where NaN sorts, but it is the least or the greatest wherever it occurs.
    strange = [value for value in (least, most) if not math.isfinite(value)]
    if strange:
        yield Finding(Problem.OUT_OF_RANGE, column.name, f"[{strange[0]}] is no number")
    if column.minimum is not None and least < column.minimum:
        yield Finding(
            Problem.OUT_OF_RANGE, column.name, f"least [{least}] is below the minimum [{column.minimum}]"
        )
    if column.maximum is not None and most > column.maximum:
        yield Finding(
            Problem.OUT_OF_RANGE, column.name, f"greatest [{most}] is above the maximum [{column.maximum}]"
        )


def _count(value: Value) -> int:
    if not isinstance(value, int):
        raise TypeError(f"Not a count: [{value!r}]")
    return value
