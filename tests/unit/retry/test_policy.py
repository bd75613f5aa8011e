"""What is tried when, what it asks for, and when it is given up."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from services.retry.policy import (
    BUDGET,
    Evidence,
    Lack,
    Repairs,
    Target,
    TargetKind,
    pause,
    plan_repairs,
    targets_of,
)
from shared.failures.model import FailureCategory, FailureType
from shared.failures.transitions import Reason, Status
from tests.unit.retry.failures import HOUR, NOW, cell, error, failure, lack, raw, tried, upstream

A_MOMENT = dt.timedelta(microseconds=1)


def tried_now(repairs: Repairs) -> list[int]:
    """The attempt numbers of what is tried."""
    return [attempt.number for attempt in repairs.attempts]


def asked(repairs: Repairs) -> list[Target]:
    return [item.target for item in repairs.targets]


class TestWhatRepairsAFailure:
    def test_missing_game_is_fetched_for_its_own_date_not_for_the_date_that_lacks_it(self) -> None:
        assert targets_of(failure(9, lack(2), lack(4))) == (raw(2), raw(4))

    def test_game_lost_by_two_lines_of_evidence_is_one_target(self) -> None:
        assert targets_of(failure(9, lack(2), lack(2, "GAME_INCOMPLETE"))) == (raw(2),)

    @pytest.mark.parametrize(
        ("verdict", "table"),
        [
            ("GAME_NOT_INGESTED", "nbac_gamebook_player_stats"),
            ("GAME_INCOMPLETE", "nbac_gamebook_player_stats"),
            ("NOT_FINAL", "nbac_schedule"),
        ],
    )
    def test_schedule_that_tells_of_a_lost_game_is_not_what_is_lost(self, verdict: str, table: str) -> None:
        told = replace(failure(), evidence=Evidence((Lack(NOW.date(), verdict, "nbac_schedule"),)))

        assert targets_of(told) == (Target(TargetKind.RAW, table, NOW.date()),)

    def test_missing_derived_row_asks_for_the_derived_cell_and_its_own(self) -> None:
        found = targets_of(failure(9, lack(2, "DERIVED_MISSING", "scores")))

        assert found == (cell(9), cell(2, "scores"))

    def test_absence_beside_a_gap_asks_for_the_gap_only(self) -> None:
        mixed = failure(9, lack(2), lack(4, "PLAYER_DNP"), type=FailureType.MIXED)

        assert targets_of(mixed) == (raw(2),)

    @pytest.mark.parametrize("verdict", ["PLAYER_DNP", "UNKNOWN", "NOT_ON_ROSTER", "UPSTREAM_GAP"])
    def test_evidence_that_names_no_lost_data_looks_at_the_cell_again(self, verdict: str) -> None:
        assert targets_of(failure(9, lack(2, verdict))) == (cell(9),)

    def test_unknown_looks_again_whatever_the_evidence_names(self) -> None:
        assert targets_of(failure(9, lack(2), type=FailureType.UNKNOWN)) == (cell(9),)

    @pytest.mark.parametrize(
        "category",
        [
            FailureCategory.PROCESSING_ERROR,
            FailureCategory.CHECK_FAILED,
            FailureCategory.DEAD_LETTERED,
            FailureCategory.POISON_MESSAGE,
            FailureCategory.MODEL_ERROR,
        ],
    )
    def test_error_runs_its_own_cell_again(self, category: FailureCategory) -> None:
        assert targets_of(error(9, category=category)) == (cell(9),)

    def test_gap_of_an_upstream_cell_is_repaired_up_there(self) -> None:
        assert targets_of(upstream(9, lack(2))) == ()


class TestWhenItIsTried:
    def test_new_failure_is_due_at_once(self) -> None:
        repairs = plan_repairs([failure()], {}, NOW)

        assert tried_now(repairs) == [1]
        assert [(item.target, item.number) for item in repairs.targets] == [(raw(), 1)]

    def test_failure_is_due_exactly_when_its_time_has_come(self) -> None:
        early = failure(attempts=1, next_attempt_at=NOW + A_MOMENT)

        assert plan_repairs([early], {}, NOW).attempts == ()
        assert tried_now(plan_repairs([early], {}, NOW + A_MOMENT)) == [2]

    def test_retrying_failure_whose_worker_died_is_due_again_when_its_time_has_passed(self) -> None:
        died = failure(status=Status.RETRYING, attempts=2, next_attempt_at=NOW - HOUR)

        assert tried_now(plan_repairs([died], {raw(): tried(2)}, NOW)) == [3]

    @pytest.mark.parametrize("status", [Status.PERMANENT, Status.INVESTIGATING, Status.RESOLVED])
    def test_what_is_settled_or_in_a_persons_hands_is_left_alone(self, status: Status) -> None:
        repairs = plan_repairs([failure(status=status)], {}, NOW)

        assert (repairs.attempts, repairs.targets, repairs.exhausted) == ((), (), ())

    def test_target_that_was_asked_for_lately_is_waited_for(self) -> None:
        waiting = plan_repairs([failure()], {raw(): tried(1, due_in=A_MOMENT)}, NOW)

        assert (waiting.attempts, waiting.exhausted) == ((), ())

    def test_of_two_targets_the_one_that_is_ready_is_asked_for(self) -> None:
        repairs = plan_repairs([failure(9, lack(2), lack(4))], {raw(2): tried(1, due_in=HOUR)}, NOW)

        assert asked(repairs) == [raw(4)]

    def test_target_is_asked_for_once_however_many_failures_wait_for_it(self) -> None:
        waiting = [failure(number, lack(0), entity_id=f"p{number}") for number in range(50)]

        repairs = plan_repairs(waiting, {}, NOW)

        assert len(repairs.attempts) == 50
        assert [(item.target, item.number) for item in repairs.targets] == [(raw(), 1)]

    def test_failure_comes_back_when_the_last_of_its_targets_may_be_asked_again(self) -> None:
        repairs = plan_repairs([failure(9, lack(2), lack(4))], {raw(2): tried(3)}, NOW)

        assert repairs.attempts[0].next_attempt_at == max(item.next_attempt_at for item in repairs.targets)


class TestPauses:
    @pytest.mark.parametrize(("attempt", "hours"), [(1, 1), (2, 4), (3, 16), (4, 48), (5, 48)])
    def test_pause_grows_and_is_lengthened_by_up_to_a_quarter_never_shortened(
        self, attempt: int, hours: int
    ) -> None:
        pauses = [pause(attempt, NOW + n * A_MOMENT) for n in range(200)]

        assert min(pauses) >= hours * HOUR
        assert max(pauses) < hours * HOUR * 1.25
        assert max(pauses) - min(pauses) > hours * HOUR * 0.2

    def test_pause_is_the_same_for_the_same_moment(self) -> None:
        """A tick that comes again must not move what it has decided."""
        assert pause(2, NOW) == pause(2, NOW)

    def test_attempt_is_due_again_after_the_pause_of_its_number(self) -> None:
        repairs = plan_repairs([failure()], {raw(): tried(2)}, NOW)

        assert repairs.targets[0].next_attempt_at == NOW + pause(3, NOW)


class TestBudgets:
    def test_last_attempt_is_the_fifth(self) -> None:
        repairs = plan_repairs([failure(attempts=4, next_attempt_at=NOW)], {}, NOW)

        assert tried_now(repairs) == [BUDGET] == [5]

    def test_failure_is_given_up_when_the_fifth_attempt_has_had_its_time(self) -> None:
        spent = failure(attempts=5, status=Status.RETRYING, next_attempt_at=NOW + A_MOMENT)

        assert plan_repairs([spent], {}, NOW).exhausted == ()
        repairs = plan_repairs([spent], {}, NOW + A_MOMENT)
        assert (repairs.attempts, repairs.targets, repairs.exhausted) == ((), (), (spent,))

    def test_lost_date_does_not_get_a_new_budget_with_each_day_that_needs_it(self) -> None:
        """Thirty days see the same lost game; each has a failure that was never tried."""
        new = [failure(number, lack(0), entity_id=f"p{number}") for number in range(30)]

        repairs = plan_repairs(new, {raw(0): tried(BUDGET)}, NOW)

        assert repairs.targets == ()
        assert repairs.exhausted == tuple(new)

    def test_more_failures_than_one_tick_can_mark_are_all_repaired_and_given_up_in_turn(self) -> None:
        waiting = [failure(9, lack(number), entity_id=f"p{number}") for number in range(3)]
        first = plan_repairs(waiting, {}, NOW, most_marked=2)
        hopeless = {raw(number): tried(BUDGET) for number in range(3)}
        second = plan_repairs(waiting, hopeless, NOW, most_marked=2)
        third = plan_repairs(waiting[2:], hopeless, NOW, most_marked=2)

        assert asked(first) == [raw(0), raw(1), raw(2)]
        assert [attempt.failure for attempt in first.attempts] == waiting[:2]
        assert [*second.exhausted, *third.exhausted] == waiting

    def test_target_that_is_used_up_is_given_its_time_first(self) -> None:
        repairs = plan_repairs([failure()], {raw(): tried(BUDGET, due_in=A_MOMENT)}, NOW)

        assert (repairs.attempts, repairs.exhausted) == ((), ())

    def test_failure_with_one_target_left_goes_on(self) -> None:
        repairs = plan_repairs([failure(9, lack(2), lack(4))], {raw(2): tried(BUDGET)}, NOW)

        assert asked(repairs) == [raw(4)]
        assert repairs.exhausted == ()

    def test_target_that_has_changed_since_has_its_budget_again(self) -> None:
        renewed = tried(BUDGET, ago=2 * HOUR, changed_ago=HOUR)

        repairs = plan_repairs([failure()], {raw(): renewed}, NOW)

        assert [(item.target, item.number) for item in repairs.targets] == [(raw(), 1)]

    def test_renewed_target_is_asked_for_before_its_pause_is_over(self) -> None:
        renewed = tried(3, ago=2 * HOUR, due_in=48 * HOUR, changed_ago=HOUR)

        assert tried_now(plan_repairs([failure()], {raw(): renewed}, NOW)) == [1]

    def test_failure_whose_target_has_changed_since_has_its_budget_again(self) -> None:
        """It was mended at the fifth attempt, and is there again: another gap, that was never tried."""
        back = failure(attempts=BUDGET, next_attempt_at=NOW - HOUR)
        renewed = tried(BUDGET, ago=60 * HOUR, changed_ago=50 * HOUR)

        repairs = plan_repairs([back], {raw(): renewed}, NOW)

        assert (tried_now(repairs), repairs.exhausted) == ([1], ())

    @pytest.mark.parametrize("changed_ago", [2 * HOUR, 3 * HOUR])
    def test_what_changed_before_the_attempt_is_no_news(self, changed_ago: dt.timedelta) -> None:
        old = tried(BUDGET, ago=2 * HOUR, changed_ago=changed_ago)

        assert plan_repairs([failure()], {raw(): old}, NOW).exhausted == (failure(),)

    def test_failure_that_a_changed_input_reopened_has_its_budget_again(self) -> None:
        """What is given up loses the time of its next attempt; every attempt sets one."""
        reopened = failure(attempts=BUDGET, next_attempt_at=None)

        assert tried_now(plan_repairs([reopened], {}, NOW)) == [1]


class TestByHand:
    asked_by_hand = failure(attempts=BUDGET, next_attempt_at=NOW + 40 * HOUR, status_reason=Reason.BY_HAND)

    def test_person_is_served_now_and_with_a_new_budget(self) -> None:
        repairs = plan_repairs([self.asked_by_hand], {raw(): tried(BUDGET, due_in=40 * HOUR)}, NOW)

        assert tried_now(repairs) == [1]
        assert [(item.target, item.number) for item in repairs.targets] == [(raw(), 1)]

    def test_others_that_wait_for_the_same_are_not_hurried(self) -> None:
        other = failure(1, lack(0), attempts=1, next_attempt_at=NOW + HOUR)

        repairs = plan_repairs([self.asked_by_hand, other], {}, NOW)

        assert [attempt.failure for attempt in repairs.attempts] == [self.asked_by_hand]

    def test_reason_counts_while_it_is_open_only(self) -> None:
        given_up = replace(self.asked_by_hand, status=Status.PERMANENT)

        assert plan_repairs([given_up], {}, NOW).attempts == ()

    def test_upstream_gap_whose_root_is_given_up_is_looked_at_all_the_same(self) -> None:
        root = failure(2, status=Status.PERMANENT, status_reason=Reason.EXHAUSTED)
        wanted = upstream(9, lack(2), status_reason=Reason.BY_HAND)

        repairs = plan_repairs([root, wanted], {}, NOW)

        assert repairs.exhausted == ()
        assert asked(repairs) == [cell(9, "card")]


class TestGapsOfUpstreamCells:
    def test_waits_while_its_root_is_in_repair(self) -> None:
        root = failure(2, attempts=1, next_attempt_at=NOW + HOUR)

        repairs = plan_repairs([root, upstream(9, lack(2))], {}, NOW)

        assert (repairs.attempts, repairs.exhausted) == ((), ())

    def test_waits_for_a_failure_of_its_own_date_when_it_names_no_other(self) -> None:
        root = failure(9, lack(2), attempts=1, next_attempt_at=NOW + HOUR)

        assert plan_repairs([root, upstream(9)], {}, NOW).attempts == ()

    def test_costs_no_attempt_while_it_waits(self) -> None:
        root = failure(2, attempts=1, next_attempt_at=NOW + HOUR)
        gap = upstream(9, lack(2), attempts=BUDGET, next_attempt_at=NOW)

        assert plan_repairs([root, gap], {}, NOW).exhausted == ()

    def test_is_given_up_with_its_root(self) -> None:
        root = failure(2, status=Status.PERMANENT, status_reason=Reason.EXHAUSTED)
        gap = upstream(9, lack(2))

        assert plan_repairs([root, gap], {}, NOW).exhausted == (gap,)

    def test_with_one_root_in_repair_and_one_given_up_it_waits(self) -> None:
        given_up = failure(2, status=Status.PERMANENT, status_reason=Reason.EXHAUSTED)
        in_repair = failure(4, attempts=1, next_attempt_at=NOW + HOUR)

        repairs = plan_repairs([given_up, in_repair, upstream(9, lack(2), lack(4))], {}, NOW)

        assert (repairs.attempts, repairs.exhausted) == ((), ())

    def test_when_nothing_upstream_is_open_its_own_cell_is_looked_at(self) -> None:
        repairs = plan_repairs([upstream(9, lack(2))], {}, NOW)

        assert asked(repairs) == [cell(9, "card")]
        assert tried_now(repairs) == [1]

    def test_another_upstream_gap_is_no_root(self) -> None:
        """Two that wait for each other would wait for ever."""
        repairs = plan_repairs([upstream(9), upstream(9, entity_id="other")], {}, NOW)

        assert tried_now(repairs) == [1, 1]

    def test_is_given_up_after_its_budget_like_any_other(self) -> None:
        gap = upstream(9, attempts=BUDGET, next_attempt_at=NOW)

        assert plan_repairs([gap], {}, NOW).exhausted == (gap,)


def test_what_there_is_to_do_comes_in_a_stable_order() -> None:
    """Targets by kind, name and date: two workers that see the same publish the same."""
    failures = [failure(n, lack(n)) for n in (3, 1, 2)] + [error(n) for n in (2, 1)]

    assert asked(plan_repairs(failures, {}, NOW)) == asked(plan_repairs(failures[::-1], {}, NOW))
    assert asked(plan_repairs(failures, {}, NOW)) == [cell(1), cell(2), raw(1), raw(2), raw(3)]


def test_nothing_open_is_nothing_to_do() -> None:
    assert plan_repairs([], {raw(): tried(1)}, NOW) == Repairs((), (), ())
