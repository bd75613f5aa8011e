"""The in-process broker: at-least-once delivery into the real functions-framework apps.

It pushes HTTP requests with native binary CloudEvents, so that decoding, handler and status are the ones of
the cloud. It filters by attribute, retries with back-off, and dead-letters. Nothing is kept on disk: after a
restart the planner knows what is missing.
"""

from __future__ import annotations

import base64
import datetime as dt
import heapq
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from shared.clock import Clock
from shared.log import get_logger
from shared.messages.decode import encode
from shared.messages.models import AnyMessage, attributes_of
from shared.topology.graph import SOURCE_SUBSCRIPTION, Subscription, dead_letter_topic

#: As many as the cloud's subscriptions allow before they dead-letter.
MAX_DELIVERY_ATTEMPTS = 100
_FIRST_BACKOFF = dt.timedelta(seconds=10)
_LONGEST_BACKOFF = dt.timedelta(seconds=600)
_NAP = dt.timedelta(seconds=1)


class Endpoint(Protocol):
    """Something that takes a push: a functions-framework app behind its WSGI client."""

    def push(self, headers: Mapping[str, str], body: bytes) -> int:
        """Deliver, and return the HTTP status."""
        ...


@dataclass(order=True)
class _Delivery:
    due: dt.datetime
    order: int
    subscription: Subscription = field(compare=False)
    message_id: str = field(compare=False)
    body: bytes = field(compare=False)
    attributes: Mapping[str, str] = field(compare=False)
    attempt: int = field(compare=False)


@dataclass(frozen=True)
class DeadLetter:
    """A message nobody took, with the subscription that gave up."""

    topic: str
    subscription: str
    message_id: str
    body: bytes
    attributes: Mapping[str, str]


class LocalBroker:
    """`Broker` in process. Publishing only queues; `run_until_idle` delivers."""

    def __init__(
        self,
        *,
        subscriptions: Iterable[Subscription],
        endpoints: Callable[[str], Endpoint],
        clock: Clock,
        new_id: Callable[[], str],
    ) -> None:
        self._subscriptions: dict[str, list[Subscription]] = {}
        for subscription in subscriptions:
            self._subscriptions.setdefault(subscription.topic, []).append(subscription)
        self._endpoints = endpoints
        self._clock = clock
        self._new_id = new_id
        self._queue: list[_Delivery] = []
        self._order = 0
        self.dead_letters: list[DeadLetter] = []
        self.deliveries = 0

    def publish(self, topic: str, message: AnyMessage) -> str:
        attributes = attributes_of(message)
        return self.publish_raw(topic, encode(message), attributes)

    def publish_raw(self, topic: str, body: bytes, attributes: Mapping[str, str]) -> str:
        """Publish bytes as they are, as `gcloud pubsub topics publish` does."""
        message_id = self._new_id()
        for subscription in self._subscriptions.get(topic, []):
            if _matches(subscription, attributes):
                self._push(_Delivery(self._clock.now(), 0, subscription, message_id, body, attributes, 1))
        return message_id

    def run_until_idle(self, stop: Callable[[], bool]) -> bool:
        """Deliver until nothing is queued, or `stop` says so between two deliveries.

        Returns whether the queue is empty.
        """
        while self._queue:
            if stop():
                return False
            due, now = self._queue[0].due, self._clock.now()
            if due > now:
                # In small steps, so that somebody who wants it to stop need not wait for a long back-off.
                self._clock.sleep_until(min(due, now + _NAP))
                continue
            self._deliver(heapq.heappop(self._queue))
        return True

    def _push(self, delivery: _Delivery) -> None:
        self._order += 1
        delivery.order = self._order
        heapq.heappush(self._queue, delivery)

    def _deliver(self, delivery: _Delivery) -> None:
        headers = {
            "Content-Type": "application/json",
            "ce-specversion": "1.0",
            "ce-id": delivery.message_id,
            "ce-source": f"//pubsub/topics/{delivery.subscription.topic}",
            "ce-type": "nba.message",
            **{f"ce-{key.replace('_', '')}": value for key, value in delivery.attributes.items()},
        }
        self.deliveries += 1
        body = delivery.body
        if delivery.subscription.wrapped:
            headers, body = {"Content-Type": "application/json"}, _envelope(delivery)
        status = self._endpoints(delivery.subscription.endpoint).push(headers, body)
        if 200 <= status < 300:
            return
        if delivery.attempt >= MAX_DELIVERY_ATTEMPTS:
            self._dead_letter(delivery)
            return
        backoff = min(_FIRST_BACKOFF * 2 ** min(delivery.attempt - 1, 10), _LONGEST_BACKOFF)
        get_logger().warning(
            "delivery_again",
            subscription=delivery.subscription.name,
            message_id=delivery.message_id,
            attempt=delivery.attempt,
            status=status,
        )
        delivery.due = self._clock.now() + backoff
        delivery.attempt += 1
        self._push(delivery)

    def _dead_letter(self, delivery: _Delivery) -> None:
        topic = dead_letter_topic(delivery.subscription.topic)
        get_logger().error(
            "message_dead_lettered", subscription=delivery.subscription.name, message_id=delivery.message_id
        )
        self.dead_letters.append(
            DeadLetter(
                topic, delivery.subscription.name, delivery.message_id, delivery.body, delivery.attributes
            )
        )
        forwarded = {**delivery.attributes, SOURCE_SUBSCRIPTION: delivery.subscription.name}
        self.publish_raw(topic, delivery.body, forwarded)


def _envelope(delivery: _Delivery) -> bytes:
    """Pub/Sub's wrapped shape."""
    message = {
        "data": base64.b64encode(delivery.body).decode(),
        "attributes": dict(delivery.attributes),
        "messageId": delivery.message_id,
    }
    return json.dumps({"message": message, "subscription": delivery.subscription.name}).encode()


def _matches(subscription: Subscription, attributes: Mapping[str, str]) -> bool:
    return not subscription.processors or attributes.get("processor") in subscription.processors
