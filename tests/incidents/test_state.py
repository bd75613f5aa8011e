"""Incidents of state: where it was kept, who judged it, and how far back anybody looked."""

from __future__ import annotations

import datetime as dt

from shared.planner.plan import Scope, make_plan
from shared.planner.snapshot import Reprocess
from shared.planner.state import State
from shared.topology.declaration import TEAM_BOX, Phase
from shared.worker.outcome import Decision
from tests.support.raw_rows import postponed_slot, team_box
from tests.support.tiny_fixture import MakePipeline
from tests.support.tiny_pipeline import TinyPipeline, game, on, played
from tests.unit.planner.worlds import AHEAD, CARD, FORM, SCORES, TREND, World

NAMES = ("tiny_scores", "tiny_form", "tiny_card")


def test_incident_01_a_date_missing_nine_months_ago_is_still_missing() -> None:
    """109 days were silently absent: every monitor looked at the last 14 days."""
    world = World((SCORES, AHEAD, FORM, CARD, TREND))
    days = [on(number) for number in range(150)]
    world.play(*days)
    world.run(SCORES, *(day for number, day in enumerate(days) if number != 3))
    world.now = dt.datetime(2022, 7, 1, tzinfo=dt.UTC)

    missing = [d for d, cell in world.grid().cells["scores"].items() if cell.state is State.MISSING]

    assert missing == [on(3)]
    assert world.cell(FORM, on(149)).reason == f"waiting for scores of {on(3).isoformat()}"


def test_incident_10_a_date_is_replaced_as_a_whole_in_one_commit(pipeline: TinyPipeline) -> None:
    """Streaming inserts, then a DELETE: 303 of 853 dates of a backfill failed."""
    pipeline.ingest(played(0, 100, 90))
    pipeline.settle()
    for points in (101, 102):
        pipeline.ingest(played(0, points, 90))
        jobs = len(pipeline.warehouse.jobs)
        pipeline.settle()
        assert pipeline.warehouse.jobs[jobs:].count("commit tiny_scores") == 1

    assert pipeline.rows("tiny_scores") == {(0, "BOS"): 102, (0, "CHI"): 90}


class TestIncident32ResumingABackfill:
    """Resume ran the good dates again."""

    def test_nothing_that_is_current_runs_again(self, make_pipeline: MakePipeline) -> None:
        pipeline = make_pipeline(max_dates_per_run=2)
        rows = (row for number in range(5) for row in played(number, 100 + number, 90))
        pipeline.ingest(rows, announce=False)
        asked = pipeline.backfill(on(0), on(4))
        pipeline.deliver_until(lambda: len(pipeline.runs) >= 2)
        done = {(run.processor, day) for run in pipeline.runs for day in run.dates}
        runs = len(pipeline.runs)

        pipeline.backfill(asked.start_date, asked.end_date, backfill_id="resumed")
        pipeline.settle()

        again = {(run.processor, day) for run in pipeline.runs[runs:] for day in run.dates} & done
        assert again == set()
        assert {state for name in NAMES for state in pipeline.states(name).values()} == {"current"}

    def test_a_finished_one_runs_nothing(self, pipeline: TinyPipeline) -> None:
        pipeline.ingest(row for number in range(3) for row in played(number, 100, 90))
        pipeline.settle()
        runs = len(pipeline.runs)

        pipeline.backfill(on(0), on(2))
        pipeline.settle()

        assert len(pipeline.runs) == runs


def test_incident_33_an_intended_skip_is_one_thing_to_everybody(pipeline: TinyPipeline) -> None:
    """An intended skip was shown as a failure; three views disagreed about one cell."""
    pipeline.ingest([*played(0, 100, 90), postponed_slot(game(1))])
    pipeline.settle()
    grid = pipeline.grid()
    scope = Scope(on(0), on(1), Reprocess.STALE)

    decision = pipeline.deliver(
        "tiny_scores", pipeline.requested(Phase.ANALYTICS, on(1), on(1)), message_id="m1"
    ).decision

    assert grid.cells["tiny_scores"][on(1)].state is State.EMPTY
    assert make_plan(pipeline.topology, grid, scope).planned == ()
    assert decision is Decision.NOTHING_TO_DO
    assert pipeline.failures() == []
    assert on(1) not in {day for run in pipeline.runs for day in run.dates}


def test_incident_34_a_backfill_of_an_old_date_says_nothing_of_a_new_one(pipeline: TinyPipeline) -> None:
    """Backfilling an old date turned the freshness of everything green."""
    pipeline.ingest([*played(0, 100, 90), *played(9, 100, 90)], announce=False)
    pipeline.deliver("tiny_scores", pipeline.requested(Phase.ANALYTICS, on(0), on(0)), message_id="m1")

    assert pipeline.states("tiny_scores") == {0: "current", 9: "missing"}


class TestIncident35Restarts:
    """A checkpoint on the local disk: resume jumped over the dates that had failed."""

    def test_process_that_lost_everything_but_the_warehouse_knows_what_failed(
        self, make_pipeline: MakePipeline
    ) -> None:
        first = make_pipeline()
        first.ingest([*played(0, 100, 90), *played(1, 299, 298), *played(2, 100, 90)])
        first.settle()
        assert first.states("tiny_scores") == {0: "current", 1: "failed", 2: "current"}
        first.embedded.close()

        second = TinyPipeline(first.path.parent)

        assert second.states("tiny_scores") == {0: "current", 1: "failed", 2: "current"}
        second.request(on(0), on(2), Reprocess.FAILED, correlation_id="by-hand")
        second.settle()
        assert second.processor_runs()[0] == ("tiny_scores", [1])
        second.close()

    def test_queue_that_was_lost_is_made_good_by_any_later_message(self, make_pipeline: MakePipeline) -> None:
        first = make_pipeline()
        first.ingest(row for number in range(3) for row in played(number, 100, 90))
        first.deliver_until(lambda: len(first.runs) >= 1)
        first.embedded.close()

        second = TinyPipeline(first.path.parent)
        second.request(on(0), on(2))
        second.settle()

        assert {state for name in NAMES for state in second.states(name).values()} == {"current"}
        second.close()


def test_correction_sixty_days_back_runs_exactly_what_read_it(pipeline: TinyPipeline) -> None:
    pipeline.ingest(row for number in (0, 1, 60, 61) for row in played(number, 100, 90))
    pipeline.settle()
    runs = len(pipeline.runs)
    pipeline.ingest([team_box(game(1), "BOS", [], points=120), team_box(game(1), "CHI", [], points=90)])

    pipeline.settle()

    assert TEAM_BOX in {item.source for item in pipeline.topology.processor("tiny_scores").inputs}
    assert pipeline.processor_runs()[runs:] == [
        ("tiny_scores", [1]),
        ("tiny_form", [60, 61]),
        ("tiny_card", [60, 61]),
    ]
