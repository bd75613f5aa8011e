"""The broker of the cloud: Pub/Sub, through its official client."""

from __future__ import annotations

import uuid
from concurrent.futures import TimeoutError as FutureTimeoutError

from google.api_core import exceptions as google
from google.cloud import pubsub_v1  # type: ignore[attr-defined]

from shared.broker.port import PublishError
from shared.messages.decode import encode
from shared.messages.models import AnyMessage, attributes_of

#: A worker waits for the answer of every publish, so that batching would only add its own delay.
_BATCH = pubsub_v1.types.BatchSettings(max_messages=1)
_TIMEOUT_SECONDS = 60.0
_SPEC_VERSION = "1.0"


class PubSubBroker:
    """`Broker` on the topics of one Google Cloud project.

    Messages carry the attributes that subscriptions filter by, and the `ce-*` attributes with which an
    unwrapped push arrives as a native binary CloudEvent.
    """

    def __init__(self, *, project: str, publisher: pubsub_v1.PublisherClient) -> None:
        self._project = project
        self._publisher = publisher

    def publish(self, topic: str, message: AnyMessage) -> str:
        path = self._publisher.topic_path(self._project, topic)
        attributes = {
            **attributes_of(message),
            "ce-specversion": _SPEC_VERSION,
            # The id of the event, the same on every redelivery: what a run was caused by.
            "ce-id": uuid.uuid4().hex,
            "ce-type": message.type,
            "ce-source": f"//pubsub.googleapis.com/{path}",
            "content-type": "application/json",
        }
        try:
            return str(self._publisher.publish(path, encode(message), **attributes).result(_TIMEOUT_SECONDS))
        except google.NotFound as error:
            raise PublishError(
                f"The topic [{path}] does not exist. Apply infra/terraform, which declares it."
            ) from error
        except google.PermissionDenied as error:
            raise PublishError(
                f"This service may not publish to [{path}]. Its account needs roles/pubsub.publisher there."
            ) from error
        except (google.GoogleAPIError, FutureTimeoutError) as error:
            raise PublishError(f"Publishing to [{path}] failed: {error}") from error


def publisher_client() -> pubsub_v1.PublisherClient:
    """A client with the batch settings of a worker; PUBSUB_EMULATOR_HOST is obeyed."""
    return pubsub_v1.PublisherClient(batch_settings=_BATCH)
