"""The composition root: settings choose the adapters, and every entry point gets its worker here."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from cloudevents.http import CloudEvent

from services.registry import discover, load_processor
from services.settings import SettingsError
from shared.broker.local import LocalBroker
from shared.clock import Clock, SystemClock
from shared.topology.graph import Topology
from shared.warehouse.port import Warehouse
from shared.worker.app import handle_cloud_event
from shared.worker.harness import Ports, Worker
from shared.worker.run import RunReport


@dataclass(frozen=True)
class Runtime:
    """Everything a process needs to run workers."""

    topology: Topology
    ports: Ports

    def worker(self, processor_name: str) -> Worker:
        """The worker of one processor."""
        return Worker(self.topology.processor(processor_name), self.topology, self.ports)


class _Current:
    """The runtime of this process: set by the console and by tests."""

    runtime: Runtime | None = None


def use(runtime: Runtime | None) -> None:
    """Make `runtime` the one that the entry points of this process use."""
    _Current.runtime = runtime


def handle(main_file: str, event: CloudEvent) -> None:
    """Entry point of every main.py: the worker of the processor declared beside it handles the event."""
    if _Current.runtime is None:
        raise SettingsError(
            "No runtime: this build runs its workers through `nba` on the embedded engine only."
        )
    processor = load_processor(Path(main_file).resolve().parent)
    handle_cloud_event(_Current.runtime.worker(processor.name), event)


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


def local_runtime(
    warehouse: Warehouse, *, clock: Clock | None = None, on_run: Callable[[RunReport], None]
) -> tuple[Runtime, LocalBroker]:
    """A runtime on the in-process broker, its entry points being the real apps, made when first pushed to."""
    topology = discover()
    chosen_clock = clock or SystemClock()

    @cache
    def endpoint(name: str) -> AppEndpoint:
        return AppEndpoint(topology.processor(name).folder / "main.py", name)

    broker = LocalBroker(
        subscriptions=topology.subscriptions(), endpoints=endpoint, clock=chosen_clock, new_id=new_id
    )
    runtime = Runtime(topology, Ports(warehouse, broker, chosen_clock, new_id, on_run))
    use(runtime)
    return runtime, broker


def new_id() -> str:
    """An id that never repeats."""
    return uuid.uuid4().hex
