"""A commit made by hand: failure rows as they were, what a run staged, and the rows that come of it."""

from __future__ import annotations

import datetime as dt

import pyarrow as pa

from shared.arrow import arrow_schema
from shared.failures.model import failure_table
from shared.ledger.repository import ledger_tables
from shared.sql import Statement
from shared.topology.declaration import Phase, Processor
from shared.warehouse.duckdb_warehouse import DuckDBWarehouse
from shared.warehouse.port import Value, query
from shared.worker.commit import FailedDate, commit_script
from shared.worker.context import RunContext
from shared.worker.stage import Batch, staging_bindings
from tests.support import direct

OLD = dt.datetime(2022, 1, 1, tzinfo=dt.UTC)
NOW = dt.datetime(2022, 9, 1, tzinfo=dt.UTC)
NEXT_ATTEMPT = dt.datetime(2022, 2, 1, tzinfo=dt.UTC)
SAME, CHANGED = dt.date(2021, 10, 19), dt.date(2021, 10, 20)
DAYS = {False: SAME, True: CHANGED}
GAP = "DATA_GAP"
ABSENCE = "PLAYER_DNP"
ANOTHER = "CHECK_FAILED"

Row = dict[str, Value]


def warehouse_for(processor: Processor, rows: list[Row]) -> DuckDBWarehouse:
    """An embedded warehouse in memory whose failure table of the phase holds `rows`."""
    warehouse = DuckDBWarehouse(None)
    # A handful of rows is not worth the threads.
    query(warehouse, Statement("threads", "SET threads = 1"), {})
    table = failure_table(processor.phase)
    for schema in (table, processor.schema, *ledger_tables()):
        warehouse.ensure_table(schema)
    full = [{**dict.fromkeys(table.column_names), **row} for row in rows]
    direct.insert(warehouse, table.address, pa.Table.from_pylist(full, schema=arrow_schema(table)))
    return warehouse


def known(processor: Processor, entity: str, day: dt.date, **values: Value) -> Row:
    """A failure row as an earlier run and the retry worker left it."""
    return {
        "processor_name": processor.class_name,
        "run_id": "old-run",
        "analysis_date": day,
        "entity_id": entity,
        "entity_type": "TEAM",
        "failure_category": "INCOMPLETE_DATA",
        "failure_type": GAP,
        "failure_reason": "old words",
        "is_correctable": True,
        "resolution_status": "UNRESOLVED",
        "created_at": OLD,
        "first_seen_at": OLD,
        "last_seen_at": OLD,
        "attempt_count": 3,
        "next_attempt_at": NEXT_ATTEMPT,
        "correlation_id": "old-correlation",
        **values,
    }


def reported(entity: str, day: dt.date, **values: Value) -> Row:
    """A row of staging.failures."""
    return {
        "analysis_date": day,
        "entity_id": entity,
        "entity_type": "TEAM",
        "failure_category": "INCOMPLETE_DATA",
        "failure_type": GAP,
        "failure_reason": "new words",
        "expected_game_count": 5,
        "actual_game_count": 4,
        "missing_game_dates": "[]",
        "raw_data_checked": True,
        "row_written": False,
        "evidence": "[]",
        "expected_record_count": 1,
        "actual_record_count": 0,
        "missing_game_ids": "[]",
        **values,
    }


_REPORTED = pa.schema(
    [
        ("analysis_date", pa.date32()),
        *((name, pa.string()) for name in ("entity_id", "entity_type", "failure_category")),
        *((name, pa.string()) for name in ("failure_type", "failure_reason")),
        *((name, pa.int64()) for name in ("expected_game_count", "actual_game_count")),
        ("missing_game_dates", pa.string()),
        *((name, pa.bool_()) for name in ("raw_data_checked", "row_written")),
        ("evidence", pa.string()),
        *((name, pa.int64()) for name in ("expected_record_count", "actual_record_count")),
        ("missing_game_ids", pa.string()),
    ]
)


def commit(
    warehouse: DuckDBWarehouse,
    processor: Processor,
    *,
    failures: list[Row],
    expected: list[tuple[dt.date, str]],
    failed: list[FailedDate],
    standing: list[tuple[dt.date, str]],
    days: tuple[dt.date, ...] = (SAME, CHANGED),
    changed: tuple[dt.date, ...] = (CHANGED,),
) -> dict[str, Row]:
    """Commit a run of the dates that staged these failures; return the failure rows by entity."""
    context = RunContext("new-run", "new-correlation", "cause", None, "live", NOW)
    staged = staging_bindings(processor, context.run_id)
    warehouse.load(staged["staging.failures"], pa.Table.from_pylist(failures, schema=_REPORTED))
    entities = [{"cell_date": day, "entity_id": entity} for day, entity in expected]
    warehouse.load(
        staged["staging.expected"],
        pa.Table.from_pylist(
            entities, schema=pa.schema([("cell_date", pa.date32()), ("entity_id", pa.string())])
        ),
    )
    no_rows = [c for c in processor.schema.columns if c.name not in ("run_id", "processed_at")]
    fields = [f for f in arrow_schema(processor.schema) if f.name in {c.name for c in no_rows}]
    warehouse.load(staged["staging.good_rows"], pa.schema(fields).empty_table())
    warehouse.run(
        commit_script(
            processor,
            Batch(days, 2021, SAME, SAME, SAME),
            context,
            now=NOW,
            entries=[],
            failed=failed,
            changed_dates=changed,
            standing=standing,
            staged=True,
            read_back=False,
            models=False,
            labels={},
        )
    )
    return rows_of(warehouse, processor.phase)


def rows_of(warehouse: DuckDBWarehouse, phase: Phase) -> dict[str, Row]:
    sql = f"SELECT * FROM {failure_table(phase).address} WHERE analysis_date >= '2000-01-01'"
    every = query(warehouse, Statement("failures", sql), {}).records()
    rows = [row for row in every if row["first_seen_at"] != NOW or row["failure_category"] != ANOTHER]
    assert len({row["entity_id"] for row in rows}) == len(rows)
    return {str(row["entity_id"]): row for row in rows}
