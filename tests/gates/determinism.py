"""What would make the same inputs give other rows: orders of addition, of rows, chance, the clock."""

from __future__ import annotations

from collections.abc import Iterable

from tests.gates.resolved import ResolvedStatement

#: Aggregates whose result depends on the order of additions, unless all that is added is exact.
_ADDING = ("sum", "avg", "stddev", "var", "corr", "covar")
_EXACT = frozenset({"INT64"})
#: Aggregates whose result depends on the order of rows.
_ORDERED = frozenset(
    {
        "array_agg",
        "string_agg",
        "array_concat_agg",
        "row_number",
        "ntile",
        "first_value",
        "last_value",
        "nth_value",
    }
)
#: Functions that may give another result for the same rows, whatever their order.
_FREE = ("any_value", "rand", "generate_uuid", "session_user", "current_", "approx_")


def inexact_sums(statements: Iterable[ResolvedStatement]) -> list[str]:
    """Sums and means over fractions."""
    return [
        f"[{statement.name}] {call.function}({', '.join(call.arguments)})"
        for statement in statements
        for call in statement.aggregations
        if call.function.startswith(_ADDING) and not _EXACT.issuperset(call.arguments)
    ]


def unordered(statements: Iterable[ResolvedStatement]) -> list[str]:
    """Aggregates that need an ORDER BY and have none, and functions that no order makes reproducible."""
    found = []
    for statement in statements:
        for call in statement.aggregations:
            if call.function in _ORDERED and not call.ordered:
                found.append(f"[{statement.name}] {call.function} without ORDER BY")
        found += [f"[{statement.name}] {c.function}" for c in statement.calls if c.function.startswith(_FREE)]
    return found
