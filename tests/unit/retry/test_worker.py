"""The retry worker in its pipeline: what it marks, what it publishes, and what becomes of it."""

from __future__ import annotations

import pytest

from shared.broker.port import PublishError
from shared.ledger.controls import Action
from shared.messages.models import ProcessRequested, RawDataRequested, TriggerSource
from shared.topology.declaration import TEAM_BOX, Phase
from shared.topology.graph import COMPLETION_TOPICS
from shared.warehouse.port import TransientWarehouseError
from shared.worker.outcome import Decision, TransientError
from tests.support.raw_rows import final_slot, team_box
from tests.support.tiny_folders import BREAKS_THE_QUERY, CARD, FORM
from tests.support.tiny_pipeline import on
from tests.unit.retry.conftest import Lines, MakeHealing
from tests.unit.retry.healing import ALL_THREE, TELLING_SCORES, HealingPipeline, game, played, telling

#: Jobs that the engine is sent by one tick, whatever there is to do.
JOBS_PER_TICK = 5
BOTH_OPEN = {(on(0).isoformat(), team): ("UNRESOLVED", 0) for team in ("BOS", "CHI")}


def process(pipeline: HealingPipeline, *numbers: int) -> None:
    """Scores of these days run, and nothing else has happened."""
    message = pipeline.requested(Phase.ANALYTICS, on(min(numbers)), on(max(numbers)))
    pipeline.deliver("tiny_scores", message, message_id=pipeline.new_id())


def lose(pipeline: HealingPipeline, *numbers: int) -> None:
    """The box scores of these dates are lost; their games are Final. No failure was tried yet."""
    pipeline.ingest((final_slot(game(number), 100, 90) for number in numbers), announce=False)
    process(pipeline, *numbers)


def break_query(pipeline: HealingPipeline, *numbers: int) -> None:
    """The rows of these dates make the query of tiny_scores fail, and it has."""
    boxes = [
        team_box(game(number), team, [], assists=BREAKS_THE_QUERY)
        for number in numbers
        for team in ("BOS", "CHI")
    ]
    pipeline.ingest([*(final_slot(game(number), 100, 90) for number in numbers), *boxes], announce=False)
    process(pipeline, *numbers)


def wear_out(pipeline: HealingPipeline) -> None:
    """Ticks whenever something can be due, until every budget is used up."""
    for hours in (2, 6, 21, 61, 61, 1):
        pipeline.tick()
        pipeline.wait(hours=hours)
    pipeline.tick()


def heard_nothing(pipeline: HealingPipeline) -> None:
    """What was published before the test began is forgotten."""
    pipeline.broker.published.clear()


