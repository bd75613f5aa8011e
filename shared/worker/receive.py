"""The first step of every service: understand the message, or quarantine it."""

from __future__ import annotations

import datetime as dt
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field

from shared.clock import Clock
from shared.ledger.quarantine import quarantine
from shared.log import get_logger
from shared.messages.decode import Poison, Received, decode
from shared.warehouse.port import TransientWarehouseError, Warehouse
from shared.worker.outcome import TransientError

#: Above this share of poison among recent messages it is the configuration that is wrong, not a message.
_LARGEST_SHARE = 0.2
_RECENT = dt.timedelta(minutes=10)
#: Fewer poison messages than this say nothing about a share.
_FEWEST = 10


@dataclass
class PoisonLimit:
    """Counts recent messages of a process, to tell a bad message from a wrong configuration."""

    _recent: deque[tuple[dt.datetime, bool]] = field(default_factory=deque)

    def note(self, now: dt.datetime, *, poison: bool) -> None:
        """Take down one message."""
        self._recent.append((now, poison))
        while self._recent and self._recent[0][0] < now - _RECENT:
            self._recent.popleft()

    @property
    def exceeded(self) -> bool:
        """Whether more than a fifth of the recent messages is poison."""
        bad = sum(1 for _, poison in self._recent if poison)
        return bad >= _FEWEST and bad > _LARGEST_SHARE * len(self._recent)


def receive(
    event_id: str,
    data: object,
    attributes: Mapping[str, str],
    *,
    service: str,
    warehouse: Warehouse,
    clock: Clock,
    limit: PoisonLimit,
) -> Received | None:
    """The message of a delivery; None when it was poison and has been put into quarantine.

    Raises TransientError when too much of what arrives is poison: then nothing is swallowed any more, the
    broker keeps it, and the log line `quarantine_limit_reached` is what an alert is sent for.
    """
    received = decode(event_id, data)
    now = clock.now()
    limit.note(now, poison=isinstance(received, Poison))
    if isinstance(received, Received):
        return received
    if limit.exceeded:
        get_logger().critical("quarantine_limit_reached", processor=service, reason=received.reason)
        raise TransientError("More than a fifth of the recent messages is poison: check who publishes what")
    try:
        quarantine(warehouse, service, received, attributes, now=now)
    except TransientWarehouseError as error:
        raise TransientError(str(error)) from error
    get_logger().error("message_quarantined", processor=service, reason=received.reason)
    return None
