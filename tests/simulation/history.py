"""One history: a seed, some steps, rest, and the verdict. The same seed gives the same history."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field

from tests.simulation.rules import RULES, interlude
from tests.simulation.system import MOODS, System

DEFAULT_STEPS = 14


@dataclass(frozen=True)
class Step:
    """One rule, with the seed of everything it leaves to chance."""

    number: int
    rule: str
    salt: str


@dataclass
class Report:
    """What a history came to, or many of them. `problems`: seed and what went wrong."""

    histories: int = 0
    deliveries: int = 0
    runs: int = 0
    cells: int = 0
    checks: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    lost: int = 0
    wrong: int = 0
    problems: list[tuple[int, str]] = field(default_factory=list)
    seconds: float = 0.0

    def add(self, other: Report) -> None:
        """Add another report to this one."""
        self.histories += other.histories
        self.deliveries += other.deliveries
        self.runs += other.runs
        self.cells += other.cells
        self.checks += other.checks
        self.faults.update(other.faults)
        self.lost += other.lost
        self.wrong += other.wrong
        self.problems += other.problems


def steps_of(seed: int, count: int) -> list[Step]:
    """The steps of a history."""
    chance = random.Random(f"steps {seed}")
    names = sorted(RULES)
    chosen = chance.choices(names, [RULES[name].weight for name in names], k=count)
    return [Step(number, name, f"{seed} {number}") for number, name in enumerate(chosen)]


def play_history(seed: int, steps: Collection[Step]) -> System:
    """Play a history to its end. Raises whatever is wrong with it."""
    system = System(random.Random(f"mood {seed}").choice(MOODS))
    system.interlude = interlude
    system.pubsub.trouble = system.mood.trouble
    for step in steps:
        system.chance = system.pubsub.chance = random.Random(step.salt)
        RULES[step.rule].act(system, system.chance)
    system.come_to_rest()
    system.checker.final(system.clock.now())
    return system


def run_history(seed: int, steps: int = DEFAULT_STEPS) -> Report:
    """Play the history of a seed and report on it; a failure is in the report, not raised."""
    return _report(seed, steps_of(seed, steps))


def _report(seed: int, steps: Collection[Step]) -> Report:
    started = time.perf_counter()
    report = Report(histories=1)
    try:
        system = play_history(seed, steps)
    except Exception as error:  # noqa: BLE001 - whatever a history brings to light is its result
        what = f"{type(error).__name__}: {error}"
        report.problems.append((seed, what))
        if what.startswith("WrongError: Lost"):
            report.lost += 1
        else:
            report.wrong += 1
    else:
        report.deliveries = system.deliveries
        report.runs, report.cells = system.runs, system.cells
        report.checks = system.checker.checks
        report.faults = system.faults
    report.seconds = time.perf_counter() - started
    return report
