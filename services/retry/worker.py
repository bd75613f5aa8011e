"""The retry worker: wakes on a tick or on raw data, and has repaired what can be repaired.

It marks failures RETRYING, publishes what repairs them, and gives up when the budget is used. It runs nothing
itself. Whether a repair worked is for the runs to see: publishing resolves nothing.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from services.retry.incidents import Incident, IncidentChanges, change_incidents
from services.retry.policy import Repairs, TargetKind, plan_repairs
from services.retry.reconciler import reconcile
from services.retry.repository import read_open_work, write_tick
from shared.failures.model import FailureCategory
from shared.log import bind as bind_log
from shared.log import get_logger
from shared.messages.models import (
    PhaseCompleted,
    ProcessRequested,
    RawDataRequested,
    RetryTick,
    TickWork,
    TriggerSource,
)
from shared.planner.snapshot import Reprocess
from shared.tables import raw_tables
from shared.topology.declaration import Phase
from shared.topology.graph import RAW_REQUESTED_TOPIC, RETRY, TRIGGER_TOPICS, Topology
from shared.warehouse.port import TransientWarehouseError
from shared.worker.harness import Ports
from shared.worker.outcome import Decision, Outcome, TransientError
from shared.worker.receive import receive

_DAY = dt.timedelta(days=1)
#: Longer than any season: what a lost message was about may lie in every later window.
_SEASON = dt.timedelta(days=400)


@dataclass(frozen=True)
class RetryWorker:
    """The retry worker and the reconciler. Holds no state between deliveries."""

    topology: Topology
    ports: Ports
    name: str = RETRY

    def handle(self, event_id: str, data: object, attributes: Mapping[str, str]) -> Outcome:
        """Handle one delivery: a tick, or a raw completion.

        Raises TransientError (WarehouseError and PublishError pass as well) for what Pub/Sub should bring
        again. An attempt that was marked and could not be published is made again when its time has passed.
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
        with bind_log(processor=self.name, correlation_id=received.message_id):
            try:
                if isinstance(message, RetryTick) and message.work is TickWork.RECONCILE:
                    return reconcile(self.topology, self.ports, received.message_id)
                if isinstance(message, RetryTick) or _is_raw(message):
                    return self._retry(received.message_id)
            except TransientWarehouseError as error:
                raise TransientError(str(error)) from error
        return Outcome(Decision.NOTHING_TO_DO, 0)

    def _retry(self, message_id: str) -> Outcome:
        now = self.ports.clock.now()
        work = read_open_work(self.ports.warehouse, self.topology)
        if work.paused is not None:
            return Outcome(Decision.PAUSED, 0)
        repairs = plan_repairs(work.failures, work.targets, now)
        incidents = change_incidents(
            work.failures, work.incidents, work.game_dates, now=now, new_id=self.ports.new_id
        )
        write_tick(
            self.ports.warehouse, self.topology, repairs, incidents, correlation_id=message_id, now=now
        )
        _log_incidents(incidents)
        self._publish(repairs, message_id)
        get_logger().info(
            "retry_tick_done",
            open_failures=len(work.failures),
            attempted=len(repairs.attempts),
            targets=len(repairs.targets),
            exhausted=len(repairs.exhausted),
        )
        decision = Decision.RAN if repairs.targets or repairs.exhausted else Decision.NOTHING_TO_DO
        return Outcome(decision, len(repairs.attempts))

    def _publish(self, repairs: Repairs, correlation_id: str) -> None:
        raw = sorted({i.target.date for i in repairs.targets if i.target.kind is TargetKind.RAW})
        if raw:
            self.ports.broker.publish(
                RAW_REQUESTED_TOPIC,
                RawDataRequested(
                    # A date that lacks one table has mostly lost more than what a failure can tell.
                    tables=tuple(sorted(raw_tables())),
                    dates=tuple(raw),
                    reason=f"failures wait for raw data of {len(raw)} dates",
                    correlation_id=correlation_id,
                ),
            )
        tried = [attempt.failure for attempt in repairs.attempts]
        own = {(f.processor, f.date) for f in tried}
        for name, days in self._cells(repairs).items():
            # A cell that another cell's failure points at is current: only a run of all mends it.
            for wanted, reprocess in (
                ([day for day in days if (name, day) in own], Reprocess.FAILED),
                ([day for day in days if (name, day) not in own], Reprocess.ALL),
            ):
                for start, end in _stretches(wanted):
                    self._request(name, start, end, reprocess, correlation_id)
        lost = [f for f in tried if f.category is FailureCategory.DEAD_LETTERED]
        for name in sorted({f.processor for f in lost}):
            first = min(f.date for f in lost if f.processor == name)
            last = max(f.date for f in lost if f.processor == name)
            self._request(name, first, last + _SEASON, Reprocess.STALE, correlation_id)

    def _cells(self, repairs: Repairs) -> dict[str, list[dt.date]]:
        """Cells to look at again, upstream first."""
        cells = [i.target for i in repairs.targets if i.target.kind is TargetKind.CELL]
        return {
            processor.name: sorted(target.date for target in cells if target.name == processor.name)
            for processor in self.topology.processors
            if any(target.name == processor.name for target in cells)
        }

    def _request(
        self, name: str, start: dt.date, end: dt.date, reprocess: Reprocess, correlation_id: str
    ) -> None:
        phase = self.topology.processor(name).phase
        self.ports.broker.publish(
            TRIGGER_TOPICS[phase],
            ProcessRequested(
                phase=phase,
                processors=(name,),
                start_date=start,
                end_date=end,
                reprocess=reprocess,
                reason="correctable failures are due for another look",
                requested_by=self.name,
                correlation_id=correlation_id,
                trigger_source=TriggerSource.RETRY,
            ),
        )


def _is_raw(message: object) -> bool:
    return isinstance(message, PhaseCompleted) and message.phase is Phase.RAW


def _stretches(days: Sequence[dt.date]) -> Iterable[tuple[dt.date, dt.date]]:
    """Ascending dates as ranges that hold no other date: a forced range must not reach further than asked."""
    start: dt.date | None = None
    for position, day in enumerate(days):
        start = start or day
        if position + 1 == len(days) or days[position + 1] != day + _DAY:
            yield start, day
            start = None


def _log_incidents(changes: IncidentChanges) -> None:
    for incident in changes.opened:
        get_logger().error("incident_opened", **_fields(incident))
    for incident in changes.closed:
        get_logger().info("incident_closed", **_fields(incident))


def _fields(incident: Incident) -> dict[str, object]:
    return {
        "incident_id": incident.incident_id,
        "failing_processor": incident.processor,
        "failure_type": incident.type.value,
        "cause": incident.cause,
        "start_date": incident.first_date.isoformat(),
        "end_date": incident.last_date.isoformat(),
        "failures": incident.failures,
    }
