"""Tables as declared in `schema.json` files: addresses, columns, keys and partitions.

A table is declared once, as data, and everything that needs its shape (DDL, ingest validation, content
hashes, column sanity, the GoogleSQL gate) reads the declaration.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any, Self

_IDENTIFIER = re.compile(r"^[A-Za-z_][A-Za-z0-9_]{0,127}$")


class SchemaError(ValueError):
    """A table declaration that cannot be used, with the file and what is wrong in it."""


def check_identifier(name: str) -> str:
    """Return `name` when it is a plain SQL identifier; raise SchemaError otherwise."""
    if not _IDENTIFIER.match(name):
        raise SchemaError(f"Not a plain SQL identifier: [{name}]")
    return name


@dataclass(frozen=True, order=True)
class TableAddress:
    """Dataset and table of a warehouse table, without a project."""

    dataset: str
    table: str

    def __post_init__(self) -> None:
        check_identifier(self.dataset)
        check_identifier(self.table)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `dataset.table`; raise SchemaError on any other shape."""
        parts = text.split(".")
        if len(parts) != 2:
            raise SchemaError(f"Expected dataset.table: [{text}]")
        return cls(parts[0], parts[1])

    def __str__(self) -> str:
        return f"{self.dataset}.{self.table}"


class ColumnType(StrEnum):
    """The GoogleSQL column types that tables of this project use."""

    STRING = "STRING"
    INT64 = "INT64"
    FLOAT64 = "FLOAT64"
    BOOL = "BOOL"
    DATE = "DATE"
    TIMESTAMP = "TIMESTAMP"
    JSON = "JSON"


@dataclass(frozen=True)
class Column:
    """One column: name, type, whether it may be NULL, and what season-wide sanity expects of it.

    `minimum` and `maximum` bound every value (inclusive). `constant` and `all_null` hold the reason why a
    season may legally show one single value, or none.
    """

    name: str
    type: ColumnType
    required: bool
    description: str
    minimum: float | None
    maximum: float | None
    constant: str | None
    all_null: str | None


@dataclass(frozen=True)
class TableSchema:
    """A declared table. `key` is unique within the table; `partition_column` is a DATE."""

    address: TableAddress
    description: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    partition_column: str
    clustering: tuple[str, ...]
    required: bool

    @property
    def column_names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)

    def column(self, name: str) -> Column:
        """Return the column of that name; raise SchemaError when the table has none."""
        for column in self.columns:
            if column.name == name:
                return column
        raise SchemaError(f"Table [{self.address}] has no column [{name}]")

    def without(self, names: frozenset[str]) -> tuple[Column, ...]:
        """Columns in declared order, leaving out `names`."""
        return tuple(column for column in self.columns if column.name not in names)


def _parse_column(raw: dict[str, Any], source: str) -> Column:
    known = {"name", "type", "mode", "description", "minimum", "maximum", "constant", "all_null"}
    unknown = set(raw) - known
    if unknown:
        raise SchemaError(f"{source}: unknown column attribute {sorted(unknown)} in [{raw.get('name')}]")
    return Column(
        name=check_identifier(raw["name"]),
        type=ColumnType(raw["type"]),
        required=raw.get("mode", "NULLABLE") == "REQUIRED",
        description=raw.get("description", ""),
        minimum=raw.get("minimum"),
        maximum=raw.get("maximum"),
        constant=raw.get("constant"),
        all_null=raw.get("all_null"),
    )


def parse_schema(text: str, source: str) -> TableSchema:
    """Parse the JSON text of a schema file. Raises SchemaError naming `source` when it is not usable."""
    raw = json.loads(text)
    columns = tuple(_parse_column(column, source) for column in raw["columns"])
    schema = TableSchema(
        address=TableAddress.parse(raw["table"]),
        description=raw["description"],
        columns=columns,
        key=tuple(raw["key"]),
        partition_column=raw["partition_column"],
        clustering=tuple(raw.get("clustering", ())),
        required=raw.get("required", False),
    )
    names = set(schema.column_names)
    if len(names) != len(columns):
        raise SchemaError(f"{source}: a column name occurs twice")
    for name in (*schema.key, *schema.clustering, schema.partition_column):
        if name not in names:
            raise SchemaError(f"{source}: [{name}] is used as key, clustering or partition but not declared")
    if schema.column(schema.partition_column).type is not ColumnType.DATE:
        raise SchemaError(f"{source}: partition column [{schema.partition_column}] must be a DATE")
    return schema


@cache
def load_schema(path: Path) -> TableSchema:
    """Read a schema file."""
    return parse_schema(path.read_text(encoding="utf-8"), str(path))


@cache
def raw_tables() -> dict[str, TableSchema]:
    """The raw contract (dataset nba_raw): table name to schema, in alphabetical order."""
    folder = Path(__file__).parent / "raw_tables"
    return {path.stem: load_schema(path) for path in sorted(folder.glob("*.json"))}
