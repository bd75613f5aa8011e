"""One history: a seed, some steps, rest, and the verdict. The same seed gives the same history."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from tests.simulation.checker import LostError
from tests.simulation.rules import RULES, interlude
from tests.simulation.system import CALM, MOODS, Mood, System

DEFAULT_STEPS = 14


@dataclass(frozen=True)
class Step:
    """One rule, with the seed of everything it leaves to chance. `calm`: nothing goes wrong in it."""

    number: int
    rule: str
    salt: str
    calm: bool = False

    def __str__(self) -> str:
        what = (RULES[self.rule].act.__doc__ or "").partition("\n")[0]
        return f"step {self.number:>3}  {self.rule:<12} {'without faults' if self.calm else '':<15} {what}"


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
        self.seconds += other.seconds


def steps_of(seed: int, count: int) -> list[Step]:
    """The steps of a history."""
    chance = random.Random(f"steps {seed}")
    names = sorted(RULES)
    chosen = chance.choices(names, [RULES[name].weight for name in names], k=count)
    return [Step(number, name, f"{seed} {number}") for number, name in enumerate(chosen)]


def mood_of(seed: int) -> Mood:
    """How bad the history of a seed is."""
    return random.Random(f"mood {seed}").choice(MOODS)


def play_history(system: System, steps: Sequence[Step]) -> None:
    """Play a history to its end. Raises whatever is wrong with it."""
    system.interlude = interlude
    mood = system.mood
    for step in steps:
        take_step(system, step, CALM if step.calm else mood)
    system.come_to_rest()


def take_step(system: System, step: Step, mood: Mood) -> None:
    """One step of a history."""
    chance = random.Random(step.salt)
    system.be(replace(mood, alone=system.mood.alone), chance)
    RULES[step.rule].act(system, chance)


def run_history(seed: int, steps: int = DEFAULT_STEPS) -> Report:
    """Play the history of a seed and report on it; a failure is in the report, not raised."""
    return run_steps(seed, steps_of(seed, steps))


def run_steps(seed: int, steps: Sequence[Step]) -> Report:
    """Play chosen steps of the history of a seed and report on it."""
    started = time.perf_counter()
    system = System(mood_of(seed))
    report = Report(histories=1)
    try:
        play_history(system, steps)
    except Exception as error:  # noqa: BLE001 - whatever a history brings to light is its result
        report.problems.append((seed, f"{type(error).__name__}: {error}"))
        if isinstance(error, LostError):
            report.lost = 1
        else:
            report.wrong = 1
    report.deliveries = system.deliveries
    report.runs, report.cells = system.runs, system.cells
    report.checks = system.checker.checks
    report.faults = system.faults
    report.seconds = time.perf_counter() - started
    return report


def shrink(seed: int, steps: int) -> tuple[list[Step], str | None]:
    """The fewest steps, with faults in as few of them as possible, that still go wrong, and what does.

    None when the whole history goes well.
    """
    kept = steps_of(seed, steps)
    problem = _problem(seed, kept)
    if problem is None:
        return kept, None
    shorter = True
    while shorter:
        shorter = False
        for position in reversed(range(len(kept))):
            tried = kept[:position] + kept[position + 1 :]
            found = _problem(seed, tried)
            if found is not None:
                kept, problem, shorter = tried, found, True
    for position, step in enumerate(kept):
        tried = [*kept[:position], replace(step, calm=True), *kept[position + 1 :]]
        found = _problem(seed, tried)
        if found is not None:
            kept, problem = tried, found
    return kept, problem


def _problem(seed: int, steps: Sequence[Step]) -> str | None:
    problems = run_steps(seed, steps).problems
    return problems[0][1] if problems else None


def replay_command(seed: int, steps: int) -> str:
    """What a person types to see a failing history again, and to shrink it."""
    return f"nba simulate --seed {seed} --runs 1 --steps {steps} --shrink"
