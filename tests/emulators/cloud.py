"""The pipeline as it runs in the cloud, on this machine: emulators, service processes, subscriptions.

The services run what the image runs, started by the image's command in a folder that holds what the image
holds. Topics and subscriptions are those that Terraform would make. Only Google's own parts are others:
local-bigquery, the official Pub/Sub emulator, and a front end before the services.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from google.api_core.client_options import ClientOptions
from google.auth.credentials import AnonymousCredentials
from google.cloud import bigquery, pubsub_v1  # type: ignore[attr-defined]

from services.registry import discover
from shared.broker.pubsub import PubSubBroker, publisher_client
from shared.planner.state import State
from shared.topology.graph import Subscription
from shared.warehouse.bigquery_warehouse import BigQueryWarehouse
from shared.warehouse.initialise import initialise
from tests.emulators.front import Front
from tests.emulators.gate import Gate
from tests.emulators.servers import ROOT, bigquery_server, free_port, pubsub_server, running
from tests.infra import image
from tests.support.embedded import Cells, cells_of

PROJECT = "test-cloud"
#: What the image's virtual environment is here: `make test-emulated` installs the lock, and nothing else.
IMAGE_PROGRAMS = ROOT / ".venv-image" / "bin"
_GENERATED = ROOT / "infra" / "terraform" / "topology.auto.tfvars.json"
#: As short as a test can wait; 10 to 600 s in the cloud.
_BACKOFF = (dt.timedelta(seconds=0.2), dt.timedelta(seconds=2))
_SETTLED = frozenset({State.CURRENT, State.PARTIAL, State.EMPTY})


@dataclass
class Cloud:
    """Everything that runs, and what a test does to it."""

    gate: Gate
    front: Front
    pubsub: str
    app: Path
    client: bigquery.Client
    warehouse: BigQueryWarehouse
    restart_pubsub: Callable[[], None]
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    _starting: ExitStack = field(default_factory=ExitStack)

    @property
    def environment(self) -> dict[str, str]:
        """What a service's process, and a person's, is told."""
        return {
            "NBA_WAREHOUSE": f"bigquery://{PROJECT}/US",
            "NBA_BROKER": f"pubsub://{PROJECT}",
            "BIGQUERY_EMULATOR_HOST": f"http://127.0.0.1:{self.gate.port}",
            "PUBSUB_EMULATOR_HOST": self.pubsub,
        }

    def start(self, *endpoints: str) -> None:
        """Start an instance of each service by the command of the image."""
        for endpoint in endpoints:
            port = free_port()
            process = self._starting.enter_context(
                running(image.command(), port, self._service_environment(endpoint, port), folder=self.app)
            )
            self.processes[endpoint] = process
            self.front.serve(endpoint, port)

    def kill(self, endpoint: str) -> None:
        """End a service's instance as a crash does: nobody is asked, nothing is finished."""
        process = self._retire(endpoint)
        # gunicorn's worker is the child of what was started: all of it is one instance.
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def terminate(self, endpoint: str) -> subprocess.Popen[bytes]:
        """Tell a service's instance to end, as Cloud Run does; return it, which has not ended yet."""
        process = self._retire(endpoint)
        process.send_signal(signal.SIGTERM)
        return process

    def _retire(self, endpoint: str) -> subprocess.Popen[bytes]:
        self.front.serve(endpoint, None)
        return self.processes.pop(endpoint)

    def broker(self) -> PubSubBroker:
        """The real client, as a service or a person publishes."""
        return PubSubBroker(project=PROJECT, publisher=publisher_client())

    def nba(self, *arguments: str) -> str:
        """Run the command line against this cloud; return what it printed. Raises when it failed."""
        done = subprocess.run(
            [sys.executable, "-c", "from services.console.main import main; main()", *arguments],
            env={**os.environ, **self.environment, "NBA_LOG": "stderr"},
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"nba {' '.join(arguments)} ended with [{done.returncode}]: {done.stderr}")
        return done.stdout

    def forget(self) -> None:
        """Every table is empty again, as after `nba init` of an empty project."""
        for dataset in self.client.list_datasets():
            self.client.delete_dataset(dataset, delete_contents=True, not_found_ok=True)
        # A new one: it knows of no dataset.
        self.warehouse = BigQueryWarehouse(self.client, location="US", maximum_bytes_billed=10**12)
        initialise(self.warehouse, discover())

    def settle(self, season_year: int, *, seconds: float) -> Cells:
        """Wait until every cell of a season is settled. Raises AssertionError with those that are not."""
        open_cells: dict[str, str] = {}

        def settled() -> bool:
            cells = cells_of(self.warehouse, season_year)
            open_cells.clear()
            for (name, day), cell in cells.items():
                if cell.state not in _SETTLED:
                    open_cells[f"{name} {day}"] = f"{cell.state}: {cell.reason}"
            return bool(cells) and not open_cells

        try:
            self.front.wait_until(settled, seconds=seconds, what="every cell settled")
        except AssertionError as error:
            raise AssertionError(
                f"{error}; {len(open_cells)} open: {dict(list(open_cells.items())[:8])}"
            ) from error
        return cells_of(self.warehouse, season_year)

    def _service_environment(self, endpoint: str, port: int) -> Mapping[str, str]:
        return {
            **self.environment,
            "PATH": f"{IMAGE_PROGRAMS}{os.pathsep}{os.defpath}",
            "PYTHONPATH": str(self.app),
            "FUNCTION_TARGET": endpoint,
            "HOST": "127.0.0.1",
            "PORT": str(port),
        }


