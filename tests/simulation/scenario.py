"""Scripted events for the crash-point sweep.

`arrival`: a date's games land, and everything that follows runs. `repair`: half of a date's games was never
ingested and a message was given up; the ticks of a few days mend both.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from shared.failures.model import failure_table
from shared.messages.decode import encode
from shared.messages.models import ProcessRequested, RawDataRequested, TickWork, TriggerSource, attributes_of
from shared.planner.snapshot import Reprocess
from shared.topology.declaration import HARNESS_COLUMNS, Phase
from shared.topology.graph import RAW_REQUESTED_TOPIC, SOURCE_SUBSCRIPTION, TRIGGER_TOPICS, dead_letter_topic
from tests.simulation.bench import topology
from tests.simulation.faults import Effect, Fault
from tests.simulation.league import DAYS, TABLES, Box, Stage, on
from tests.simulation.system import CALM, System

_MORNING_AFTER = dt.datetime.combine(on(1), dt.time(9), tzinfo=dt.UTC)
#: Enough for a lost request to be asked again, and for what it brings to be looked at.
_DAYS_OF_TICKS = 3
_AFTERWARDS = dt.datetime.combine(on(DAYS + 3), dt.time(9), tzinfo=dt.UTC)
_HOME, _AWAY = 90, 91


@dataclass
class Sweep:
    """Lists the side effects of a scenario, those of some processes or of all; lets one of them go wrong."""

    position: int | None = None
    fault: Fault | None = None
    processes: frozenset[str] | None = None

    def __post_init__(self) -> None:
        self.effects: list[str] = []

    def fate(self, effect: Effect) -> Fault | None:
        """What happens at an effect: the chosen fault at the chosen one, the first time it is reached."""
        if effect.reads_only or (self.processes is not None and effect.process not in self.processes):
            return None
        self.effects.append(f"{effect.process}: {effect.name}")
        return self.fault if len(self.effects) - 1 == self.position else None


def arrival(sweep: Sweep) -> dict[str, object]:
    """Play the scenario with nothing but redelivery to help, and return all that it leaves behind."""
    system = System(CALM)
    system.deliver_all()
    system.script = sweep.fate
    system.clock.sleep_until(_MORNING_AFTER)
    _finish(system, [on(0)])
    system.pubsub.publish(
        RAW_REQUESTED_TOPIC,
        RawDataRequested(
            tables=TABLES, dates=(on(0),), reason="the games of the date are over", correlation_id="event"
        ),
    )
    system.deliver_all()
    return left_behind(system)


def repair(sweep: Sweep) -> dict[str, object]:
    """Play the scenario with nothing but redelivery and the ticks of two days to help, and return all that it
    leaves behind."""
    system = System(CALM)
    system.deliver_all()
    system.clock.sleep_until(_AFTERWARDS)
    days = [on(n) for n in range(DAYS)]
    _finish(system, days)
    late = [line for line in system.league.lines() if line.game.game_date == on(0) and line.points == _AWAY]
    for line in late:
        system.league.remove_box(line)
    system.ingest(TABLES, days)
    system.deliver_all()
    for line in late:
        system.league.put_box(line)
    system.script = sweep.fate
    request = ProcessRequested(
        phase=Phase.ANALYTICS,
        start_date=on(0),
        end_date=on(0),
        reprocess=Reprocess.STALE,
        reason="given up",
        requested_by="somebody",
        correlation_id="dead",
        trigger_source=TriggerSource.RECONCILE,
    )
    topic = TRIGGER_TOPICS[Phase.ANALYTICS]
    source = {SOURCE_SUBSCRIPTION: f"sim-scores--{topic}", **attributes_of(request)}
    system.pubsub.publish_raw(dead_letter_topic(topic), encode(request), source)
    for day in range(_DAYS_OF_TICKS):
        if day == _DAYS_OF_TICKS - 1:
            # On the last day incidents close of what the days before have mended.
            system.script = None
        system.clock.sleep_until(system.clock.now() + dt.timedelta(days=1))
        system.tick(TickWork.RETRY)
        system.tick(TickWork.RECONCILE)
        system.deliver_all()
    letters = "SELECT subscription, processor_name, body_base64 FROM nba_orchestration.dead_letters"
    incidents = "SELECT processor_name, failure_type FROM nba_orchestration.incidents WHERE closed_at IS NULL"
    return {
        **left_behind(system),
        "letters": system.bench.select(letters),
        "open incidents": system.bench.select(incidents),
    }


def _finish(system: System, days: Sequence[dt.date]) -> None:
    """The games of these dates are over, and the league has their box scores."""
    for found in system.league.standing(Stage.SCHEDULED):
        if found.game.game_date in days:
            system.league.set_stage(found, Stage.FINAL)
            system.league.put_box(Box(found.game, found.game.home, _HOME))
            system.league.put_box(Box(found.game, found.game.away, _AWAY))


def left_behind(system: System) -> dict[str, object]:
    """Rows, failures and states, without what names runs and times."""
    found: dict[str, object] = {}
    for processor in topology().processors:
        content = [column.name for column in processor.schema.without(HARNESS_COLUMNS)]
        sql = f"SELECT {', '.join([*content, 'data_hash'])} FROM {processor.schema.address} ORDER BY 1, 2"
        found[f"rows of {processor.name}"] = system.bench.select(sql)
        day = "prediction_date" if processor.phase is Phase.PREDICTIONS else "analysis_date"
        found[f"failures of {processor.name}"] = system.bench.select(
            f"SELECT {day}, entity_id, failure_category, failure_type, resolution_status, resolution_reason"
            f" FROM {failure_table(processor.phase).address}"
            f" WHERE processor_name = '{processor.class_name}' ORDER BY 1, 2, 3"
        )
    for name, cells in system.checker.grid(system.clock.now()).cells.items():
        found[f"states of {name}"] = {day: cell.state for day, cell in cells.items()}
    found["dead letters"] = len(system.pubsub.dead)
    return found
