"""Raw tables through every processor in this process, on any warehouse, by the real entry points."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import pyarrow as pa

from services.bootstrap import AppEndpoint, Runtime, entry_point, new_id, use
from services.ingest.writer import completions, write
from services.registry import discover
from shared.broker.local import LocalBroker
from shared.clock import SystemClock
from shared.topology.declaration import Phase
from shared.topology.graph import COMPLETION_TOPICS
from shared.warehouse.initialise import initialise
from shared.warehouse.port import Warehouse
from shared.worker.harness import Ports


@dataclass(frozen=True)
class Delivered:
    """What a delivery went to, and between which counts of jobs."""

    endpoint: str
    before: int
    after: int


def land_and_settle(
    warehouse: Warehouse, tables: Mapping[str, pa.Table], *, jobs: Callable[[], int]
) -> list[Delivered]:
    """Create everything, ingest the tables, tell all processors, and deliver what follows until nothing does.

    `jobs`: how many there were so far; asked around every delivery.
    """
    topology, clock = discover(), SystemClock()
    initialise(warehouse, topology)
    delivered: list[Delivered] = []
    apps: dict[str, AppEndpoint] = {}

    class Counted:
        def __init__(self, name: str) -> None:
            self._name = name

        def push(self, headers: Mapping[str, str], body: bytes) -> int:
            app = apps.setdefault(self._name, AppEndpoint(entry_point(topology, self._name), self._name))
            before = jobs()
            status = app.push(headers, body)
            delivered.append(Delivered(self._name, before, jobs()))
            return status

    broker = LocalBroker(
        subscriptions=topology.subscriptions(), endpoints=Counted, clock=clock, new_id=new_id
    )
    use(Runtime(topology, Ports(warehouse, broker, clock, new_id, lambda _report: None), None))
    try:
        report = write(
            tables, warehouse=warehouse, clock=clock, run_id=new_id(), days=None, on_progress=lambda *_: None
        )
        for message in completions(report, clock):
            broker.publish(COMPLETION_TOPICS[Phase.RAW], message)
        assert broker.run_until_idle(lambda: False)
    finally:
        use(None)
    return delivered
