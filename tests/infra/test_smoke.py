"""The smoke test of a deployment, over the wire of the official Pub/Sub emulator."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import ClassVar

import pytest
from google.cloud import pubsub_v1  # type: ignore[attr-defined]

from infra.smoke import SmokeError, newest_date, run_again
from services.registry import discover
from shared.broker.pubsub import PubSubBroker, publisher_client
from shared.messages.decode import Received, decode
from shared.messages.models import CompletionStatus, PhaseCompleted, ProcessRequested, TriggerSource
from shared.sql import Statement, read_sql
from shared.topology.graph import COMPLETION_TOPICS, RETRY_TICK_TOPIC, TRIGGER_TOPICS
from shared.warehouse.duckdb_warehouse import DuckDBWarehouse
from shared.warehouse.initialise import initialise
from shared.warehouse.port import Script, date, text
from tests.emulators.servers import EmulatorMissingError, pubsub_server
from tests.gates.googlesql import analyse
from tests.gates.statements import catalog_of

PROJECT = "some-project"
PROCESSOR = discover().processor("TDZA")
DAY = dt.date(2021, 12, 31)
COMPLETIONS = COMPLETION_TOPICS[PROCESSOR.phase]
TRIGGERS = TRIGGER_TOPICS[PROCESSOR.phase]
_CONNECTIONS = 5
_SQL = read_sql(Path(__file__).parents[2] / "infra" / "newest_date.sql")


@dataclass(frozen=True)
class PubSub:
    """Clients of an emulator that has the topics."""

    publisher: pubsub_v1.PublisherClient
    subscriber: pubsub_v1.SubscriberClient

    @property
    def broker(self) -> PubSubBroker:
        return PubSubBroker(project=PROJECT, publisher=self.publisher)

    def listen(self, name: str, topic: str) -> str:
        """A new pull subscription."""
        path = str(self.subscriber.subscription_path(PROJECT, name))
        of = self.subscriber.topic_path(PROJECT, topic)
        self.subscriber.create_subscription(request={"name": path, "topic": of})
        return path

    def answer(self, subscription: str, status: CompletionStatus) -> None:
        """What a deployed service does with one request; another completion comes first."""
        request = {"subscription": subscription, "max_messages": 1}
        (item,) = self.subscriber.pull(request=request, timeout=30).received_messages
        found = decode(item.message.message_id, item.message.data)
        assert isinstance(found, Received)
        asked = found.message
        assert isinstance(asked, ProcessRequested)
        for correlation_id in ("somebody-else", asked.correlation_id):
            self.broker.publish(COMPLETIONS, _completion(asked, correlation_id, status))

    def subscriptions(self) -> list[str]:
        listed = self.subscriber.list_subscriptions(request={"project": f"projects/{PROJECT}"})
        return [item.name for item in listed]


def _completion(asked: ProcessRequested, correlation_id: str, status: CompletionStatus) -> PhaseCompleted:
    return PhaseCompleted(
        phase=PROCESSOR.phase,
        processor_name=PROCESSOR.name,
        start_date=asked.start_date,
        end_date=asked.end_date,
        status=status,
        run_id="run",
        record_count=30,
        failure_count=0,
        correlation_id=correlation_id,
        causation_id=None,
        trigger_source=TriggerSource.BACKFILL,
        backfill_id=None,
        published_at=dt.datetime(2022, 1, 1, tzinfo=dt.UTC),
    )


@pytest.fixture(scope="module")
def pubsub() -> Iterator[PubSub]:
    """The official emulator; skips in words where it cannot run."""
    with pytest.MonkeyPatch.context() as patch:
        try:
            running = pubsub_server()
            host = running.__enter__()
        except EmulatorMissingError as missing:
            pytest.skip(f"NOT TESTED ON PUB/SUB: {missing}")
        try:
            patch.setenv("PUBSUB_EMULATOR_HOST", host)
            publisher = publisher_client()
            for topic in (COMPLETIONS, TRIGGERS, RETRY_TICK_TOPIC):
                publisher.create_topic(name=publisher.topic_path(PROJECT, topic))
            with pubsub_v1.SubscriberClient() as subscriber:
                yield PubSub(publisher, subscriber)
        finally:
            running.__exit__(None, None, None)


def _smoke(pubsub: PubSub, correlation_id: str, seconds: float) -> PhaseCompleted:
    return run_again(
        pubsub.subscriber,
        pubsub.broker,
        project=PROJECT,
        processor=PROCESSOR,
        day=DAY,
        correlation_id=correlation_id,
        seconds=seconds,
    )


def test_the_completion_of_the_request_comes_back_and_nothing_is_left_behind(pubsub: PubSub) -> None:
    service = pubsub.listen("service", TRIGGERS)
    before = pubsub.subscriptions()
    with ThreadPoolExecutor(1) as others:
        answered = others.submit(pubsub.answer, service, CompletionStatus.SUCCESS)
        done = _smoke(pubsub, "build-1", 30)
        answered.result()
    assert (done.correlation_id, done.start_date, done.record_count) == ("build-1", DAY, 30)
    assert pubsub.subscriptions() == before


def test_a_service_that_fails_fails_the_smoke_test(pubsub: PubSub) -> None:
    service = pubsub.listen("failing-service", TRIGGERS)
    with ThreadPoolExecutor(1) as others:
        answered = others.submit(pubsub.answer, service, CompletionStatus.FAILED)
        with pytest.raises(SmokeError, match="failed on"):
            _smoke(pubsub, "build-2", 30)
        answered.result()


def test_silence_fails_the_smoke_test(pubsub: PubSub) -> None:
    before = pubsub.subscriptions()
    with pytest.raises(SmokeError, match="no completion"):
        _smoke(pubsub, "build-3", 0)
    assert pubsub.subscriptions() == before


class _OnePush(BaseHTTPRequestHandler):
    """Keeps the headers of what is pushed."""

    kept: ClassVar[list[dict[str, str]]] = []

    def do_POST(self) -> None:
        self.kept.append({name.lower(): value for name, value in self.headers.items()})
        self.rfile.read(int(self.headers["content-length"]))
        self.send_response(200)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: the test looks at what was kept."""


