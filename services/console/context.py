"""What a command works with: the warehouse the environment names, the topology, the time, and the log."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from services.console.output import WarehouseMissingError
from services.settings import Settings, read_settings

if TYPE_CHECKING:
    from shared.clock import Clock
    from shared.topology.graph import Topology
    from shared.warehouse.port import Warehouse


@dataclass(frozen=True)
class Session:
    """An open warehouse with everything a command needs beside it."""

    warehouse: Warehouse
    topology: Topology
    clock: Clock
    settings: Settings


class _Choice:
    """What the options before the command have chosen."""

    logs_to_stderr = False


def choose_log(*, to_stderr: bool) -> None:
    """Take note of the option --log-stderr."""
    _Choice.logs_to_stderr = to_stderr


@contextmanager
def read_session() -> Iterator[Session]:
    """Open the warehouse for a command that only reads.

    Raises WarehouseMissingError instead of creating a file, SettingsError, WarehouseInUseError.
    """
    settings = _settings()
    if not settings.warehouse.exists():
        raise WarehouseMissingError(
            f"There is no warehouse at [{settings.warehouse}]. "
            "Run `nba init` to create it, or set NBA_WAREHOUSE=duckdb:///ABSOLUTE/PATH to use another."
        )
    with _opened(settings) as session:
        yield session


@contextmanager
def work_session() -> Iterator[Session]:
    """Open the warehouse, creating the file when there is none, and send the log where NBA_LOG says.

    Raises SettingsError, WarehouseInUseError.
    """
    # Only commands that run workers log, and structlog takes as long to load as a query takes to run.
    from shared.log import configure, configure_file  # noqa: PLC0415

    settings = _settings()
    with _opened(settings) as session:
        if settings.log is None:
            configure(sys.stderr)
        else:
            configure_file(settings.log)
        yield session


def _settings() -> Settings:
    environment = {**os.environ, "NBA_LOG": "stderr"} if _Choice.logs_to_stderr else os.environ
    return read_settings(environment, Path.cwd())


@contextmanager
def _opened(settings: Settings) -> Iterator[Session]:
    # The engine takes longer to load than `nba --help` to run.
    from services.registry import discover  # noqa: PLC0415
    from shared.clock import SystemClock  # noqa: PLC0415
    from shared.warehouse.duckdb_warehouse import DuckDBWarehouse  # noqa: PLC0415

    warehouse = DuckDBWarehouse(settings.warehouse)
    try:
        yield Session(warehouse, discover(), SystemClock(), settings)
    finally:
        warehouse.close()
