"""What people, the retry worker and other teams ask for: requests, backfills, ranges of any length."""

from __future__ import annotations

from shared.messages.models import PhaseCompleted, ProcessRequested, RawDataRequested
from shared.planner.snapshot import Reprocess
from shared.topology.declaration import TEAM_BOX, Phase
from shared.worker.outcome import Decision
from tests.support.raw_rows import Game, final_slot, team_box
from tests.support.tiny_fixture import MakePipeline
from tests.support.tiny_folders import BREAKS_THE_QUERY, SCORES
from tests.support.tiny_pipeline import TinyPipeline, game, on, played


def season(pipeline: TinyPipeline, days: int) -> None:
    """A season of consecutive dates with one game each has landed; nothing was delivered yet."""
    pipeline.ingest([row for number in range(days) for row in played(number, 100 + number, 90)])


def corrected(pipeline: TinyPipeline, number: int, points: int) -> None:
    """The home team's points of a date are corrected."""
    pipeline.ingest(
        [team_box(game(number), "BOS", [], points=points), team_box(game(number), "CHI", [], points=90)]
    )


class TestTooManyDatesForOneRun:
    def test_range_of_any_length_is_worked_off_by_messages_to_itself(
        self, make_pipeline: MakePipeline
    ) -> None:
        pipeline = make_pipeline(folders=(SCORES,), max_dates_per_run=2)
        season(pipeline, 5)
        message: ProcessRequested | PhaseCompleted = pipeline.requested(Phase.ANALYTICS, on(0), on(4))
        for number in range(5):
            pipeline.deliver("tiny_scores", message, message_id=f"m{number}")
            follow_up = [m for m in pipeline.broker.published if isinstance(m, ProcessRequested)]
            if len(follow_up) <= number:
                break
            message = follow_up[-1]

        assert pipeline.processor_runs() == [
            ("tiny_scores", [0, 1]),
            ("tiny_scores", [2, 3]),
            ("tiny_scores", [4]),
        ]

    def test_message_to_itself_carries_range_mode_ids_and_names_nobody_else(
        self, make_pipeline: MakePipeline
    ) -> None:
        pipeline = make_pipeline(folders=(SCORES,), max_dates_per_run=1)
        season(pipeline, 2)
        asked = pipeline.requested(
            Phase.ANALYTICS,
            on(0),
            on(1),
            Reprocess.MISSING,
            correlation_id="c7",
            trigger_source="retry",
        )

        pipeline.deliver("tiny_scores", asked, message_id="m1")

        follow_up = pipeline.broker.published[-1]
        assert isinstance(follow_up, ProcessRequested)
        assert follow_up.model_dump() == {
            **asked.model_dump(),
            "processors": ("tiny_scores",),
            "reason": follow_up.reason,
            "requested_by": "tiny_scores",
        }

    def test_dates_of_a_failed_run_do_not_keep_the_chain_going_for_ever(
        self, make_pipeline: MakePipeline
    ) -> None:
        pipeline = make_pipeline(folders=(SCORES,), max_dates_per_run=1)
        rows = [
            row
            for number in range(3)
            for row in (
                final_slot(game(number), 100, 90),
                *(team_box(game(number), t, [], assists=BREAKS_THE_QUERY) for t in ("BOS", "CHI")),
            )
        ]
        pipeline.ingest(rows)
        message: ProcessRequested = pipeline.requested(Phase.ANALYTICS, on(0), on(2), Reprocess.ALL)
        for number in range(6):
            pipeline.deliver("tiny_scores", message, message_id=f"m{number}")

        assert pipeline.processor_runs() == [("tiny_scores", [n]) for n in range(3)]


class TestRequests:
    def test_all_runs_every_cell_once_per_request_id(self, pipeline: TinyPipeline) -> None:
        season(pipeline, 2)
        pipeline.settle()
        runs = len(pipeline.runs)

        for number, correlation in enumerate(["first", "first", "second"]):
            message = pipeline.requested(
                Phase.ANALYTICS, on(0), on(1), Reprocess.ALL, correlation_id=correlation
            )
            pipeline.deliver("tiny_scores", message, message_id=f"m{number}")

        assert pipeline.processor_runs()[runs:] == [("tiny_scores", [0, 1])] * 2

    def test_request_that_names_another_processor_is_nobody_elses_business(
        self, pipeline: TinyPipeline
    ) -> None:
        season(pipeline, 1)
        message = pipeline.requested(Phase.PRECOMPUTE, on(0), on(0), processors=("tiny_card",))

        outcome = pipeline.deliver("tiny_form", message, message_id="m1")

        assert outcome.decision is Decision.NOTHING_TO_DO
        assert pipeline.runs == []

    def test_request_may_name_the_class(self, pipeline: TinyPipeline) -> None:
        season(pipeline, 1)
        message = pipeline.requested(Phase.ANALYTICS, on(0), on(0), processors=("TinyScoresProcessor",))

        assert pipeline.deliver("tiny_scores", message, message_id="m1").decision is Decision.RAN

    def test_request_for_raw_data_is_not_for_a_worker(self, pipeline: TinyPipeline) -> None:
        message = RawDataRequested(
            tables=(TEAM_BOX,), dates=(on(0),), reason="a gap", correlation_id="correlation"
        )

        assert pipeline.deliver("tiny_scores", message, message_id="m1").decision is Decision.NOTHING_TO_DO

    def test_failed_cells_are_forced_by_a_request_for_them_and_keep_their_dates(
        self, pipeline: TinyPipeline
    ) -> None:
        pipeline.ingest([final_slot(game(0), 100, 90), *played(1, 100, 90)])
        pipeline.settle()
        runs = len(pipeline.runs)

        message = pipeline.requested(
            Phase.ANALYTICS, on(0), on(1), Reprocess.FAILED, correlation_id="retry-1", trigger_source="retry"
        )
        pipeline.deliver("tiny_scores", message, message_id="m1")

        assert pipeline.processor_runs()[runs:] == [("tiny_scores", [0])]


