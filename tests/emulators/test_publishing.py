"""In the cloud a command publishes, through the real client, and leaves the work to the services."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from google.cloud import pubsub_v1  # type: ignore[attr-defined]

from shared.broker.port import PublishError
from shared.broker.pubsub import PubSubBroker, publisher_client
from shared.messages.decode import Received, decode
from shared.messages.models import RetryTick, TickWork
from shared.topology.graph import RETRY_TICK_TOPIC
from tests.emulators.clients import pubsub_environment

PROJECT = "test-project"


@pytest.fixture
def emulator() -> Iterator[str]:
    """The official emulator, to which the clients of this process are pointed."""
    with pubsub_environment() as host:
        yield host


@pytest.fixture
def broker(emulator: str) -> PubSubBroker:
    return PubSubBroker(project=PROJECT, publisher=publisher_client())


def test_message_arrives_as_it_was_sent_with_the_attributes_of_a_cloud_event(broker: PubSubBroker) -> None:
    topic = pubsub_v1.PublisherClient().create_topic(
        name=pubsub_v1.PublisherClient.topic_path(PROJECT, RETRY_TICK_TOPIC)
    )
    subscriber = pubsub_v1.SubscriberClient()
    path = subscriber.subscription_path(PROJECT, "reader")
    subscriber.create_subscription(name=path, topic=topic.name)

    message_id = broker.publish(RETRY_TICK_TOPIC, RetryTick(work=TickWork.RETRY))

    arrived = subscriber.pull(subscription=path, max_messages=2).received_messages
    assert [item.message.message_id for item in arrived] == [message_id]
    received = decode("event", arrived[0].message.data)
    assert isinstance(received, Received)
    assert received.message == RetryTick(work=TickWork.RETRY)
    attributes = dict(arrived[0].message.attributes)
    assert attributes["processor"] == "*"
    assert {"ce-id", "ce-specversion", "ce-type", "ce-source"} <= attributes.keys()


def test_topic_that_does_not_exist_is_named_with_the_remedy(broker: PubSubBroker) -> None:
    with pytest.raises(PublishError, match=r"nba-nowhere.*infra/terraform"):
        broker.publish("nba-nowhere", RetryTick(work=TickWork.RETRY))
