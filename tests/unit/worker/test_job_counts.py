"""What work costs in jobs: every call of the warehouse is one, in BigQuery as well."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
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
from shared.worker.compute import artefact_table
from shared.worker.harness import Ports
from shared.worker.run import RunReport
from tests.support.direct import select
from tests.support.tiny_pipeline import TappedWarehouse

MOST_PER_MESSAGE = 5
MOST_OF_A_SEASON = 120
WITH_FAULTS, BACKFILL, WITH_MODELS = "a season with faults lands", "backfill", "a season with models lands"
#: Days of a short season, long enough for models. Its length changes nothing else: a processor runs all of
#: its dates at once.
START, END = dt.date(2023, 10, 24), dt.date(2023, 11, 26)


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
    """What some messages led to: runs and models by processor, jobs by delivery, and jobs in all."""

    runs: Mapping[str, int]
    deliveries: tuple[tuple[str, int], ...]
    jobs: int
    models: int

    @property
    def by_delivery(self) -> tuple[int, ...]:
        """Jobs of every delivery."""
        return tuple(jobs for _, jobs in self.deliveries)

    def most(self, service: str) -> int:
        """Jobs of the service's most expensive delivery."""
        return max(jobs for name, jobs in self.deliveries if name == service)


def cost_of(pipeline: Pipeline, messages: Iterable[tuple[str, AnyMessage]]) -> Cost:
    """Publish the messages, deliver everything, and count."""
    for found in (pipeline.warehouse.jobs, pipeline.deliveries, pipeline.runs):
        found.clear()
    for topic, message in messages:
        pipeline.broker.publish(topic, message)
    assert pipeline.broker.run_until_idle(lambda: False)
    return Cost(
        Counter(run.processor for run in pipeline.runs),
        tuple(pipeline.deliveries),
        len(pipeline.warehouse.jobs),
        _models(pipeline.warehouse),
    )


def _models(warehouse: CountedWarehouse) -> int:
    """Models that are stored; asked without being counted."""
    counted = [*warehouse.jobs]
    (found,) = select(warehouse, f"SELECT COUNT(*) FROM {artefact_table().address}").values[0]
    warehouse.jobs[:] = counted
    assert isinstance(found, int)
    return found


def landed(pipeline: Pipeline, *, faults: bool) -> Cost:
    """A short season lands; with faults few rows are whole enough to learn from, and no model is fitted."""
    season = generate(
        SyntheticOptions(seed=3, season_year=2023, start_date=START, end_date=END, faults=faults, teams=6)
    )
    report = write(
        season.tables,
        warehouse=pipeline.warehouse,
        clock=pipeline.clock,
        run_id=new_id(),
        days=None,
        on_progress=lambda _done, _all: None,
    )
    return cost_of(pipeline, ((COMPLETION_TOPICS[Phase.RAW], m) for m in completions(report, pipeline.clock)))


@pytest.fixture(scope="module")
def costs() -> dict[str, Cost]:
    """Of a short season that lands, of its backfill, and of one whose models are fitted."""
    with opened() as pipeline:
        first = landed(pipeline, faults=True)
        asked = Backfill("backfill", START, END, (), Reprocess.ALL, "everything again", "somebody")
        record_backfill(pipeline.warehouse, asked, now=pipeline.clock.now())
        again = cost_of(pipeline, ((TRIGGER_TOPICS[m.phase], m) for m in requests_of(asked, discover())))
    with opened() as pipeline:
        return {WITH_FAULTS: first, BACKFILL: again, WITH_MODELS: landed(pipeline, faults=False)}


@contextmanager
def opened() -> Iterator[Pipeline]:
    """A pipeline on an empty warehouse."""
    pipeline = Pipeline(CountedWarehouse(DuckDBWarehouse(None)))
    try:
        yield pipeline
    finally:
        use(None)
        pipeline.warehouse.close()


@pytest.mark.parametrize("what", [WITH_FAULTS, BACKFILL, WITH_MODELS])
def test_a_message_costs_five_jobs_at_most_and_a_season_a_hundred_and_twenty(
    costs: dict[str, Cost], what: str
) -> None:
    cost = costs[what]

    assert cost.runs.keys() == {processor.name for processor in discover().processors}
    assert max(cost.by_delivery) <= MOST_PER_MESSAGE
    assert sum(cost.by_delivery) == cost.jobs <= MOST_OF_A_SEASON


#: A look at the ledger, the stage and the commit; a processor that computes also reads and loads once.
LOOK_STAGE_COMMIT, READ_LOAD = 3, 2


@pytest.mark.parametrize("what", [WITH_FAULTS, BACKFILL, WITH_MODELS])
def test_computing_and_fitting_models_cost_one_read_and_one_load(costs: dict[str, Cost], what: str) -> None:
    cost = costs[what]
    computing = [processor for processor in discover().processors if processor.computed_by]

    assert (cost.models > 0) == (what == WITH_MODELS)
    assert [processor.name for processor in computing] == ["player_points_predictions"]
    for name in ("ml_feature_store", "player_points_predictions", "prediction_grading"):
        reads = READ_LOAD if discover().processor(name) in computing else 0
        assert cost.runs[name] > 0
        assert cost.most(name) == LOOK_STAGE_COMMIT + reads
