"""The life of a failure row, as one table: what a run may make of it."""

from __future__ import annotations

import itertools

import pytest

from shared.failures.transitions import LEGAL, Actor, Outcome, Reason, Sighting, Status, after_run

SIGHTINGS = [Sighting(*flags) for flags in itertools.product([True, False], repeat=5)]
BEFORE = [
    (status, reason, correctable)
    for status in (None, *Status)
    for reason in (None, *Reason)
    for correctable in (True, False)
]


def seen(
    *,
    present: bool = True,
    correctable: bool = True,
    expected: bool = True,
    withheld: bool = False,
    inputs_changed: bool = False,
) -> Sighting:
    return Sighting(present, correctable, expected, withheld, inputs_changed)


@pytest.mark.parametrize(("before", "reason", "was_correctable"), BEFORE)
def test_a_run_takes_legal_steps_only(
    before: Status | None, reason: Reason | None, was_correctable: bool
) -> None:
    for sighting in SIGHTINGS:
        outcome = after_run(before, reason, was_correctable, sighting)
        if before is not None and outcome is not None and outcome.status is not before:
            assert Actor.RUN in LEGAL[before, outcome.status], sighting


@pytest.mark.parametrize(("before", "reason", "was_correctable"), BEFORE)
def test_seeing_the_same_twice_changes_nothing_the_second_time(
    before: Status | None, reason: Reason | None, was_correctable: bool
) -> None:
    for sighting in SIGHTINGS:
        if sighting.inputs_changed:
            continue
        once = after_run(before, reason, was_correctable, sighting)
        if once is None:
            continue
        correctable = sighting.correctable if sighting.present else was_correctable
        twice = after_run(once.status, once.reason, correctable, sighting)
        assert twice is None or twice.status is once.status


def test_new_failure_is_open_when_something_can_mend_it_and_permanent_otherwise() -> None:
    assert after_run(None, None, None, seen()) == Outcome(Status.UNRESOLVED, None)
    assert after_run(None, None, None, seen(correctable=False)) == Outcome(Status.PERMANENT, None)


@pytest.mark.parametrize("before", [s for s in Status if s is not Status.RESOLVED])
def test_whatever_its_status_a_failure_that_is_gone_is_resolved(before: Status) -> None:
    gone = seen(present=False)

    assert after_run(before, None, True, gone) == Outcome(Status.RESOLVED, Reason.OBSERVED)


@pytest.mark.parametrize("before", [s for s in Status if s is not Status.RESOLVED])
def test_entity_that_is_not_expected_any_more_is_resolved_for_that_reason(before: Status) -> None:
    gone = seen(present=False, expected=False)

    assert after_run(before, None, True, gone) == Outcome(Status.RESOLVED, Reason.NO_LONGER_EXPECTED)


def test_failure_that_another_one_takes_the_place_of_is_reclassified_not_observed() -> None:
    """The row is still not there: nothing was observed."""
    gone = seen(present=False, withheld=True)

    assert after_run(Status.UNRESOLVED, None, True, gone) == Outcome(Status.RESOLVED, Reason.RECLASSIFIED)


def test_what_is_resolved_and_gone_stays_as_it_is() -> None:
    assert after_run(Status.RESOLVED, Reason.OBSERVED, True, seen(present=False)) is None
    assert after_run(None, None, None, seen(present=False)) is None


@pytest.mark.parametrize("before", [Status.UNRESOLVED, Status.RETRYING])
def test_run_that_still_sees_it_puts_it_back_to_open(before: Status) -> None:
    assert after_run(before, None, True, seen()) == Outcome(Status.UNRESOLVED, None)


@pytest.mark.parametrize("before", [Status.UNRESOLVED, Status.RETRYING])
def test_gap_of_which_only_an_absence_remains_is_permanent(before: Status) -> None:
    found = after_run(before, None, True, seen(correctable=False))

    assert found == Outcome(Status.PERMANENT, Reason.RECLASSIFIED)


def test_resolved_failure_that_is_seen_again_is_open_again() -> None:
    assert after_run(Status.RESOLVED, Reason.OBSERVED, True, seen()) == Outcome(Status.UNRESOLVED, None)


class TestPermanent:
    def test_absence_stays_permanent_whatever_changes_around_it(self) -> None:
        for changed in (True, False):
            found = after_run(Status.PERMANENT, None, False, seen(correctable=False, inputs_changed=changed))
            assert found == Outcome(Status.PERMANENT, None)

    def test_used_up_budget_stays_used_up_on_the_same_inputs(self) -> None:
        found = after_run(Status.PERMANENT, Reason.EXHAUSTED, True, seen())

        assert found == Outcome(Status.PERMANENT, Reason.EXHAUSTED)

    def test_used_up_budget_is_open_again_when_the_inputs_changed(self) -> None:
        found = after_run(Status.PERMANENT, Reason.EXHAUSTED, True, seen(inputs_changed=True))

        assert found == Outcome(Status.UNRESOLVED, None)

    def test_what_a_person_made_permanent_stays_so_when_the_inputs_change(self) -> None:
        found = after_run(Status.PERMANENT, Reason.BY_HAND, True, seen(inputs_changed=True))

        assert found == Outcome(Status.PERMANENT, Reason.BY_HAND)

    def test_absence_that_turns_out_to_be_a_gap_is_open(self) -> None:
        assert after_run(Status.PERMANENT, None, False, seen()) == Outcome(
            Status.UNRESOLVED, Reason.RECLASSIFIED
        )


def test_what_a_person_investigates_is_left_to_him_until_the_output_is_there() -> None:
    for sighting in SIGHTINGS:
        found = after_run(Status.INVESTIGATING, Reason.BY_HAND, True, sighting)
        assert found is not None
        assert found.status is (Status.INVESTIGATING if sighting.present else Status.RESOLVED)


class TestWhoMayWhat:
    def test_only_the_retry_worker_marks_a_failure_as_being_retried(self) -> None:
        steps = {pair: who for pair, who in LEGAL.items() if pair[1] is Status.RETRYING}

        assert steps == {
            (Status.UNRESOLVED, Status.RETRYING): {Actor.RETRY_WORKER},
            (Status.INVESTIGATING, Status.RETRYING): {Actor.PERSON},
        }

    def test_nobody_but_a_run_resolves_except_a_person_who_investigates(self) -> None:
        for (before, after), who in LEGAL.items():
            if after is Status.RESOLVED:
                allowed = {Actor.RUN, Actor.PERSON} if before is Status.INVESTIGATING else {Actor.RUN}
                assert who == allowed

    def test_a_run_never_marks_as_retrying_or_investigating(self) -> None:
        for (_, after), who in LEGAL.items():
            if after in (Status.RETRYING, Status.INVESTIGATING):
                assert Actor.RUN not in who

    def test_any_status_can_be_investigated_by_a_person_alone(self) -> None:
        for status in Status:
            if status is not Status.INVESTIGATING:
                assert LEGAL[status, Status.INVESTIGATING] == {Actor.PERSON}

    def test_no_step_leads_to_itself(self) -> None:
        assert all(before is not after for before, after in LEGAL)
