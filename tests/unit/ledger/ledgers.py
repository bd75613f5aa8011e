"""A ledger in memory for the tests of this folder: what is appended to it, and what the planner reads."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence

import pyarrow as pa

from shared.arrow import arrow_schema
from shared.failures.model import failure_table, failure_tables
from shared.ledger.raw import hash_raw
from shared.ledger.repository import (
    LedgerEntry,
    append_statement,
    entries_parameter,
    ledger_tables,
    read_snapshot,
)
from shared.planner.snapshot import RawCell, Snapshot
from shared.sql import Statement
from shared.tables import raw_tables
from shared.topology.declaration import Phase
from shared.topology.graph import Topology
from shared.warehouse.duckdb_warehouse import DuckDBWarehouse
from shared.warehouse.port import Parameter, Script, Value, date, query, text, timestamp
from shared.worker.context import RunContext
from tests.support import direct
from tests.support.raw_rows import RawRow, to_tables
from tests.unit.planner.worlds import CARD, FORM, SCORES

NOW = dt.datetime(2022, 9, 1, 12, tzinfo=dt.UTC)
FIRST = dt.date(2021, 10, 19)
TOPOLOGY = Topology((SCORES, FORM, CARD))


def on(number: int) -> dt.date:
    """Day `number` of the season."""
    return FIRST + dt.timedelta(days=number)


def context(**changes: str) -> RunContext:
    """The ids of a run."""
    values = {
        "run_id": "run",
        "correlation_id": "correlation",
        "causation_id": "cause",
        "backfill_id": None,
        "trigger_source": "live",
        **changes,
    }
    return RunContext(started_at=NOW, **values)  # type: ignore[arg-type]


def entry(day: dt.date = FIRST, **changes: object) -> LedgerEntry:
    """A successful run of `scores` with two rows."""
    values: dict[str, object] = {
        "cell_name": "scores",
        "cell_date": day,
        "season_year": 2021,
        "kind": "processor",
        "status": "success",
        "input_fingerprint": "in",
        "output_fingerprint": "out",
        "record_count": 2,
        "failure_count": 0,
        "game_ids": None,
        "error": None,
        **changes,
    }
    return LedgerEntry(**values)  # type: ignore[arg-type]


def failed(day: dt.date = FIRST, fingerprint: str = "in", error: str = "no such column") -> LedgerEntry:
    """A failed run of `scores`."""
    return entry(
        day,
        status="failed",
        input_fingerprint=fingerprint,
        output_fingerprint=None,
        record_count=None,
        failure_count=None,
        error=error,
    )


class Ledger:
    """The tables of the ledger, the failures and the raw contract, on an embedded engine in memory."""

    def __init__(self) -> None:
        self.warehouse = DuckDBWarehouse(None)
        # A handful of rows is not worth the threads.
        query(self.warehouse, Statement("threads", "SET threads = 1"), {})
        for schema in (*ledger_tables(), *failure_tables(), *raw_tables().values()):
            self.warehouse.ensure_table(schema)

    def append(self, *entries: LedgerEntry, run: RunContext | None = None, now: dt.datetime = NOW) -> None:
        """Append runs in one commit."""
        of_run = run or context()
        days = [item.cell_date for item in entries]
        parameters: dict[str, Parameter] = {
            "entries": entries_parameter(list(entries)),
            "first_date": date(min(days)),
            "last_date": date(max(days)),
            "run_id": text(of_run.run_id),
            "correlation_id": text(of_run.correlation_id),
            "causation_id": text(of_run.causation_id),
            "backfill_id": text(of_run.backfill_id),
            "trigger_source": text(of_run.trigger_source),
            "started_at": timestamp(of_run.started_at),
            "now": timestamp(now),
        }
        self.warehouse.run(Script("append", (append_statement(),), parameters, transaction=True, labels={}))

    def snapshot(
        self,
        start: dt.date = FIRST,
        end: dt.date = FIRST,
        *,
        request_id: str | None = None,
        backfill_id: str | None = None,
    ) -> Snapshot:
        """What the planner reads."""
        return read_snapshot(
            self.warehouse, TOPOLOGY, start=start, end=end, request_id=request_id, backfill_id=backfill_id
        )

    def select(self, sql: str) -> list[tuple[Value, ...]]:
        """Rows of one GoogleSQL query."""
        return query(self.warehouse, Statement("select", sql), {}).values

    def failures(self, phase: Phase, rows: Sequence[dict[str, Value]]) -> None:
        """Put failure rows into the table of a phase."""
        table = failure_table(phase)
        full = [{**dict.fromkeys(table.column_names), **row} for row in rows]
        direct.insert(self.warehouse, table.address, pa.Table.from_pylist(full, schema=arrow_schema(table)))

    def write(self, rows: Iterable[RawRow]) -> None:
        """Somebody appends raw rows."""
        for table, values in to_tables(rows).items():
            direct.insert(self.warehouse, raw_tables()[table].address, values)

    def remove(self, table: str, day: dt.date) -> None:
        """Somebody removes the raw rows of a date."""
        sql = f"DELETE FROM nba_raw.{table} WHERE game_date = '{day.isoformat()}'"
        query(self.warehouse, Statement("remove", sql), {})

    def replace(self, rows: Iterable[RawRow]) -> None:
        """Somebody replaces the raw rows of the dates and tables of `rows`."""
        found = list(rows)
        for table, day in {(row.table, row.values["game_date"]) for row in found}:
            if not isinstance(day, dt.date):
                raise TypeError(f"Unexpected date: [{day}]")
            self.remove(table, day)
        self.write(found)

    def hash(self, start: dt.date = FIRST, end: dt.date = FIRST, *, run_id: str = "hash") -> None:
        """Record what the raw tables hold."""
        hash_raw(self.warehouse, start, end, context(run_id=run_id), NOW)

    def raw(self, source: str, day: dt.date = FIRST) -> RawCell:
        """What the ledger says of a raw source on a date."""
        return self.snapshot(day, day).raw[source][day]

    def rows_written(self) -> int:
        """How many rows the ledger has."""
        value = self.select("SELECT COUNT(*) FROM nba_orchestration.ledger WHERE cell_date >= '2000-01-01'")[
            0
        ][0]
        if not isinstance(value, int):
            raise TypeError(f"Unexpected count: [{value}]")
        return value