class TestBackfills:
    def test_completions_do_not_lead_out_of_the_range_of_their_backfill(self, pipeline: TinyPipeline) -> None:
        rows = (row for number in range(4) for row in played(number, 100 + number, 90))
        pipeline.ingest(rows, announce=False)

        pipeline.backfill(on(0), on(1))
        pipeline.settle()

        assert {run.processor for run in pipeline.runs} == {"tiny_scores", "tiny_form", "tiny_card"}
        assert {day for _, run in pipeline.processor_runs() for day in run} == {0, 1}

    def test_message_that_claims_a_wider_range_is_cut_to_the_recorded_one(
        self, pipeline: TinyPipeline
    ) -> None:
        season(pipeline, 4)
        asked = pipeline.backfill(on(1), on(2))
        wider = pipeline.requested(Phase.ANALYTICS, on(0), on(3), backfill_id=asked.backfill_id)

        pipeline.deliver("tiny_scores", wider, message_id="m1")

        assert pipeline.processor_runs() == [("tiny_scores", [1, 2])]

    def test_processors_it_does_not_name_are_left_alone(self, pipeline: TinyPipeline) -> None:
        season(pipeline, 2)
        asked = pipeline.backfill(on(0), on(1), processors=("tiny_scores",))
        message = pipeline.completion(
            phase=Phase.ANALYTICS,
            processor_name="tiny_scores",
            start_date=on(0),
            end_date=on(1),
            backfill_id=asked.backfill_id,
        )

        outcome = pipeline.deliver("tiny_form", message, message_id="m1")

        assert outcome.decision is Decision.NOTHING_TO_DO

    def test_backfill_of_all_goes_through_every_phase_once(self, pipeline: TinyPipeline) -> None:
        season(pipeline, 2)
        pipeline.settle()
        runs = len(pipeline.runs)

        pipeline.backfill(on(0), on(1), Reprocess.ALL)
        pipeline.settle()

        assert sorted(pipeline.processor_runs()[runs:]) == [
            ("tiny_card", [0, 1]),
            ("tiny_form", [0, 1]),
            ("tiny_scores", [0, 1]),
        ]


class TestRowsOfSomebodyElse:
    def test_first_worker_that_hears_of_them_records_them_and_runs(self, pipeline: TinyPipeline) -> None:
        pipeline.write_as_somebody_else(played(0, 100, 90))

        outcome = pipeline.deliver("tiny_scores", pipeline.raw_completion(on(0), on(0)), message_id="m1")

        assert outcome.decision is Decision.RAN
        assert pipeline.rows("tiny_scores") == {(0, "BOS"): 100, (0, "CHI"): 90}

    def test_their_corrections_make_cells_stale(self, pipeline: TinyPipeline) -> None:
        season(pipeline, 1)
        pipeline.settle()
        late = Game("0022109999", on(0), "DET", "NYK")
        pipeline.write_as_somebody_else(
            [
                final_slot(late, 80, 70),
                team_box(late, "DET", [], points=80),
                team_box(late, "NYK", [], points=70),
            ]
        )

        pipeline.deliver("tiny_scores", pipeline.raw_completion(on(0), on(0)), message_id="m1")

        assert pipeline.rows("tiny_scores")[0, "DET"] == 80

    def test_completion_of_our_own_ingest_is_known_also_after_another_ingest_of_the_date(
        self, pipeline: TinyPipeline
    ) -> None:
        pipeline.ingest(played(0, 100, 90), announce=False)
        first = pipeline.raw_completion(on(0), on(0), run_id="id1", correlation_id="id1")
        pipeline.ingest(played(0, 101, 91), announce=False)

        pipeline.deliver("tiny_scores", first, message_id="m1")

        assert pipeline.rows("tiny_scores") == {(0, "BOS"): 101, (0, "CHI"): 91}
        assert "record raw content" not in pipeline.warehouse.jobs