def test_an_unwrapped_push_has_the_headers_that_the_edge_looks_for(pubsub: PubSub) -> None:
    with HTTPServer(("127.0.0.1", 0), _OnePush) as server:
        server.timeout = 10
        subscriber = pubsub.subscriber
        path = subscriber.subscription_path(PROJECT, "pushed")
        subscriber.create_subscription(
            request={
                "name": path,
                "topic": subscriber.topic_path(PROJECT, RETRY_TICK_TOPIC),
                "push_config": {
                    "push_endpoint": f"http://127.0.0.1:{server.server_port}/",
                    "no_wrapper": {"write_metadata": True},
                },
            }
        )
        topic = pubsub.publisher.topic_path(PROJECT, RETRY_TICK_TOPIC)
        sent = pubsub.publisher.publish(topic, b"{}", **{"ce-type": "nba.retry_tick"}).result(30)
        # The emulator opens a connection without a request first.
        for _ in range(_CONNECTIONS):
            if not _OnePush.kept:
                server.handle_request()
        subscriber.delete_subscription(request={"subscription": path})
    seen = _OnePush.kept[0]
    assert seen["x-goog-pubsub-message-id"] == sent
    assert seen["x-goog-pubsub-subscription-name"] == path
    assert seen["ce-type"] == "nba.retry_tick"
    assert "ce-id" not in seen


def test_the_date_is_the_newest_that_the_processor_has_run_on(tmp_path: Path) -> None:
    warehouse = DuckDBWarehouse(tmp_path / "nba.duckdb")
    initialise(warehouse, discover())
    assert newest_date(warehouse, PROCESSOR) is None
    for name, day, status in (
        (PROCESSOR.name, "2021-12-30", "success"),
        (PROCESSOR.name, "2021-12-31", "failed"),
        ("player_daily_cache", "2022-01-01", "success"),
    ):
        row = (
            "INSERT INTO nba_orchestration.ledger (cell_name, cell_date, season_year, kind, status, "
            "sequence, attempt, run_id, correlation_id, committed_at) "
            f"VALUES ('{name}', DATE '{day}', 2021, 'processor', '{status}', 1, 0, 'r', 'c', "
            "TIMESTAMP '2022-01-02')"
        )
        warehouse.run(Script("a run", (Statement("a run", row),), {}, transaction=True, labels={}))
    assert newest_date(warehouse, PROCESSOR) == dt.date(2021, 12, 30)
    warehouse.close()


def test_the_query_for_the_date_is_googlesql() -> None:
    parameters = {
        "first_date": date(dt.date.min),
        "last_date": date(dt.date.max),
        "cell_name": text(PROCESSOR.name),
    }
    analyse(Statement("newest date", _SQL), parameters, catalog_of())
