"""What a statement does, from the tree the analyzer resolved it to: columns, reads, calls, filters.

The tree is a protocol buffer. A node's class is a message type; what it inherits is in its field `parent`,
and a field that may hold several classes is a message `Any...` with one of them set.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import Any

from zetasql.wasi._pb2.zetasql.public import type_pb2 as types
from zetasql.wasi._pb2.zetasql.public.functions import datetime_pb2 as parts

from shared.tables import TableAddress

#: Scans that a predicate above them passes through to the table below, as far as BigQuery prunes partitions.
_TRANSPARENT = frozenset({"ResolvedProjectScanProto", "ResolvedArrayScanProto", "ResolvedFilterScanProto"})


#: A protocol buffer message, whose fields are those of its class; the package has no types for them.
Node = Any

_DATE_PART = parts.DateTimestampPart.DESCRIPTOR.full_name


class Comparison(StrEnum):
    """How a predicate compares a column."""

    AT_LEAST = "$greater_or_equal"
    MORE = "$greater"
    AT_MOST = "$less_or_equal"
    LESS = "$less"
    EQUAL = "$equal"
    BETWEEN = "$between"
    IN_LIST = "$in"
    IN_ARRAY = "$in_array"


#: How a comparison reads when its two sides change places.
_MIRRORED = {
    Comparison.AT_LEAST: Comparison.AT_MOST,
    Comparison.MORE: Comparison.LESS,
    Comparison.AT_MOST: Comparison.AT_LEAST,
    Comparison.LESS: Comparison.MORE,
    Comparison.EQUAL: Comparison.EQUAL,
}


@dataclass(frozen=True)
class Predicate:
    """A condition `column comparison operands` that every row kept fulfils; operands read no column.

    An operand is written as its parameters and functions, such as `@last_date` or `date_add(@last_date, 7)`.
    """

    column_id: int
    comparison: Comparison
    operands: tuple[str, ...]


@dataclass(frozen=True)
class Call:
    """A function call: name, argument types, whether it aggregates or is analytic, whether it is ordered."""

    function: str
    arguments: tuple[str, ...]
    over_rows: bool
    ordered: bool


@dataclass(frozen=True)
class Read:
    """A physical scan of a table: the columns used, and the predicates on each of them."""

    table: TableAddress
    columns: frozenset[str]
    predicates: Mapping[str, tuple[Predicate, ...]] = field(hash=False)


@dataclass(frozen=True)
class Use:
    """A column inside an expression: the comparison call around it, and the literals in that call."""

    column: str
    compared: bool
    literals: frozenset[str]


@dataclass(frozen=True)
class ResolvedStatement:
    """A resolved statement and what can be asked of it."""

    name: str
    tree: Node

    @cached_property
    def outputs(self) -> dict[str, str]:
        """Names and types of the columns of the result, in order."""
        return {name: type_name(kind) for name, kind in self.output_types.items()}

    @cached_property
    def output_types(self) -> dict[str, Node]:
        """Like `outputs`, with the analyzer's own types."""
        found = {}
        for node in _nodes(self.tree, "ResolvedQueryStmtProto", "ResolvedCreateTableAsSelectStmtProto"):
            for column in node.output_column_list:
                found[column.name] = column.column.type
            break
        return found

    @cached_property
    def creates(self) -> TableAddress | None:
        """The table that the statement creates."""
        for node in _nodes(self.tree, "ResolvedCreateStatementProto"):
            return TableAddress(*node.name_path[-2:])
        return None

    @cached_property
    def reads(self) -> tuple[Read, ...]:
        """Every scan of a table, the target of DELETE, UPDATE and MERGE included, of INSERT not."""
        return tuple(_reads(self.tree, ()))

    @cached_property
    def calls(self) -> tuple[Call, ...]:
        """Every function call."""
        return tuple(_call(node) for node in _nodes(self.tree, "ResolvedFunctionCallBaseProto"))

    @cached_property
    def aggregations(self) -> tuple[Call, ...]:
        """Calls over rows: aggregate and analytic functions, with whether their rows have an order."""
        return tuple(_over_rows(self.tree, window_ordered=False))

    def uses(self, column: str) -> tuple[Use, ...]:
        """Every use of a column of that name inside an expression."""
        return tuple(_uses(self.tree, column, None))


