"""One decode for every delivery shape: native binary CloudEvents, wrapped Pub/Sub pushes, Eventarc.

Engineers publish by hand with `gcloud pubsub topics publish`, so the same message arrives in all of them.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import TypeAdapter, ValidationError

from shared.messages.models import AnyMessage, Message

#: Pub/Sub itself allows 10 MB; a message of this pipeline has a few hundred bytes.
MAX_BODY_BYTES = 256 * 1024
#: An envelope holds the body in base64, with the delivery's attributes beside it.
_LONGEST_ENVELOPE = 2 * MAX_BODY_BYTES
_LONGEST_REASON = 2000
_IDENTIFIER = re.compile(r"[A-Za-z0-9_.:-]{1,128}")

_ADAPTER: TypeAdapter[AnyMessage] = TypeAdapter(Message)


@dataclass(frozen=True)
class Received:
    """A message that was understood, with the id of its delivery (the same on redelivery)."""

    message: AnyMessage
    message_id: str


@dataclass(frozen=True)
class Poison:
    """Bytes that no redelivery will make understandable, and why."""

    message_id: str
    body: bytes
    reason: str


def encode(message: AnyMessage) -> bytes:
    """The JSON body of a message."""
    return message.model_dump_json().encode()


def decode(event_id: str, data: object) -> Received | Poison:
    """Understand the data of a CloudEvent: bytes or text (unwrapped), or a Pub/Sub envelope (wrapped).

    Never raises: whatever cannot be understood is Poison.
    """
    try:
        found_id, body = _unwrap(event_id, data)
    except (TypeError, ValueError, RecursionError) as error:
        found_id, body = event_id, repr(data)[:MAX_BODY_BYTES].encode("utf-8", "backslashreplace")
        return Poison(_as_identifier(found_id), body, f"the message cannot be read: {error}")
    message_id = _as_identifier(found_id)
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
        return Poison(message_id, body, problems[:_LONGEST_REASON])


def _as_identifier(delivery_id: str) -> str:
    """The id of a delivery as ids of messages are written: it goes on as the cause of what it brings about.

    Pub/Sub's own ids are digits; what somebody else makes up is hashed when it is not an identifier.
    """
    if _IDENTIFIER.fullmatch(delivery_id):
        return delivery_id
    return hashlib.sha256(delivery_id.encode("utf-8", "backslashreplace")).hexdigest()


def _unwrap(event_id: str, data: object) -> tuple[str, bytes]:
    if isinstance(data, bytes | bytearray):
        return _unwrap_text(event_id, bytes(data))
    if isinstance(data, str):
        return _unwrap_text(event_id, data.encode("utf-8", "backslashreplace"))
    if isinstance(data, Mapping):
        return _unwrap_mapping(event_id, data)
    return event_id, b"" if data is None else json.dumps(data, default=str).encode()


def _unwrap_text(event_id: str, body: bytes) -> tuple[str, bytes]:
    if len(body) > _LONGEST_ENVELOPE:
        return event_id, body
    try:
        parsed = json.loads(body)
    except (ValueError, RecursionError):
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
    text = str(encoded).encode("utf-8", "backslashreplace")
    try:
        return message_id, base64.b64decode(text, validate=True)
    except binascii.Error:
        return message_id, text
