"""The graph of processors: order, upstreams, subscribers, topics. Derived, never written by hand."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from graphlib import CycleError, TopologicalSorter

from shared.topology.declaration import RAW_SOURCES, Phase, Processor, Window, raw_table_of

#: `processor_name` of phase-2 completions that cover every raw table of their dates.
RAW_INGEST = "raw_ingest"

COMPLETION_TOPICS = {
    Phase.RAW: "nba-phase2-raw-complete",
    Phase.ANALYTICS: "nba-phase3-analytics-complete",
    Phase.PRECOMPUTE: "nba-phase4-precompute-complete",
    Phase.PREDICTIONS: "nba-phase5-predictions-complete",
}
TRIGGER_TOPICS = {
    Phase.ANALYTICS: "nba-phase3-trigger",
    Phase.PRECOMPUTE: "nba-phase4-trigger",
    Phase.PREDICTIONS: "nba-phase5-trigger",
}
RAW_REQUESTED_TOPIC = "nba-raw-requested"
RETRY_TICK_TOPIC = "nba-retry-tick"
#: Set by Pub/Sub on every message that it forwards to a dead-letter topic.
SOURCE_SUBSCRIPTION = "CloudPubSubDeadLetterSourceSubscription"
#: Endpoints of the services around the processors.
RETRY = "retry"
INGEST = "ingest"
DEAD_LETTERS = "dead_letters"


def dead_letter_topic(topic: str) -> str:
    """The topic that takes what could not be delivered from `topic`."""
    return f"{topic}-dlq"


class TopologyError(ValueError):
    """Declarations that do not make a graph."""


@dataclass(frozen=True)
class Subscription:
    """One worker listening to one topic.

    `processors` filters on the attribute `processor`: the message is delivered when it names one of them
    (none named: always). `wrapped`: it is pushed inside Pub/Sub's envelope, which alone carries the
    attributes that Pub/Sub adds to a dead letter.
    """

    name: str
    topic: str
    processors: tuple[str, ...]
    endpoint: str
    wrapped: bool = False


@dataclass(frozen=True)
class Topology:
    """All processors, upstream before downstream."""

    processors: tuple[Processor, ...]

    def processor(self, name: str) -> Processor:
        """The processor of that name, class name or abbreviation; raise TopologyError when none has it."""
        for candidate in self.processors:
            if name in (candidate.name, candidate.class_name, candidate.abbreviation):
                return candidate
        known = ", ".join(p.abbreviation for p in self.processors)
        raise TopologyError(f"Unknown processor [{name}]. Known: {known} (or their full names)")

    @cached_property
    def crosses_seasons(self) -> bool:
        """Whether some cell reads dates of an earlier season, so that the planner has to see all of them."""
        return any(item.window.crosses_seasons for p in self.processors for item in p.inputs)

    def of_phase(self, phase: Phase) -> tuple[Processor, ...]:
        """The processors of one phase, upstream first."""
        return tuple(p for p in self.processors if p.phase is phase)

    def subscriptions(self) -> tuple[Subscription, ...]:
        """Every subscription of every processor: its phase's trigger, and each upstream it declares."""
        found = []
        for processor in self.processors:
            short = processor.name.replace("_", "-")
            found.append(
                Subscription(
                    name=f"{short}--{TRIGGER_TOPICS[processor.phase]}",
                    topic=TRIGGER_TOPICS[processor.phase],
                    processors=(processor.name, processor.class_name, "*"),
                    endpoint=processor.name,
                )
            )
            upstream: dict[Phase, set[str]] = {}
            for item in processor.inputs:
                if item.source in RAW_SOURCES:
                    upstream.setdefault(Phase.RAW, {RAW_INGEST}).add(raw_table_of(item.source))
                else:
                    upstream.setdefault(self.processor(item.source).phase, set()).add(item.source)
            for phase, names in sorted(upstream.items()):
                topic = COMPLETION_TOPICS[phase]
                found.append(
                    Subscription(
                        name=f"{short}--{topic}",
                        topic=topic,
                        processors=tuple(sorted(names)),
                        endpoint=processor.name,
                    )
                )
        return tuple(found)

    def service_subscriptions(self) -> tuple[Subscription, ...]:
        """The subscriptions of the services around the processors: retry, ingest, and dead letters."""
        own = (
            Subscription(f"{RETRY}--{RETRY_TICK_TOPIC}", RETRY_TICK_TOPIC, (), RETRY),
            Subscription(f"{RETRY}--{COMPLETION_TOPICS[Phase.RAW]}", COMPLETION_TOPICS[Phase.RAW], (), RETRY),
            Subscription(f"{INGEST}--{RAW_REQUESTED_TOPIC}", RAW_REQUESTED_TOPIC, (), INGEST),
        )
        topics = sorted({subscription.topic for subscription in (*self.subscriptions(), *own)})
        dead = (
            Subscription(f"dead-letters--{topic}", dead_letter_topic(topic), (), DEAD_LETTERS, wrapped=True)
            for topic in topics
        )
        return (*own, *dead)


def build_topology(declared: Iterable[Processor]) -> Topology:
    """Check declarations against each other and put them in order.

    Raises TopologyError when a name occurs twice, an input is unknown, a phase reads a later one, a
    phase-4 or -5 processor reads results of its own date, raw data of earlier seasons are read but for the
    dates that open a season, or the reads make a circle.
    """
    by_name: dict[str, Processor] = {}
    for processor in sorted(declared, key=lambda p: p.name):
        if processor.name in by_name:
            raise TopologyError(f"Processor [{processor.name}] is declared twice")
        by_name[processor.name] = processor
    sorter: TopologicalSorter[str] = TopologicalSorter()
    for processor in by_name.values():
        sorter.add(processor.name)
        for item in processor.inputs:
            if item.source in RAW_SOURCES:
                if item.window.crosses_seasons and item.window is not Window.OPENING:
                    raise TopologyError(f"[{processor.name}] reads raw [{item.source}] of earlier seasons")
                continue
            upstream = by_name.get(item.source)
            if upstream is None:
                raise TopologyError(f"[{processor.name}] reads [{item.source}], which nobody declares")
            if upstream.phase > processor.phase:
                raise TopologyError(f"[{processor.name}] reads [{item.source}] of a later phase")
            if item.window is Window.NEXT_WEEK:
                raise TopologyError(f"[{processor.name}] reads [{item.source}] of dates to come")
            sorter.add(processor.name, item.source)
    try:
        order = tuple(sorter.static_order())
    except CycleError as error:
        raise TopologyError(f"Processors read each other in a circle: {error.args[1]}") from error
    rank = {name: (by_name[name].phase, position) for position, name in enumerate(order)}
    return Topology(tuple(by_name[name] for name in sorted(order, key=lambda name: rank[name])))