@contextmanager
def cloud(folder: Path) -> Iterator[Cloud]:
    """A cloud with every service of the topology running and every subscription made."""
    topology = discover()
    subscriptions = (*topology.subscriptions(), *topology.service_subscriptions())
    image.build(folder)
    with ExitStack() as stack:
        upstream = int(stack.enter_context(bigquery_server()).rpartition(":")[2])
        gate, front = Gate(upstream), Front(subscriptions)
        stack.enter_context(gate.open())
        stack.enter_context(front.open())
        port = free_port()
        # The official clients of this process look for it there.
        stack.enter_context(pytest.MonkeyPatch.context()).setenv("PUBSUB_EMULATOR_HOST", f"127.0.0.1:{port}")
        emulator = ExitStack()
        stack.callback(emulator.close)

        def start_pubsub() -> None:
            """Start the emulator of Pub/Sub, which forgets everything when it ends."""
            emulator.close()
            emulator.enter_context(pubsub_server(port))
            subscribe(subscriptions, front)

        start_pubsub()
        client = bigquery.Client(
            project=PROJECT,
            credentials=AnonymousCredentials(),  # type: ignore[no-untyped-call]
            client_options=ClientOptions(api_endpoint=f"http://127.0.0.1:{upstream}"),
        )
        warehouse = BigQueryWarehouse(client, location="US", maximum_bytes_billed=10**12)
        stack.callback(warehouse.close)
        found = Cloud(gate, front, f"127.0.0.1:{port}", folder, client, warehouse, start_pubsub)
        stack.callback(found._starting.close)
        found.start(*sorted({subscription.endpoint for subscription in subscriptions}))
        yield found


def subscribe(subscriptions: tuple[Subscription, ...], front: Front) -> None:
    """Make the topics and push subscriptions that Terraform makes, pushing to `front`."""
    declared = json.loads(_GENERATED.read_text(encoding="utf-8"))
    topics = {*declared["topics"], *declared["dead_letter_topics"].values()}
    pushes = {subscription.name: front.url(subscription) for subscription in subscriptions}
    with pubsub_v1.PublisherClient() as client:
        for topic in sorted(topics):
            client.create_topic(name=client.topic_path(PROJECT, topic))
    first, longest = _BACKOFF
    with pubsub_v1.SubscriberClient() as client:
        for name, asked in declared["subscriptions"].items():
            dead = declared["dead_letter_topics"].get(asked["topic"])
            push: dict[str, object] = {"push_endpoint": pushes[name]}
            if not asked["wrapped"]:
                push["no_wrapper"] = {"write_metadata": True}
            request: dict[str, object] = {
                "name": client.subscription_path(PROJECT, name),
                "topic": client.topic_path(PROJECT, asked["topic"]),
                "ack_deadline_seconds": 600,
                "filter": asked["filter"],
                "retry_policy": {"minimum_backoff": first, "maximum_backoff": longest},
                "push_config": push,
            }
            if dead is not None:
                request["dead_letter_policy"] = {
                    "dead_letter_topic": client.topic_path(PROJECT, dead),
                    "max_delivery_attempts": 100,
                }
            client.create_subscription(request=request)
