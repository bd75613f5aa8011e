"""One decode for every delivery shape; what cannot be understood is poison with a reason."""

from __future__ import annotations

import base64
import datetime as dt
import json
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.messages.decode import MAX_BODY_BYTES, Poison, Received, decode, encode
from shared.messages.models import (
    CompletionStatus,
    PhaseCompleted,
    ProcessRequested,
    RawDataRequested,
    TriggerSource,
)
from shared.planner.snapshot import Reprocess
from shared.topology.declaration import Phase

AnyMessage = PhaseCompleted | ProcessRequested | RawDataRequested

MESSAGE = ProcessRequested(
    phase=Phase.ANALYTICS,
    start_date=dt.date(2021, 12, 31),
    end_date=dt.date(2021, 12, 31),
    reprocess=Reprocess.STALE,
    reason="a reason with ümlauts and “quotes”",
    requested_by="somebody",
    correlation_id="c1",
)


def envelope(body: bytes, **fields: object) -> dict[str, object]:
    """A Pub/Sub envelope as a wrapped push has it."""
    message = {"data": base64.b64encode(body).decode(), "messageId": "4711", **fields}
    return {"message": message, "subscription": "projects/p/subscriptions/s"}


#: Every way in which the body of a message can reach the decoder, and the id it is then known by.
SHAPES: dict[str, tuple[Callable[[bytes], object], str]] = {
    "native binary CloudEvent": (lambda body: body, "event"),
    "native binary CloudEvent, body as text": (lambda body: body.decode(), "event"),
    "native binary CloudEvent, body as a byte array": (bytearray, "event"),
    "JSON body already parsed by the framework": (json.loads, "event"),
    "wrapped push": (envelope, "4711"),
    "wrapped push that is still text": (lambda body: json.dumps(envelope(body)), "4711"),
    "wrapped push that is still bytes": (lambda body: json.dumps(envelope(body)).encode(), "4711"),
    "Eventarc, with both spellings of the id": (
        lambda body: envelope(
            body, message_id="4711", publishTime="2022-01-01T00:00:00Z", attributes={"processor": "*"}
        ),
        "4711",
    ),
    "envelope with the other spelling of the id": (
        lambda body: envelope(body, messageId=None, message_id="4711"),
        "4711",
    ),
    "envelope without an id": (lambda body: envelope(body, messageId=None), "event"),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_same_message_from_every_delivery_shape(shape: str) -> None:
    wrap, message_id = SHAPES[shape]

    assert decode("event", wrap(encode(MESSAGE))) == Received(MESSAGE, message_id)


class TestIds:
    def test_id_of_a_redelivery_is_the_id_of_the_delivery(self) -> None:
        first, second = (decode("event", envelope(encode(MESSAGE))) for _ in range(2))

        assert first.message_id == second.message_id

    @pytest.mark.parametrize("made_up", ["two words", "", "x" * 129, "näme", "line\nbreak", "\ud800"])
    def test_id_that_no_message_could_carry_on_is_hashed(self, made_up: str) -> None:
        """It becomes the causation id of the completion, where it would be refused after the commit."""
        found = decode(made_up, encode(MESSAGE))

        assert isinstance(found, Received)
        assert len(found.message_id) == 64
        assert found == decode(made_up, encode(MESSAGE))
        assert found.message_id != decode(made_up + "x", encode(MESSAGE)).message_id

    def test_id_in_an_envelope_may_be_a_number(self) -> None:
        assert decode("event", envelope(encode(MESSAGE), messageId=12)).message_id == "12"


def changed(**fields: object) -> bytes:
    return json.dumps({**json.loads(encode(MESSAGE)), **fields}).encode()


def without(name: str) -> bytes:
    return json.dumps({k: v for k, v in json.loads(encode(MESSAGE)).items() if k != name}).encode()


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        pytest.param(b'{"type": "nba.proc', "Invalid JSON", id="cut off in the middle"),
        pytest.param(b"\xff\xfe\x00", "Invalid JSON", id="not text at all"),
        pytest.param(b"", "no data", id="empty"),
        pytest.param(b"[]", "object", id="a list"),
        pytest.param(b"null", "object", id="null"),
        pytest.param(b"{}", "type", id="an object without a type"),
        pytest.param(changed(type="nba.phase_exploded"), "phase_exploded", id="unknown type"),
        pytest.param(changed(version=2), "version", id="a version of the future"),
        pytest.param(changed(version="1"), "version", id="a version that is text"),
        pytest.param(changed(colour="red"), "colour", id="a field nobody knows"),
        pytest.param(without("reason"), "reason", id="a field is missing"),
        pytest.param(changed(end_date="2021-12-30"), "before start_date", id="end before start"),
        pytest.param(changed(start_date="2021-13-01"), "start_date", id="no date"),
        pytest.param(changed(start_date="0001-01-01", end_date="0001-01-01"), "1946", id="the year one"),
        pytest.param(changed(start_date="1950-01-01", end_date="2150-01-01"), "longer", id="two centuries"),
        pytest.param(changed(reprocess="everything"), "reprocess", id="unknown mode"),
        pytest.param(changed(phase=2), "RawDataRequested", id="the raw phase cannot process"),
        pytest.param(changed(processors=["a; DROP TABLE x"]), "processors", id="a name that is no name"),
        pytest.param(b"[" * 100_000, "recursion", id="brackets without end"),
        pytest.param(b"9" * 10_000, "out of range", id="a number without end"),
    ],
)
@pytest.mark.parametrize("wrap", [bytes, envelope], ids=["unwrapped", "wrapped"])
def test_poison_says_why(wrap: Callable[[bytes], object], body: bytes, reason: str) -> None:
    found = decode("event", wrap(body))

    assert isinstance(found, Poison)
    assert found.body == body
    assert reason in found.reason


