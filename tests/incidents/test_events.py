"""Incidents of events: too early, twice, lost, malformed, without their dates."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pytest

from services.registry import discover
from shared.messages.models import CompletionStatus, PhaseCompleted, TriggerSource, attributes_of
from shared.planner.plan import MAX_ATTEMPTS
from shared.planner.snapshot import Reprocess
from shared.topology.declaration import RAW_SOURCES, Phase, raw_table_of
from shared.topology.graph import COMPLETION_TOPICS
from shared.warehouse.port import TransientWarehouseError
from shared.worker.outcome import Decision, TransientError
from tests.support.raw_rows import Game, final_slot, slot, team_box
from tests.support.tiny_fixture import MakePipeline
from tests.support.tiny_folders import BREAKS_THE_QUERY, CARD, FORM, SCORES
from tests.support.tiny_pipeline import TinyPipeline, game, on, played

PACIFIC = ZoneInfo("America/Los_Angeles")
EVENING = dt.datetime(2021, 10, 19, 17, tzinfo=PACIFIC)
JOBS_PER_MESSAGE = 5


def broken_query(pipeline: TinyPipeline, number: int) -> None:
    """The date's rows make the query of tiny_scores fail, every time."""
    boxes = [team_box(game(number), t, [], assists=BREAKS_THE_QUERY) for t in ("BOS", "CHI")]
    pipeline.ingest([final_slot(game(number), 100, 90), *boxes])


def test_incident_02_a_date_whose_games_have_not_started_is_never_processed(
    make_pipeline: MakePipeline,
) -> None:
    """7,139 runs in 20 hours, 14 successes: every trigger processed the date."""
    pipeline = make_pipeline(folders=(SCORES,), now=EVENING)
    pipeline.ingest([slot(game(0))])

    decisions = {
        pipeline.deliver(
            "tiny_scores",
            pipeline.requested(Phase.ANALYTICS, on(0), on(0), mode, correlation_id=f"c{number}"),
            message_id=f"m{number}",
        ).decision
        for number, mode in enumerate([*Reprocess] * 2)
    }

    assert decisions == {Decision.NOT_READY}
    assert pipeline.runs == []
    assert pipeline.failures() == []


def test_incident_02_at_most_one_run_per_change_of_the_inputs(pipeline: TinyPipeline) -> None:
    pipeline.ingest(played(0, 100, 90))
    for number in range(3):
        pipeline.deliver("tiny_scores", pipeline.raw_completion(on(0), on(0)), message_id=f"m{number}")

    assert len(pipeline.runs) == 1


def test_incident_02_a_cell_that_fails_has_a_budget(make_pipeline: MakePipeline) -> None:
    pipeline = make_pipeline(folders=(SCORES,))
    broken_query(pipeline, 0)
    for number in range(MAX_ATTEMPTS + 2):
        retry = pipeline.requested(
            Phase.ANALYTICS,
            on(0),
            on(0),
            Reprocess.FAILED if number else Reprocess.STALE,
            correlation_id=f"retry{number}",
            trigger_source="retry",
        )
        pipeline.deliver("tiny_scores", retry, message_id=f"m{number}")

    assert len(pipeline.runs) == MAX_ATTEMPTS


def test_incident_03_a_malformed_push_is_taken_once_and_kept(pipeline: TinyPipeline) -> None:
    """Answered 400, it was redelivered for three days."""
    pipeline.pubsub.publish_raw("nba-phase3-trigger", b'{"phase": 3, "start', {"processor": "*"})
    pipeline.settle()

    kept = pipeline.select(
        "SELECT reason FROM nba_orchestration.quarantine WHERE received_date >= '2000-01-01'"
    )
    assert pipeline.pubsub.deliveries == 1
    assert len(kept) == 1


def test_incident_04_every_declared_read_has_a_subscription_that_hears_of_it() -> None:
    """1,751 rows were marked as retried: the retry topic had no subscriber."""
    topology = discover()
    deaf = []
    for processor in topology.processors:
        for item in processor.inputs:
            raw = item.source in RAW_SOURCES
            phase = Phase.RAW if raw else topology.processor(item.source).phase
            source = raw_table_of(item.source) if raw else item.source
            message = _completion(phase, source)
            heard = any(
                subscription.endpoint == processor.name
                and subscription.topic == COMPLETION_TOPICS[phase]
                and attributes_of(message)["processor"] in subscription.processors
                for subscription in topology.subscriptions()
            )
            if not heard:
                deaf.append((processor.name, item.source))
    assert deaf == []


