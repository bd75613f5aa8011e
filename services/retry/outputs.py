"""Whether the output tables still hold what the ledger says was written. Somebody may have changed them."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from shared.sql import Statement, bind, hash_input, read_sql
from shared.topology.declaration import VOLATILE_COLUMNS, Processor
from shared.topology.graph import Topology
from shared.warehouse.port import Warehouse, query

_SQL = Path(__file__).parent / "sql"


def differing_outputs(warehouse: Warehouse, topology: Topology) -> dict[str, tuple[dt.date, ...]]:
    """Per processor, the dates whose rows are not those of the newest successful run.

    One job, which reads all rows.
    """
    parts = [_of_processor(processor) for processor in topology.processors]
    rows = query(
        warehouse,
        Statement("output content", "\nUNION ALL\n".join(part.text for part in parts)),
        {},
    )
    found: dict[str, list[dt.date]] = {}
    for name, day in rows.values:
        if not isinstance(day, dt.date):
            raise TypeError(f"Unexpected date: [{day}]")
        found.setdefault(str(name), []).append(day)
    return {name: tuple(sorted(days)) for name, days in found.items()}


def _of_processor(processor: Processor) -> Statement:
    """The comparison for one processor, its table named by the address that its schema declares."""
    return bind(
        f"{processor.name}.output_content",
        read_sql(_SQL / "output_content.sql"),
        {},
        {
            "table": str(processor.schema.address),
            "processor": f"'{processor.name}'",
            "partition": processor.schema.partition_column,
            "hash_input": hash_input(processor.schema.without(VOLATILE_COLUMNS)),
        },
    )