def test_attributes_without_data_are_poison() -> None:
    found = decode("event", {"message": {"attributes": {"processor": "x"}, "messageId": "4711"}})

    assert found == Poison("4711", b"", "the message has no data")


def test_event_without_data_is_poison() -> None:
    assert decode("event", None) == Poison("event", b"", "the message has no data")


@pytest.mark.parametrize("wrap", [bytes, envelope], ids=["unwrapped", "wrapped"])
def test_oversize_is_poison_and_its_beginning_is_kept(wrap: Callable[[bytes], object]) -> None:
    found = decode("event", wrap(b"x" * (MAX_BODY_BYTES + 1)))

    assert isinstance(found, Poison)
    assert found.reason == f"the message has {MAX_BODY_BYTES + 1} bytes"
    assert found.body == b"x" * MAX_BODY_BYTES


def test_envelope_too_large_to_be_read_is_poison() -> None:
    found = decode("event", json.dumps(envelope(b"x" * 4 * MAX_BODY_BYTES)))

    assert isinstance(found, Poison)
    assert "bytes" in found.reason


@pytest.mark.parametrize("data", ["not base64!", "ümlaut", "\ud800", 12, ["a"]])
def test_envelope_whose_data_is_not_base64_is_poison(data: object) -> None:
    found = decode("event", {"message": {"data": data, "messageId": "4711"}})

    assert isinstance(found, Poison)
    assert found.message_id == "4711"


@pytest.mark.parametrize("data", [{"message": "hello"}, {"message": None}, {"message": []}])
def test_object_with_a_field_called_message_is_no_envelope(data: object) -> None:
    assert isinstance(decode("event", data), Poison)


NAMES = st.text("abcXYZ019_.-", min_size=1, max_size=20)
PROSE = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40)
DATES = st.dates(dt.date(1946, 1, 1), dt.date(2199, 12, 31))
RANGES = st.tuples(DATES, st.integers(0, 400)).map(
    lambda found: (found[0], min(dt.date(2199, 12, 31), found[0] + dt.timedelta(days=found[1])))
)


@st.composite
def messages(draw: st.DrawFn) -> AnyMessage:
    """Any message that the models allow."""
    start, end = draw(RANGES)
    match draw(st.integers(0, 2)):
        case 0:
            return PhaseCompleted(
                phase=draw(st.sampled_from(Phase)),
                processor_name=draw(NAMES),
                start_date=start,
                end_date=end,
                status=draw(st.sampled_from(CompletionStatus)),
                run_id=draw(NAMES),
                record_count=draw(st.integers(0, 10**9)),
                failure_count=draw(st.integers(0, 10**9)),
                correlation_id=draw(NAMES),
                causation_id=draw(st.none() | NAMES),
                trigger_source=draw(st.sampled_from(TriggerSource)),
                backfill_id=draw(st.none() | NAMES),
                published_at=draw(
                    st.datetimes(dt.datetime(2000, 1, 1), dt.datetime(2100, 1, 1), timezones=st.just(dt.UTC))  # noqa: DTZ001
                ),
            )
        case 1:
            return ProcessRequested(
                phase=draw(st.sampled_from([p for p in Phase if p is not Phase.RAW])),
                processors=draw(st.lists(NAMES, max_size=3).map(tuple)),
                start_date=start,
                end_date=end,
                reprocess=draw(st.sampled_from(Reprocess)),
                reason=draw(PROSE),
                requested_by=draw(PROSE),
                correlation_id=draw(NAMES),
                trigger_source=draw(st.sampled_from(TriggerSource)),
                backfill_id=draw(st.none() | NAMES),
            )
        case _:
            return RawDataRequested(
                tables=draw(st.lists(NAMES, min_size=1, max_size=3).map(tuple)),
                dates=draw(st.lists(DATES, min_size=1, max_size=3).map(tuple)),
                reason=draw(PROSE),
                correlation_id=draw(NAMES),
            )


@settings(max_examples=60)
@given(message=messages())
def test_encode_wrap_decode_is_the_identity(message: AnyMessage) -> None:
    for wrap, message_id in SHAPES.values():
        assert decode("event", wrap(encode(message))) == Received(message, message_id)


ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
ENVELOPES = st.fixed_dictionaries(
    {"message": st.fixed_dictionaries({"data": ANY_JSON}, optional={"messageId": ANY_JSON})}
)


@given(event_id=st.text(), data=st.binary() | st.text() | ANY_JSON | ENVELOPES)
def test_junk_never_raises(event_id: str, data: object) -> None:
    found = decode(event_id, data)

    assert isinstance(found, Poison)
    assert found.reason
    assert found.message_id


@given(body=st.binary(max_size=200), position=st.integers(0, 10_000))
def test_damaged_messages_never_raise(body: bytes, position: int) -> None:
    whole = encode(MESSAGE)
    cut = position % len(whole)

    found = decode("event", whole[:cut] + body + whole[cut + len(body) :])

    assert isinstance(found, Poison | Received)