class TestATick:
    def test_lost_game_is_fetched_and_the_failure_resolved_by_the_run_that_sees_it(
        self, healing: HealingPipeline
    ) -> None:
        lose(healing, 0)
        healing.shelf.put(played(0, 100, 90))

        healing.tick()

        assert healing.rows("tiny_scores") == {(0, "BOS"): 100, (0, "CHI"): 90}
        assert set(healing.failure_states().values()) == {("RESOLVED", "observed")}

    def test_publishing_resolves_nothing(self, healing: HealingPipeline) -> None:
        lose(healing, 0)

        healing.hand_tick()

        assert set(healing.attempts().values()) == {("RETRYING", 1)}
        assert healing.states("tiny_scores") == {0: "partial"}

    def test_failures_are_marked_before_anything_is_published(self, healing: HealingPipeline) -> None:
        """Whoever dies in between has lost a message, not the count of what he tried."""
        lose(healing, 0)
        healing.broker.refuse_next()

        with pytest.raises(PublishError):
            healing.hand_tick()

        assert healing.raw_requests() == []
        assert set(healing.attempts().values()) == {("RETRYING", 1)}

    def test_asks_for_the_dates_that_lack_data_and_for_every_raw_table_of_them(
        self, healing: HealingPipeline
    ) -> None:
        lose(healing, 0, 3, 7)
        heard_nothing(healing)

        healing.hand_tick()

        (asked,) = [m for m in healing.broker.published if isinstance(m, RawDataRequested)]
        assert asked.dates == (on(0), on(3), on(7))
        assert {"nbac_schedule", "nbac_gamebook_player_stats", TEAM_BOX} <= {*asked.tables}
        assert healing.requests() == []

    def test_date_that_failed_is_run_again_by_a_forced_request_of_its_phase(
        self, healing: HealingPipeline
    ) -> None:
        break_query(healing, 0)
        heard_nothing(healing)

        healing.hand_tick()

        (asked,) = [m for m in healing.broker.published if isinstance(m, ProcessRequested)]
        assert (asked.phase, asked.trigger_source) == (Phase.ANALYTICS, TriggerSource.RETRY)
        assert healing.requests() == [("tiny_scores", on(0), on(0), "failed")]

    def test_ranges_carry_the_dates_that_failed_and_never_reach_others(
        self, healing: HealingPipeline
    ) -> None:
        """Days 1 and 4 to 6 are good; a forced range over them would run them for nothing."""
        break_query(healing, 0, 2, 3, 7)
        rows = [row for number in (1, 4, 5, 6) for row in played(number, 100, 90)]
        healing.ingest(rows, announce=False)
        process(healing, 0, 7)
        runs = len(healing.runs)
        healing.wait(days=30)

        healing.tick()

        assert healing.requests() == [
            ("tiny_scores", on(0), on(0), "failed"),
            ("tiny_scores", on(2), on(3), "failed"),
            ("tiny_scores", on(7), on(7), "failed"),
        ]
        again = {
            day for name, days in healing.processor_runs()[runs:] for day in days if name == "tiny_scores"
        }
        assert again == {0, 2, 3, 7}

    def test_second_tick_waits_for_the_answer_to_the_first(self, healing: HealingPipeline) -> None:
        lose(healing, 0)
        healing.tick()
        heard_nothing(healing)

        outcome = healing.hand_tick(message_id="second")

        assert outcome.decision is Decision.NOTHING_TO_DO
        assert healing.raw_requests() == []
        assert set(healing.attempts().values()) == {("RETRYING", 1)}

    def test_failure_whose_worker_died_is_due_again_when_its_time_has_passed(
        self, healing: HealingPipeline
    ) -> None:
        lose(healing, 0)
        healing.broker.refuse_next()
        with pytest.raises(PublishError):
            healing.hand_tick()
        healing.wait(hours=2)

        healing.hand_tick(message_id="next")

        assert healing.raw_requests() == [(on(0),)]
        assert set(healing.attempts().values()) == {("RETRYING", 2)}

    def test_publish_that_failed_heals_at_the_next_due_time(self, healing: HealingPipeline) -> None:
        lose(healing, 0)
        healing.shelf.put(played(0, 100, 90))
        healing.broker.refuse_next()
        with pytest.raises(PublishError):
            healing.hand_tick()
        healing.wait(hours=2)

        healing.tick()

        assert set(healing.failure_states().values()) == {("RESOLVED", "observed")}

    def test_two_ticks_at_the_same_time_count_as_one_attempt(self, healing: HealingPipeline) -> None:
        lose(healing, 0)

        def meanwhile() -> None:
            healing.hand_tick(message_id="other")

        healing.warehouse.interrupt_next("tick", meanwhile)

        healing.hand_tick(message_id="slower")

        assert set(healing.attempts().values()) == {("RETRYING", 1)}
        assert set(healing.targets().values()) == {1}

    def test_row_that_a_run_has_resolved_meanwhile_is_not_marked(self, healing: HealingPipeline) -> None:
        lose(healing, 0)

        def meanwhile() -> None:
            healing.ingest(played(0, 100, 90), announce=False)
            request = healing.requested(Phase.ANALYTICS, on(0), on(0))
            healing.deliver("tiny_scores", request, message_id="run")

        healing.warehouse.interrupt_next("tick", meanwhile)

        healing.hand_tick()

        assert set(healing.failure_states().values()) == {("RESOLVED", "observed")}

    @pytest.mark.parametrize("job", ["open failures", "tick"])
    def test_warehouse_that_is_away_for_a_moment_refuses_the_tick(
        self, healing: HealingPipeline, job: str
    ) -> None:
        lose(healing, 0)
        heard_nothing(healing)
        healing.warehouse.fail_next(job, TransientWarehouseError("quota"))

        with pytest.raises(TransientError):
            healing.hand_tick()
        assert (healing.attempts(), healing.raw_requests()) == (BOTH_OPEN, [])

        healing.hand_tick()
        assert healing.raw_requests() == [(on(0),)]

    def test_jobs_are_bounded_whatever_there_is_to_do(self, healing: HealingPipeline) -> None:
        lose(healing, *range(0, 16, 2))
        break_query(healing, *range(1, 16, 2))
        jobs = len(healing.warehouse.jobs)

        healing.hand_tick()

        assert len(healing.attempts()) == 24
        assert len(healing.warehouse.jobs) - jobs <= JOBS_PER_TICK

    def test_nothing_open_writes_nothing(self, healing: HealingPipeline) -> None:
        healing.ingest(played(0, 100, 90))
        healing.settle()
        jobs = len(healing.warehouse.jobs)

        assert healing.hand_tick().decision is Decision.NOTHING_TO_DO
        assert healing.warehouse.jobs[jobs:] == ["open failures"]

    def test_derived_row_that_is_missing_runs_the_cell_that_makes_it_and_its_own(
        self, make_healing: MakeHealing
    ) -> None:
        """The source of the evidence is current: only a request for all of it runs it again."""
        form = telling(FORM, "DERIVED_MISSING", "tiny_scores").saying(
            triage=telling(FORM, "DERIVED_MISSING", "tiny_scores")
            .triage.replace("INSUFFICIENT_DATA", "INCOMPLETE_DATA")
            .replace("INSUFFICIENT_HISTORY", "DATA_GAP")
        )
        healing = make_healing(folders=(TELLING_SCORES, form, CARD))
        healing.ingest(played(0, 100, 90), announce=False)
        process(healing, 0)
        healing.deliver("tiny_form", healing.requested(Phase.PRECOMPUTE, on(0), on(0)), message_id="form")
        heard_nothing(healing)

        healing.hand_tick()

        assert healing.requests() == [
            ("tiny_scores", on(0), on(0), "all"),
            ("tiny_form", on(0), on(0), "failed"),
        ]


