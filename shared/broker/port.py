"""The Broker port: publishing a message and waiting until the broker has it."""

from __future__ import annotations

from typing import Protocol

from shared.messages.models import AnyMessage


class PublishError(Exception):
    """The broker did not take the message; what was published before stays published."""


class Broker(Protocol):
    """Where messages go. Delivery is at least once, in no order."""

    def publish(self, topic: str, message: AnyMessage) -> str:
        """Publish, wait for the broker's answer, and return the message id. Raises PublishError."""
        ...
