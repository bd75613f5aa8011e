"""What a worker makes of a delivery: once, twice, after a crash, with nothing to do, with too much to do."""

from __future__ import annotations

import datetime as dt

import pytest

from shared.broker.port import PublishError
from shared.messages.models import CompletionStatus, PhaseCompleted, RetryTick
from shared.planner.state import State
from shared.topology.declaration import Phase
from shared.warehouse.port import TransientWarehouseError
from shared.worker.memory import Memory, View
from shared.worker.outcome import Decision, TransientError
from tests.support.raw_rows import RawRow, final_slot, slot, team_box
from tests.support.tiny_fixture import MakePipeline
from tests.support.tiny_folders import BREAKS_THE_QUERY, CARD, FORM, SCORES
from tests.support.tiny_pipeline import TinyPipeline, game, on, played


def season(pipeline: TinyPipeline, days: int) -> None:
    """A season of consecutive dates with one game each has landed; nothing was delivered yet."""
    pipeline.ingest([row for number in range(days) for row in played(number, 100 + number, 90)])


def corrected(pipeline: TinyPipeline, number: int, points: int) -> None:
    """The home team's points of a date are corrected."""
    pipeline.ingest(
        [team_box(game(number), "BOS", [], points=points), team_box(game(number), "CHI", [], points=90)]
    )


def test_raw_completion_flows_through_every_processor(pipeline: TinyPipeline) -> None:
    season(pipeline, 3)

    pipeline.settle()

    assert pipeline.rows("tiny_scores")[2, "BOS"] == 102
    assert pipeline.rows("tiny_form")[2, "BOS"] == 100 + 101
    assert pipeline.rows("tiny_card")[2, "BOS"] == 2 * (100 + 101)


def test_one_correlation_id_goes_from_the_raw_event_to_the_last_row(pipeline: TinyPipeline) -> None:
    season(pipeline, 2)
    pipeline.settle()
    sent = [message for message in pipeline.broker.published if not isinstance(message, RetryTick)]
    correlation = sent[0].correlation_id

    in_ledger = pipeline.select(
        "SELECT DISTINCT correlation_id FROM nba_orchestration.ledger WHERE cell_date >= '2000-01-01'"
    )
    in_messages = {message.correlation_id for message in sent}
    in_failures = {row["correlation_id"] for row in pipeline.failures(Phase.PRECOMPUTE)}

    assert in_ledger == [(correlation,)]
    assert in_messages == in_failures == {correlation}


class TestNotReady:
    def tonight(self, make_pipeline: MakePipeline) -> TinyPipeline:
        pipeline = make_pipeline(now=dt.datetime(2021, 10, 19, 23, tzinfo=dt.UTC))
        pipeline.ingest([slot(game(0))])
        return pipeline

    def test_date_whose_games_are_not_over_is_acknowledged_and_leaves_no_trace(
        self, make_pipeline: MakePipeline
    ) -> None:
        pipeline = self.tonight(make_pipeline)
        message = pipeline.raw_completion(on(0), on(0))

        outcome = pipeline.deliver("tiny_scores", message, message_id="m1")

        assert outcome.decision is Decision.NOT_READY
        assert pipeline.runs == []
        assert pipeline.failures() == []
        assert pipeline.rows("tiny_scores") == {}

    def test_it_runs_with_the_event_that_completes_it(self, make_pipeline: MakePipeline) -> None:
        pipeline = self.tonight(make_pipeline)
        pipeline.settle()
        pipeline.ingest(played(0, 100, 90))

        pipeline.settle()

        assert pipeline.rows("tiny_scores") == {(0, "BOS"): 100, (0, "CHI"): 90}

    def test_after_the_grace_it_runs_and_records_what_is_missing(self, make_pipeline: MakePipeline) -> None:
        pipeline = self.tonight(make_pipeline)
        pipeline.clock.sleep_until(dt.datetime(2021, 10, 20, 16, tzinfo=dt.UTC))

        message = pipeline.requested(Phase.ANALYTICS, on(0), on(0))
        pipeline.deliver("tiny_scores", message, message_id="m1")

        assert set(pipeline.failure_states()) == {
            ("BOS", "GAME_NOT_INGESTED"),
            ("CHI", "GAME_NOT_INGESTED"),
        }