class TestARawCompletion:
    def test_wakes_the_retry_worker(self, healing: HealingPipeline) -> None:
        """The failure of day 0 is due; rows of another day land."""
        lose(healing, 0)
        heard_nothing(healing)
        message = healing.raw_completion(on(5), on(5))

        assert healing.hand("retry", message).decision is Decision.RAN
        assert healing.raw_requests() == [(on(0),)]

    def test_is_delivered_to_it(self, healing: HealingPipeline) -> None:
        lose(healing, 0)
        healing.shelf.put(played(0, 100, 90))
        healing.ingest(played(5, 100, 90))

        healing.settle()

        assert set(healing.failure_states().values()) == {("RESOLVED", "observed")}

    @pytest.mark.parametrize("phase", [Phase.ANALYTICS, Phase.PRECOMPUTE])
    def test_completions_of_other_phases_do_not(self, healing: HealingPipeline, phase: Phase) -> None:
        lose(healing, 0)
        message = healing.completion(
            phase=phase, processor_name="tiny_scores", start_date=on(0), end_date=on(0)
        )

        assert healing.hand("retry", message).decision is Decision.NOTHING_TO_DO


class TestGivingUp:
    def test_lost_game_that_never_comes_is_asked_for_five_times_and_then_exhausted(
        self, healing: HealingPipeline
    ) -> None:
        lose(healing, 0)
        wear_out(healing)

        assert set(healing.attempts().values()) == {("PERMANENT", 5)}
        assert set(healing.failure_states().values()) == {("PERMANENT", "exhausted")}
        assert len(healing.shelf.asked) == 5
        # That is how a run that opens it again on changed inputs gives it its budget back.
        assert {row["next_attempt_at"] for row in healing.failures()} == {None}
        assert set(healing.targets().values()) == {5}

    def test_days_that_need_a_lost_date_later_get_no_budget_of_their_own(
        self, healing: HealingPipeline
    ) -> None:
        lose(healing, 0)
        wear_out(healing)
        asked = len(healing.shelf.asked)
        new_team = game(0, "DET", "NYK")
        healing.ingest([final_slot(game(0), 100, 90), final_slot(new_team, 80, 70)])

        wear_out(healing)

        # New slots have come in, and no new box score: the lost table keeps its budget.
        assert len(healing.shelf.asked) == asked == 5

    def test_rows_that_come_after_all_still_heal_it(self, healing: HealingPipeline) -> None:
        lose(healing, 0)
        wear_out(healing)

        healing.ingest(played(0, 100, 90))
        healing.settle()

        assert set(healing.failure_states().values()) == {("RESOLVED", "observed")}

    def test_one_game_of_two_that_comes_late_gives_the_other_its_budget_again(
        self, healing: HealingPipeline
    ) -> None:
        """What changed is the input of the date: an exhausted failure of it opens again."""
        other = game(0, "DET", "NYK")
        healing.ingest([final_slot(game(0), 100, 90), final_slot(other, 80, 70)])
        wear_out(healing)
        healing.ingest([*played(0, 100, 90), final_slot(other, 80, 70)], announce=False)
        process(healing, 0)
        assert healing.attempts()[on(0).isoformat(), "DET"] == ("UNRESOLVED", 5)
        healing.shelf.put(played(0, 80, 70, teams=("DET", "NYK")))
        healing.shelf.put(played(0, 100, 90))

        healing.tick()

        assert set(healing.failure_states().values()) == {("RESOLVED", "observed")}

    def test_gap_that_comes_back_after_it_was_mended_is_another_one(self, healing: HealingPipeline) -> None:
        """The last attempt brought the game; then the source took it back."""
        lose(healing, 0)
        for hours in (2, 6, 21, 61, 1):
            healing.tick()
            healing.wait(hours=hours)
        healing.ingest(played(0, 100, 90))
        healing.settle()
        assert set(healing.attempts().values()) == {("RESOLVED", 5)}
        healing.remove_raw(TEAM_BOX, on(0))
        healing.settle()
        healing.wait(hours=61)

        healing.tick()

        assert set(healing.attempts().values()) == {("RETRYING", 1)}

    def test_absence_is_never_tried(self, make_healing: MakeHealing) -> None:
        """First games of a season are explained: nothing mends them."""
        healing = make_healing(folders=ALL_THREE)
        healing.ingest(played(0, 100, 90))
        healing.settle()
        heard_nothing(healing)

        healing.tick()

        assert {row["resolution_status"] for row in healing.failures(Phase.PRECOMPUTE)} == {"PERMANENT"}
        assert (healing.requests(), healing.raw_requests()) == ([], [])


