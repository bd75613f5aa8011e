"""The simulated deployment: real workers in processes that can die, around one warehouse, in virtual time."""

from __future__ import annotations

import datetime as dt
import io
import itertools
import random
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from services.ingest.requests import IngestWorker
from services.ingest.writer import completions, write
from services.retry.dead_letters import DeadLetterWorker
from services.retry.worker import RetryWorker
from shared.broker.port import PublishError
from shared.clock import VirtualClock
from shared.failures.transitions import Actor
from shared.ledger.controls import PIPELINE, Action, Control, record_control
from shared.log import configure
from shared.messages.models import ProcessRequested, RetryTick, TickWork, TriggerSource
from shared.planner.snapshot import Reprocess
from shared.topology import graph
from shared.topology.declaration import Phase
from shared.topology.graph import COMPLETION_TOPICS, RETRY_TICK_TOPIC, TRIGGER_TOPICS
from shared.warehouse.port import WarehouseError
from shared.worker.app import Service
from shared.worker.harness import Ports, Worker
from shared.worker.outcome import TransientError, http_status
from shared.worker.run import RunReport
from tests.simulation.bench import START, bench, topology
from tests.simulation.checker import Checker, LostError, WrongError
from tests.simulation.faults import Crash, Effect, Errors, Fault, Process
from tests.simulation.league import DAYS, TABLES, LeagueSource, first_league, on
from tests.simulation.ports import FaultyBroker, FaultyWarehouse
from tests.simulation.pubsub import Delivery, PubSub

#: Re-entrant deliveries: a zombie inside a zombie is as deep as it gets.
_DEEPEST = 2
#: More deliveries than this to come to rest is a circle.
_MOST_DELIVERIES = 4000
#: Simulated days of ticks after which everything must be right.
_MOST_DAYS = 12
#: When every date's grace is long over.
_END = START + dt.timedelta(days=DAYS + 5)
_ACKNOWLEDGED = 200
_ACK = Errors(TransientError, TransientError)
#: What a service may raise so that the delivery comes again. Anything else is a defect.
REFUSALS = (TransientError, WarehouseError, PublishError)


@dataclass(frozen=True)
class Mood:
    """How bad a history is: chance of a fault per side effect, of an interlude, of trouble per message."""

    faults: float
    interludes: float
    trouble: float
    alone: bool


CALM = Mood(faults=0.0, interludes=0.0, trouble=0.0, alone=True)
MOODS = (
    Mood(faults=0.01, interludes=0.02, trouble=0.02, alone=True),
    Mood(faults=0.04, interludes=0.04, trouble=0.06, alone=True),
    Mood(faults=0.04, interludes=0.04, trouble=0.06, alone=False),
    Mood(faults=0.12, interludes=0.06, trouble=0.15, alone=True),
)
_FAULTS = (
    *[Fault.CRASH_BEFORE, Fault.CRASH_AFTER, Fault.LOST_REPLY] * 3,
    *[Fault.REFUSED] * 4,
    Fault.BROKEN,
)


#: Processes besides the workers that write failure rows, and on whose behalf.
_WRITES_FAILURES = {graph.RETRY: Actor.RETRY_WORKER, graph.DEAD_LETTERS: Actor.RUN}


@dataclass
class _Instance:
    """A process with the service it runs."""

    process: Process
    service: Service


class _Nowhere(io.TextIOBase):
    """Log lines as the services write them, to nowhere."""

    def write(self, text: str) -> int:
        return len(text)


