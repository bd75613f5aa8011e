"""GoogleSQL to DuckDB: sqlglot, plus the named rewrites for what it gets wrong by itself."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

import sqlglot
from sqlglot import exp


class TranslationError(Exception):
    """A statement that is not GoogleSQL, or uses what DuckDB cannot be given."""


def translate(text: str, parameter_types: Mapping[str, str]) -> str:
    """One GoogleSQL statement as DuckDB SQL; `parameter_types` are DuckDB's type names by parameter.

    Raises TranslationError when the text does not parse or uses what the embedded engine cannot be given.
    """
    try:
        return _translate(text, tuple(sorted(parameter_types.items())))
    except sqlglot.errors.SqlglotError as error:
        raise TranslationError(str(error)) from error


@cache
def _translate(text: str, parameter_types: tuple[tuple[str, str], ...]) -> str:
    """Kept for the process: a large statement takes a second, and tests open many warehouses."""
    types = dict(parameter_types)
    trees = [tree for tree in sqlglot.parse(text, read="bigquery") if not isinstance(tree, exp.Semicolon)]
    if len(trees) != 1 or trees[0] is None:
        raise sqlglot.errors.ParseError(f"Expected one statement, found [{len(trees)}]")
    tree = trees[0]
    for rewrite in (
        _in_unnest,
        _dates_stay_dates,
        _json_value,
        _to_json,
        _format,
        _countif,
        _joined_columns,
        _div,
        _float_literals,
        _timestamps,
        _current_timestamp,
    ):
        tree = tree.transform(rewrite, copy=False)
    tree = tree.transform(lambda node: _typed_parameter(node, types), copy=False)
    return tree.sql(dialect="duckdb", comments=False)


def _in_unnest(node: exp.Expression) -> exp.Expression:
    """`x IN UNNEST(@list)`: a semi-join; sqlglot expands it to a CASE that is evaluated per row."""
    if isinstance(node, exp.In) and isinstance(node.args.get("unnest"), exp.Unnest):
        unnest = node.args["unnest"]
        values = exp.select(exp.Explode(this=unnest.expressions[0].copy()))
        return exp.In(this=node.this, query=exp.Subquery(this=values))
    return node


def _dates_stay_dates(node: exp.Expression) -> exp.Expression:
    """DATE_ADD, DATE_SUB and DATE_TRUNC of a DATE are DATEs; DuckDB returns timestamps."""
    if isinstance(node, exp.DateAdd | exp.DateSub | exp.DateTrunc) and not isinstance(node.parent, exp.Cast):
        return exp.cast(node.copy(), "DATE")
    return node


def _json_value(node: exp.Expression) -> exp.Expression:
    """JSON_VALUE is `->>`; sqlglot adds a second extraction, of a type DuckDB does not have."""
    if isinstance(node, exp.JSONExtractScalar):
        node.set("scalar_only", False)
    return node


def _to_json(node: exp.Expression) -> exp.Expression:
    """TO_JSON gives JSON; sqlglot makes a text of it, which is hashed otherwise than the JSON it becomes."""
    if isinstance(node, exp.JSONFormat) and node.args.get("to_json"):
        return exp.Anonymous(this="TO_JSON", expressions=[node.this])
    return node


def _format(node: exp.Expression) -> exp.Expression:
    """FORMAT('%...') is printf; DuckDB's own FORMAT has another syntax."""
    if isinstance(node, exp.Format):
        return exp.Anonymous(this="PRINTF", expressions=[node.this, *node.expressions])
    return node


def _countif(node: exp.Expression) -> exp.Expression:
    """COUNTIF of no row, or of NULLs only, is 0; DuckDB's COUNT_IF makes it NULL."""
    if isinstance(node, exp.CountIf):
        return exp.Count(this=exp.Case(ifs=[exp.If(this=node.this, true=exp.Literal.number(1))]))
    return node


def _joined_columns(node: exp.Expression) -> exp.Expression:
    """ARRAY_TO_STRING of a list of columns is CONCAT_WS; sqlglot makes a list and a lambda of every row."""
    if isinstance(node, exp.ArrayToString) and isinstance(node.this, exp.Array) and "null" in node.args:
        parts = [exp.func("COALESCE", part, node.args["null"].copy()) for part in node.this.expressions]
        return exp.Anonymous(this="CONCAT_WS", expressions=[node.expression, *parts])
    return node


def _div(node: exp.Expression) -> exp.Expression:
    """DIV(a + 1, 2) becomes an operator: what stood between commas needs parentheses of its own."""
    if isinstance(node, exp.IntDiv):
        for side in ("this", "expression"):
            operand = node.args[side]
            if isinstance(operand, exp.Binary):
                node.set(side, exp.paren(operand))
    return node


def _float_literals(node: exp.Expression) -> exp.Expression:
    """A number with a point is a FLOAT64; DuckDB makes it a DECIMAL, which overflows and rounds otherwise."""
    if isinstance(node, exp.Literal) and not node.is_string and not node.this.isdigit():
        return exp.cast(node.copy(), "DOUBLE")
    return node


def _timestamps(node: exp.Expression) -> exp.Expression:
    if isinstance(node, exp.DataType) and node.this in (
        exp.DataType.Type.TIMESTAMPTZ,
        exp.DataType.Type.TIMESTAMPLTZ,
    ):
        return exp.DataType.build("TIMESTAMP", dialect="duckdb")
    return node


def _current_timestamp(node: exp.Expression) -> exp.Expression:
    if isinstance(node, exp.CurrentTimestamp):
        raise sqlglot.errors.UnsupportedError(
            "CURRENT_TIMESTAMP: the time comes from the Clock, as a parameter"
        )
    return node


def _typed_parameter(node: exp.Expression, parameter_types: Mapping[str, str]) -> exp.Expression:
    if isinstance(node, exp.Parameter) and not isinstance(node.parent, exp.Cast):
        kind = parameter_types.get(node.name)
        if kind is None:
            raise sqlglot.errors.UnsupportedError(f"Parameter [@{node.name}] has no value")
        return exp.cast(node.copy(), exp.DataType.build(kind, dialect="duckdb"))
    return node
