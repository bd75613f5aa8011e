"""Short-lived names for staging tables on the embedded engine.

Every run names its staging tables after itself. Here they get the lowest free number instead, so that the
texts of one run are those of the next and are parsed once: syntax takes a third of a small statement's time.
"""

from __future__ import annotations

import itertools
import re


class StagingSlots:
    """Which staging table has which number. A name keeps its number until it is released."""

    def __init__(self, dataset: str) -> None:
        """Every table of `dataset` is a staging table."""
        self._named = re.compile(rf"\b{re.escape(dataset)}\.([A-Za-z0-9_]+)\b")
        self._dataset = dataset
        self._slots: dict[str, str] = {}

    def put(self, sql: str) -> str:
        """The text with every staging table under its number."""
        return self._named.sub(lambda match: f"{self._dataset}.{self.slot(match[1])}", sql)

    def slot(self, table: str) -> str:
        """The numbered name of a staging table."""
        found = self._slots.get(table)
        if found is None:
            taken = set(self._slots.values())
            base = table.partition("__")[0]
            free = (f"{base}__{number}" for number in itertools.count())
            found = self._slots[table] = next(name for name in free if name not in taken)
        return found

    def release(self, table: str) -> None:
        """The table is gone: its number is free for another."""
        self._slots.pop(table, None)

    def tables(self) -> list[str]:
        """The tables that have a number."""
        return list(self._slots)