def type_name(kind: Node) -> str:
    """GoogleSQL's name of a type."""
    match kind.type_kind:
        case types.TYPE_ARRAY:
            return f"ARRAY<{type_name(kind.array_type.element_type)}>"
        case types.TYPE_STRUCT:
            parts = [f"{f.field_name} {type_name(f.field_type)}" for f in kind.struct_type.field]
            return f"STRUCT<{', '.join(parts)}>"
        case simple:
            return (
                "FLOAT64"
                if simple == types.TYPE_DOUBLE
                else types.TypeKind.Name(simple).removeprefix("TYPE_")
            )


def _nodes(tree: Node, *classes: str) -> Iterator[Node]:
    """Nodes of these classes, from the root down."""
    if tree.DESCRIPTOR.name in classes:
        yield tree
    for child in _children(tree):
        yield from _nodes(child, *classes)


def _children(node: Node) -> Iterator[Node]:
    for descriptor, value in node.ListFields():
        if descriptor.message_type is None or not descriptor.message_type.name.startswith(_NODE_PREFIXES):
            continue
        if descriptor.is_repeated:
            yield from value
        else:
            yield value


_NODE_PREFIXES = ("Resolved", "AnyResolved")


def _inside(expression: Node) -> Node:
    """The node an `Any...` message holds."""
    while expression.DESCRIPTOR.name.startswith("Any"):
        expression = next(_children(expression))
    return expression


def _as(node: Node, wanted: str) -> Node | None:
    """The part of a node that it has from the class `wanted`, itself included; None for other classes."""
    current: Node | None = _inside(node)
    while current is not None and current.DESCRIPTOR.name != wanted:
        parents = [v for f, v in current.ListFields() if f.name == "parent"]
        current = parents[0] if parents else None
    return current


def _call(node: Node) -> Call:
    return Call(_function(node), _argument_types(node), over_rows=False, ordered=False)


def _function(node: Node) -> str:
    name: str = node.function.name
    return name.removeprefix("ZetaSQL:")


def _argument_types(node: Node) -> tuple[str, ...]:
    found = []
    for argument in node.argument_list:
        expression = _as(argument, "ResolvedExprProto")
        if expression is not None:
            found.append(type_name(expression.type))
    return tuple(found)


def _over_rows(node: Node, *, window_ordered: bool) -> Iterator[Call]:
    if node.DESCRIPTOR.name == "ResolvedAnalyticFunctionGroupProto":
        window_ordered = node.HasField("order_by")
    if node.DESCRIPTOR.name in ("ResolvedAggregateFunctionCallProto", "ResolvedAnalyticFunctionCallProto"):
        base = _as(node, "ResolvedFunctionCallBaseProto")
        if base is not None:
            analytic = node.DESCRIPTOR.name == "ResolvedAnalyticFunctionCallProto"
            ordered = window_ordered if analytic else bool(node.order_by_item_list)
            yield Call(_function(base), _argument_types(base), over_rows=True, ordered=ordered)
    for child in _children(node):
        yield from _over_rows(child, window_ordered=window_ordered)


def _reads(node: Node, active: tuple[Predicate, ...]) -> Iterator[Read]:
    """Scans below `node`; `active` are the predicates that all rows of the scans here fulfil."""
    match node.DESCRIPTOR.name:
        case "ResolvedTableScanProto":
            yield _read(node, active)
        case "ResolvedFilterScanProto":
            here = _predicates(node.filter_expr)
            yield from _reads(node.input_scan, active + here)
            yield from _reads(node.filter_expr, ())
        case "ResolvedJoinScanProto":
            here = _predicates(node.join_expr) if node.HasField("join_expr") else ()
            kind = node.DESCRIPTOR.fields_by_name["join_type"].enum_type.values_by_number[node.join_type].name
            yield from _reads(node.left_scan, active + (here if kind in ("INNER", "RIGHT") else ()))
            yield from _reads(node.right_scan, active + (here if kind in ("INNER", "LEFT") else ()))
            yield from _reads(node.join_expr, ())
        case "ResolvedDeleteStmtProto" | "ResolvedUpdateStmtProto":
            yield _read(node.table_scan, _predicates(node.where_expr))
            yield from _below(node, but=("table_scan",))
        case "ResolvedMergeStmtProto":
            yield _read(node.table_scan, _predicates(node.merge_expr))
            yield from _below(node, but=("table_scan",))
        case "ResolvedInsertStmtProto":
            yield from _below(node, but=("table_scan",))
        case name if name in _TRANSPARENT or name.startswith("Any"):
            for child in _children(node):
                yield from _reads(child, active)
        case _:
            yield from _below(node, but=())