def _completion(phase: Phase, source: str) -> PhaseCompleted:
    return PhaseCompleted(
        phase=phase,
        processor_name=source,
        start_date=on(0),
        end_date=on(0),
        status=CompletionStatus.SUCCESS,
        run_id="r",
        record_count=0,
        failure_count=0,
        correlation_id="c",
        causation_id=None,
        trigger_source=TriggerSource.LIVE,
        backfill_id=None,
        published_at=EVENING,
    )


def test_incident_04_a_retry_resolves_nothing_until_the_output_is_there(pipeline: TinyPipeline) -> None:
    pipeline.ingest([final_slot(game(0), 100, 90)])
    pipeline.settle()
    for number in range(3):
        retry = pipeline.requested(
            Phase.ANALYTICS, on(0), on(0), Reprocess.FAILED, correlation_id=f"retry{number}"
        )
        pipeline.deliver("tiny_scores", retry, message_id=f"m{number}")
    assert {status for status, _ in pipeline.failure_states().values()} == {"UNRESOLVED"}

    pipeline.ingest(played(0, 100, 90))
    pipeline.settle()

    assert set(pipeline.failure_states().values()) == {("RESOLVED", "observed")}


def test_incident_05_a_completion_that_could_not_be_published_still_triggers_what_follows(
    make_pipeline: MakePipeline,
) -> None:
    """The trigger was latched before the publish, and the publish failed: nothing ever followed."""
    deaf_to_raw = FORM.reading(("tiny_scores",))
    pipeline = make_pipeline(folders=(SCORES, deaf_to_raw))
    pipeline.ingest([*played(0, 100, 90), *played(1, 90, 80)])
    pipeline.broker.refuse_next(times=2)

    pipeline.settle()

    assert pipeline.states("tiny_form") == {0: "current", 1: "current"}
    assert len([run for run in pipeline.runs if run.processor == "tiny_scores"]) == 1


def test_incident_05_a_completion_speaks_of_every_date_that_ran(pipeline: TinyPipeline) -> None:
    """What is not in the range of a completion, nobody downstream hears of."""
    pipeline.ingest(row for number in (0, 1, 4) for row in played(number, 100, 90))
    message = pipeline.requested(Phase.ANALYTICS, on(0), on(9))

    pipeline.deliver("tiny_scores", message, message_id="m1")

    assert pipeline.broker.completions()[-1] == ("tiny_scores", on(0), on(4))


def test_incident_05_no_side_writer_can_spoil_a_fan_in(pipeline: TinyPipeline) -> None:
    """There is no record of what was triggered: foreign completions change nothing that is decided."""
    pipeline.ingest([*played(0, 100, 90), *played(1, 90, 80)])
    for name in ("tiny_scores", "tiny_form", "tiny_card", "nobody"):
        foreign = pipeline.completion(
            phase=Phase.ANALYTICS, processor_name=name, start_date=on(0), end_date=on(1)
        )
        pipeline.broker.publish(COMPLETION_TOPICS[Phase.ANALYTICS], foreign)
        pipeline.broker.publish(COMPLETION_TOPICS[Phase.PRECOMPUTE], foreign)

    pipeline.settle()

    assert {
        state
        for name in ("tiny_scores", "tiny_form", "tiny_card")
        for state in pipeline.states(name).values()
    } == {"current"}


def test_incident_06_an_upstream_with_nothing_to_do_that_day_does_not_block(pipeline: TinyPipeline) -> None:
    """The fan-in waited for 5 of 5; one was not scheduled that day."""
    pipeline.ingest(played(0, 100, 90))

    pipeline.settle()

    # Nobody has an earlier game on the first date: form has no row for it, and card goes on all the same.
    assert pipeline.rows("tiny_form") == {}
    assert pipeline.states("tiny_card") == {0: "current"}


def test_incident_06_an_upstream_that_failed_does_not_block_what_does_not_need_that_date(
    pipeline: TinyPipeline,
) -> None:
    broken_query(pipeline, 0)
    pipeline.settle()
    pipeline.ingest([*played(1, 90, 80), *played(2, 70, 60)])

    pipeline.settle()

    assert pipeline.states("tiny_scores") == {0: "failed", 1: "current", 2: "current"}
    assert pipeline.rows("tiny_form") == {(2, "BOS"): 90, (2, "CHI"): 80}


