"""A service as a real process, driven over HTTP with every shape that a message arrives in."""

from __future__ import annotations

import base64
import datetime as dt
import json
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from services.registry import discover
from shared.messages.decode import MAX_BODY_BYTES, encode
from shared.messages.models import ProcessRequested
from shared.planner.snapshot import Reprocess
from shared.sql import Statement
from shared.topology.declaration import Phase
from shared.warehouse.bigquery_warehouse import BigQueryWarehouse
from shared.warehouse.initialise import initialise
from shared.warehouse.port import query
from tests.emulators.clients import bigquery_endpoint, emulated_client, pubsub_environment
from tests.emulators.http_server import Answer, Request, ask
from tests.emulators.servers import free_port, running
from tests.infra import image

SERVICE = "player_daily_cache"
PUBLISHED = "google.cloud.pubsub.topic.v1.messagePublished"
JSON = {"Content-Type": "application/json"}
BINARY = {"ce-id": "1", "ce-specversion": "1.0", "ce-type": "nba.process_requested", "ce-source": "//a"}
PUSH = {
    "x-goog-pubsub-message-id": "77",
    "x-goog-pubsub-subscription-name": "projects/p/subscriptions/s",
    "x-goog-pubsub-publish-time": "2022-01-01T00:00:00Z",
}
MESSAGE = encode(
    ProcessRequested(
        phase=Phase.PRECOMPUTE,
        start_date=dt.date(2021, 12, 31),
        end_date=dt.date(2021, 12, 31),
        reprocess=Reprocess.STALE,
        reason="a test",
        requested_by="somebody",
        correlation_id="c",
    )
)


def envelope(body: bytes) -> dict[str, object]:
    """Pub/Sub's wrapped shape."""
    message = {"data": base64.b64encode(body).decode(), "messageId": "77", "attributes": {"processor": "*"}}
    return {"message": message, "subscription": "projects/p/subscriptions/s"}


@dataclass(frozen=True)
class Service:
    """The process, and the warehouse that it works on."""

    port: int
    warehouse: BigQueryWarehouse

    def send(self, headers: Mapping[str, str], body: bytes, *, method: str = "POST") -> Answer:
        """One request."""
        return ask(self.port, Request(method, "/", headers, body), seconds=60)

    def quarantined(self) -> list[str]:
        """Why messages are in quarantine."""
        sql = "SELECT reason FROM nba_orchestration.quarantine WHERE received_date >= '2020-01-01'"
        return [str(row[0]) for row in query(self.warehouse, Statement("quarantine", sql), {}).values]


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """Started by the command of the image, in a folder that holds what the image holds."""
    folder = tmp_path_factory.mktemp("app")
    image.build(folder)
    client = emulated_client()
    warehouse = BigQueryWarehouse(client, location="US", maximum_bytes_billed=10**9)
    initialise(warehouse, discover())
    port = free_port()
    with ExitStack() as stack:
        host = stack.enter_context(pubsub_environment())
        environment = {
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.defpath}",
            "PYTHONPATH": str(folder),
            "FUNCTION_TARGET": SERVICE,
            "HOST": "127.0.0.1",
            "PORT": str(port),
            "NBA_WAREHOUSE": f"bigquery://{client.project}/US",
            "NBA_BROKER": f"pubsub://{client.project}",
            "BIGQUERY_EMULATOR_HOST": bigquery_endpoint(),
            "PUBSUB_EMULATOR_HOST": host,
        }
        stack.enter_context(running(image.command(), port, environment, folder=folder))
        yield Service(port, warehouse)


SHAPES = {
    "unwrapped push with the attributes of an event": ({**PUSH, **BINARY, **JSON}, MESSAGE),
    "unwrapped push of a message without attributes": (PUSH, MESSAGE),
    "native binary event": ({**BINARY, **JSON}, MESSAGE),
    "native binary event of another content type": ({**BINARY, "Content-Type": "text/plain"}, MESSAGE),
    "wrapped push": (JSON, json.dumps(envelope(MESSAGE)).encode()),
    "Eventarc": (
        {**BINARY, **JSON, "ce-type": PUBLISHED},
        json.dumps(envelope(MESSAGE)).encode(),
    ),
    "structured event": (
        {"Content-Type": "application/cloudevents+json"},
        json.dumps(
            {"specversion": "1.0", "id": "1", "type": "t", "source": "s", "data": json.loads(MESSAGE)}
        ).encode(),
    ),
}
POISON = {
    "junk": ({**PUSH, **JSON}, b"\xff\x00 junk"),
    "nothing": ({**PUSH, **BINARY}, b""),
    "another message": ({**BINARY, **JSON}, b'{"type": "nba.unheard_of"}'),
    "a message with a field too many": ({**BINARY, **JSON}, MESSAGE[:-1] + b', "more": 1}'),
    "far too much": ({**BINARY, **JSON}, b'"' + b"x" * 2 * MAX_BODY_BYTES + b'"'),
    "a wrapped push of junk": (JSON, json.dumps(envelope(b"junk")).encode()),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_every_shape_of_a_message_is_understood(service: Service, shape: str) -> None:
    before = service.quarantined()

    assert service.send(*SHAPES[shape]).status == 200
    assert service.quarantined() == before


@pytest.mark.parametrize("shape", POISON)
def test_what_nobody_can_understand_is_quarantined_and_acknowledged(service: Service, shape: str) -> None:
    before = service.quarantined()

    assert 200 <= service.send(*POISON[shape]).status < 300
    assert len(service.quarantined()) == len(before) + 1


@pytest.mark.parametrize(
    ("method", "headers", "body"),
    [("GET", {}, b""), ("GET", BINARY, b""), ("PUT", {**BINARY, **JSON}, MESSAGE), ("POST", JSON, MESSAGE)],
)
def test_what_is_no_delivery_is_refused_and_nothing_comes_of_it(
    service: Service, method: str, headers: Mapping[str, str], body: bytes
) -> None:
    before = service.quarantined()

    assert 400 <= service.send(headers, body, method=method).status < 500
    assert service.quarantined() == before
