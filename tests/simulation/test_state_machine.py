"""The same rules, chosen by Hypothesis: it shrinks what it finds to the fewest steps by itself."""

from __future__ import annotations

import random
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from tests.simulation.rules import RULES, Act, interlude
from tests.simulation.system import MOODS, Mood, System

_MACHINES = 12
_STEPS = 8


class _Machine(RuleBasedStateMachine):
    """A deployment that rules act on; the end is judged when Hypothesis has had enough."""

    def __init__(self) -> None:
        super().__init__()
        self.system = System(MOODS[0])

    @initialize(mood=st.sampled_from(MOODS))
    def begin(self, mood: Mood) -> None:
        """How bad it gets."""
        self.system = System(mood)
        self.system.interlude = interlude

    def act(self, act: Act, salt: int) -> None:
        """Apply a rule; what it leaves to chance comes from `salt`."""
        chance = random.Random(salt)
        self.system.be(self.system.mood, chance)
        act(self.system, chance)

    def teardown(self) -> None:
        """Everything comes to rest, and is right. Raises what is not."""
        self.system.come_to_rest()


def _method(act: Act) -> Any:
    @rule(salt=st.integers(0, 2**16))
    def method(self: _Machine, salt: int) -> None:
        self.act(act, salt)

    return method


def machine() -> type[_Machine]:
    """The machine with a rule for each that is registered."""
    return type("Machine", (_Machine,), {name: _method(found.act) for name, found in RULES.items()})


def test_whatever_hypothesis_makes_happen_comes_right_in_the_end() -> None:
    run_state_machine_as_test(
        machine(),
        settings=settings(
            max_examples=_MACHINES,
            stateful_step_count=_STEPS,
            derandomize=True,
            database=None,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
