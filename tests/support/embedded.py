"""The embedded pipeline on its own: what every other way to run it must come to."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import pyarrow as pa

from services.registry import discover
from shared.clock import SystemClock
from shared.ledger.repository import read_snapshot
from shared.planner.state import Cell, State, evaluate
from shared.warehouse.duckdb_warehouse import DuckDBWarehouse
from shared.warehouse.port import Warehouse
from tests.support.in_process import land_and_settle

Cells = Mapping[tuple[str, dt.date], Cell]


@contextmanager
def embedded(tables: Mapping[str, pa.Table]) -> Iterator[Warehouse]:
    """A warehouse in memory in which everything that follows from these raw tables has been done."""
    warehouse = DuckDBWarehouse(None)
    try:
        land_and_settle(warehouse, tables, jobs=lambda: 0)
        yield warehouse
    finally:
        warehouse.close()


def cells_of(warehouse: Warehouse, season_year: int) -> Cells:
    """The cells of a season, by processor and date."""
    topology, day = discover(), dt.date(season_year, 12, 1)
    snapshot = read_snapshot(warehouse, topology, start=day, end=day, request_id=None, backfill_id=None)
    grid = evaluate(topology, snapshot, SystemClock().now())
    dates = {day for season in grid.seasons if season.season_year == season_year for day in season.dates}
    return {(name, day): cells[day] for name, cells in grid.cells.items() for day in dates if day in cells}


def outcomes(cells: Cells) -> dict[tuple[str, dt.date], tuple[State, int | None]]:
    """The state of every cell and how many rows it has, by processor and date."""
    return {
        key: (cell.state, cell.history.success.record_count if cell.history.success else None)
        for key, cell in cells.items()
    }