def _below(node: Node, *, but: tuple[str, ...]) -> Iterator[Read]:
    """Scans below a node that no predicate from above passes."""
    left_out = [getattr(node, name) for name in but]
    for child in _children(node):
        if not any(child is one for one in left_out):
            yield from _reads(child, ())


def _read(scan: Node, active: tuple[Predicate, ...]) -> Read:
    columns = {c.column_id: c.name for c in scan.parent.column_list}
    predicates: dict[str, tuple[Predicate, ...]] = {}
    for predicate in active:
        name = columns.get(predicate.column_id)
        if name is not None:
            predicates[name] = (*predicates.get(name, ()), predicate)
    return Read(TableAddress.parse(scan.table.full_name), frozenset(columns.values()), predicates)


def _predicates(expression: Node) -> tuple[Predicate, ...]:
    """The conditions joined by AND that compare one column with what reads no column."""
    node = _as(expression, "ResolvedFunctionCallBaseProto")
    if node is None:
        return ()
    if _function(node) == "$and":
        return tuple(p for argument in node.argument_list for p in _predicates(argument))
    if _function(node) not in list(Comparison):
        return ()
    comparison = Comparison(_function(node))
    arguments = list(node.argument_list)
    if comparison in _MIRRORED and _as(arguments[0], "ResolvedColumnRefProto") is None:
        arguments.reverse()
        comparison = _MIRRORED[comparison]
    column = _as(arguments[0], "ResolvedColumnRefProto")
    if column is None or any(_depends(argument) for argument in arguments[1:]):
        return ()
    operands = tuple(_written(argument) for argument in arguments[1:])
    return (Predicate(column.column.column_id, comparison, operands),)


def _depends(expression: Node) -> bool:
    """Whether an expression reads a column or asks a sub-query."""
    return any(True for _ in _nodes(expression, "ResolvedColumnRefProto", "ResolvedSubqueryExprProto"))


def _written(expression: Node) -> str:
    node = _inside(expression)
    match node.DESCRIPTOR.name:
        case "ResolvedParameterProto":
            return f"@{node.name}"
        case "ResolvedLiteralProto":
            return _literal(node)
        case "ResolvedCastProto":
            return _written(node.expr)
    call = _as(node, "ResolvedFunctionCallBaseProto")
    if call is None:
        return str(node.DESCRIPTOR.name)
    return f"{_function(call)}({', '.join(_written(argument) for argument in call.argument_list)})"


def _literal(node: Node) -> str:
    kind, values = node.value.type, node.value.value.ListFields()
    if not values:
        return "NULL"
    value = values[0][1]
    if kind.type_kind == types.TYPE_ENUM and kind.enum_type.enum_name == _DATE_PART:
        value = parts.DateTimestampPart.Name(value)
    return str(value)


def _uses(node: Node, column: str, comparison: Node | None) -> Iterator[Use]:
    if node.DESCRIPTOR.name == "ResolvedFunctionCallBaseProto" and _function(node) in _COMPARING:
        comparison = node
    if node.DESCRIPTOR.name == "ResolvedColumnRefProto" and node.column.name == column:
        literals = [] if comparison is None else _nodes(comparison, "ResolvedLiteralProto")
        yield Use(column, comparison is not None, frozenset(_literal(literal) for literal in literals))
    for child in _children(node):
        yield from _uses(child, column, comparison)


_COMPARING = frozenset({"$equal", "$not_equal", "$in"})