def test_incident_09_one_layer_retries_and_nothing_is_written_twice(pipeline: TinyPipeline) -> None:
    """Nested retry decorators inserted twice."""
    pipeline.ingest(played(0, 100, 90))
    message = pipeline.requested(Phase.ANALYTICS, on(0), on(0))
    pipeline.warehouse.fail_next("commit", TransientWarehouseError("conflict"))
    jobs = len(pipeline.warehouse.jobs)
    with pytest.raises(TransientError):
        pipeline.deliver("tiny_scores", message, message_id="m1")
    assert pipeline.warehouse.jobs[jobs:].count("commit tiny_scores") == 1

    pipeline.deliver("tiny_scores", message, message_id="m1")

    assert pipeline.rows("tiny_scores") == {(0, "BOS"): 100, (0, "CHI"): 90}


@pytest.mark.parametrize("days", [1, 40])
def test_incident_11_jobs_per_message_are_bounded_whatever_the_range(
    make_pipeline: MakePipeline, days: int
) -> None:
    """One load job per log flush exhausted the quota, and rows were dropped."""
    pipeline = make_pipeline(folders=(SCORES,))
    pipeline.write_as_somebody_else(row for number in range(days) for row in played(number, 100, 90))
    jobs = len(pipeline.warehouse.jobs)

    pipeline.deliver("tiny_scores", pipeline.raw_completion(on(0), on(days)), message_id="m1")

    assert len(pipeline.rows("tiny_scores")) == 2 * days
    assert len(pipeline.warehouse.jobs) - jobs <= JOBS_PER_MESSAGE


def test_incident_30_a_retry_runs_the_dates_that_failed_and_not_today(make_pipeline: MakePipeline) -> None:
    """A retry job ran days later and processed the day it ran on."""
    pipeline = make_pipeline(folders=(SCORES,))
    broken_query(pipeline, 0)
    pipeline.ingest([*played(1, 90, 80), *played(30, 70, 60)])
    pipeline.deliver("tiny_scores", pipeline.requested(Phase.ANALYTICS, on(0), on(1)), message_id="m1")
    pipeline.clock.sleep_until(dt.datetime.combine(on(30), dt.time(18), tzinfo=dt.UTC))

    retry = pipeline.requested(
        Phase.ANALYTICS, on(0), on(0), Reprocess.FAILED, correlation_id="retry", trigger_source="retry"
    )
    pipeline.deliver("tiny_scores", retry, message_id="m2")

    assert pipeline.processor_runs() == [("tiny_scores", [0, 1]), ("tiny_scores", [0])]


def test_incident_31_a_second_backfill_leaves_the_range_of_the_first_as_it_was(
    make_pipeline: MakePipeline,
) -> None:
    """A second backfill turned a bounded one unbounded."""
    pipeline = make_pipeline(folders=(SCORES,))
    pipeline.ingest(row for number in range(4) for row in played(number, 100, 90))
    pipeline.backfill(on(0), on(0), backfill_id="first")
    pipeline.backfill(on(2), on(3), backfill_id="second")

    wide = pipeline.requested(Phase.ANALYTICS, on(0), on(3), backfill_id="first", correlation_id="first")
    pipeline.deliver("tiny_scores", wide, message_id="m1")

    assert pipeline.processor_runs() == [("tiny_scores", [0])]


def test_incident_36_at_five_in_the_afternoon_in_los_angeles_today_is_still_today(
    make_pipeline: MakePipeline,
) -> None:
    """Midnight in UTC: the wrong day was processed."""
    pipeline = make_pipeline(folders=(SCORES, FORM, CARD), now=EVENING)
    tomorrow = Game("0022100099", on(1), "DET", "NYK")
    pipeline.ingest([slot(game(0)), slot(tomorrow)])

    pipeline.settle()

    assert pipeline.states("tiny_scores") == {0: "waiting", 1: "waiting"}
    assert pipeline.failures() == []

    pipeline.ingest(played(0, 100, 90))
    pipeline.settle()

    assert pipeline.states("tiny_scores") == {0: "current", 1: "waiting"}
    assert pipeline.rows("tiny_scores") == {(0, "BOS"): 100, (0, "CHI"): 90}
