"""Answers RawDataRequested: reads the source again for the dates asked for, and writes what is there."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import pyarrow as pa
import pyarrow.compute as pc

from services.ingest.source import IngestError, RawFile
from services.ingest.writer import completions, tables_of, within, write
from shared.log import bind as bind_log
from shared.log import get_logger
from shared.messages.models import RawDataRequested, TriggerSource
from shared.topology.declaration import Phase
from shared.topology.graph import COMPLETION_TOPICS, INGEST
from shared.warehouse.port import TransientWarehouseError
from shared.worker.harness import Ports
from shared.worker.outcome import Decision, Outcome, TransientError
from shared.worker.receive import receive


class RawSource(Protocol):
    """Where raw rows come from: a folder of files, a folder of documents."""

    def read(self, start: dt.date, end: dt.date) -> Sequence[RawFile]:
        """Everything the source has of a range of dates, both included (it may return more).

        Raises IngestError for what cannot be read as raw data, OSError when the source cannot be reached.
        """
        ...


@dataclass(frozen=True)
class IngestWorker:
    """The ingest service's answer to requests. Without a source it can only say that it has none."""

    ports: Ports
    source: RawSource | None
    name: str = INGEST

    def handle(self, event_id: str, data: object, attributes: Mapping[str, str]) -> Outcome:
        """Handle one delivery. Raises TransientError when source or warehouse should be tried again.

        Finding nothing new is an answer; so is finding something unreadable, which the log names.
        """
        received = receive(
            event_id,
            data,
            attributes,
            service=self.name,
            warehouse=self.ports.warehouse,
            clock=self.ports.clock,
            limit=self.ports.poison,
        )
        if received is None:
            return Outcome(Decision.QUARANTINED, 0)
        message = received.message
        if not isinstance(message, RawDataRequested):
            return Outcome(Decision.NOTHING_TO_DO, 0)
        with bind_log(processor=self.name, correlation_id=message.correlation_id):
            try:
                return self._answer(message, received.message_id)
            except IngestError as error:
                get_logger().error("raw_request_unreadable", error=str(error), dates=len(message.dates))
                return Outcome(Decision.RECORDED_FAILURE, 0)
            except (TransientWarehouseError, OSError) as error:
                raise TransientError(str(error)) from error

    def _answer(self, message: RawDataRequested, message_id: str) -> Outcome:
        if self.source is None:
            get_logger().warning("raw_request_without_source", dates=len(message.dates))
            return Outcome(Decision.NOTHING_TO_DO, 0)
        start, end = min(message.dates), max(message.dates)
        files = [within(f, start, end) for f in self.source.read(start, end) if f.table in message.tables]
        tables = _of_dates(tables_of(files), set(message.dates))
        if not tables:
            get_logger().info("raw_request_nothing_there", dates=len(message.dates))
            return Outcome(Decision.NOTHING_TO_DO, 0)
        report = write(
            tables,
            warehouse=self.ports.warehouse,
            clock=self.ports.clock,
            run_id=_run_id(message_id),
            # Only dates that the source has rows of: what it lacks today may be here from elsewhere.
            days=None,
            on_progress=lambda _done, _all: None,
        )
        for completion in completions(report, self.ports.clock):
            self.ports.broker.publish(
                COMPLETION_TOPICS[Phase.RAW],
                completion.model_copy(
                    update={
                        "correlation_id": message.correlation_id,
                        "causation_id": message_id,
                        "trigger_source": TriggerSource.RETRY,
                    }
                ),
            )
        if not report.changed_dates:
            get_logger().info("raw_request_nothing_new", dates=len(message.dates))
            return Outcome(Decision.NOTHING_TO_DO, 0)
        return Outcome(Decision.RAN, len(report.changed_dates))


def _run_id(message_id: str) -> str:
    """The same for every delivery of a message: what an earlier delivery wrote and could not announce any
    more is found again under it, and announced."""
    return hashlib.sha256(message_id.encode()).hexdigest()[:32]


def _of_dates(tables: Mapping[str, pa.Table], days: Collection[dt.date]) -> dict[str, pa.Table]:
    """The rows of the dates asked for, of the tables that have any."""
    wanted = pa.array(sorted(days), pa.date32())
    found = {
        name: rows.filter(pc.is_in(rows.column("game_date"), value_set=wanted))
        for name, rows in tables.items()
    }
    return {name: rows for name, rows in found.items() if rows.num_rows}
