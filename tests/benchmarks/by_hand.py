"""The same SQL run by hand: every processor's rows of a range, nothing else. The pipeline is held against it.

No planner, no ledger, no triage, no checks, no hashes, no failures, no events: the shared evidence and the
query of each processor, one INSERT each, in one process on one file.
"""

from __future__ import annotations

import datetime as dt
import sys
from dataclasses import replace
from pathlib import Path

from services.registry import discover
from shared.sql import bind, column_list
from shared.topology.declaration import HARNESS_COLUMNS, Phase, Processor
from shared.warehouse.duckdb_warehouse import DuckDBWarehouse
from shared.warehouse.port import Script
from shared.worker.stage import Batch, batch_parameters, staging_bindings
from tests.support.direct import batch_of


def run(path: Path, *, start: dt.date, end: dt.date) -> None:
    """Fill every output table of an ingested warehouse with the rows of a range."""
    warehouse = DuckDBWarehouse(path)
    batch = batch_of(warehouse, start=start, end=end)
    for processor in discover().processors:
        if processor.phase is Phase.PREDICTIONS:
            continue
        warehouse.run(script_of(processor, batch))
    warehouse.close()


def script_of(processor: Processor, batch: Batch) -> Script:
    """The shared statements and the query of a processor, straight into its table."""
    tables = staging_bindings(processor, "by_hand")
    statements = []
    for name in processor.shared_sql:
        query = bind(f"{processor.name}.{name}", processor.shared_statement(name), tables)
        statements.append(replace(query, text=f"CREATE OR REPLACE TABLE staging.{name} AS\n{query.text}"))
    columns = column_list(processor.schema.without(HARNESS_COLUMNS))
    query = bind(f"{processor.name}.query", processor.sql("query"), tables)
    insert = f"INSERT INTO target.rows ({columns})\nSELECT {columns} FROM (\n{query.text}\n)"
    statements.append(replace(query, text=insert))
    return Script(processor.name, tuple(statements), batch_parameters(processor, batch), False, {})


if __name__ == "__main__":
    run(Path(sys.argv[1]), start=dt.date.fromisoformat(sys.argv[2]), end=dt.date.fromisoformat(sys.argv[3]))
