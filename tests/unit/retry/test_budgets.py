"""Never more than five attempts between renewals, whatever happens in whatever order."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field, replace

from hypothesis import given, settings
from hypothesis import strategies as st

from services.retry.policy import (
    BUDGET,
    OpenFailure,
    Target,
    TargetKind,
    TargetState,
    plan_repairs,
    targets_of,
)
from shared.failures.transitions import LEGAL, Actor, Reason, Sighting, Status, after_run
from tests.unit.retry.failures import HOUR, NOW, error, failure, lack, raw, upstream

#: Two days lack the same game, one of them lacks another as well; an error; a gap of an upstream cell.
WAITING = (
    failure(0, lack(0)),
    failure(3, lack(0), lack(1), entity_id="demarderozan"),
    error(5),
    upstream(3, lack(1)),
)
TICK, RUN_STILL_FAILS, RUN_ON_NEW_INPUTS, NEW_CONTENT, LATER = "tick", "same", "changed", "content", "later"
STEPS = st.lists(
    st.one_of(
        st.just((TICK, 0)),
        st.tuples(st.just(RUN_STILL_FAILS), st.integers(0, len(WAITING) - 1)),
        st.tuples(st.just(RUN_ON_NEW_INPUTS), st.integers(0, len(WAITING) - 1)),
        st.tuples(st.just(NEW_CONTENT), st.integers(0, 2)),
        st.tuples(st.just(LATER), st.integers(1, 70)),
    ),
    max_size=80,
)


@dataclass
class World:
    """Failures, targets and the time, as the warehouse would keep them; and what was tried since when."""

    now: dt.datetime = NOW
    failures: list[OpenFailure] = field(default_factory=lambda: list(WAITING))
    targets: dict[Target, TargetState] = field(default_factory=dict)
    attempts_since_renewal: list[int] = field(default_factory=lambda: [0] * len(WAITING))
    asked_since_renewal: dict[Target, int] = field(default_factory=dict)

    def tick(self) -> None:
        repairs = plan_repairs(self.failures, self.targets, self.now)
        for attempt in repairs.attempts:
            position = self.failures.index(attempt.failure)
            if self._has_changed(attempt.failure):
                self.attempts_since_renewal[position] = 0
            self.attempts_since_renewal[position] += 1
            self._move(
                position,
                Status.RETRYING,
                Actor.RETRY_WORKER,
                status_reason=None,
                attempts=attempt.number,
                next_attempt_at=attempt.next_attempt_at,
            )
        for item in repairs.targets:
            before = self.targets.get(item.target)
            if before is not None and before.renewed:
                self.asked_since_renewal[item.target] = 0
            self.asked_since_renewal[item.target] = self.asked_since_renewal.get(item.target, 0) + 1
            changed_at = None if before is None else before.changed_at
            self.targets[item.target] = TargetState(item.number, self.now, item.next_attempt_at, changed_at)
        for given_up in repairs.exhausted:
            self._move(
                self.failures.index(given_up),
                Status.PERMANENT,
                Actor.RETRY_WORKER,
                status_reason=Reason.EXHAUSTED,
                next_attempt_at=None,
            )

    def _has_changed(self, tried: OpenFailure) -> bool:
        """Whether something that repairs a failure has new content since it was last asked for."""
        own = Target(TargetKind.CELL, tried.processor, tried.date)
        states = [self.targets.get(target) for target in targets_of(tried) or (own,)]
        return any(state is not None and state.renewed for state in states)

    def run(self, position: int, *, inputs_changed: bool) -> None:
        """A run of the failure's cell that still reports it."""
        failure_now = self.failures[position]
        after = after_run(
            failure_now.status,
            failure_now.status_reason,
            True,
            Sighting(True, True, True, False, inputs_changed),
        )
        assert after is not None
        if failure_now.status is Status.PERMANENT and after.status is Status.UNRESOLVED:
            self.attempts_since_renewal[position] = 0
        self._move(position, after.status, Actor.RUN, status_reason=after.reason)

    def change(self, number: int) -> None:
        """New content of a target that was asked for."""
        known = sorted(self.targets)
        if known:
            target = known[number % len(known)]
            self.targets[target] = replace(self.targets[target], changed_at=self.now)

    def _move(self, position: int, status: Status, who: Actor, **changes: object) -> None:
        before = self.failures[position].status
        if before is not status:
            assert who in LEGAL[before, status]
        self.failures[position] = replace(self.failures[position], status=status, **changes)  # type: ignore[arg-type]

    def step(self, what: str, number: int) -> None:
        match what:
            case "tick":
                self.tick()
            case "same":
                self.run(number, inputs_changed=False)
            case "changed":
                self.run(number, inputs_changed=True)
            case "content":
                self.change(number)
            case "later":
                self.now += number * HOUR


@settings(max_examples=150, deadline=None, derandomize=True)
@given(STEPS)
def test_no_failure_and_no_target_is_tried_more_often_than_its_budget(steps: list[tuple[str, int]]) -> None:
    world = World()
    for what, number in steps:
        world.step(what, number)

        assert max(world.attempts_since_renewal) <= BUDGET
        assert max(world.asked_since_renewal.values(), default=0) <= BUDGET


def test_everything_ends_when_nothing_ever_comes() -> None:
    """A tick every hour for a month: every failure has had its attempts, and nothing more is asked for."""
    world = World()
    for _ in range(24 * 30):
        world.tick()
        for position in range(len(WAITING)):
            if world.failures[position].status is Status.RETRYING:
                world.run(position, inputs_changed=False)
        world.now += HOUR

    assert {item.status for item in world.failures} == {Status.PERMANENT}
    assert set(world.asked_since_renewal.values()) == {BUDGET}


def test_failure_of_two_lost_games_that_are_asked_for_at_different_times_has_one_budget() -> None:
    """One of them was asked for four times by others, and may be again when the other one's time is over."""
    both = failure(9, lack(0), lack(1))
    late = TargetState(4, NOW - HOUR, NOW + 100 * HOUR, None)
    world = World(failures=[both], targets={raw(0): late}, attempts_since_renewal=[0])
    for _ in range(24 * 14):
        world.tick()
        world.now += HOUR

    assert world.attempts_since_renewal == [BUDGET]
    assert world.failures[0].status is Status.PERMANENT


def test_storm_in_which_every_date_fails_for_a_day_costs_three_attempts_each() -> None:
    """Ticks every ten minutes, and every run fails: pauses of 1, 4 and 16 hours leave three in a day."""
    storm = World(failures=[error(number) for number in range(40)], attempts_since_renewal=[0] * 40)
    for _ in range(24 * 6):
        storm.tick()
        for position in range(40):
            storm.run(position, inputs_changed=False)
        storm.now += HOUR / 6

    assert set(storm.attempts_since_renewal) == {3}
