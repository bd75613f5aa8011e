"""What every Broker adapter does, whatever delivers behind it: one suite for all of them."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from shared.messages.decode import Received, decode, encode
from shared.topology.graph import SOURCE_SUBSCRIPTION, Subscription, dead_letter_topic
from tests.unit.broker.adapters import ADAPTERS, DEVIATIONS, Bench, Push
from tests.unit.broker.messages import completed

_numbers = itertools.count(1)

MakeBench = Callable[..., Bench]


@pytest.fixture
def topic() -> str:
    """A topic that no other test has."""
    return f"contract-topic-{next(_numbers)}"


@pytest.fixture(params=sorted(ADAPTERS))
def make_bench(request: pytest.FixtureRequest) -> Iterator[MakeBench]:
    """Makes the broker with these subscriptions; its endpoints keep what is pushed to them."""
    deviation = DEVIATIONS.get(str(request.param), {}).get(request.node.originalname)
    if deviation is not None:
        request.applymarker(pytest.mark.xfail(reason=deviation, strict=True))
    with ExitStack() as stack:
        yield lambda *subscriptions: stack.enter_context(ADAPTERS[str(request.param)](subscriptions))


def to(endpoint: str, topic: str, *processors: str, wrapped: bool = False) -> Subscription:
    return Subscription(f"{endpoint}--{topic}", topic, processors, endpoint, wrapped)


def event_id(push: Push) -> str:
    return push.headers["ce-id"]


def understood(push: Push) -> object:
    """The message of a push; None when it cannot be understood."""
    found = decode(push.headers.get("ce-id", ""), push.body)
    return found.message if isinstance(found, Received) else None


def test_message_arrives_as_a_native_binary_cloudevent(make_bench: MakeBench, topic: str) -> None:
    bench = make_bench(to("form", topic))
    sent = completed()

    assert bench.broker.publish(topic, sent)

    (push,) = bench.deliver(1)
    assert push.body == encode(sent)
    assert understood(push) == sent
    assert push.headers["ce-specversion"] == "1.0"
    assert all(push.headers[name] for name in ("ce-id", "ce-type", "ce-source"))
    assert push.headers["content-type"] == "application/json"


def test_every_message_has_an_id_of_its_own(make_bench: MakeBench, topic: str) -> None:
    bench = make_bench(to("form", topic))

    ids = {bench.broker.publish(topic, completed()) for _ in range(3)}

    assert len(ids) == 3
    assert len({event_id(push) for push in bench.deliver(3)}) == 3


def test_every_subscription_of_a_topic_gets_its_own_delivery(make_bench: MakeBench, topic: str) -> None:
    bench = make_bench(to("form", topic), to("card", topic))
    bench.broker.publish(topic, completed())

    pushes = bench.deliver(2)

    assert sorted(push.endpoint for push in pushes) == ["card", "form"]
    assert len({event_id(push) for push in pushes}) == 1


def test_other_topics_are_not_heard(make_bench: MakeBench, topic: str) -> None:
    bench = make_bench(to("form", topic), to("card", f"{topic}-other"))
    bench.broker.publish(topic, completed())

    assert [push.endpoint for push in bench.deliver(1)] == ["form"]


@pytest.mark.parametrize("listens_to", [(), ("scores",), ("other", "scores")])
def test_message_goes_to_those_who_listen_to_its_processor(
    make_bench: MakeBench, topic: str, listens_to: tuple[str, ...]
) -> None:
    bench = make_bench(to("form", topic, *listens_to))
    bench.broker.publish(topic, completed("scores"))

    assert len(bench.deliver(1)) == 1


def test_message_that_names_somebody_else_is_held_back(make_bench: MakeBench, topic: str) -> None:
    bench = make_bench(to("form", topic, "other"))
    bench.broker.publish(topic, completed("scores"))
    bench.broker.publish(topic, completed("other"))

    assert [understood(push) for push in bench.deliver(1)] == [completed("other")]


@pytest.mark.parametrize("status", [400, 429, 503])
def test_what_is_not_acknowledged_comes_again_as_it_was(
    make_bench: MakeBench, topic: str, status: int
) -> None:
    bench = make_bench(to("form", topic))
    bench.services.answers["form"] = [status, status]
    bench.broker.publish(topic, completed())

    pushes = bench.deliver(3)

    assert len({(event_id(push), push.body) for push in pushes}) == 1


@pytest.mark.parametrize("status", [200, 202, 204])
def test_what_is_acknowledged_does_not_come_again(make_bench: MakeBench, topic: str, status: int) -> None:
    bench = make_bench(to("form", topic))
    bench.services.answers["form"] = [status]
    bench.broker.publish(topic, completed())

    assert len(bench.deliver(1)) == 1


def test_what_nobody_takes_becomes_a_dead_letter_that_says_where_it_comes_from(
    make_bench: MakeBench, topic: str
) -> None:
    bench = make_bench(to("form", topic), to("dead_letters", dead_letter_topic(topic), wrapped=True))
    bench.services.answers["form"] = [503] * bench.attempts
    bench.broker.publish(topic, completed())

    *refused, letter = bench.deliver(bench.attempts + 1)

    assert {push.endpoint for push in refused} == {"form"}
    assert letter.endpoint == "dead_letters"
    assert understood(letter) == completed()
    assert f'"{SOURCE_SUBSCRIPTION}":"form--{topic}"' in letter.body.decode().replace(" ", "")


def test_wrapped_delivery_is_understood_like_any_other(make_bench: MakeBench, topic: str) -> None:
    bench = make_bench(to("dead_letters", topic, wrapped=True))
    message_id = bench.broker.publish(topic, completed())

    (push,) = bench.deliver(1)

    assert decode("", push.body) == Received(completed(), message_id)
