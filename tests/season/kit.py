"""The whole pipeline on a season, through its real entry points: ingest, messages, workers."""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa

from services.bootstrap import local_runtime, new_id, use
from services.ingest.requests import RawSource
from services.ingest.writer import IngestReport, completions, write
from services.registry import SERVICES, discover, load_processor, processor_folders, topology_of
from shared.broker.local import LocalBroker
from shared.clock import VirtualClock
from shared.failures.model import failure_tables
from shared.ledger.backfills import record_backfill, requests_of
from shared.ledger.repository import read_snapshot
from shared.messages.models import PhaseCompleted
from shared.planner.snapshot import Backfill, Reprocess
from shared.planner.state import Grid, evaluate
from shared.sql import Statement
from shared.topology.declaration import Phase
from shared.topology.graph import COMPLETION_TOPICS, TRIGGER_TOPICS, Topology
from shared.warehouse.duckdb_warehouse import DuckDBWarehouse
from shared.warehouse.initialise import initialise
from shared.warehouse.port import Rows, query
from shared.worker.run import RunReport

#: Long after every season of the tests: all grace has passed.
NOW = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)

#: Every processor up to the features: a season of these takes a tenth of what its predictions take.
UP_TO_FEATURES = topology_of(
    folder for folder in processor_folders(SERVICES) if load_processor(folder).phase is not Phase.PREDICTIONS
)

#: Columns that differ between two runs that computed the same.
_VOLATILE = ("run_id", "processed_at")


@dataclass(frozen=True)
class Message:
    """A message as it was published, and the id that the broker gave it."""

    topic: str
    message_id: str
    body: bytes
    attributes: Mapping[str, str]


@dataclass(frozen=True)
class ProcessedSeason:
    """A closed warehouse file, and every message that was published while it was filled."""

    path: Path
    messages: tuple[Message, ...]


@dataclass
class Pipeline:
    """A warehouse with the workers around it.

    `runs` collects what ran since it was last cleared, `messages` what was published, by whomever.
    """

    warehouse: DuckDBWarehouse
    broker: LocalBroker
    clock: VirtualClock
    topology: Topology
    runs: list[RunReport] = field(default_factory=list)
    messages: list[Message] = field(default_factory=list)

    def ingest(self, tables: Mapping[str, pa.Table], days: Sequence[dt.date] | None = None) -> IngestReport:
        """Write raw tables; publish nothing."""
        return write(
            tables,
            warehouse=self.warehouse,
            clock=self.clock,
            run_id=new_id(),
            days=days,
            on_progress=lambda _done, _all: None,
        )

    def announce(self, report: IngestReport) -> None:
        """Send the raw completion of an ingest and let everything run that follows from it."""
        self.deliver([(COMPLETION_TOPICS[Phase.RAW], message) for message in completions(report, self.clock)])

    def deliver(self, messages: Sequence[tuple[str, PhaseCompleted]]) -> None:
        """Publish completions and deliver until nothing is left."""
        for topic, message in messages:
            self.broker.publish(topic, message)
        self.settle()

    def settle(self) -> None:
        """Deliver until nothing is left."""
        if not self.broker.run_until_idle(lambda: False):
            raise AssertionError("The broker stopped with messages left")

    def backfill(
        self,
        start: dt.date,
        end: dt.date,
        *,
        reprocess: Reprocess = Reprocess.STALE,
        processors: tuple[str, ...] = (),
    ) -> None:
        """Ask for a range and run it to the end."""
        asked = Backfill(f"backfill-{new_id()[:12]}", start, end, processors, reprocess, "a test", "a test")
        record_backfill(self.warehouse, asked, now=self.clock.now())
        for request in requests_of(asked, self.topology):
            self.broker.publish(TRIGGER_TOPICS[request.phase], request)
        self.settle()

    def ran(self) -> set[tuple[str, dt.date]]:
        """The cells that ran since `runs` was last cleared."""
        return {(report.processor, day) for report in self.runs for day in report.dates}

    def grid(self) -> Grid:
        """The state of every cell."""
        snapshot = read_snapshot(
            self.warehouse,
            self.topology,
            start=dt.date(1990, 1, 1),
            end=dt.date(2100, 1, 1),
            request_id=None,
            backfill_id=None,
        )
        return evaluate(self.topology, snapshot, self.clock.now())

    def select(self, googlesql: str) -> Rows:
        """Rows of one GoogleSQL query."""
        return query(self.warehouse, Statement("test query", googlesql), {})

    def tables(self) -> dict[str, list[tuple[object, ...]]]:
        """Every output row of every processor, ordered by its key, without run ids and times."""
        return {processor.name: table_rows(self, processor.name) for processor in self.topology.processors}


def table_rows(pipeline: Pipeline, name: str) -> list[tuple[object, ...]]:
    """The rows of one processor's table, ordered by partition and key, without run ids and times."""
    schema = discover().processor(name).schema
    columns = ", ".join(c for c in schema.column_names if c not in _VOLATILE)
    order = ", ".join((schema.partition_column, *schema.key))
    return [*pipeline.select(f"SELECT {columns} FROM {schema.address} ORDER BY {order}").values]


def standing_failures(pipeline: Pipeline) -> list[tuple[object, ...]]:
    """Every failure that is not resolved, of every phase."""
    found: list[tuple[object, ...]] = []
    for table in failure_tables():
        day = table.partition_column
        found.extend(
            pipeline.select(
                f"SELECT processor_name, {day}, entity_id, failure_category, failure_type, resolution_status"
                f" FROM {table.address} WHERE resolution_status <> 'RESOLVED' ORDER BY 1, 2, 3, 4"
            ).values
        )
    return found


@contextmanager
def open_pipeline(
    path: Path | None,
    *,
    now: dt.datetime = NOW,
    source: RawSource | None = None,
    topology: Topology | None = None,
) -> Iterator[Pipeline]:
    """A pipeline on a file (None: in memory), with a clock that stands at `now`.

    With a source, the services around the processors run too: retry, ingest, dead letters. `topology`: the
    processors that run, if not all of them.
    """
    chosen = topology or discover()
    warehouse = DuckDBWarehouse(path)
    runs: list[RunReport] = []
    clock = VirtualClock(now)
    try:
        initialise(warehouse, discover())
        _, broker = local_runtime(
            warehouse,
            clock=clock,
            on_run=runs.append,
            heals=source is not None,
            source=source,
            topology=chosen,
        )
        yield Pipeline(warehouse, broker, clock, chosen, runs, _recorded(broker))
    finally:
        use(None)
        warehouse.close()


def _recorded(broker: LocalBroker) -> list[Message]:
    """What the broker is given to publish from now on."""
    messages: list[Message] = []
    publish_raw = broker.publish_raw

    def publish_and_record(topic: str, body: bytes, attributes: Mapping[str, str]) -> str:
        message_id = publish_raw(topic, body, attributes)
        messages.append(Message(topic, message_id, body, attributes))
        return message_id

    broker.publish_raw = publish_and_record  # type: ignore[method-assign]
    return messages


@contextmanager
def copy_of(path: Path, folder: Path, *, topology: Topology | None = None) -> Iterator[Pipeline]:
    """A pipeline on a copy of a warehouse file, to be changed freely."""
    target = folder / f"{new_id()}.duckdb"
    shutil.copyfile(path, target)
    try:
        with open_pipeline(target, topology=topology) as pipeline:
            yield pipeline
    finally:
        target.unlink()
