"""One decode for every delivery shape: native binary CloudEvents, wrapped Pub/Sub pushes, Eventarc.

Engineers publish by hand with `gcloud pubsub topics publish`, so the same message arrives in all of them.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import TypeAdapter, ValidationError

from shared.messages.models import Message, PhaseCompleted, ProcessRequested, RawDataRequested

#: Pub/Sub itself allows 10 MB; a message of this pipeline has a few hundred bytes.
MAX_BODY_BYTES = 256 * 1024

_ADAPTER: TypeAdapter[PhaseCompleted | ProcessRequested | RawDataRequested] = TypeAdapter(Message)


@dataclass(frozen=True)
class Received:
    """A message that was understood, with the id of its delivery (the same on redelivery)."""

    message: PhaseCompleted | ProcessRequested | RawDataRequested
    message_id: str


@dataclass(frozen=True)
class Poison:
    """Bytes that no redelivery will make understandable, and why."""

    message_id: str
    body: bytes
    reason: str


def encode(message: PhaseCompleted | ProcessRequested | RawDataRequested) -> bytes:
    """The JSON body of a message."""
    return message.model_dump_json().encode()


def decode(event_id: str, data: object) -> Received | Poison:
    """Understand the data of a CloudEvent: bytes or text (unwrapped), or a Pub/Sub envelope (wrapped)."""
    message_id, body = _unwrap(event_id, data)
    if not body:
        return Poison(message_id, body, "the message has no data")
    if len(body) > MAX_BODY_BYTES:
        return Poison(message_id, body[:MAX_BODY_BYTES], f"the message has {len(body)} bytes")
    try:
        return Received(_ADAPTER.validate_json(body), message_id)
    except ValidationError as error:
        problems = "; ".join(
            f"{'.'.join(str(part) for part in item['loc']) or 'message'}: {item['msg']}"
            for item in error.errors(include_url=False, include_input=False)
        )
        return Poison(message_id, body, problems)


def _unwrap(event_id: str, data: object) -> tuple[str, bytes]:
    if isinstance(data, bytes | bytearray):
        return _unwrap_text(event_id, bytes(data))
    if isinstance(data, str):
        return _unwrap_text(event_id, data.encode())
    if isinstance(data, Mapping):
        return _unwrap_mapping(event_id, data)
    return event_id, b"" if data is None else json.dumps(data, default=str).encode()


def _unwrap_text(event_id: str, body: bytes) -> tuple[str, bytes]:
    try:
        parsed = json.loads(body)
    except ValueError:
        return event_id, body
    if isinstance(parsed, Mapping) and "message" in parsed and "type" not in parsed:
        return _unwrap_mapping(event_id, parsed)
    return event_id, body


def _unwrap_mapping(event_id: str, data: Mapping[object, object]) -> tuple[str, bytes]:
    """A Pub/Sub envelope {"message": {"data": base64, "messageId": ...}}, or the message itself."""
    envelope = data.get("message")
    if not isinstance(envelope, Mapping):
        return event_id, json.dumps(data, default=str).encode()
    found = envelope.get("messageId") or envelope.get("message_id")
    message_id = str(found) if found else event_id
    encoded = envelope.get("data")
    if encoded is None:
        return message_id, b""
    try:
        return message_id, base64.b64decode(str(encoded), validate=True)
    except binascii.Error:
        return message_id, str(encoded).encode()
