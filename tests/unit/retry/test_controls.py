"""Paused, cancelled, resumed: workers acknowledge, cells wait, and nothing new starts."""

from __future__ import annotations

import pytest

from shared.ledger.controls import PIPELINE, Action, Control, record_control
from shared.planner.snapshot import Reprocess
from shared.topology.declaration import Phase
from shared.worker.outcome import Decision
from tests.support.tiny_pipeline import on
from tests.unit.retry.conftest import MakeHealing
from tests.unit.retry.healing import ALL_THREE, HealingPipeline, played


@pytest.fixture
def three(make_healing: MakeHealing) -> HealingPipeline:
    """All three processors, with two dates in a run at most, and four dates nobody has told of."""
    made = make_healing(folders=ALL_THREE, max_dates_per_run=2)
    made.ingest([row for number in range(4) for row in played(number, 100 + number, 90)], announce=False)
    return made


def scores(pipeline: HealingPipeline, message_id: str = "m", **changes: object) -> Decision:
    message = pipeline.requested(Phase.ANALYTICS, on(0), on(3), **changes)  # type: ignore[arg-type]
    return pipeline.deliver("tiny_scores", message, message_id=message_id).decision


class TestPausedPipeline:
    def test_every_delivery_is_acknowledged_and_nothing_runs(self, three: HealingPipeline) -> None:
        three.control(Action.PAUSE)
        three.request(on(0), on(3))
        three.broker.publish("nba-phase2-raw-complete", three.raw_completion(on(0), on(3)))

        three.settle()

        assert three.runs == []
        assert three.pubsub.dead_letters == []
        assert three.states("tiny_scores") == dict.fromkeys(range(4), "missing")
        assert three.broker.completions() == [("raw_ingest", on(0), on(3))]

    @pytest.mark.parametrize("reprocess", list(Reprocess))
    def test_force_does_not_help(self, three: HealingPipeline, reprocess: Reprocess) -> None:
        three.control(Action.PAUSE)

        assert scores(three, reprocess=reprocess) is Decision.PAUSED

    def test_run_that_has_begun_ends_and_what_follows_waits(self, three: HealingPipeline) -> None:
        three.request(on(0), on(3))
        three.warehouse.interrupt_next("commit tiny_scores", lambda: three.control(Action.PAUSE))

        three.settle()

        assert three.processor_runs() == [("tiny_scores", [0, 1])]

    def test_completions_of_somebody_else_are_still_heard_of(self, three: HealingPipeline) -> None:
        """Otherwise nobody would know after the pause what came during it."""
        three.write_as_somebody_else(played(5, 100, 90))
        three.control(Action.PAUSE)
        message = three.raw_completion(on(5), on(5))
        three.deliver("tiny_scores", message, message_id="m")

        assert three.states("tiny_scores")[5] == "missing"

    def test_after_resume_one_message_makes_everything_current(self, three: HealingPipeline) -> None:
        three.control(Action.PAUSE)
        three.request(on(0), on(3))
        three.settle()
        three.wait(minutes=1)
        three.control(Action.RESUME)

        three.request(on(0), on(3))
        three.settle()

        grid = three.grid()
        assert {c.state.value for cells in grid.cells.values() for c in cells.values()} == {"current"}

    def test_newest_word_holds(self, three: HealingPipeline) -> None:
        for action in (Action.PAUSE, Action.RESUME, Action.PAUSE):
            three.control(action)
            three.wait(minutes=1)

        assert scores(three) is Decision.PAUSED

    def test_it_cannot_be_cancelled(self, three: HealingPipeline) -> None:
        with pytest.raises(ValueError, match="only a backfill can be cancelled"):
            record_control(
                three.warehouse,
                Control("c", PIPELINE, Action.CANCEL, "a test", "somebody"),
                now=three.clock.now(),
            )


class TestHaltedBackfill:
    @pytest.mark.parametrize("action", [Action.PAUSE, Action.CANCEL])
    def test_nothing_new_starts_after_the_current_wave(self, three: HealingPipeline, action: Action) -> None:
        asked = three.backfill(on(0), on(3))
        three.deliver_until(lambda: len(three.runs) >= 1)
        three.control(action, asked.backfill_id)

        three.settle()

        assert three.processor_runs() == [("tiny_scores", [0, 1])]

    def test_another_backfill_and_live_events_go_on(self, three: HealingPipeline) -> None:
        three.backfill(on(0), on(3), backfill_id="halted")
        three.control(Action.CANCEL, "halted")
        three.backfill(on(3), on(3), processors=("tiny_scores",), backfill_id="other")
        three.settle()
        assert three.processor_runs() == [("tiny_scores", [3])]

        assert scores(three, correlation_id="live") is Decision.RAN

    def test_halted_is_not_ready_nor_failed_nor_poison(self, three: HealingPipeline) -> None:
        three.backfill(on(0), on(3))
        three.control(Action.PAUSE, "backfill")

        assert scores(three, backfill_id="backfill") is Decision.HALTED
        assert three.failures() == []

    def test_resumed_it_runs_no_current_cell_again(self, three: HealingPipeline) -> None:
        three.backfill(on(0), on(3))
        three.deliver_until(lambda: len(three.runs) >= 1)
        three.control(Action.PAUSE, "backfill")
        three.settle()
        three.wait(minutes=1)
        three.control(Action.RESUME, "backfill")

        three.request(on(0), on(3), backfill_id="backfill", correlation_id="backfill")
        three.settle()

        ran = [(name, day) for name, days in three.processor_runs() for day in days]
        assert len(ran) == len(set(ran))
        assert set(three.states("tiny_card").values()) == {"current"}
