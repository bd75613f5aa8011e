"""Names with their values side by side, in as many columns as the terminal has room for."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import zip_longest
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.table import Table

_MOST_COLUMNS = 5
#: Blanks in a column of pairs: two before the name, two behind it, two behind the value.
_GAPS = 6


def plain_table(*, header: bool) -> Table:
    """A table without lines, two blanks between its columns."""
    from rich.table import Table  # noqa: PLC0415

    return Table(
        box=None, show_header=header, padding=(0, 2, 0, 0), pad_edge=False, header_style="bright_black"
    )


def pairs_table(pairs: Sequence[tuple[str, str]], width: int) -> Table:
    """The pairs as a table that is read downwards, `width` characters wide at most when they fit at all."""
    columns = _side_by_side(pairs, width)
    table = plain_table(header=False)
    for _ in columns:
        table.add_column(no_wrap=True, style="bright_black")
        table.add_column(no_wrap=True, justify="right")
    for line in zip_longest(*columns, fillvalue=("", "")):
        table.add_row(*(text for name, value in line for text in (f"  {name}", value)))
    return table


def _side_by_side(pairs: Sequence[tuple[str, str]], width: int) -> list[Sequence[tuple[str, str]]]:
    """Pairs cut into as many columns of equal height as `width` has room for."""
    for across in range(_MOST_COLUMNS, 1, -1):
        down = -(-len(pairs) // across)
        columns = [pairs[start : start + down] for start in range(0, len(pairs), down)]
        widths = [max(len(n) for n, _ in column) + max(len(v) for _, v in column) for column in columns]
        if sum(widths) + _GAPS * len(columns) <= width:
            return columns
    return [pairs]
