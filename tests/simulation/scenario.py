"""One scripted event for the crash-point sweep: a date's games land, and everything that follows runs."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from shared.failures.model import failure_table
from shared.messages.models import RawDataRequested
from shared.topology.declaration import HARNESS_COLUMNS, Phase
from shared.topology.graph import RAW_REQUESTED_TOPIC
from tests.simulation.bench import topology
from tests.simulation.faults import Effect, Fault
from tests.simulation.league import TABLES, Box, Stage, on
from tests.simulation.system import CALM, System

_MORNING_AFTER = dt.datetime.combine(on(1), dt.time(9), tzinfo=dt.UTC)


@dataclass
class Sweep:
    """Lists the side effects of a run of the scenario, and lets one of them go wrong."""

    position: int | None = None
    fault: Fault | None = None

    def __post_init__(self) -> None:
        self.effects: list[str] = []

    def fate(self, effect: Effect) -> Fault | None:
        """What happens at an effect: the chosen fault at the chosen one, the first time it is reached."""
        if effect.reads_only:
            return None
        self.effects.append(f"{effect.process}: {effect.name}")
        return self.fault if len(self.effects) - 1 == self.position else None


def play(sweep: Sweep) -> dict[str, object]:
    """Play the scenario with nothing but redelivery to help, and return all that it leaves behind."""
    system = System(CALM)
    system.deliver_all()
    system.script = sweep.fate
    system.clock.sleep_until(_MORNING_AFTER)
    for found in system.league.standing(Stage.SCHEDULED):
        if found.game.game_date == on(0):
            system.league.set_stage(found, Stage.FINAL)
            for points, team in enumerate((found.game.home, found.game.away), 90):
                system.league.put_box(Box(found.game, team, points))
    system.pubsub.publish(
        RAW_REQUESTED_TOPIC,
        RawDataRequested(
            tables=TABLES, dates=(on(0),), reason="the games of the date are over", correlation_id="event"
        ),
    )
    system.deliver_all()
    return left_behind(system)


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