class TestRedelivery:
    def test_unchanged_redelivery_runs_nothing_and_publishes_the_completion_again(
        self, pipeline: TinyPipeline
    ) -> None:
        season(pipeline, 2)
        message = pipeline.requested(Phase.ANALYTICS, on(0), on(1))
        pipeline.deliver("tiny_scores", message, message_id="m1")
        before = pipeline.broker.completions()

        outcome = pipeline.deliver("tiny_scores", message, message_id="m1")

        assert outcome.decision is Decision.PUBLISHED_AGAIN
        assert len(pipeline.runs) == 1
        assert set(pipeline.broker.completions()[len(before) :]) == {("tiny_scores", on(0), on(1))}

    def test_every_message_of_a_season_twice_changes_no_row(self, pipeline: TinyPipeline) -> None:
        season(pipeline, 3)
        pipeline.settle()
        tables = [pipeline.rows(name) for name in ("tiny_scores", "tiny_form", "tiny_card")]
        runs = len(pipeline.runs)
        for message in list(pipeline.broker.published):
            if isinstance(message, PhaseCompleted):
                for processor in pipeline.topology.processors:
                    pipeline.deliver(processor.name, message, message_id="again")

        pipeline.settle()

        assert [pipeline.rows(name) for name in ("tiny_scores", "tiny_form", "tiny_card")] == tables
        assert len(pipeline.runs) == runs

    def test_another_message_about_current_cells_does_and_says_nothing(self, pipeline: TinyPipeline) -> None:
        season(pipeline, 2)
        pipeline.settle()
        before = pipeline.broker.completions()

        outcome = pipeline.deliver(
            "tiny_scores", pipeline.requested(Phase.ANALYTICS, on(0), on(1)), message_id="other"
        )

        assert outcome.decision is Decision.NOTHING_TO_DO
        assert pipeline.broker.completions() == before


LACKS_A_TEAM = [final_slot(game(1), 100, 90), team_box(game(1), "BOS", [], points=100)]
CANNOT_RUN = [
    final_slot(game(1), 100, 90),
    *(team_box(game(1), team, [], assists=BREAKS_THE_QUERY) for team in ("BOS", "CHI")),
]


class TestMemory:
    @pytest.mark.parametrize(
        ("second_date", "state"), [(LACKS_A_TEAM, State.PARTIAL), (CANNOT_RUN, State.FAILED)]
    )
    def test_a_chain_of_runs_reads_the_ledger_once_and_knows_what_it_says(
        self, make_pipeline: MakePipeline, second_date: list[RawRow], state: State
    ) -> None:
        pipeline = make_pipeline()
        pipeline.warehouse.alone = True
        pipeline.ingest([*played(0, 100, 90), *second_date])

        pipeline.settle()

        assert len(pipeline.runs) >= len(pipeline.topology.processors)
        assert pipeline.warehouse.jobs.count("read snapshot") == 1
        sent = [message for message in pipeline.broker.published if not isinstance(message, RetryTick)]

        def look(memory: Memory) -> View:
            return memory.look(
                pipeline.warehouse,
                pipeline.topology,
                start=on(0),
                end=on(1),
                request_id=sent[0].correlation_id,
                backfill_id=None,
                now=pipeline.clock.now(),
            )

        learned = look(pipeline.ports.memory)
        assert pipeline.warehouse.jobs.count("read snapshot") == 1
        assert learned == look(Memory())
        assert state in {cell.state for cells in learned.grid.cells.values() for cell in cells.values()}