class TestPaused:
    def test_nothing_is_marked_and_nothing_published(self, healing: HealingPipeline) -> None:
        lose(healing, 0)
        heard_nothing(healing)
        healing.control(Action.PAUSE)

        assert healing.hand_tick().decision is Decision.PAUSED
        assert (healing.attempts(), healing.targets(), healing.broker.published) == (BOTH_OPEN, {}, [])
        assert healing.incidents() == []

    def test_resumed_it_goes_on(self, healing: HealingPipeline) -> None:
        lose(healing, 0)
        healing.control(Action.PAUSE)
        healing.tick()
        healing.wait(minutes=1)
        healing.control(Action.RESUME)

        healing.hand_tick(message_id="after")

        assert healing.raw_requests() == [(on(0),)]


class TestIncidentsOfAPipeline:
    def test_one_opens_goes_on_and_closes_with_a_log_line_each(
        self, healing: HealingPipeline, log_lines: Lines
    ) -> None:
        lose(healing, 0)
        healing.tick()
        healing.tick()
        assert [(i["failure_count"], i["closed_at"]) for i in healing.incidents()] == [(2, None)]

        healing.ingest(played(0, 100, 90))
        healing.settle()
        healing.tick()

        assert [i["closed_at"] is None for i in healing.incidents()] == [False]
        events = [line for line in log_lines() if str(line["event"]).startswith("incident_")]
        assert [(line["event"], line["severity"]) for line in events] == [
            ("incident_opened", "ERROR"),
            ("incident_closed", "INFO"),
        ]
        assert events[0]["cause"] == f"{TEAM_BOX} of {on(0)} is missing or incomplete"

    def test_forty_dates_with_one_error_are_one(self, healing: HealingPipeline) -> None:
        break_query(healing, *range(40))

        healing.tick()

        assert [(i["cell_count"], i["failure_count"]) for i in healing.incidents()] == [(40, 40)]


def test_tick_that_cannot_be_read_is_kept_in_quarantine(healing: HealingPipeline) -> None:
    assert healing.hand("retry", b"{}").decision is Decision.QUARANTINED
    assert healing.count("quarantine", "received_date") == 1


def test_tick_without_a_subscription_would_be_noticed(healing: HealingPipeline) -> None:
    """Everything the retry worker publishes to has somebody who listens."""
    topics = {
        subscription.topic
        for subscription in (*healing.topology.subscriptions(), *healing.topology.service_subscriptions())
    }

    assert {"nba-raw-requested", "nba-retry-tick", COMPLETION_TOPICS[Phase.RAW]} <= topics
