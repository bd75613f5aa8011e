"""The dead-letter worker: what a subscription gave up delivering becomes failures, and is kept as it was.

Dead-letter subscriptions push the wrapped shape, because the source subscription is an attribute that only
the envelope carries.
"""

from __future__ import annotations

import base64
import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from shared.failures.model import FailureCategory, FailureType
from shared.log import get_logger
from shared.messages.decode import Poison, decode
from shared.messages.models import AnyMessage, PhaseCompleted, ProcessRequested
from shared.sql import Statement, read_sql
from shared.topology.declaration import Processor
from shared.topology.graph import DEAD_LETTERS, SOURCE_SUBSCRIPTION, Topology
from shared.warehouse.port import (
    Parameter,
    Script,
    TransientWarehouseError,
    date,
    dates,
    query,
    text,
    timestamp,
)
from shared.worker.commit import FailedDate, failed_dates_parameter, record_failed_statement
from shared.worker.harness import Ports
from shared.worker.outcome import Decision, Outcome, TransientError

_SQL = Path(__file__).parent / "sql"
#: A message that names more dates than this is recorded under its first ones; the log says so.
_MOST_DATES = 400


@dataclass(frozen=True)
class DeadLetterWorker:
    """Records dead letters. Writes no failure when no processor is behind the subscription: the retry worker
    asks again for what it asked, and the scheduler ticks again."""

    topology: Topology
    ports: Ports
    name: str = DEAD_LETTERS

    def handle(self, event_id: str, data: object, attributes: Mapping[str, str]) -> Outcome:
        """Handle one dead letter. Raises TransientError when the warehouse should be tried again."""
        envelope = _envelope(data)
        told = {**attributes, **envelope}
        subscription = told.get(SOURCE_SUBSCRIPTION, "unknown").rpartition("/")[2]
        processor = self._listener(subscription)
        found = decode(event_id, data)
        body, message = _body_of(data), None if isinstance(found, Poison) else found.message
        reason = found.reason if isinstance(found, Poison) else _described(found.message)
        try:
            days = self._days(processor, message)
            script = dead_letter_script(
                message_id=found.message_id,
                subscription=subscription,
                processor=processor,
                days=days,
                reason=reason,
                body=body,
                attributes=told,
                now=self.ports.clock.now(),
            )
            self.ports.warehouse.run(script)
        except TransientWarehouseError as error:
            raise TransientError(str(error)) from error
        get_logger().error(
            "dead_letter_recorded",
            processor=self.name,
            subscription=subscription,
            message_id=found.message_id,
            dates=len(days),
            reason=reason,
        )
        return Outcome(Decision.RECORDED_FAILURE, len(days))

    def _listener(self, subscription: str) -> Processor | None:
        for known in self.topology.subscriptions():
            if known.name == subscription:
                return self.topology.processor(known.endpoint)
        return None

    def _days(self, processor: Processor | None, message: AnyMessage | None) -> tuple[dt.date, ...]:
        """The dates to record: the game dates of the message's range. Where nobody plays, no run would ever
        observe that the failure is gone."""
        if processor is None or not isinstance(message, PhaseCompleted | ProcessRequested):
            return ()
        rows = query(
            self.ports.warehouse,
            Statement("game dates", read_sql(_SQL / "game_dates.sql")),
            {"first_date": date(message.start_date), "last_date": date(message.end_date)},
        )
        days = tuple(day for (day,) in rows.values if isinstance(day, dt.date))
        return days[:_MOST_DATES]


def dead_letter_script(
    *,
    message_id: str,
    subscription: str,
    processor: Processor | None,
    days: tuple[dt.date, ...],
    reason: str,
    body: bytes,
    attributes: Mapping[str, str],
    now: dt.datetime,
) -> Script:
    """The transaction that keeps a dead letter and records its dates as failures of the processor."""
    statements = [Statement("dead letter", read_sql(_SQL / "dead_letter.sql"))]
    parameters: dict[str, Parameter] = {
        "message_id": text(message_id),
        "subscription": text(subscription),
        "processor_name": text(None if processor is None else processor.class_name),
        "received_date": date(now.date()),
        "now": timestamp(now),
        "reason": text(reason),
        "body_base64": text(base64.b64encode(body).decode()),
        "attributes": text(json.dumps(dict(attributes), sort_keys=True)),
    }
    if processor is not None and days:
        statements.append(record_failed_statement("dead letter failures", processor.phase))
        why = f"a message was given up: {reason}"
        parameters |= {
            "failed_dates": failed_dates_parameter(
                [
                    FailedDate(d, FailureCategory.DEAD_LETTERED, FailureType.PROCESSING_ERROR, why)
                    for d in days
                ]
            ),
            "changed_dates": dates(()),
            "first_date": date(days[0]),
            "last_date": date(days[-1]),
            "run_id": text(message_id),
            "correlation_id": text(message_id),
        }
    return Script(
        "record dead letter", tuple(statements), parameters, transaction=True, labels={"purpose": "retry"}
    )


def _described(message: AnyMessage) -> str:
    if isinstance(message, PhaseCompleted):
        return f"{message.processor_name} completed {message.start_date} to {message.end_date}"
    if isinstance(message, ProcessRequested):
        return f"{message.requested_by} asked for {message.start_date} to {message.end_date}"
    return message.type


def _message_of(data: object) -> Mapping[str, object]:
    if isinstance(data, bytes | bytearray | str):
        try:
            data = json.loads(data)
        except (ValueError, RecursionError):
            return {}
    found = data.get("message") if isinstance(data, Mapping) else None
    return found if isinstance(found, Mapping) else {}


def _envelope(data: object) -> dict[str, str]:
    attributes = _message_of(data).get("attributes")
    if not isinstance(attributes, Mapping):
        return {}
    return {str(key): str(value) for key, value in attributes.items()}


def _body_of(data: object) -> bytes:
    """The bytes of the message inside the envelope, or what came instead of one."""
    encoded = _message_of(data).get("data")
    if isinstance(encoded, str):
        try:
            return base64.b64decode(encoded, validate=True)
        except ValueError:
            return encoded.encode()
    return data if isinstance(data, bytes) else json.dumps(data, default=str).encode()
