"""What the image runs: the function that FUNCTION_TARGET names, as a WSGI application for gunicorn."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import TYPE_CHECKING

import functions_framework

from services.bootstrap import entry_point
from services.registry import discover
from services.settings import SettingsError

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_MESSAGE_ID = "HTTP_X_GOOG_PUBSUB_MESSAGE_ID"
_SUBSCRIPTION = "HTTP_X_GOOG_PUBSUB_SUBSCRIPTION_NAME"
_PUBLISHED = "google.cloud.pubsub.topic.v1.messagePublished"


class UnwrappedPush:
    """Makes every unwrapped Pub/Sub push a CloudEvent, also one that was published without `ce-*` attributes.

    The framework refuses anything else before a worker sees it, and Pub/Sub would bring it again for hours.
    What is missing comes from the metadata of the push: the id is the message's, which a redelivery keeps.
    """

    def __init__(self, app: WSGIApplication) -> None:
        self._app = app

    def __call__(self, request: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if _MESSAGE_ID in request:
            request.setdefault("HTTP_CE_SPECVERSION", "1.0")
            request.setdefault("HTTP_CE_ID", request[_MESSAGE_ID])
            request.setdefault("HTTP_CE_TYPE", _PUBLISHED)
            request.setdefault(
                "HTTP_CE_SOURCE", f"//pubsub.googleapis.com/{request.get(_SUBSCRIPTION, 'subscriptions')}"
            )
        return self._app(request, start_response)


def application() -> WSGIApplication:
    """The application of this process. Raises SettingsError, and TopologyError for an unknown function."""
    target = os.environ.get("FUNCTION_TARGET", "")
    if not target:
        raise SettingsError(
            "FUNCTION_TARGET is not set. It names a processor, or retry, dead_letters, ingest."
        )
    source = entry_point(discover(), target)
    return UnwrappedPush(functions_framework.create_app(target, str(source)))  # type: ignore[no-untyped-call]
