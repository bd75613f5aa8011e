"""The in-process broker beyond the contract: back-off by the clock, dead letters, stopping."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field

import pytest

from shared.broker.local import MAX_DELIVERY_ATTEMPTS, LocalBroker
from shared.clock import VirtualClock
from shared.messages.decode import Received, decode
from shared.topology.graph import Subscription
from tests.unit.broker.messages import completed

START = dt.datetime(2022, 1, 1, tzinfo=dt.UTC)
TOPIC = "nba-phase3-analytics-complete"


@dataclass
class Push:
    """One request that an endpoint received, and when."""

    at: dt.datetime
    endpoint: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Services:
    """Every endpoint behind the broker: answers 200, or the statuses a test put in line first."""

    clock: VirtualClock
    answers: dict[str, list[int]] = field(default_factory=dict)
    pushes: list[Push] = field(default_factory=list)

    def endpoint(self, name: str) -> _Endpoint:
        return _Endpoint(name, self)

    def times(self) -> list[float]:
        """Seconds after the start of each push."""
        return [(push.at - START).total_seconds() for push in self.pushes]


@dataclass
class _Endpoint:
    name: str
    services: Services

    def push(self, headers: Mapping[str, str], body: bytes) -> int:
        self.services.pushes.append(Push(self.services.clock.now(), self.name, dict(headers), body))
        line = self.services.answers.get(self.name, [])
        return line.pop(0) if line else 200


def subscription(endpoint: str, *processors: str, topic: str = TOPIC) -> Subscription:
    return Subscription(f"{endpoint}--{topic}", topic, processors, endpoint)


@pytest.fixture
def services() -> Services:
    return Services(VirtualClock(START))


def broker_of(services: Services, *subscriptions: Subscription) -> LocalBroker:
    ids = itertools.count(1)
    return LocalBroker(
        subscriptions=subscriptions,
        endpoints=services.endpoint,
        clock=services.clock,
        new_id=lambda: f"m{next(ids)}",
    )


def settle(broker: LocalBroker) -> bool:
    return broker.run_until_idle(lambda: False)


def test_publishing_only_queues(services: Services) -> None:
    broker = broker_of(services, subscription("form"))

    assert broker.publish(TOPIC, completed()) == "m1"
    assert services.pushes == []
    assert settle(broker)
    assert len(services.pushes) == 1


def test_push_is_a_native_binary_cloudevent_with_the_attributes_and_the_body(services: Services) -> None:
    broker = broker_of(services, subscription("form"))
    broker.publish(TOPIC, completed())
    settle(broker)

    push = services.pushes[0]
    assert decode(push.headers["ce-id"], push.body) == Received(completed(), "m1")
    assert {name: push.headers[name] for name in ("ce-specversion", "ce-processor", "ce-startdate")} == {
        "ce-specversion": "1.0",
        "ce-processor": "scores",
        "ce-startdate": "2021-12-31",
    }


class TestAtLeastOnce:
    def test_time_between_attempts_doubles_up_to_ten_minutes(self, services: Services) -> None:
        services.answers["form"] = [503] * 9
        broker = broker_of(services, subscription("form"))
        broker.publish(TOPIC, completed())
        settle(broker)

        waits = [after - before for before, after in itertools.pairwise(services.times())]
        assert waits == [10, 20, 40, 80, 160, 320, 600, 600, 600]

    @pytest.mark.parametrize(
        ("status", "pushes"), [(200, 1), (204, 1), (302, 2), (400, 2), (429, 2), (500, 2)]
    )
    def test_only_2xx_is_an_acknowledgement(self, services: Services, status: int, pushes: int) -> None:
        services.answers["form"] = [status]
        broker = broker_of(services, subscription("form"))
        broker.publish(TOPIC, completed())
        settle(broker)

        assert len(services.pushes) == pushes

    def test_one_that_waits_does_not_hold_up_the_others(self, services: Services) -> None:
        services.answers["form"] = [503]
        broker = broker_of(services, subscription("form"), subscription("card"))
        broker.publish(TOPIC, completed())
        broker.publish(TOPIC, completed())
        settle(broker)

        assert [
            (push.endpoint, time) for push, time in zip(services.pushes, services.times(), strict=True)
        ] == [
            ("form", 0),
            ("card", 0),
            ("form", 0),
            ("card", 0),
            ("form", 10),
        ]

    def test_what_is_published_during_a_delivery_is_delivered_too(self, services: Services) -> None:
        broker = broker_of(services, subscription("form", "scores"), subscription("card", "form"))

        class Publishes:
            def push(self, headers: Mapping[str, str], body: bytes) -> int:
                broker.publish(TOPIC, completed("form"))
                return 200

        chained = LocalBroker(
            subscriptions=[subscription("form", "scores")],
            endpoints=lambda name: Publishes(),
            clock=services.clock,
            new_id=lambda: "m0",
        )
        chained.publish(TOPIC, completed("scores"))
        settle(chained)

        assert settle(broker)
        assert [push.endpoint for push in services.pushes] == ["card"]


class TestDeadLetters:
    def test_after_the_last_attempt_the_message_is_kept_as_it_was(self, services: Services) -> None:
        services.answers["form"] = [503] * (MAX_DELIVERY_ATTEMPTS + 5)
        broker = broker_of(services, subscription("form"))
        broker.publish_raw(TOPIC, b"bytes", {"processor": "scores"})
        settle(broker)

        assert len(services.pushes) == MAX_DELIVERY_ATTEMPTS
        letter = broker.dead_letters[0]
        assert (letter.topic, letter.subscription, letter.message_id, letter.body) == (
            f"{TOPIC}-dlq",
            f"form--{TOPIC}",
            "m1",
            b"bytes",
        )
        assert letter.attributes == {"processor": "scores"}

    def test_success_at_the_last_attempt_is_a_success(self, services: Services) -> None:
        services.answers["form"] = [503] * (MAX_DELIVERY_ATTEMPTS - 1)
        broker = broker_of(services, subscription("form"))
        broker.publish(TOPIC, completed())
        settle(broker)

        assert broker.dead_letters == []

    def test_one_subscription_giving_up_is_nothing_to_the_others(self, services: Services) -> None:
        services.answers["form"] = [503] * MAX_DELIVERY_ATTEMPTS
        broker = broker_of(services, subscription("form"), subscription("card"))
        broker.publish(TOPIC, completed())
        settle(broker)

        assert [letter.subscription for letter in broker.dead_letters] == [f"form--{TOPIC}"]
        assert [push.endpoint for push in services.pushes].count("card") == 1


class TestStopping:
    def test_stop_is_asked_between_deliveries_and_nothing_is_lost(self, services: Services) -> None:
        broker = broker_of(services, subscription("form"))
        for _ in range(3):
            broker.publish(TOPIC, completed())

        assert not broker.run_until_idle(lambda: len(services.pushes) == 2)
        assert len(services.pushes) == 2
        assert settle(broker)
        assert len(services.pushes) == 3

    def test_idle_broker_says_so_without_asking(self, services: Services) -> None:
        assert broker_of(services).run_until_idle(lambda: True)

    def test_deliveries_are_counted_with_their_repetitions(self, services: Services) -> None:
        services.answers["form"] = [503, 503]
        broker = broker_of(services, subscription("form"))
        broker.publish(TOPIC, completed())
        settle(broker)

        assert broker.deliveries == 3
