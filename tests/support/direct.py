"""Run processors' SQL by hand on an embedded warehouse: no planner, no ledger, no messages.

It is what golden tests start from, and what the benchmark compares the whole pipeline with.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from services.registry import discover
from shared.planner.snapshot import RawCell, Snapshot
from shared.sql import Statement, bind, column_list
from shared.tables import TableAddress, TableSchema, raw_tables
from shared.topology.declaration import SLOTS, VOLATILE_COLUMNS, Processor
from shared.warehouse.duckdb_warehouse import DuckDBWarehouse
from shared.warehouse.port import Rows, Script, Warehouse, query
from shared.worker.compute import artefact_table, compute
from shared.worker.stage import Batch, stage_script, staging_bindings


class _Engine:
    """What a golden test runs on; an option of the test run changes it."""

    open: Callable[[], Warehouse] = staticmethod(lambda: DuckDBWarehouse(None))


def choose_warehouse(opened: Callable[[], Warehouse]) -> None:
    """From now on golden tests run on what `opened` opens."""
    _Engine.open = staticmethod(opened)


def memory_warehouse(raw: Mapping[str, pa.Table]) -> Warehouse:
    """A warehouse with every raw table, holding `raw`: in memory, unless the test run says otherwise."""
    warehouse = _Engine.open()
    for name, schema in raw_tables().items():
        warehouse.ensure_table(nullable(schema))
        if name in raw:
            insert(warehouse, schema.address, raw[name])
    return warehouse


def nullable(schema: TableSchema) -> TableSchema:
    """The table with no column required: rows made by hand hold what their test is about."""
    return replace(schema, columns=tuple(replace(column, required=False) for column in schema.columns))


def load_parquet_folder(folder: Path) -> dict[str, pa.Table]:
    """The raw tables of a folder of parquet files."""
    return {path.stem: pq.read_table(path) for path in sorted(folder.glob("*.parquet"))}


def insert(warehouse: Warehouse, address: TableAddress, rows: pa.Table) -> None:
    """Append rows to a table, by column name."""
    staging = TableAddress("nba_staging", f"insert_{address.table}")
    warehouse.load(staging, rows)
    columns = ", ".join(rows.column_names)
    sql = f"INSERT INTO {address} ({columns}) SELECT {columns} FROM {staging}"
    warehouse.run(Script("insert", (Statement("insert", sql),), {}, transaction=False, labels={}))
    warehouse.drop([staging])


def batch_of(warehouse: Warehouse, *, start: dt.date, end: dt.date) -> Batch:
    """All dates with a slot between start and end, as one batch (they must be of one season)."""
    found = select(
        warehouse,
        "SELECT season_year, MIN(game_date) OVER (PARTITION BY season_year) AS season_start, game_date"
        " FROM nba_raw.nbac_schedule WHERE game_date IS NOT NULL",
    )
    chosen = sorted({row for row in found.values if start <= row[2] <= end}, key=lambda row: row[2])  # type: ignore[operator,arg-type,return-value]
    return Batch(
        dates=tuple(row[2] for row in chosen),  # type: ignore[misc]
        season_year=chosen[0][0],  # type: ignore[arg-type]
        season_start=chosen[0][1],  # type: ignore[arg-type]
        previous_season_start=_start_of(found, chosen[0][0] - 1, chosen[0][1]),  # type: ignore[arg-type,operator]
        history_start=min(row[1] for row in found.values),  # type: ignore[type-var,arg-type]
    )


def _start_of(found: Rows, season_year: int, otherwise: dt.date) -> dt.date:
    starts = {year: start for year, start, _ in found.values}
    start = starts.get(season_year, otherwise)
    assert isinstance(start, dt.date)
    return start


def select(warehouse: Warehouse, sql: str) -> Rows:
    """Rows of one GoogleSQL query."""
    return query(warehouse, Statement("select", sql), {})


def stage(warehouse: Warehouse, processor: Processor, batch: Batch, run_id: str = "test") -> Rows:
    """Run the stage script; the staging tables stay, as nba_staging.<name>__<run_id>. Returns its summary."""
    warehouse.drop(list(staging_bindings(processor, run_id).values())[:-1])
    compute_by_hand(warehouse, processor, batch, run_id)
    return warehouse.run(stage_script(processor, batch, run_id, {}))


def compute_by_hand(warehouse: Warehouse, processor: Processor, batch: Batch, run_id: str) -> None:
    """The Python step of a processor that has one; without a ledger nothing stored is used again."""
    if not processor.computed_by:
        return
    warehouse.ensure_table(artefact_table())
    schedule = select(
        warehouse,
        "SELECT game_date, season_year, ARRAY_AGG(game_id ORDER BY game_id) FROM nba_raw.nbac_schedule"
        " WHERE game_date IS NOT NULL AND IFNULL(game_status_text, '') != 'Postponed'"
        " GROUP BY game_date, season_year",
    )
    slots = {
        day: RawCell(year, "by hand", len(games), frozenset(games), "by hand")  # type: ignore[arg-type]
        for day, year, games in schedule.values
    }
    compute(processor, warehouse, batch, run_id, Snapshot({SLOTS: slots}, {}))  # type: ignore[dict-item]


def run_by_hand(warehouse: Warehouse, names: Sequence[str], batch: Batch) -> dict[str, Rows]:
    """Stage the named processors in order and append their good rows to their tables."""
    topology = discover()
    summaries = {}
    for name in names:
        processor = topology.processor(name)
        warehouse.ensure_table(processor.schema)
        summaries[name] = stage(warehouse, processor, batch, f"hand_{processor.name}")
        tables = staging_bindings(processor, f"hand_{processor.name}")
        columns = f"{column_list(processor.schema.without(VOLATILE_COLUMNS))}, data_hash"
        sql = f"INSERT INTO target.rows ({columns}) SELECT {columns} FROM staging.good_rows"
        statement = bind("insert", sql, tables)
        warehouse.run(Script("insert", (statement,), {}, transaction=False, labels={}))
    return summaries


def dates_between(start: dt.date, end: dt.date) -> Iterable[dt.date]:
    """Every calendar date from start to end, both included."""
    return (start + dt.timedelta(days=n) for n in range((end - start).days + 1))
