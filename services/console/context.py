"""What a command works with: the warehouse the environment names, the topology, the time, and the log."""

from __future__ import annotations

import datetime as dt
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from services.console.output import WarehouseMissingError, date_span
from services.settings import Settings, read_settings

if TYPE_CHECKING:
    from shared.clock import Clock
    from shared.planner.snapshot import Snapshot
    from shared.planner.state import Grid, Season
    from shared.topology.graph import Topology
    from shared.warehouse.port import Warehouse
    from shared.worker.memory import Memory


@dataclass(frozen=True)
class Session:
    """An open warehouse with everything a command needs beside it."""

    warehouse: Warehouse
    topology: Topology
    clock: Clock
    settings: Settings
    memory: Memory


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
    with _opened(_existing(_settings())) as session:
        yield session


@contextmanager
def change_session() -> Iterator[Session]:
    """Open the warehouse for a command that changes what is there, and keeps a log of it.

    Raises WarehouseMissingError instead of creating a file, SettingsError, WarehouseInUseError.
    """
    with work_session_on(_existing(_settings())) as session:
        yield session


@contextmanager
def work_session() -> Iterator[Session]:
    """Open the warehouse of the environment, creating the file when there is none.

    Raises SettingsError, WarehouseInUseError.
    """
    with work_session_on(_settings()) as session:
        yield session


@contextmanager
def work_session_on(settings: Settings) -> Iterator[Session]:
    """Open the warehouse of these settings, and send the log where they say. Raises WarehouseInUseError."""
    # Only commands that run workers log, and structlog takes as long to load as a query takes to run.
    from shared.log import logging_to  # noqa: PLC0415

    with _opened(settings) as session, logging_to(settings.log or sys.stderr):
        yield session


def _existing(settings: Settings) -> Settings:
    if isinstance(settings.warehouse, Path) and not settings.warehouse.exists():
        raise WarehouseMissingError(
            f"There is no warehouse at [{settings.warehouse}]. "
            "Run `nba init` to create it, or set NBA_WAREHOUSE=duckdb:///ABSOLUTE/PATH to use another."
        )
    return settings


def _settings() -> Settings:
    environment = {**os.environ, "NBA_LOG": "stderr"} if _Choice.logs_to_stderr else os.environ
    return read_settings(environment, Path.cwd())


@contextmanager
def _opened(settings: Settings) -> Iterator[Session]:
    # The engine takes longer to load than `nba --help` to run.
    from services.adapters import open_warehouse  # noqa: PLC0415
    from services.registry import discover  # noqa: PLC0415
    from shared.clock import SystemClock  # noqa: PLC0415
    from shared.worker.memory import Memory  # noqa: PLC0415

    warehouse = open_warehouse(settings)
    try:
        yield Session(warehouse, discover(), SystemClock(), settings, Memory())
    finally:
        warehouse.close()


def read_grid(session: Session, start: dt.date | None, end: dt.date | None) -> tuple[Snapshot, Grid]:
    """The ledger and the state of every cell of the seasons around a range.

    All seasons when the range is open on both sides, or when nothing is loaded near it.
    """
    from shared.ledger.repository import read_snapshot  # noqa: PLC0415
    from shared.planner.state import evaluate  # noqa: PLC0415

    snapshot = read_snapshot(
        session.warehouse,
        session.topology,
        start=start or dt.date.min,
        end=end or dt.date.max,
        request_id=None,
        backfill_id=None,
    )
    grid = evaluate(session.topology, snapshot, session.clock.now())
    if not grid.seasons and (start is not None or end is not None):
        return read_grid(session, None, None)
    return snapshot, grid


def no_dates(grid: Grid, start: dt.date | None, end: dt.date | None) -> str:
    """Why a range has no game date, and what is loaded instead."""
    if not grid.seasons:
        return (
            "No game date is known, because no schedule has been ingested. "
            "Start with `nba ingest files DIR`, `nba ingest nba-stats DIR` or `nba ingest synthetic`."
        )
    loaded = ", ".join(
        f"{season_name(season)} ({date_span(season.dates[0], season.dates[-1])})" for season in grid.seasons
    )
    return f"No game date between [{start or 'the start'}] and [{end or 'the end'}]. Loaded: {loaded}."


def season_name(season: Season) -> str:
    """`2021-22`."""
    return f"{season.season_year}-{(season.season_year + 1) % 100:02d}"
