"""A pipeline of three tiny processors on the embedded engine, with the real apps, broker, harness and ledger.

`tiny_scores` (phase 3) copies each team's points of a date, `tiny_form` (phase 4) adds up a team's points
before a date, `tiny_card` (phase 4) doubles what form says of the date. Their folders are written to a
temporary directory and found like any other processor. Only time, ids and faults are the test's own.
"""

from __future__ import annotations

import datetime as dt
import itertools
import shutil
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pyarrow as pa

from services.bootstrap import AppEndpoint, Runtime, use
from services.ingest.writer import IngestReport, completions, write
from services.registry import topology_of
from shared.arrow import arrow_schema
from shared.broker.local import LocalBroker
from shared.broker.port import PublishError
from shared.clock import VirtualClock
from shared.ledger.backfills import record_backfill, requests_of
from shared.ledger.repository import read_snapshot
from shared.messages.decode import encode
from shared.messages.models import (
    AnyMessage,
    CompletionStatus,
    PhaseCompleted,
    ProcessRequested,
    RawDataRequested,
    TriggerSource,
)
from shared.planner.snapshot import Backfill, Reprocess, Snapshot
from shared.planner.state import Grid, evaluate
from shared.sql import Statement
from shared.tables import TableAddress, TableSchema, raw_tables
from shared.topology.declaration import Phase
from shared.topology.graph import COMPLETION_TOPICS, TRIGGER_TOPICS, Topology
from shared.warehouse.duckdb_warehouse import DuckDBWarehouse
from shared.warehouse.initialise import initialise
from shared.warehouse.port import Parameters, Rows, Script, Value, Warehouse, query
from shared.worker.harness import MAX_DATES_PER_RUN, Ports, Worker
from shared.worker.outcome import Outcome
from shared.worker.prepare import prepare_workers
from shared.worker.run import RunReport
from tests.support import direct
from tests.support.raw_rows import Game, RawRow, final_slot, team_box, to_tables
from tests.support.tiny_folders import CARD, FORM, SCORES, TinyFolder, write_folder

#: Long after every grace of the season: nothing waits for raw rows.
LATER = dt.datetime(2022, 9, 1, tzinfo=dt.UTC)
FIRST = dt.date(2021, 10, 19)
ALL = (SCORES, FORM, CARD)


def on(number: int) -> dt.date:
    """Day `number` of the season; 0 is its first."""
    return FIRST + dt.timedelta(days=number)


def game(number: int, home: str = "BOS", away: str = "CHI") -> Game:
    """The game of two teams on a day."""
    return Game(f"00221{number:03d}{home[0]}{away[0]}", on(number), home, away)


def played(
    number: int, home_points: int, away_points: int, *, teams: tuple[str, str] = ("BOS", "CHI")
) -> list[RawRow]:
    """The raw rows of a Final game that the tiny processors read: its slot and both team rows."""
    home, away = teams
    of = game(number, home, away)
    return [
        final_slot(of, home_points, away_points),
        team_box(of, home, [], points=home_points),
        team_box(of, away, [], points=away_points),
    ]


