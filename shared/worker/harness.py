"""The worker harness: decode, plan, run, publish. The same for every processor, live or backfill."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from shared.broker.port import Broker
from shared.clock import Clock
from shared.ledger.raw import hash_raw
from shared.log import bind as bind_log
from shared.log import get_logger
from shared.messages.models import (
    CompletionStatus,
    PhaseCompleted,
    ProcessRequested,
    TriggerSource,
)
from shared.planner.plan import Scope, affected_scope, passes_on, reach_of, ready_cells
from shared.planner.snapshot import Snapshot
from shared.planner.state import Cell, Grid, State
from shared.topology.declaration import Phase, Processor
from shared.topology.graph import COMPLETION_TOPICS, TRIGGER_TOPICS, Topology
from shared.warehouse.port import TransientWarehouseError, Warehouse
from shared.worker.context import RunContext
from shared.worker.memory import Memory, View
from shared.worker.outcome import Decision, Outcome, TransientError
from shared.worker.receive import PoisonLimit, receive
from shared.worker.run import RunReport, execute_run

#: Dates in one run. A season fits; what is left over is continued by a message to the worker itself.
MAX_DATES_PER_RUN = 400


@dataclass(frozen=True)
class Ports:
    """What a worker knows of the outside. `new_id` gives ids that never repeat."""

    warehouse: Warehouse
    broker: Broker
    clock: Clock
    new_id: Callable[[], str]
    on_run: Callable[[RunReport], None]
    memory: Memory = field(default_factory=Memory)
    poison: PoisonLimit = field(default_factory=PoisonLimit)


@dataclass(frozen=True)
class Request:
    """A message as the harness works with it."""

    message_id: str
    correlation_id: str
    backfill_id: str | None
    trigger_source: TriggerSource
    start: dt.date
    end: dt.date


@dataclass(frozen=True)
class Worker:
    """One processor's worker. It holds no state between deliveries."""

    processor: Processor
    topology: Topology
    ports: Ports
    max_dates_per_run: int = MAX_DATES_PER_RUN

    @property
    def name(self) -> str:
        """The processor's name."""
        return self.processor.name

    def handle(self, event_id: str, data: object, attributes: Mapping[str, str]) -> Outcome:
        """Handle one delivery.

        Returns an Outcome for everything that is decided. Raises TransientError (WarehouseError and
        PublishError pass as well) for what Pub/Sub should bring again.
        """
        received = receive(
            event_id,
            data,
            attributes,
            service=self.processor.class_name,
            warehouse=self.ports.warehouse,
            clock=self.ports.clock,
            limit=self.ports.poison,
        )
        if received is None:
            return Outcome(Decision.QUARANTINED, 0)
        message = received.message
        if not isinstance(message, PhaseCompleted | ProcessRequested):
            return Outcome(Decision.NOTHING_TO_DO, 0)
        request = Request(
            message_id=received.message_id,
            correlation_id=message.correlation_id,
            backfill_id=message.backfill_id,
            trigger_source=message.trigger_source,
            start=message.start_date,
            end=message.end_date,
        )
        with bind_log(
            processor=self.processor.name,
            correlation_id=request.correlation_id,
            message_id=request.message_id,
            start_date=request.start.isoformat(),
            end_date=request.end.isoformat(),
        ):
            try:
                outcome = self._handle(request, message)
            except TransientWarehouseError as error:
                get_logger().warning("delivery_refused", error=str(error))
                raise TransientError(str(error)) from error
            get_logger().info("delivery_handled", decision=outcome.decision.value, cells=outcome.cells)
            return outcome

    def _handle(self, request: Request, message: PhaseCompleted | ProcessRequested) -> Outcome:
        view = self._look(request)
        if _from_somebody_else(message, view.snapshot):
            now = self.ports.clock.now()
            hash_raw(self.ports.warehouse, request.start, request.end, self._context(request), now)
            view = self._look(request)
        snapshot, grid = view.snapshot, view.grid
        if snapshot.paused is not None:
            return Outcome(Decision.PAUSED, 0)
        backfill = snapshot.backfills.get(message.backfill_id or "")
        if backfill is not None and backfill.halted is not None:
            return Outcome(Decision.HALTED, 0)
        scope = self._scope(message, snapshot, grid)
        if scope is None:
            return Outcome(Decision.NOTHING_TO_DO, 0)
        season, cells, more = ready_cells(grid, self.processor, scope, limit=self.max_dates_per_run)
        again = self._publish_again(request, grid, scope)
        awaited = self._awaited(message, snapshot, grid, scope)
        if season is None:
            if awaited:
                self._publish(request, self.ports.new_id(), awaited, None)
            if again or awaited:
                return Outcome(Decision.PUBLISHED_AGAIN, 0)
            waiting = any(cell.state is State.WAITING for cell in self._cells_of(scope, grid))
            return Outcome(Decision.NOT_READY if waiting else Decision.NOTHING_TO_DO, 0)
        context = replace(self._context(request), run_id=_run_id(request, self.processor, cells))
        report = execute_run(
            self.processor,
            self.ports.warehouse,
            self.ports.clock,
            context,
            snapshot,
            season,
            cells,
            self.ports.memory,
            forced_by=request.backfill_id or request.correlation_id if scope.forces else "",
        )
        self.ports.on_run(report)
        self._publish(request, context.run_id, (*report.dates, *awaited), report)
        if more:
            self._continue(request, scope)
        if len(report.failed) == len(report.dates):
            return Outcome(Decision.RECORDED_FAILURE, 0)
        return Outcome(Decision.RAN, len(report.dates))

    def _look(self, request: Request) -> View:
        return self.ports.memory.look(
            self.ports.warehouse,
            self.topology,
            start=request.start,
            end=request.end,
            request_id=request.backfill_id or request.correlation_id,
            backfill_id=request.backfill_id,
            now=self.ports.clock.now(),
        )

    def _context(self, request: Request) -> RunContext:
        return RunContext(
            run_id=self.ports.new_id(),
            correlation_id=request.correlation_id,
            causation_id=request.message_id,
            backfill_id=request.backfill_id,
            trigger_source=request.trigger_source.value,
            started_at=self.ports.clock.now(),
        )

    def _scope(
        self, message: PhaseCompleted | ProcessRequested, snapshot: Snapshot, grid: Grid
    ) -> Scope | None:
        """The cells of this processor a message is about; None when it is about none."""
        scope: Scope | None
        if isinstance(message, ProcessRequested):
            named = {*message.processors} & {self.processor.name, self.processor.class_name, "*"}
            if message.processors and not named:
                return None
            scope = Scope(
                message.start_date,
                message.end_date,
                message.reprocess,
                (self.processor.name,),
                automatic=message.trigger_source is not TriggerSource.BACKFILL,
            )
        else:
            names = (message.processor_name,)
            scope = affected_scope(self.processor, names, message.start_date, message.end_date)
        if scope is None:
            return None
        backfill = snapshot.backfills.get(message.backfill_id or "")
        if backfill is not None:
            if backfill.processors and self.processor.name not in backfill.processors:
                return None
            scope = scope.within(backfill)
        # What happens in a season stays in it, but for those who read across seasons.
        sources = [message.processor_name] if isinstance(message, PhaseCompleted) else []
        return replace(scope, end=min(scope.end, reach_of(self.processor, sources, grid, message.end_date)))

    def _cells_of(self, scope: Scope, grid: Grid) -> list[Cell]:
        cells = grid.cells[self.processor.name].items()
        return [cell for day, cell in cells if scope.covers(self.processor.name, day)]

    def _publish_again(self, request: Request, grid: Grid, scope: Scope) -> bool:
        """Publish the completion of runs that this very message caused before: it may have been lost."""
        caused: dict[str, list[dt.date]] = {}
        for cell in self._cells_of(scope, grid):
            for run in (cell.history.success, cell.history.failed):
                if run is not None and run.causation_id == request.message_id:
                    caused.setdefault(run.run_id, []).append(cell.date)
        for run_id, days in caused.items():
            self._publish(request, run_id, days, None)
        return bool(caused)

    def _awaited(
        self, message: PhaseCompleted | ProcessRequested, snapshot: Snapshot, grid: Grid, scope: Scope
    ) -> tuple[dt.date, ...]:
        """Dates to announce without a run, because cells downstream are ready and hear of it from nobody."""
        dates = tuple(cell.date for cell in self._cells_of(scope, grid))
        if not dates:
            return ()
        told = {p.name for p in self.topology.processors if _hears(p, message)}
        backfill = snapshot.backfills.get(message.backfill_id or "")
        held_up = passes_on(
            self.topology, grid, self.processor, dates[0], dates[-1], told=told, backfill=backfill
        )
        return (dates[0], dates[-1]) if held_up else ()

    def _publish(
        self, request: Request, run_id: str, days: Sequence[dt.date], report: RunReport | None
    ) -> None:
        self.ports.broker.publish(
            COMPLETION_TOPICS[self.processor.phase],
            PhaseCompleted(
                phase=self.processor.phase,
                processor_name=self.processor.name,
                start_date=min(days),
                end_date=max(days),
                status=_status(report),
                run_id=run_id,
                record_count=0 if report is None else report.record_count,
                failure_count=0 if report is None else report.failure_count,
                correlation_id=request.correlation_id,
                causation_id=request.message_id,
                trigger_source=request.trigger_source,
                backfill_id=request.backfill_id,
                published_at=self.ports.clock.now(),
            ),
        )

    def _continue(self, request: Request, scope: Scope) -> None:
        """Self-chaining: what did not fit into this run comes as a message to this worker itself."""

        self.ports.broker.publish(
            TRIGGER_TOPICS[self.processor.phase],
            ProcessRequested(
                phase=self.processor.phase,
                processors=(self.processor.name,),
                start_date=scope.start,
                end_date=scope.end,
                reprocess=scope.reprocess,
                reason="the rest of a range that did not fit into one run",
                requested_by=self.processor.name,
                correlation_id=request.correlation_id,
                trigger_source=request.trigger_source,
                backfill_id=request.backfill_id,
            ),
        )


