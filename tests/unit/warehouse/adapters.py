"""The adapters that the contract suite runs on. Another one is another entry of ADAPTERS.

BigQuery's is the real client over the wire, on local-bigquery.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from shared.warehouse.duckdb_warehouse import DuckDBWarehouse
from shared.warehouse.port import Warehouse
from tests.emulators.clients import emulated_bigquery

OpenWarehouse = Callable[[Path], Warehouse]


def _embedded_file(folder: Path) -> Warehouse:
    return DuckDBWarehouse(folder / "contract.duckdb")


def _embedded_memory(folder: Path) -> Warehouse:
    return DuckDBWarehouse(None)


def _bigquery(folder: Path) -> Warehouse:
    return emulated_bigquery()


ADAPTERS: dict[str, OpenWarehouse] = {
    "bigquery client": _bigquery,
    "embedded file": _embedded_file,
    "embedded in memory": _embedded_memory,
}

#: What an adapter's engine on this machine gets wrong, by test; the engine in the cloud does it right.
DEVIATIONS: dict[str, dict[str, str]] = {
    "bigquery client": {
        "test_statement_that_cannot_be_read_stops_the_script_before_it_begins": (
            "local-bigquery runs a script's first statement before it has read the last"
        )
    }
}