class TappedWarehouse:
    """A warehouse that counts the jobs it is sent, and fails those a test chose."""

    def __init__(self, inner: Warehouse) -> None:
        self._inner = inner
        self._faults: list[tuple[str, Exception]] = []
        self._interruptions: list[tuple[str, Callable[[], None]]] = []
        self.alone = False
        self.jobs: list[str] = []

    def fail_next(self, name: str, error: Exception) -> None:
        """The next script whose name begins with `name` raises `error` instead of running."""
        self._faults.append((name, error))

    def interrupt_next(self, name: str, what: Callable[[], None]) -> None:
        """Before the next script whose name begins with `name`, somebody else does something."""
        self._interruptions.append((name, what))

    def run(self, script: Script) -> Rows:
        self.jobs.append(script.name)
        for interruption in self._interruptions:
            if script.name.startswith(interruption[0]):
                self._interruptions.remove(interruption)
                interruption[1]()
                break
        for fault in self._faults:
            if script.name.startswith(fault[0]):
                self._faults.remove(fault)
                raise fault[1]
        return self._inner.run(script)

    def table(self, script: Script) -> pa.Table:
        self.jobs.append(script.name)
        return self._inner.table(script)

    def prepare(self, statements: Sequence[Statement], parameters: Parameters) -> None:
        self._inner.prepare(statements, parameters)

    def load(self, address: TableAddress, rows: pa.Table) -> None:
        self._inner.load(address, rows)

    def ensure_table(self, schema: TableSchema) -> tuple[str, ...]:
        return self._inner.ensure_table(schema)

    def lacking(self, schema: TableSchema) -> tuple[str, ...]:
        return self._inner.lacking(schema)

    def ensure_view(self, address: TableAddress, query: Statement) -> None:
        self._inner.ensure_view(address, query)

    def drop(self, addresses: Sequence[TableAddress]) -> None:
        self._inner.drop(addresses)

    def writes(self) -> int | None:
        """Unless a test says `alone`, others can write, as in the cloud: nothing read stays true."""
        return self._inner.writes() if self.alone else None

    def close(self) -> None:
        self._inner.close()


class TappedBroker:
    """A broker that remembers what was published, and refuses what a test chose."""

    def __init__(self, inner: LocalBroker) -> None:
        self._inner = inner
        self._refusals = 0
        self.published: list[AnyMessage] = []

    def refuse_next(self, times: int = 1) -> None:
        """The next publishes raise PublishError and publish nothing."""
        self._refusals += times

    def publish(self, topic: str, message: AnyMessage) -> str:
        if self._refusals:
            self._refusals -= 1
            raise PublishError("the broker is away")
        self.published.append(message)
        return self._inner.publish(topic, message)

    def completions(self) -> list[tuple[str, dt.date, dt.date]]:
        """Published completions: processor and range."""
        return [
            (m.processor_name, m.start_date, m.end_date)
            for m in self.published
            if isinstance(m, PhaseCompleted)
        ]


@cache
def _template() -> Path:
    """A warehouse file with every table, in which the statements of the three processors are translated."""
    root = Path(tempfile.mkdtemp(prefix="tiny-pipeline-"))
    topology = topology_of([write_folder(root / "services", folder) for folder in ALL])
    warehouse = DuckDBWarehouse(root / "template.duckdb")
    initialise(warehouse, topology)
    prepare_workers(warehouse, topology)
    warehouse.close()
    return root / "template.duckdb"


@dataclass(frozen=True)
class _LimitedRuntime(Runtime):
    """A runtime whose workers process a limited number of dates in one run."""

    max_dates_per_run: int

    def worker(self, processor_name: str) -> Worker:
        processor = self.topology.processor(processor_name)
        return Worker(processor, self.topology, self.ports, self.max_dates_per_run)


