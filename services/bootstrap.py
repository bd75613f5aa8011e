"""The composition root: settings choose the adapters, and every entry point gets its worker here."""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from cloudevents.http import CloudEvent

from services.adapters import open_broker, open_warehouse
from services.registry import SERVICES, discover, load_processor
from services.settings import BigQueryProject, SettingsError, read_settings
from shared.broker.local import LocalBroker
from shared.clock import Clock, SystemClock
from shared.log import configure_service
from shared.topology.graph import DEAD_LETTERS, INGEST, RETRY, Topology
from shared.warehouse.port import Warehouse
from shared.worker.app import Service, handle_cloud_event
from shared.worker.harness import Ports, Worker
from shared.worker.memory import Memory
from shared.worker.run import RunReport

if TYPE_CHECKING:
    from services.ingest.requests import RawSource

_SERVICE_FOLDERS = {RETRY: "retry", DEAD_LETTERS: "retry", INGEST: "ingest"}


@dataclass(frozen=True)
class Runtime:
    """Everything a process needs to run workers. `source`: what requests for raw data are answered from."""

    topology: Topology
    ports: Ports
    source: RawSource | None

    def worker(self, processor_name: str) -> Worker:
        """The worker of one processor."""
        return Worker(self.topology.processor(processor_name), self.topology, self.ports)

    def service(self, name: str) -> Service:
        """One of the services around the processors, by its endpoint's name."""
        # Imported by the process that serves them: with what they need, they take as long as a live message.
        if name == RETRY:
            from services.retry.worker import RetryWorker  # noqa: PLC0415

            return RetryWorker(self.topology, self.ports)
        if name == DEAD_LETTERS:
            from services.retry.dead_letters import DeadLetterWorker  # noqa: PLC0415

            return DeadLetterWorker(self.topology, self.ports)
        if name == INGEST:
            from services.ingest.requests import IngestWorker  # noqa: PLC0415

            return IngestWorker(self.ports, self.source)
        raise SettingsError(f"There is no service [{name}]. Known: retry, dead_letters, ingest")


class _Current:
    """The runtime of this process: set by the console and by tests."""

    runtime: Runtime | None = None


def use(runtime: Runtime | None) -> None:
    """Make `runtime` the one that the entry points of this process use."""
    _Current.runtime = runtime


def handle(main_file: str, event: CloudEvent) -> None:
    """Entry point of every processor's main.py: the worker of the processor declared beside it."""
    processor = load_processor(Path(main_file).resolve().parent)
    handle_cloud_event(_runtime().worker(processor.name), event)


def handle_service(name: str, event: CloudEvent) -> None:
    """Entry point of the other services' main.py."""
    handle_cloud_event(_runtime().service(name), event)


def _runtime() -> Runtime:
    if _Current.runtime is None:
        _Current.runtime = cloud_runtime(os.environ)
    return _Current.runtime


def cloud_runtime(environment: Mapping[str, str]) -> Runtime:
    """The runtime of a service process: BigQuery and Pub/Sub, logs to stdout. Raises SettingsError."""
    settings = read_settings(environment, Path.cwd())
    if not isinstance(settings.warehouse, BigQueryProject):
        raise SettingsError(
            "A service process needs NBA_WAREHOUSE=bigquery://PROJECT/LOCATION and "
            "NBA_BROKER=pubsub://PROJECT. "
            "On an embedded file the workers run inside `nba`, because one process holds the file."
        )
    configure_service()
    source = None
    if settings.raw_source is not None:
        from services.ingest.sources import open_source  # noqa: PLC0415

        source = open_source(settings.raw_source, Path.cwd())
    ports = Ports(
        open_warehouse(settings), open_broker(settings), SystemClock(), new_id, lambda _report: None
    )
    return Runtime(discover(), ports, source)


class AppEndpoint:
    """Pushes into one functions-framework app, in process, through its WSGI interface."""

    def __init__(self, source: Path, target: str) -> None:
        # Imported here because only the process that pushes needs the framework.
        import functions_framework  # noqa: PLC0415

        app = functions_framework.create_app(target, str(source))  # type: ignore[no-untyped-call]
        self._client = app.test_client()

    def push(self, headers: Mapping[str, str], body: bytes) -> int:
        """Deliver one request and return its HTTP status."""
        return int(self._client.post("/", headers=dict(headers), data=body).status_code)


def entry_point(topology: Topology, name: str) -> Path:
    """The main.py behind an endpoint; its function has the endpoint's name. Raises TopologyError."""
    folder = _SERVICE_FOLDERS.get(name)
    return (SERVICES / folder if folder else topology.processor(name).folder) / "main.py"


def local_runtime(
    warehouse: Warehouse,
    *,
    clock: Clock | None = None,
    on_run: Callable[[RunReport], None],
    heals: bool = False,
    source: RawSource | None = None,
    memory: Memory | None = None,
    topology: Topology | None = None,
) -> tuple[Runtime, LocalBroker]:
    """A runtime on the in-process broker, its entry points being the real apps, made when first pushed to.

    `heals`: whether the services around the processors run too (retry, ingest, dead letters). `memory`: what
    the caller has already read of this warehouse. `topology`: the processors that run, if not all of them.
    """
    chosen = topology or discover()
    chosen_clock = clock or SystemClock()

    @cache
    def endpoint(name: str) -> AppEndpoint:
        return AppEndpoint(entry_point(chosen, name), name)

    around = chosen.service_subscriptions() if heals else ()
    broker = LocalBroker(
        subscriptions=(*chosen.subscriptions(), *around),
        endpoints=endpoint,
        clock=chosen_clock,
        new_id=new_id,
    )
    ports = Ports(warehouse, broker, chosen_clock, new_id, on_run, memory or Memory())
    runtime = Runtime(chosen, ports, source)
    use(runtime)
    return runtime, broker


def new_id() -> str:
    """An id that never repeats."""
    return uuid.uuid4().hex
