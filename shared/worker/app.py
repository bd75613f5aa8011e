"""The edge of a worker: a CloudEvent in, an HTTP status out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from cloudevents.http import CloudEvent
from werkzeug.exceptions import ServiceUnavailable

from shared.log import get_logger
from shared.worker.outcome import Outcome, http_status


class Service(Protocol):
    """What handles deliveries: a processor's worker, or one of the services around them."""

    @property
    def name(self) -> str:
        """The name that log lines use."""
        ...

    def handle(self, event_id: str, data: object, attributes: Mapping[str, str]) -> Outcome:
        """Handle one delivery; raise what should come again."""
        ...


def handle_cloud_event(worker: Service, event: CloudEvent) -> None:
    """Handle one CloudEvent; returning is 200, and what should come again is raised as 503.

    functions-framework answers 200 whatever a cloud_event function returns, so a status other than 200 can
    only be raised. Raises ServiceUnavailable for every exception of the worker.
    """
    attributes = {str(key): str(value) for key, value in event.get_attributes().items()}
    try:
        http_status(worker.handle(attributes.get("id", ""), event.get_data(), attributes))
    except Exception as error:
        get_logger().error("delivery_failed", processor=worker.name, error=str(error), exc_info=True)
        if http_status(error) != ServiceUnavailable.code:
            raise
        raise ServiceUnavailable(description=type(error).__name__) from error
