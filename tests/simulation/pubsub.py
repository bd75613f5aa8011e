"""The simulated Pub/Sub: a bag of deliveries in virtual time, out of which anything may come next."""

from __future__ import annotations

import base64
import datetime as dt
import random
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

from shared.clock import Clock
from shared.messages.decode import encode
from shared.messages.models import AnyMessage, attributes_of
from shared.topology.graph import SOURCE_SUBSCRIPTION, Subscription, dead_letter_topic

#: Attempts before a delivery goes to the dead letters: few, so that histories see it happen.
MAX_ATTEMPTS = 6
_BACKOFF = dt.timedelta(seconds=30)
_LONGEST_DELAY_MINUTES = 36 * 60


@dataclass(frozen=True)
class Delivery:
    """A message on its way to one subscription."""

    order: int
    due: dt.datetime
    subscription: Subscription
    message_id: str
    body: bytes
    attributes: Mapping[str, str]
    attempt: int = 1

    def data(self) -> bytes | Mapping[str, object]:
        """What the service gets: the bytes, or Pub/Sub's envelope around them."""
        if not self.subscription.wrapped:
            return self.body
        encoded = base64.b64encode(self.body).decode()
        attributes = dict(self.attributes)
        return {"message": {"data": encoded, "attributes": attributes, "messageId": self.message_id}}


class PubSub:
    """`Broker` with everything a network can do to messages; calm (`chance` None) it only queues."""

    def __init__(
        self,
        subscriptions: Iterable[Subscription],
        clock: Clock,
        new_id: Callable[[], str],
        faults: Counter[str],
    ) -> None:
        self._subscriptions: dict[str, list[Subscription]] = {}
        for subscription in subscriptions:
            self._subscriptions.setdefault(subscription.topic, []).append(subscription)
        self._clock = clock
        self._new_id = new_id
        self._faults = faults
        self._order = 0
        self.waiting: dict[int, Delivery] = {}
        self.last: Delivery | None = None
        self.dead: list[Delivery] = []
        self.chance: random.Random | None = None
        self.trouble = 0.0

    def publish(self, topic: str, message: AnyMessage) -> str:
        return self.publish_raw(topic, encode(message), attributes_of(message))

    def publish_raw(self, topic: str, body: bytes, attributes: Mapping[str, str]) -> str:
        """Publish bytes as they are."""
        message_id = self._new_id()
        for subscription in self._subscriptions.get(topic, []):
            if subscription.processors and attributes.get("processor") not in subscription.processors:
                continue
            self._order += 1
            now = self._clock.now()
            self._send(Delivery(self._order, now, subscription, message_id, body, attributes))
        return message_id

    def _send(self, delivery: Delivery) -> None:
        copies = 1
        if self.chance is not None:
            luck = self.chance.random()
            if luck < self.trouble / 2:
                self._faults["message dropped"] += 1
                return
            if luck < self.trouble * 1.5:
                copies = self.chance.randint(2, 4)
                self._faults["message duplicated"] += copies - 1
            elif luck < self.trouble * 3:
                late = dt.timedelta(minutes=self.chance.randrange(_LONGEST_DELAY_MINUTES))
                delivery = replace(delivery, due=delivery.due + late)
                self._faults["message delayed"] += 1
        self.copy(delivery, copies)

    def copy(self, delivery: Delivery, copies: int) -> None:
        """Queue a delivery so many times, as new first attempts."""
        for _ in range(copies):
            self._order += 1
            self.waiting[self._order] = replace(delivery, order=self._order, attempt=1)

    def take(self, order: int) -> Delivery:
        """Take a delivery out of the bag."""
        self.last = self.waiting.pop(order)
        return self.last

    def due(self) -> list[Delivery]:
        """Deliveries that may come now, in the order they were queued."""
        now = self._clock.now()
        return [delivery for delivery in self.waiting.values() if delivery.due <= now]

    def refuse(self, delivery: Delivery) -> None:
        """The delivery was not acknowledged: again later, or into the dead letters."""
        if delivery.attempt >= MAX_ATTEMPTS:
            self.dead.append(delivery)
            topic = dead_letter_topic(delivery.subscription.topic)
            self._faults["message dead-lettered"] += 1
            forwarded = {**delivery.attributes, SOURCE_SUBSCRIPTION: delivery.subscription.name}
            self.publish_raw(topic, delivery.body, forwarded)
            return
        self._order += 1
        self.waiting[self._order] = replace(
            delivery,
            order=self._order,
            attempt=delivery.attempt + 1,
            due=self._clock.now() + _BACKOFF * 2 ** (delivery.attempt - 1),
        )