class System:
    """One history's world. Rules act on it; `chance` decides on faults, none when it is None."""

    def __init__(self, mood: Mood) -> None:
        configure(_Nowhere())  # type: ignore[arg-type]
        self.bench = bench()
        self.bench.reset()
        self.mood = mood
        self._now = CALM
        self.clock = VirtualClock(START)
        self.league = first_league()
        self.faults: Counter[str] = Counter()
        self.checker = Checker(self.bench)
        self.backfills: list[str] = []
        self.paused = False
        self.deliveries = 0
        self.runs = 0
        self.cells = 0
        self.chance: random.Random | None = None
        self.script: Callable[[Effect], Fault | None] | None = None
        self.interlude: Callable[[System, random.Random], None] | None = None
        self.unfinished: list[tuple[tuple[str, ...], tuple[dt.date, ...]]] = []
        self._depth = 0
        self._run_ids = itertools.count(1)
        self._message_ids = itertools.count(1)
        self._instances: dict[str, _Instance] = {}
        self.pubsub = PubSub(
            (*topology().subscriptions(), *topology().service_subscriptions()),
            self.clock,
            lambda: f"m{next(self._message_ids)}",
            self.faults,
        )
        for message in completions(self.bench.first, self.clock):
            self.pubsub.publish(COMPLETION_TOPICS[Phase.RAW], message)

    def new_id(self) -> str:
        """Ids of runs, in order: they are in the names of staging tables, so that texts of SQL recur."""
        return f"r{next(self._run_ids)}"

    def be(self, mood: Mood, chance: random.Random) -> None:
        """From now on chance decides what goes wrong, as often as the mood says."""
        self._now = mood
        self.chance = self.pubsub.chance = chance
        self.pubsub.trouble = mood.trouble

    # Processes and their fate

    def process(self, name: str) -> Process:
        """A new process."""
        return Process(name, self._fate)

    def ports(self, process: Process) -> Ports:
        """The ports of a new process: empty memory, and faults in between."""
        return Ports(
            self.warehouse(process),
            FaultyBroker(self.pubsub, process),
            self.clock,
            self.new_id,
            self._count_run,
        )

    def warehouse(self, process: Process) -> FaultyWarehouse:
        """The warehouse as a process sees it."""

        def written(name: str) -> None:
            self._written(process, name)

        return FaultyWarehouse(self.bench.warehouse, process, written, self.mood.alone)

    def _count_run(self, report: RunReport) -> None:
        if self.paused:
            raise WrongError(f"[{report.processor}] ran while the pipeline was paused")
        self.runs += 1
        self.cells += len(report.dates)

    def _written(self, process: Process, script: str) -> None:
        kind, _, name = script.partition(" ")
        if kind == "commit":
            self.checker.observe(topology().processor(name), Actor.RUN)
        elif process.name in _WRITES_FAILURES:
            for processor in topology().processors:
                self.checker.observe(processor, _WRITES_FAILURES[process.name])

    def _fate(self, effect: Effect) -> Fault | None:
        if self.script is not None:
            return self.script(effect)
        chance = self.chance
        if chance is None:
            return None
        if not effect.reads_only and self._depth < _DEEPEST:
            # A worker is longest in its commit: what happens meanwhile makes it a zombie.
            commits = effect.name.startswith("commit")
            if chance.random() < self._now.interludes * (4 if commits else 1):
                self._let_others_act(effect, chance)
        if chance.random() >= self._now.faults:
            return None
        fault = chance.choice(_FAULTS)
        if effect.reads_only and fault is Fault.LOST_REPLY:
            return None
        self.faults[fault.value] += 1
        return fault

    def _let_others_act(self, effect: Effect, chance: random.Random) -> None:
        if self.interlude is None:
            return
        self.faults["zombie" if effect.name.startswith("commit") else "interleaved"] += 1
        self._depth += 1
        try:
            self.interlude(self, chance)
        finally:
            self._depth -= 1

    def _instance(self, endpoint: str) -> _Instance:
        """A process that is free to take a delivery; a second one when the first is in the middle of one."""
        found = self._instances.get(endpoint)
        if found is not None and found.process.alive and not found.process.busy:
            return found
        process = self.process(endpoint)
        made = _Instance(process, self._service(endpoint, process))
        if found is None or not found.process.alive:
            self._instances[endpoint] = made
        return made

    def _service(self, endpoint: str, process: Process) -> Service:
        ports = self.ports(process)
        match endpoint:
            case graph.RETRY:
                return RetryWorker(topology(), ports)
            case graph.DEAD_LETTERS:
                return DeadLetterWorker(topology(), ports)
            case graph.INGEST:
                return IngestWorker(ports, LeagueSource(self.league))
            case _:
                return Worker(topology().processor(endpoint), topology(), ports)

    # Deliveries

    def deliver(self, delivery: Delivery) -> int | None:
        """Hand a delivery to its service; the status it was answered with, None when nothing answered."""
        self.deliveries += 1
        instance = self._instance(delivery.subscription.endpoint)
        process = instance.process
        process.busy = True
        status: int | None
        try:
            outcome = instance.service.handle(delivery.message_id, delivery.data(), delivery.attributes)
            process.effect("ack", lambda: None, _ACK)
            status = http_status(outcome)
        except Crash:
            status = None
        except REFUSALS as error:
            status = http_status(error)
        finally:
            process.busy = False
        if status != _ACKNOWLEDGED:
            self.pubsub.refuse(delivery)
        return status

    def deliver_some(self, chance: random.Random, count: int) -> None:
        """Deliver some of what is due, in any order."""
        for _ in range(count):
            due = self.pubsub.due()
            if not due:
                return
            self.deliver(self.pubsub.take(chance.choice(due).order))

    def deliver_all(self) -> None:
        """Deliver until nothing is left, letting time pass; in the order messages are due."""
        for _ in range(_MOST_DELIVERIES):
            if not self.pubsub.waiting:
                return
            first = min(self.pubsub.waiting.values(), key=lambda d: (d.due, d.order))
            self.clock.sleep_until(first.due)
            self.deliver(self.pubsub.take(first.order))
        raise WrongError(f"Messages go round in circles: [{len(self.pubsub.waiting)}] are waiting")

    # Ingest

    def ingest(self, tables: Sequence[str], days: Sequence[dt.date]) -> bool:
        """An ingest job writes what the league has now, and announces it; False when it did not finish."""
        process = self.process("ingest")
        broker = FaultyBroker(self.pubsub, process)
        try:
            report = write(
                self.league.arrow(tables, days),
                warehouse=self.warehouse(process),
                clock=self.clock,
                run_id=self.new_id(),
                days=list(days),
                on_progress=lambda done, total: None,
            )
            for message in completions(report, self.clock):
                broker.publish(COMPLETION_TOPICS[Phase.RAW], message)
        except (Crash, *REFUSALS):
            self.unfinished.append((tuple(tables), tuple(days)))
            return False
        return True

    def ingest_again(self) -> None:
        """A job that did not finish is started again."""
        if self.unfinished:
            self.ingest(*self.unfinished.pop(0))

    # Coming to rest

    def request(
        self, reprocess: Reprocess, *, source: TriggerSource, first: int = 0, last: int = DAYS - 1
    ) -> None:
        """Publish a request for a range of days to every phase."""
        correlation = self.new_id()
        for phase, topic in TRIGGER_TOPICS.items():
            self.pubsub.publish(
                topic,
                ProcessRequested(
                    phase=phase,
                    start_date=on(first),
                    end_date=on(last),
                    reprocess=reprocess,
                    reason="a simulation",
                    requested_by="somebody",
                    correlation_id=correlation,
                    trigger_source=source,
                ),
            )

    def control(self, scope: str, action: Action) -> None:
        """Somebody pauses, resumes or cancels."""
        self.clock.sleep_until(self.clock.now() + dt.timedelta(seconds=1))
        said = Control(self.new_id(), scope, action, "a simulation", "somebody")
        record_control(self.bench.warehouse, said, now=self.clock.now())
        if scope == PIPELINE:
            self.paused = action is Action.PAUSE
        elif action is Action.RESUME:
            self.checker.halted.discard(scope)
        else:
            self.checker.halted.add(scope)

    def stop_faults(self) -> None:
        """From now on nothing goes wrong."""
        self.chance = None
        self.script = None
        self.pubsub.chance = None

    def tick(self, work: TickWork) -> None:
        """The scheduler's tick."""
        self.pubsub.publish(RETRY_TICK_TOPIC, RetryTick(work=work))

    def come_to_rest(self) -> None:
        """Faults are over, the league is sane, days go by with their ticks: everything must become right.

        Raises WrongError or LostError for what is not.
        """
        self.stop_faults()
        self.control(PIPELINE, Action.RESUME)
        self.league.heal()
        self.league.finish()
        self.clock.sleep_until(_END)
        self.ingest(TABLES, [on(n) for n in range(DAYS)])
        self.deliver_all()
        for _ in range(_MOST_DAYS):
            try:
                self.checker.final(self.clock.now())
            except (WrongError, LostError):
                self.faults["day of healing"] += 1
                self.clock.sleep_until(self.clock.now() + dt.timedelta(days=1))
                self.tick(TickWork.RECONCILE)
                self.tick(TickWork.RETRY)
                self.deliver_all()
            else:
                return
        self.checker.final(self.clock.now())
