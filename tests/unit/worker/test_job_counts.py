"""What work costs in jobs: every call of the warehouse is one, in BigQuery as well."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache

import pyarrow as pa
import pytest

from services.bootstrap import AppEndpoint, Runtime, entry_point, new_id, use
from services.ingest.synthetic import SyntheticOptions, generate
from services.ingest.writer import completions, write
from services.registry import discover
from shared.broker.local import LocalBroker
from shared.clock import VirtualClock
from shared.ledger.backfills import record_backfill, requests_of
from shared.messages.models import AnyMessage
from shared.planner.snapshot import Backfill, Reprocess
from shared.tables import TableAddress
from shared.topology.declaration import Phase
from shared.topology.graph import COMPLETION_TOPICS, TRIGGER_TOPICS
from shared.warehouse.duckdb_warehouse import DuckDBWarehouse
from shared.warehouse.initialise import initialise
from shared.worker.harness import Ports
from shared.worker.run import RunReport
from tests.support.tiny_pipeline import TappedWarehouse

MOST_PER_MESSAGE = 5
MOST_OF_A_SEASON = 120
#: Days of a short season. Its length changes nothing: every processor runs all of its dates at once.
START, END = dt.date(2023, 10, 24), dt.date(2023, 11, 22)


class CountedWarehouse(TappedWarehouse):
    """Counts loads among the jobs, which they are."""

    def load(self, address: TableAddress, rows: pa.Table) -> None:
        self.jobs.append(f"load {address}")
        super().load(address, rows)


@dataclass
class Pipeline:
    """All processors behind a broker that filters as Pub/Sub does; jobs are counted by delivery."""

    warehouse: CountedWarehouse
    clock: VirtualClock = field(default_factory=lambda: VirtualClock(dt.datetime(2024, 9, 1, tzinfo=dt.UTC)))
    runs: list[RunReport] = field(default_factory=list)
    deliveries: list[tuple[str, int]] = field(default_factory=list)

    def __post_init__(self) -> None:
        topology = discover()
        initialise(self.warehouse, topology)
        self.broker = LocalBroker(
            subscriptions=(*topology.subscriptions(), *topology.service_subscriptions()),
            endpoints=cache(lambda name: _Counted(name, self)),
            clock=self.clock,
            new_id=new_id,
        )
        ports = Ports(self.warehouse, self.broker, self.clock, new_id, self.runs.append)
        use(Runtime(topology, ports, None))


class _Counted:
    """An endpoint that writes down what each delivery cost."""

    def __init__(self, name: str, pipeline: Pipeline) -> None:
        self._name, self._pipeline = name, pipeline
        self._app = AppEndpoint(entry_point(discover(), name), name)

    def push(self, headers: Mapping[str, str], body: bytes) -> int:
        before = len(self._pipeline.warehouse.jobs)
        status = self._app.push(headers, body)
        self._pipeline.deliveries.append((self._name, len(self._pipeline.warehouse.jobs) - before))
        return status


@dataclass(frozen=True)
class Cost:
    """What some messages led to: runs by processor, jobs by delivery, and jobs in all."""

    runs: Mapping[str, int]
    deliveries: tuple[int, ...]
    jobs: int


def cost_of(pipeline: Pipeline, messages: Iterable[tuple[str, AnyMessage]]) -> Cost:
    """Publish the messages, deliver everything, and count."""
    for found in (pipeline.warehouse.jobs, pipeline.deliveries, pipeline.runs):
        found.clear()
    for topic, message in messages:
        pipeline.broker.publish(topic, message)
    assert pipeline.broker.run_until_idle(lambda: False)
    return Cost(
        Counter(run.processor for run in pipeline.runs),
        tuple(jobs for _, jobs in pipeline.deliveries),
        len(pipeline.warehouse.jobs),
    )


@pytest.fixture(scope="module")
def costs() -> Iterator[dict[str, Cost]]:
    """Of a short season that lands, and of its backfill."""
    pipeline = Pipeline(CountedWarehouse(DuckDBWarehouse(None)))
    season = generate(
        SyntheticOptions(seed=3, season_year=2023, start_date=START, end_date=END, faults=True, teams=6)
    )
    report = write(
        season.tables,
        warehouse=pipeline.warehouse,
        clock=pipeline.clock,
        run_id=new_id(),
        days=None,
        on_progress=lambda _done, _all: None,
    )
    landed = cost_of(
        pipeline, ((COMPLETION_TOPICS[Phase.RAW], m) for m in completions(report, pipeline.clock))
    )
    asked = Backfill("backfill", START, END, (), Reprocess.ALL, "everything again", "somebody")
    record_backfill(pipeline.warehouse, asked, now=pipeline.clock.now())
    again = cost_of(pipeline, ((TRIGGER_TOPICS[m.phase], m) for m in requests_of(asked, discover())))
    yield {"raw data that lands": landed, "backfill": again}
    use(None)
    pipeline.warehouse.close()


@pytest.mark.parametrize("what", ["raw data that lands", "backfill"])
def test_a_message_costs_five_jobs_at_most_and_a_season_a_hundred_and_twenty(
    costs: dict[str, Cost], what: str
) -> None:
    cost = costs[what]

    assert cost.runs.keys() == {processor.name for processor in discover().processors}
    assert max(cost.deliveries) <= MOST_PER_MESSAGE
    assert sum(cost.deliveries) == cost.jobs <= MOST_OF_A_SEASON