class TestCrashBetweenCommitAndPublish:
    def test_redelivery_publishes_without_running(self, pipeline: TinyPipeline) -> None:
        season(pipeline, 2)
        message = pipeline.requested(Phase.ANALYTICS, on(0), on(1))
        pipeline.broker.refuse_next()
        with pytest.raises(PublishError):
            pipeline.deliver("tiny_scores", message, message_id="m1")

        pipeline.deliver("tiny_scores", message, message_id="m1")

        assert len(pipeline.runs) == 1
        assert pipeline.broker.completions()[-1] == ("tiny_scores", on(0), on(1))

    def test_failed_run_is_announced_again_as_well(self, make_pipeline: MakePipeline) -> None:
        """Those downstream wait for a date that never ran, and go on when it has failed."""
        pipeline = make_pipeline(folders=(SCORES,))
        boxes = [team_box(game(0), t, [], assists=BREAKS_THE_QUERY) for t in ("BOS", "CHI")]
        pipeline.ingest([final_slot(game(0), 100, 90), *boxes])
        message = pipeline.requested(Phase.ANALYTICS, on(0), on(0))
        pipeline.broker.refuse_next()
        with pytest.raises(PublishError):
            pipeline.deliver("tiny_scores", message, message_id="m1")

        outcome = pipeline.deliver("tiny_scores", message, message_id="m1")

        assert outcome.decision is Decision.PUBLISHED_AGAIN
        assert pipeline.broker.completions()[-1] == ("tiny_scores", on(0), on(0))

    def test_redelivery_that_finds_more_to_run_announces_what_ran_before_too(
        self, make_pipeline: MakePipeline
    ) -> None:
        pipeline = make_pipeline(folders=(SCORES,), max_dates_per_run=2)
        season(pipeline, 3)
        message = pipeline.requested(Phase.ANALYTICS, on(0), on(2))
        pipeline.broker.refuse_next()
        with pytest.raises(PublishError):
            pipeline.deliver("tiny_scores", message, message_id="m1")

        pipeline.deliver("tiny_scores", message, message_id="m1")

        assert pipeline.processor_runs() == [("tiny_scores", [0, 1]), ("tiny_scores", [2])]
        assert set(pipeline.broker.completions()[1:]) == {
            ("tiny_scores", on(0), on(1)),
            ("tiny_scores", on(2), on(2)),
        }

    def test_run_whose_observer_breaks_is_announced_by_the_redelivery(self, pipeline: TinyPipeline) -> None:
        season(pipeline, 1)
        message = pipeline.requested(Phase.ANALYTICS, on(0), on(0))
        worker = pipeline.worker("tiny_scores")

        def breaks(_: object) -> None:
            raise RuntimeError("the progress bar broke")

        broken = type(worker)(
            worker.processor,
            worker.topology,
            type(worker.ports)(pipeline.warehouse, pipeline.broker, pipeline.clock, pipeline.new_id, breaks),
        )
        with pytest.raises(RuntimeError):
            broken.handle("m1", message.model_dump_json(), {})

        assert pipeline.deliver("tiny_scores", message, message_id="m1").decision is Decision.PUBLISHED_AGAIN


class TestTransientErrors:
    @pytest.mark.parametrize("job", ["read snapshot", "stage", "commit"])
    def test_delivery_is_refused_and_succeeds_when_it_comes_again(
        self, pipeline: TinyPipeline, job: str
    ) -> None:
        season(pipeline, 2)
        message = pipeline.requested(Phase.ANALYTICS, on(0), on(1))
        pipeline.warehouse.fail_next(job, TransientWarehouseError("quota exceeded"))

        with pytest.raises(TransientError):
            pipeline.deliver("tiny_scores", message, message_id="m1")
        outcome = pipeline.deliver("tiny_scores", message, message_id="m1")

        assert (outcome.decision, outcome.cells) == (Decision.RAN, 2)
        assert pipeline.failures() == []

    def test_it_leaves_no_failed_attempt(self, pipeline: TinyPipeline) -> None:
        season(pipeline, 1)
        pipeline.warehouse.fail_next("stage", TransientWarehouseError("quota exceeded"))
        with pytest.raises(TransientError):
            pipeline.deliver(
                "tiny_scores", pipeline.requested(Phase.ANALYTICS, on(0), on(0)), message_id="m1"
            )

        assert pipeline.states("tiny_scores") == {0: "missing"}


