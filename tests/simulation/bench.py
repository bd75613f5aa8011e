"""The warehouse that all histories of a process share: made once, put back to the season's start for each."""

from __future__ import annotations

import datetime as dt
from functools import cache
from pathlib import Path

from services.ingest.writer import IngestReport, write
from services.registry import processor_folders, topology_of
from shared.clock import VirtualClock
from shared.sql import Statement
from shared.tables import TableAddress, raw_tables
from shared.topology.graph import Topology
from shared.warehouse.duckdb_warehouse import STAGING_DATASET, DuckDBWarehouse
from shared.warehouse.initialise import all_tables, initialise
from shared.warehouse.port import Rows, Script, Value, query
from tests.simulation.faults import reads_only
from tests.simulation.league import DAYS, FIRST, TABLES, first_league, on

FOLDER = Path(__file__).parent / "processors"
#: The morning of the first date.
START = dt.datetime.combine(FIRST, dt.time(12), tzinfo=dt.UTC)
_TEMPLATE = "nba_template"


@cache
def topology() -> Topology:
    """The three processors of the simulation."""
    return topology_of(processor_folders(FOLDER))


class _Warehouse(DuckDBWarehouse):
    """The embedded adapter on rows by the dozen: planning a statement is all that it costs, so spare the
    optimizer, and ask nothing twice."""

    def __init__(self) -> None:
        super().__init__(None)
        self._answers: dict[object, Rows] = {}
        self._answered_at = -1
        self._run("SET threads = 1")
        self._run("PRAGMA disable_optimizer")

    def run(self, script: Script) -> Rows:
        """Run a script. What only reads is answered as the last time, as long as nothing was written."""
        if not all(reads_only(statement) for statement in script.statements):
            return super().run(script)
        if self._answered_at != self.writes():
            self._answers.clear()
            self._answered_at = self.writes()
        key = (tuple(s.resolve(s.text) for s in script.statements), *script.parameters.items())
        if key not in self._answers:
            self._answers[key] = super().run(script)
        return self._answers[key]

    def drop_staging(self) -> None:
        """Drop what runs have left behind that never came to their end."""
        self.drop([TableAddress(STAGING_DATASET, table) for table in self._staging.tables()])


class Bench:
    """An embedded warehouse in memory, holding the slots of the season and nothing else."""

    def __init__(self) -> None:
        self.warehouse = _Warehouse()
        initialise(self.warehouse, topology())
        self.first: IngestReport = write(
            first_league().arrow(TABLES, [on(n) for n in range(DAYS)]),
            warehouse=self.warehouse,
            clock=VirtualClock(START),
            run_id="first",
            days=None,
            on_progress=lambda done, total: None,
        )
        unused = {schema.address for name, schema in raw_tables().items() if name not in TABLES}
        tables = [schema.address for schema in all_tables(topology()) if schema.address not in unused]
        self._run(f"CREATE SCHEMA {_TEMPLATE}")
        for table in tables:
            self._run(f"CREATE TABLE {_TEMPLATE}.{table.table} AS SELECT * FROM {table}")
        self._reset = tuple(
            Statement("reset", f"CREATE OR REPLACE TABLE {t} AS SELECT * FROM {_TEMPLATE}.{t.table}")
            for t in tables
        )

    def reset(self) -> None:
        """Back to the start of the season; nothing of the last history is left."""
        self.warehouse.drop_staging()
        self.warehouse.run(Script("reset", self._reset, {}, transaction=False, labels={}))

    def select(self, sql: str) -> list[tuple[Value, ...]]:
        """Rows of one query."""
        return query(self.warehouse, Statement("select", sql), {}).values

    def _run(self, sql: str) -> None:
        query(self.warehouse, Statement("set up", sql), {})


@cache
def bench() -> Bench:
    """The bench of this process."""
    return Bench()