def _run_id(request: Request, processor: Processor, cells: Sequence[Cell]) -> str:
    """The id of a run: the same again when its message comes again and nothing was committed since.

    A crashed attempt is so found under its own name: its jobs are attached to, not repeated.
    """
    digest = hashlib.blake2b(f"{request.message_id} {processor.name}".encode(), digest_size=16)
    for cell in cells:
        newest = max((run.sequence for run in (cell.history.success, cell.history.failed) if run), default=0)
        digest.update(f" {cell.date} {cell.input_fingerprint} {newest}".encode())
    return digest.hexdigest()


def _status(report: RunReport | None) -> CompletionStatus:
    if report is None:
        return CompletionStatus.SUCCESS
    if len(report.failed) == len(report.dates):
        return CompletionStatus.FAILED
    if report.failed:
        return CompletionStatus.PARTIAL
    return CompletionStatus.SUCCESS if report.record_count else CompletionStatus.NO_DATA


def _hears(processor: Processor, message: PhaseCompleted | ProcessRequested) -> bool:
    """Whether a message is delivered to this processor and is about its cells."""
    if isinstance(message, PhaseCompleted):
        names = (message.processor_name,)
        return affected_scope(processor, names, message.start_date, message.end_date) is not None
    named = {processor.name, processor.class_name} & {*message.processors}
    return processor.phase is message.phase and (not message.processors or bool(named))


def _from_somebody_else(message: PhaseCompleted | ProcessRequested, snapshot: Snapshot) -> bool:
    """Whether a raw completion speaks of rows that the ledger has not seen."""
    if not isinstance(message, PhaseCompleted) or message.phase is not Phase.RAW:
        return False
    return not any(
        cell.run_id == message.run_id or cell.written_for_request
        for cells in snapshot.raw.values()
        for cell in cells.values()
    )
