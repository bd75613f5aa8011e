"""The adapters that the contract suite runs on. Another one is another entry of ADAPTERS."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from shared.warehouse.duckdb_warehouse import DuckDBWarehouse
from shared.warehouse.port import Warehouse

OpenWarehouse = Callable[[Path], Warehouse]


def _embedded_file(folder: Path) -> Warehouse:
    return DuckDBWarehouse(folder / "contract.duckdb")


def _embedded_memory(folder: Path) -> Warehouse:
    return DuckDBWarehouse(None)


ADAPTERS: dict[str, OpenWarehouse] = {
    "embedded file": _embedded_file,
    "embedded in memory": _embedded_memory,
}
