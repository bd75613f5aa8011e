"""Incidents of repair: retries that counted wrong, ran elsewhere, never ended, or told everybody."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from shared.broker.port import PublishError
from shared.ledger.controls import Action
from shared.messages.models import TickWork
from shared.planner.snapshot import Reprocess
from shared.topology.declaration import Phase
from shared.topology.graph import TRIGGER_TOPICS
from shared.worker.outcome import Decision
from tests.support.raw_rows import final_slot, postponed_slot, team_box
from tests.support.tiny_folders import BREAKS_THE_QUERY
from tests.support.tiny_pipeline import TinyPipeline, on
from tests.unit.retry.healing import ALL_THREE, HealingPipeline, game, played

JOBS_PER_MESSAGE = 5
MakeHealing = Callable[..., HealingPipeline]


@pytest.fixture
def make_healing(tmp_path: Path) -> Iterator[MakeHealing]:
    """Makes pipelines that repair themselves, of tiny_scores alone unless told."""
    made: list[HealingPipeline] = []

    def make(**options: object) -> HealingPipeline:
        root = tmp_path / str(len(made))
        root.mkdir()
        made.append(HealingPipeline(root, **options))
        return made[-1]

    yield make
    for pipeline in made:
        pipeline.close()


@pytest.fixture
def healing(make_healing: MakeHealing) -> HealingPipeline:
    """Scores with all services around it."""
    return make_healing()


def process(pipeline: TinyPipeline, *numbers: int) -> None:
    """Scores of these days run, and nobody else hears of anything yet."""
    message = pipeline.requested(Phase.ANALYTICS, on(min(numbers)), on(max(numbers)))
    pipeline.deliver("tiny_scores", message, message_id=pipeline.new_id())


def lose(pipeline: TinyPipeline, *numbers: int) -> None:
    """Games are Final, and their box scores are lost."""
    pipeline.ingest((final_slot(game(number), 100, 90) for number in numbers), announce=False)
    process(pipeline, *numbers)


def break_query(pipeline: TinyPipeline, *numbers: int) -> None:
    """The rows of these dates make the query of tiny_scores fail, every time."""
    boxes = [
        team_box(game(number), team, [], assists=BREAKS_THE_QUERY)
        for number in numbers
        for team in ("BOS", "CHI")
    ]
    pipeline.ingest([*(final_slot(game(number), 100, 90) for number in numbers), *boxes], announce=False)
    process(pipeline, *numbers)


def test_incident_01_a_hole_of_nine_months_ago_is_found_and_filled_by_the_daily_reconcile(
    make_healing: MakeHealing,
) -> None:
    """109 days were silently absent: every monitor looked at the last 14 days."""
    healing = make_healing(folders=ALL_THREE)
    healing.ingest([row for number in (0, 1, 2, 270, 271) for row in played(number, 100, 90)])
    healing.settle()
    healing.select("DELETE FROM nba_analytics.tiny_scores WHERE game_date = '2021-10-20'")
    healing.write_as_somebody_else(played(3, 80, 70))
    healing.clock.sleep_until(dt.datetime.combine(on(280), dt.time(12), tzinfo=dt.UTC))

    healing.tick(TickWork.RECONCILE)

    assert healing.rows("tiny_scores")[1, "BOS"] == 100
    assert healing.rows("tiny_form")[271, "BOS"] == 100 + 100 + 100 + 80 + 100
    states = {c.state.value for cells in healing.grid().cells.values() for c in cells.values()}
    assert states == {"current"}


def test_incident_02_a_date_not_yet_played_costs_no_repair(make_healing: MakeHealing) -> None:
    """Every trigger processed it, and every retry again: 14 of 7,139 runs were of use."""
    healing = make_healing(now=dt.datetime(2021, 10, 19, 12, tzinfo=dt.UTC))
    healing.ingest([final_slot(game(0), None, None, game_status=1, game_status_text="7:00 pm ET")])

    for _ in range(5):
        healing.tick()
        healing.tick(TickWork.RECONCILE)
        healing.wait(hours=1)

    assert (healing.runs, healing.failures(), healing.requests(), healing.raw_requests()) == ([], [], [], [])


def test_incident_02_a_failure_storm_stays_within_its_budget(healing: HealingPipeline) -> None:
    """Every date fails for a day, and ticks come every two hours."""
    break_query(healing, *range(6))
    for _ in range(12):
        healing.tick()
        healing.wait(hours=2)

    # At 0, 2 and 8 hours: pauses of 1, 4 and 16 hours, each lengthened by up to a quarter.
    assert {row["attempt_count"] for row in healing.failures()} == {3}
    assert len(healing.runs) <= 1 + 3


def test_incident_04_what_a_retry_publishes_has_a_subscriber_that_acts_on_it(
    make_healing: MakeHealing,
) -> None:
    """1,751 rows were marked as retried: the retry topic had no subscriber."""
    healing = make_healing()
    lose(healing, 0)
    break_query(healing, 1)
    healing.broker.published.clear()
    healing.tick()

    heard = {subscription.topic for subscription in healing.topology.subscriptions()}
    heard |= {subscription.topic for subscription in healing.topology.service_subscriptions()}
    assert {"nba-raw-requested", TRIGGER_TOPICS[Phase.ANALYTICS]} <= heard
    assert healing.shelf.asked == [(on(0), on(0))]
    assert healing.processor_runs()[-1] == ("tiny_scores", [1])
    assert {row["resolution_status"] for row in healing.failures()} == {"RETRYING", "UNRESOLVED"}


def test_incident_05_a_repair_that_could_not_be_published_is_published_when_its_time_comes(
    healing: HealingPipeline,
) -> None:
    """Marked first, and the publish failed: nothing ever followed."""
    lose(healing, 0)
    healing.shelf.put(played(0, 100, 90))
    healing.broker.refuse_next()
    with pytest.raises(PublishError):
        healing.hand_tick()

    healing.wait(hours=2)
    healing.tick()

    assert set(healing.failure_states().values()) == {("RESOLVED", "observed")}


def test_incident_08_one_cycle_of_tick_ingest_and_run_counts_one_attempt(healing: HealingPipeline) -> None:
    """Three writers of one counter: the budget of three burned in one cycle."""
    lose(healing, 0)
    healing.shelf.put([team_box(game(0), "BOS", [], points=100)])

    healing.tick()
    healing.tick()
    healing.tick(TickWork.RECONCILE)

    # One team came back; the other was asked for once, ran again, and is counted once.
    assert healing.attempts() == {
        (on(0).isoformat(), "BOS"): ("RESOLVED", 1),
        (on(0).isoformat(), "CHI"): ("UNRESOLVED", 1),
    }


def test_incident_11_a_tick_sends_a_bounded_number_of_jobs_whatever_is_open(
    healing: HealingPipeline,
) -> None:
    """One job per failure exhausts the quota."""
    lose(healing, *range(0, 20, 2))
    break_query(healing, *range(1, 20, 2))
    for work in (TickWork.RETRY, TickWork.RECONCILE):
        jobs = len(healing.warehouse.jobs)
        healing.hand_tick(work, message_id=work.value)
        assert len(healing.warehouse.jobs) - jobs <= JOBS_PER_MESSAGE


def test_incident_29_two_ticks_at_once_try_once(healing: HealingPipeline) -> None:
    """49 % of the predictions were duplicates after concurrent writes."""
    break_query(healing, 0)

    def the_other_is_faster() -> None:
        healing.hand_tick(message_id="other")

    healing.warehouse.interrupt_next("tick", the_other_is_faster)
    healing.hand_tick(message_id="slower")

    assert {row["attempt_count"] for row in healing.failures()} == {1}
    assert set(healing.targets().values()) == {1}


def test_incident_30_a_tick_days_later_asks_for_the_dates_that_failed(healing: HealingPipeline) -> None:
    """The retry job ran days later, and processed the day it ran on."""
    break_query(healing, 0, 3)
    lose(healing, 5)
    healing.ingest([row for number in (1, 2, 4, 30) for row in played(number, 100, 90)], announce=False)
    process(healing, 0, 30)
    healing.broker.published.clear()
    healing.clock.sleep_until(dt.datetime.combine(on(500), dt.time(18), tzinfo=dt.UTC))

    healing.hand_tick()

    assert healing.raw_requests() == [(on(5),)]
    assert healing.requests() == [
        ("tiny_scores", on(0), on(0), "failed"),
        ("tiny_scores", on(3), on(3), "failed"),
    ]


class TestIncident31Pause:
    """A paused backfill created one execution per second for ever."""

    def test_paused_backfill_creates_no_work_at_all(self, make_healing: MakeHealing) -> None:
        healing = make_healing(folders=ALL_THREE, max_dates_per_run=2)
        healing.ingest([row for number in range(6) for row in played(number, 9, 8)], announce=False)
        asked = healing.backfill(on(0), on(5))
        healing.deliver_until(lambda: len(healing.runs) >= 1)
        healing.control(Action.PAUSE, asked.backfill_id)
        healing.settle()
        runs, published, deliveries = (
            len(healing.runs),
            len(healing.broker.published),
            healing.pubsub.deliveries,
        )

        for _ in range(3):
            healing.wait(hours=6)
            healing.settle()

        assert (len(healing.runs), len(healing.broker.published)) == (runs, published)
        assert healing.pubsub.deliveries == deliveries

    def test_paused_pipeline_answers_every_trigger_and_publishes_nothing(
        self, make_healing: MakeHealing
    ) -> None:
        healing = make_healing(folders=ALL_THREE)
        lose(healing, 0)
        healing.settle()
        healing.control(Action.PAUSE)
        published = len(healing.broker.published)
        triggers = 0
        for work in (TickWork.RETRY, TickWork.RECONCILE) * 3:
            healing.tick(work)
            triggers += 1

        assert len(healing.broker.published) - published == triggers


class TestIncident32Cancel:
    """Cancel did not stop new work."""

    def test_nothing_starts_after_the_wave_that_runs(self, make_healing: MakeHealing) -> None:
        healing = make_healing(folders=ALL_THREE, max_dates_per_run=2)
        healing.ingest([row for number in range(6) for row in played(number, 9, 8)], announce=False)
        asked = healing.backfill(on(0), on(5))
        healing.warehouse.interrupt_next(
            "commit tiny_scores", lambda: healing.control(Action.CANCEL, asked.backfill_id)
        )

        healing.settle()

        assert healing.processor_runs() == [("tiny_scores", [0, 1])]

    def test_forced_messages_that_carry_its_id_start_nothing_either(self, healing: HealingPipeline) -> None:
        healing.ingest(played(0, 100, 90), announce=False)
        healing.backfill(on(0), on(0))
        healing.control(Action.CANCEL, "backfill")
        message = healing.requested(Phase.ANALYTICS, on(0), on(0), Reprocess.ALL, backfill_id="backfill")

        outcome = healing.deliver("tiny_scores", message, message_id="m")

        assert (outcome.decision, healing.runs) == (Decision.HALTED, [])


def test_incident_33_a_date_without_games_is_repaired_by_nobody(healing: HealingPipeline) -> None:
    """An intended skip was shown as a failure, and was retried."""
    healing.ingest([*played(0, 100, 90), postponed_slot(game(1))])
    healing.settle()
    healing.broker.published.clear()

    retried, reconciled = healing.hand_tick(), healing.hand_tick(TickWork.RECONCILE, message_id="daily")

    assert {retried.decision, reconciled.decision} == {Decision.NOTHING_TO_DO}
    assert healing.broker.published == []


def test_incident_34_repairing_an_old_date_leaves_a_newer_one_as_it_is(healing: HealingPipeline) -> None:
    """Backfilling an old date turned the freshness of everything green."""
    lose(healing, 0, 9)
    healing.shelf.put(played(0, 100, 90))

    healing.tick()

    assert healing.states("tiny_scores") == {0: "current", 9: "partial"}
    assert {row["resolution_status"] for row in healing.failures() if row["analysis_date"] == on(9)} == {
        "RETRYING"
    }


def test_incident_35_attempts_are_counted_on_by_another_process(make_healing: MakeHealing) -> None:
    """A checkpoint on the local disk was lost, or believed."""
    first = make_healing()
    lose(first, 0)
    first.hand_tick()
    second = first.restarted()
    second.wait(hours=2)

    assert second.hand_tick(message_id="too early for a third").decision is Decision.RAN
    assert second.hand_tick(message_id="third").decision is Decision.NOTHING_TO_DO

    assert set(second.attempts().values()) == {("RETRYING", 2)}
    second.close()


class TestIncident38Alerts:
    """600 e-mails from one backfill."""

    def test_sixty_failures_with_one_cause_are_one_incident(self, healing: HealingPipeline) -> None:
        break_query(healing, *range(60))

        healing.tick()

        assert [(i["cell_count"], i["closed_at"]) for i in healing.incidents()] == [(60, None)]

    def test_it_closes_itself_when_the_cause_is_gone(self, healing: HealingPipeline) -> None:
        break_query(healing, *range(10))
        healing.tick()
        healing.ingest([row for number in range(10) for row in played(number, 100, 90)])

        healing.settle()
        healing.tick()

        assert [i["closed_at"] is None for i in healing.incidents()] == [False]