class TinyPipeline:
    """Everything a test of the core needs, in one place. Close it at the end."""

    def __init__(
        self,
        root: Path,
        *,
        folders: tuple[TinyFolder, ...] = ALL,
        now: dt.datetime = LATER,
        max_dates_per_run: int = MAX_DATES_PER_RUN,
    ) -> None:
        self.path = root / "tiny.duckdb"
        if not self.path.exists():
            shutil.copyfile(_template(), self.path)
        self.topology: Topology = topology_of([write_folder(root / "services", f) for f in folders])
        self.embedded = DuckDBWarehouse(self.path)
        # A handful of rows is not worth the threads.
        query(self.embedded, Statement("threads", "SET threads = 1"), {})
        if folders != ALL:
            initialise(self.embedded, self.topology)
        self.warehouse = TappedWarehouse(self.embedded)
        self.clock = VirtualClock(now)
        self.runs: list[RunReport] = []
        self._ids = itertools.count(1)
        self.pubsub = LocalBroker(
            subscriptions=self.topology.subscriptions(),
            endpoints=self._endpoint(),
            clock=self.clock,
            new_id=self.new_id,
        )
        self.broker = TappedBroker(self.pubsub)
        self.ports = Ports(self.warehouse, self.broker, self.clock, self.new_id, self.runs.append)
        self._runtime = _LimitedRuntime(self.topology, self.ports, None, max_dates_per_run)
        use(self._runtime)

    def close(self) -> None:
        """Release the file."""
        use(None)
        self.warehouse.close()

    def new_id(self) -> str:
        """Ids in order: id1, id2, ..."""
        return f"id{next(self._ids)}"

    def _endpoint(self) -> Callable[[str], AppEndpoint]:
        made: dict[str, AppEndpoint] = {}

        def endpoint(name: str) -> AppEndpoint:
            if name not in made:
                made[name] = AppEndpoint(self.topology.processor(name).folder / "main.py", name)
            return made[name]

        return endpoint

    # What comes in

    def ingest(self, rows: Iterable[RawRow], *, announce: bool = True) -> IngestReport:
        """Our ingest writes raw rows and publishes their completion, unless it is lost (`announce`)."""
        return self._write(to_tables(rows), None, announce=announce)

    def remove_raw(self, table: str, *days: dt.date) -> None:
        """Our ingest finds that a raw table has no rows on these dates (any more)."""
        nothing = arrow_schema(raw_tables()[table]).empty_table()
        self._write({table: nothing}, days, announce=True)

    def _write(
        self, tables: Mapping[str, pa.Table], days: Sequence[dt.date] | None, *, announce: bool
    ) -> IngestReport:
        report = write(
            tables,
            warehouse=self.warehouse,
            clock=self.clock,
            run_id=self.new_id(),
            days=days,
            on_progress=lambda done, total: None,
        )
        for message in completions(report, self.clock) if announce else ():
            self.broker.publish(COMPLETION_TOPICS[Phase.RAW], message)
        return report

    def write_as_somebody_else(self, rows: Iterable[RawRow]) -> None:
        """Another team appends raw rows; the ledger hears nothing of it."""
        for table, values in to_tables(rows).items():
            direct.insert(self.embedded, raw_tables()[table].address, values)

    def raw_completion(self, start: dt.date, end: dt.date, **changes: object) -> PhaseCompleted:
        """A phase-2 completion of somebody else."""
        return self.completion(
            phase=Phase.RAW, processor_name="raw_ingest", start_date=start, end_date=end, **changes
        )

    def completion(self, **changes: object) -> PhaseCompleted:
        """A completion; `changes` are its fields."""
        fields: dict[str, object] = {
            "status": CompletionStatus.SUCCESS,
            "run_id": "somebody-elses-run",
            "record_count": 1,
            "failure_count": 0,
            "correlation_id": "correlation",
            "causation_id": None,
            "trigger_source": TriggerSource.LIVE,
            "backfill_id": None,
            "published_at": self.clock.now(),
            **changes,
        }
        return PhaseCompleted.model_validate(fields)

    def requested(
        self,
        phase: Phase,
        start: dt.date,
        end: dt.date,
        reprocess: Reprocess = Reprocess.STALE,
        **changes: object,
    ) -> ProcessRequested:
        """A request; `changes` are its further fields."""
        fields: dict[str, object] = {
            "phase": phase,
            "start_date": start,
            "end_date": end,
            "reprocess": reprocess,
            "reason": "a test",
            "requested_by": "somebody",
            "correlation_id": "request",
            **changes,
        }
        return ProcessRequested.model_validate(fields)

    def request(
        self, start: dt.date, end: dt.date, reprocess: Reprocess = Reprocess.STALE, **changes: object
    ) -> None:
        """Publish a request to every phase that has processors."""
        for phase in sorted({processor.phase for processor in self.topology.processors}):
            self.broker.publish(
                TRIGGER_TOPICS[phase], self.requested(phase, start, end, reprocess, **changes)
            )

    def backfill(
        self,
        start: dt.date,
        end: dt.date,
        reprocess: Reprocess = Reprocess.STALE,
        *,
        processors: tuple[str, ...] = (),
        backfill_id: str = "backfill",
    ) -> Backfill:
        """Record a backfill and publish its requests."""
        asked = Backfill(backfill_id, start, end, processors, reprocess, "a test", "somebody")
        record_backfill(self.warehouse, asked, now=self.clock.now())
        for message in requests_of(asked, self.topology):
            self.broker.publish(TRIGGER_TOPICS[message.phase], message)
        return asked

    def settle(self) -> None:
        """Deliver until nothing is queued."""
        self.deliver_until(lambda: False)

    def deliver_until(self, stop: Callable[[], bool]) -> None:
        """Deliver until nothing is queued, or `stop` says so between two deliveries."""
        use(self._runtime)
        self.pubsub.run_until_idle(stop)

    def worker(self, name: str) -> Worker:
        """The worker of one processor."""
        return self._runtime.worker(name)

    def deliver(
        self, name: str, message: PhaseCompleted | ProcessRequested | RawDataRequested, *, message_id: str
    ) -> Outcome:
        """Hand one message to one worker, past the broker."""
        return self.worker(name).handle(message_id, encode(message), {})

    # What comes out

    def snapshot(self) -> Snapshot:
        """What the planner reads now."""
        return read_snapshot(
            self.embedded,
            self.topology,
            start=FIRST,
            end=on(200),
            request_id=None,
            backfill_id=None,
        )

    def grid(self) -> Grid:
        """The state of every cell now."""
        return evaluate(self.topology, self.snapshot(), self.clock.now())

    def states(self, name: str) -> dict[int, str]:
        """The state of a processor's cells by day number."""
        return {(day - FIRST).days: cell.state.value for day, cell in self.grid().cells[name].items()}

    def select(self, sql: str) -> list[tuple[Value, ...]]:
        """Rows of one GoogleSQL query."""
        return query(self.embedded, Statement("select", sql), {}).values

    def rows(self, name: str) -> dict[tuple[int, str], int]:
        """What a processor's table says: (day number, team) to its number."""
        schema = self.topology.processor(name).schema
        day, number = schema.partition_column, schema.columns[2].name
        sql = f"SELECT {day}, team_abbr, {number} FROM {schema.address} WHERE {day} >= '2000-01-01'"
        found = {}
        for date, team, value in self.select(sql):
            if not isinstance(date, dt.date) or not isinstance(value, int):
                raise TypeError(f"Unexpected row: [{date}, {team}, {value}]")
            key = ((date - FIRST).days, str(team))
            if key in found:
                raise AssertionError(f"Two rows of [{key}]")
            found[key] = value
        return found

    def failures(self, phase: Phase = Phase.ANALYTICS) -> list[Mapping[str, Value]]:
        """The failure rows of a phase, by date, entity and category."""
        table = {Phase.ANALYTICS: "analytics_failures", Phase.PRECOMPUTE: "precompute_failures"}[phase]
        sql = (
            f"SELECT * FROM nba_processing.{table} WHERE analysis_date >= '2000-01-01'"
            " ORDER BY processor_name, analysis_date, entity_id, failure_category"
        )
        return list(query(self.embedded, Statement("failures", sql), {}).records())

    def failure_states(self, phase: Phase = Phase.ANALYTICS) -> dict[tuple[str, str], tuple[Value, Value]]:
        """(entity, category) of each failure to its status and the reason of it."""
        return {
            (str(row["entity_id"]), str(row["failure_category"])): (
                row["resolution_status"],
                row["resolution_reason"],
            )
            for row in self.failures(phase)
        }

    def processor_runs(self) -> list[tuple[str, list[int]]]:
        """What ran, in order: processor and day numbers."""
        return [(run.processor, [(day - FIRST).days for day in run.dates]) for run in self.runs]
