"""The adapters that the broker's contract suite runs on. Another one is another entry of ADAPTERS.

Pub/Sub's is the real client over the wire, on the official emulator, which pushes over HTTP.
"""

from __future__ import annotations

import datetime as dt
import itertools
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Protocol

from google.cloud import pubsub_v1  # type: ignore[attr-defined]

from infra.terraform.filters import filter_of
from shared.broker.local import MAX_DELIVERY_ATTEMPTS, Endpoint, LocalBroker
from shared.broker.port import Broker
from shared.broker.pubsub import PubSubBroker, publisher_client
from shared.clock import VirtualClock
from shared.topology.graph import Subscription, dead_letter_topic
from tests.emulators.clients import pubsub_environment
from tests.emulators.http_server import Answer, Request, serving

_PROJECT = "contract-project"
_ARRIVES_WITHIN_SECONDS = 20.0
#: The fewest that Pub/Sub lets a subscription have.
_FEWEST_ATTEMPTS = 5
_FIRST_BACKOFF, _LONGEST_BACKOFF = dt.timedelta(seconds=0.1), dt.timedelta(seconds=0.3)


@dataclass(frozen=True)
class Push:
    """One request that an endpoint received; header names in lower case."""

    endpoint: str
    headers: Mapping[str, str]
    body: bytes


@dataclass
class Services:
    """Every endpoint behind the broker: answers 200, or the statuses a test put in line first."""

    answers: dict[str, list[int]] = field(default_factory=dict)
    pushes: list[Push] = field(default_factory=list)
    arrived: threading.Condition = field(default_factory=threading.Condition)

    def take(self, endpoint: str, headers: Mapping[str, str], body: bytes) -> int:
        """Keep a push, and say how it is answered."""
        with self.arrived:
            line = self.answers.get(endpoint, [])
            status = line.pop(0) if line else 200
            self.pushes.append(Push(endpoint, {k.lower(): v for k, v in headers.items()}, body))
            self.arrived.notify_all()
        return status


class Bench(Protocol):
    """A broker with endpoints behind it."""

    broker: Broker
    services: Services
    #: Attempts before a message goes to the dead letters.
    attempts: int

    def deliver(self, pushes: int) -> Sequence[Push]:
        """Deliver until so many pushes have arrived in all, and return them. Raises AssertionError."""
        ...


class LocalBench:
    """The in-process broker, in virtual time."""

    attempts = MAX_DELIVERY_ATTEMPTS

    def __init__(self, subscriptions: Sequence[Subscription]) -> None:
        self.services = Services()
        ids = itertools.count(1)
        self._local = LocalBroker(
            subscriptions=subscriptions,
            endpoints=self._endpoint,
            clock=VirtualClock(dt.datetime(2022, 1, 1, tzinfo=dt.UTC)),
            new_id=lambda: f"m{next(ids)}",
        )
        self.broker: Broker = self._local

    def _endpoint(self, name: str) -> Endpoint:
        services = self.services

        class Pushed:
            def push(self, headers: Mapping[str, str], body: bytes) -> int:
                return services.take(name, headers, body)

        return Pushed()

    def deliver(self, pushes: int) -> Sequence[Push]:
        assert self._local.run_until_idle(lambda: False)
        assert len(self.services.pushes) == pushes
        return self.services.pushes


class PubSubBench:
    """Pub/Sub's emulator, pushing to a server in this process."""

    attempts = _FEWEST_ATTEMPTS

    def __init__(self, services: Services) -> None:
        self.services = services
        self.broker: Broker = PubSubBroker(project=_PROJECT, publisher=publisher_client())

    def deliver(self, pushes: int) -> Sequence[Push]:
        with self.services.arrived:
            come = self.services.arrived.wait_for(
                lambda: len(self.services.pushes) >= pushes, _ARRIVES_WITHIN_SECONDS
            )
            assert come, f"{len(self.services.pushes)} of {pushes} pushes arrived"
            # One too many would come at once, unless it is one that was refused.
            self.services.arrived.wait_for(lambda: len(self.services.pushes) > pushes, 0.3)
            assert len(self.services.pushes) == pushes
            return self.services.pushes


@contextmanager
def local(subscriptions: Sequence[Subscription]) -> Iterator[Bench]:
    yield LocalBench(subscriptions)


@contextmanager
def pubsub(subscriptions: Sequence[Subscription]) -> Iterator[Bench]:
    """Topics and subscriptions as infra/terraform declares them, with shorter pauses and fewer attempts."""
    services = Services()

    def take(request: Request) -> Answer:
        return Answer(services.take(request.path.strip("/"), request.headers, request.body), {}, b"")

    with ExitStack() as stack:
        stack.enter_context(pubsub_environment())
        port = stack.enter_context(serving(take))
        publisher = stack.enter_context(pubsub_v1.PublisherClient())
        subscriber = stack.enter_context(pubsub_v1.SubscriberClient())
        topics = {subscription.topic for subscription in subscriptions}
        dead = {dead_letter_topic(s.topic) for s in subscriptions if not s.wrapped}
        for topic in sorted(topics | dead):
            path = publisher.topic_path(_PROJECT, topic)
            publisher.create_topic(name=path)
            stack.callback(publisher.delete_topic, topic=path)
        for subscription in subscriptions:
            push: dict[str, object] = {"push_endpoint": f"http://127.0.0.1:{port}/{subscription.endpoint}"}
            request: dict[str, object] = {
                "name": subscriber.subscription_path(_PROJECT, subscription.name),
                "topic": publisher.topic_path(_PROJECT, subscription.topic),
                "filter": filter_of(subscription.processors),
                "retry_policy": {"minimum_backoff": _FIRST_BACKOFF, "maximum_backoff": _LONGEST_BACKOFF},
                "push_config": push,
            }
            if not subscription.wrapped:
                push["no_wrapper"] = {"write_metadata": True}
                request["dead_letter_policy"] = {
                    "dead_letter_topic": publisher.topic_path(
                        _PROJECT, dead_letter_topic(subscription.topic)
                    ),
                    "max_delivery_attempts": _FEWEST_ATTEMPTS,
                }
            subscriber.create_subscription(request=request)
            stack.callback(subscriber.delete_subscription, subscription=request["name"])
        yield PubSubBench(services)


ADAPTERS: dict[str, Callable[[Sequence[Subscription]], AbstractContextManager[Bench]]] = {
    "in process": local,
    "pubsub client": pubsub,
}

#: What an adapter's server on this machine gets wrong, by test; the one in the cloud does it right.
DEVIATIONS: dict[str, dict[str, str]] = {
    "pubsub client": {
        "test_message_that_names_somebody_else_is_held_back": "the emulator takes filters and ignores them"
    }
}
