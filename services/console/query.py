"""`nba query`: one read-only GoogleSQL query, as a table, JSON or CSV."""

from __future__ import annotations

import csv
import sys
from collections import Counter
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from services.console.context import read_session
from services.console.options import AsJson
from services.console.output import InputError, Json, console, count, first_line, write_json
from services.console.values import as_json as json_value
from services.console.values import as_text, is_number

if TYPE_CHECKING:
    from sqlglot import exp

    from shared.warehouse.port import Rows, Warehouse


_SQL = Path(__file__).parent / "sql"
#: How the engine's lines that help begin.
_SUGGESTIONS = ("Did you mean", "Candidate")


class Format(StrEnum):
    """How rows are printed."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"


def query(
    sql: Annotated[str, typer.Argument(metavar="GOOGLESQL", help="One SELECT, or WITH ... SELECT.")],
    *,
    output: Annotated[Format, typer.Option("--format", help="How rows are printed.")] = Format.TABLE,
    as_json: AsJson = False,
) -> None:
    """Run one read-only GoogleSQL query against the warehouse."""
    tree = parse_query(sql)
    with read_session() as session:
        rows = named(tree, run_query(session.warehouse, sql))
    chosen = Format.JSON if as_json else output
    match chosen:
        case Format.JSON:
            write_json(query_document(rows))
        case Format.CSV:
            _write_csv(rows)
        case Format.TABLE:
            terminal = console()
            width = terminal.width if terminal.is_terminal else None
            sys.stdout.writelines(f"{line}\n" for line in table_lines(rows, width=width))


def parse_query(sql: str) -> exp.Query:
    """Parse the text as GoogleSQL. Raises InputError unless it is exactly one SELECT (or WITH ... SELECT)."""
    import logging  # noqa: PLC0415

    import sqlglot  # noqa: PLC0415
    from sqlglot import exp  # noqa: PLC0415

    # sqlglot warns of statements it passes on unparsed; these are refused below, in words.
    logging.getLogger("sqlglot").setLevel(logging.ERROR)
    try:
        trees = [tree for tree in sqlglot.parse(sql, read="bigquery") if tree is not None]
    except sqlglot.errors.SqlglotError as error:
        raise InputError(_where(error)) from error
    if len(trees) != 1:
        raise InputError(f"Give one statement, for example SELECT 1; found [{len(trees)}].")
    tree = trees[0]
    if not isinstance(tree, exp.Query) or tree.find(exp.Into, exp.DML, exp.DDL, exp.Command):
        kind = tree.name if isinstance(tree, exp.Command) else tree.key
        raise InputError(f"`nba query` only reads: give a SELECT or WITH ... SELECT, not [{kind.upper()}].")
    return tree


def _where(error: Exception) -> str:
    """Where the text stops being GoogleSQL, from sqlglot's error."""
    found = getattr(error, "errors", None)
    if not found:
        return f"That is not GoogleSQL: {first_line(error)}"
    first = found[0]
    return (
        f"That is not GoogleSQL: line {first['line']}, column {first['col']}, near [{first['highlight']}]. "
        "Check what stands before it."
    )


def run_query(warehouse: Warehouse, sql: str) -> Rows:
    """Run the query. Raises InputError when it names something that does not exist or cannot be computed."""
    from shared.sql import Statement  # noqa: PLC0415
    from shared.warehouse import port  # noqa: PLC0415

    try:
        return port.query(warehouse, Statement("query", sql, once=True), {})
    except port.TransientWarehouseError:
        raise
    except port.WarehouseError as error:
        check_initialised(warehouse)
        raise InputError(_in_words(error)) from error


def check_initialised(warehouse: Warehouse) -> None:
    """Raises TableNotFoundError when the warehouse has no ledger: then nothing can be found in it."""
    from shared.sql import Statement, read_sql  # noqa: PLC0415
    from shared.warehouse import port  # noqa: PLC0415

    port.query(warehouse, Statement("is_initialised", read_sql(_SQL / "is_initialised.sql")), {})


def _in_words(error: Exception) -> str:
    """An engine's error, and its suggestion when it has one, without the translated text it repeats."""
    lines = str(error.__cause__ or error).splitlines()
    hints = [line.strip() for line in lines[1:] if line.strip().startswith(_SUGGESTIONS)]
    return " ".join([f"The query cannot run: {lines[0].rstrip(' .!')}.", *hints])


def named(tree: exp.Query, rows: Rows) -> Rows:
    """The rows with GoogleSQL's names for columns without one: f0_, f1_, ...

    Raises InputError when two columns have the same name.
    """
    from sqlglot import exp  # noqa: PLC0415

    from shared.warehouse.port import Rows  # noqa: PLC0415

    selected = tree.selects
    columns = list(rows.columns)
    if len(selected) == len(columns) and not any(item.is_star for item in selected):
        anonymous = 0
        for position, item in enumerate(selected):
            if not isinstance(item, exp.Alias | exp.Column | exp.Dot):
                columns[position] = f"f{anonymous}_"
                anonymous += 1
    twice = [name for name, times in Counter(columns).items() if times > 1]
    if twice:
        raise InputError(f"Two columns are named [{twice[0]}]. Give each its own name with AS.")
    return Rows(tuple(columns), rows.values)


def query_document(rows: Rows) -> Json:
    """Rows as objects, for programs."""
    return {
        "columns": list(rows.columns),
        "row_count": len(rows),
        "rows": [
            {name: json_value(value) for name, value in zip(rows.columns, row, strict=True)}
            for row in rows.values
        ],
    }


def _write_csv(rows: Rows) -> None:
    """CSV with a header line; NULL is an empty field."""
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(rows.columns)
    for row in rows.values:
        writer.writerow("" if value is None else json_value(value) for value in row)


def table_lines(rows: Rows, *, width: int | None) -> list[str]:
    """An aligned table with the number of rows below it.

    Rows that are wider than `width` (None: as wide as it gets) are shown one below the other, as
    `name  value` lines.
    """
    texts = [[as_text(value) for value in row] for row in rows.values]
    widths = [
        max([len(name), *(len(row[position]) for row in texts)]) for position, name in enumerate(rows.columns)
    ]
    footer = count(len(rows), "row")
    if width is not None and texts and sum(widths) + 2 * (len(widths) - 1) > width:
        return [*_records(rows.columns, texts), footer]
    right = [_flush_right([row[position] for row in rows.values]) for position in range(len(rows.columns))]

    def line(cells: Sequence[str]) -> str:
        aligned = (
            f"{cell:>{size}}" if flush else f"{cell:<{size}}"
            for cell, size, flush in zip(cells, widths, right, strict=True)
        )
        return "  ".join(aligned).rstrip()

    rule = "  ".join("-" * size for size in widths)
    return [line(rows.columns), rule, *map(line, texts), footer]


def _flush_right(values: Sequence[object]) -> bool:
    known = [value for value in values if value is not None]
    return bool(known) and all(map(is_number, known))


def _records(columns: Sequence[str], texts: Sequence[Sequence[str]]) -> list[str]:
    size = max(map(len, columns))
    lines = []
    for number, row in enumerate(texts, start=1):
        lines.append(f"-- row {number}")
        lines.extend(f"{name:<{size}}  {text}" for name, text in zip(columns, row, strict=True))
    return lines