class TestCompletions:
    def status(self, pipeline: TinyPipeline) -> CompletionStatus:
        message = pipeline.broker.published[-1]
        assert isinstance(message, PhaseCompleted)
        return message.status

    def run(self, pipeline: TinyPipeline, last: int) -> None:
        message = pipeline.requested(Phase.ANALYTICS, on(0), on(last))
        pipeline.deliver("tiny_scores", message, message_id="m1")

    def test_says_success_with_counts(self, pipeline: TinyPipeline) -> None:
        pipeline.ingest([*played(0, 100, 90), final_slot(game(1), 100, 90)])
        self.run(pipeline, 1)

        message = pipeline.broker.published[-1]
        assert isinstance(message, PhaseCompleted)
        assert (message.status, message.record_count, message.failure_count) == (
            CompletionStatus.SUCCESS,
            2,
            2,
        )

    def test_says_partial_when_a_date_failed(self, pipeline: TinyPipeline) -> None:
        pipeline.ingest([*played(0, 100, 90), *played(1, 299, 298)])
        self.run(pipeline, 1)

        assert self.status(pipeline) is CompletionStatus.PARTIAL

    def test_says_failed_when_every_date_failed(self, pipeline: TinyPipeline) -> None:
        pipeline.ingest(played(0, 299, 298))
        self.run(pipeline, 0)

        assert self.status(pipeline) is CompletionStatus.FAILED

    def test_says_no_data_when_nothing_came_out(self, pipeline: TinyPipeline) -> None:
        pipeline.ingest([final_slot(game(0), 100, 90)])
        self.run(pipeline, 0)

        assert self.status(pipeline) is CompletionStatus.NO_DATA


class TestCellsThatTurnOutRightWithoutARun:
    """Somebody may wait for a cell that was waiting itself; he hears of it although it never ran."""

    def world(self, make_pipeline: MakePipeline) -> TinyPipeline:
        """Scores of day 0 are stale, form of day 1 waits for them, card of day 1 is missing."""
        blind = CARD.reading(("tiny_form",))
        pipeline = make_pipeline(folders=(SCORES, FORM, blind))
        season(pipeline, 2)
        for name, phase in (("tiny_scores", Phase.ANALYTICS), ("tiny_form", Phase.PRECOMPUTE)):
            pipeline.deliver(name, pipeline.requested(phase, on(0), on(1)), message_id=f"first-{name}")
        pipeline.ingest(
            [team_box(game(0), t, [], points=p, blocks=1) for t, p in (("BOS", 100), ("CHI", 90))]
        )
        assert pipeline.states("tiny_scores")[0] == "stale"
        assert pipeline.states("tiny_form")[1] == "waiting"
        assert pipeline.states("tiny_card")[1] == "waiting"
        return pipeline

    def test_completion_is_passed_on_to_those_that_waited(self, make_pipeline: MakePipeline) -> None:
        pipeline = self.world(make_pipeline)
        pipeline.deliver("tiny_scores", pipeline.requested(Phase.ANALYTICS, on(0), on(1)), message_id="again")
        completion = pipeline.broker.published[-1]
        assert isinstance(completion, PhaseCompleted)
        runs = len(pipeline.runs)

        outcome = pipeline.deliver("tiny_form", completion, message_id="m9")

        passed_on = pipeline.broker.published[-1]
        assert outcome.decision is Decision.PUBLISHED_AGAIN
        assert len(pipeline.runs) == runs
        assert isinstance(passed_on, PhaseCompleted)
        assert pipeline.deliver("tiny_card", passed_on, message_id="m10").decision is Decision.RAN
        assert set(pipeline.states("tiny_card").values()) == {"current"}

    def test_nothing_is_passed_on_when_nobody_waits(self, make_pipeline: MakePipeline) -> None:
        pipeline = self.world(make_pipeline)
        pipeline.settle()
        before = len(pipeline.broker.published)
        completion = pipeline.completion(
            phase=Phase.ANALYTICS, processor_name="tiny_scores", start_date=on(0), end_date=on(1)
        )

        pipeline.deliver("tiny_form", completion, message_id="m9")

        assert len(pipeline.broker.published) == before
