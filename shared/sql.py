"""SQL as an asset: GoogleSQL text in .sql files, bound to tables, never assembled from data.

A .sql file may name *logical* tables in the datasets `staging`, `target` and `failures` (for example
`staging.rows`). They are bound to real addresses when a statement is used, so that the file itself stays
plain GoogleSQL. Values reach a statement as query parameters only.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from shared.tables import Column, ColumnType, SchemaError, TableAddress, check_identifier

_LOGICAL = re.compile(r"\b(staging|target|failures)\.([A-Za-z_][A-Za-z0-9_]*)\b")
_COLUMNS = re.compile(r"/\*\s*columns:\s*([a-z_]+)\s*\*/")

TableBindings = Mapping[str, TableAddress]


@dataclass(frozen=True)
class Statement:
    """One GoogleSQL statement with the name that logs, job labels and errors use for it.

    `text` still names logical tables, so that an adapter can translate it once for all runs; `tables` says
    where they are this time. `once`: a text that will not come again, such as a person's question.
    """

    name: str
    text: str
    tables: TableBindings = field(default_factory=dict)
    once: bool = False

    def resolve(self, text: str) -> str:
        """Put the real addresses into `text` (the statement's own, or its translation)."""

        def table(match: re.Match[str]) -> str:
            return str(self.tables[match.group(0)])

        return _LOGICAL.sub(table, text)


@cache
def read_sql(path: Path) -> str:
    """The text of a .sql file."""
    return path.read_text(encoding="utf-8")


def bind(name: str, text: str, tables: TableBindings, columns: Mapping[str, str] | None = None) -> Statement:
    """A statement from the text of a .sql file: `/* columns: x */` slots filled, logical tables bound.

    `columns` holds rendered column lists (see `column_list`, `hash_input`), which come from declared schemas
    only. Raises SchemaError when the text names a logical table or slot that is not bound.
    """

    def column_slot(match: re.Match[str]) -> str:
        slot = match.group(1)
        if columns is None or slot not in columns:
            raise SchemaError(f"Statement [{name}] has the unbound column slot [{slot}]")
        return columns[slot]

    filled = _COLUMNS.sub(column_slot, text)
    for match in _LOGICAL.finditer(filled):
        if match.group(0) not in tables:
            raise SchemaError(f"Statement [{name}] reads the unbound table [{match.group(0)}]")
    return Statement(name, filled, tables)


def as_one_query(name: str, parts: Mapping[str, Statement], last: Statement) -> Statement:
    """A query that reads what a script of statements reads: every part is inlined where the others name it.

    `parts`: queries by the logical table (`staging.rows`) that the script makes of them, in its order. A dry
    run in BigQuery ends at the first statement that creates a table, so that a script has to become this.
    """

    def inlined(statement: Statement) -> str:
        def table(match: re.Match[str]) -> str:
            return _part_name(match.group(0)) if match.group(0) in parts else match.group(0)

        return f"(\n{_LOGICAL.sub(table, statement.text)}\n)"

    common = ",\n".join(f"{_part_name(made)} AS {inlined(part)}" for made, part in parts.items())
    return Statement(name, f"WITH\n{common}\n{inlined(last)}", last.tables)


def _part_name(table: str) -> str:
    return f"inlined_{table.partition('.')[2]}"


def column_list(columns: tuple[Column, ...]) -> str:
    """Column names, separated by commas."""
    return ", ".join(check_identifier(column.name) for column in columns)


def hash_input(columns: tuple[Column, ...]) -> str:
    """One text per row, equal exactly when the row's content is equal.

    Floats are written in whole millionths, so that a fingerprint does not depend on the last bits of a
    division; writing significant digits would take an engine four times as long. Control characters separate
    the columns and stand for NULL, which so differs from every value.
    """
    parts = []
    for column in columns:
        name = check_identifier(column.name)
        match column.type:
            case ColumnType.FLOAT64:
                text = f"CAST(CAST(ROUND({name} * 1000000) AS INT64) AS STRING)"
            case ColumnType.STRING:
                text = name
            case ColumnType.JSON:
                text = f"TO_JSON_STRING({name})"
            case ColumnType.INT64 | ColumnType.BOOL | ColumnType.DATE | ColumnType.TIMESTAMP:
                text = f"CAST({name} AS STRING)"
        parts.append(text)
    return f"ARRAY_TO_STRING([{', '.join(parts)}], '\\x1f', '\\x1e')"
