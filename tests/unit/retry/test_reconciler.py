"""The reconciler: the whole grid, whatever no event told of, and nothing when everything is right."""

from __future__ import annotations

import datetime as dt

import pytest

from shared.ledger.controls import Action
from shared.messages.models import ProcessRequested, TickWork, TriggerSource
from shared.warehouse.port import TransientWarehouseError
from shared.worker.outcome import Decision, TransientError
from tests.support.raw_rows import final_slot, team_box
from tests.support.tiny_folders import BREAKS_THE_QUERY
from tests.support.tiny_pipeline import TinyPipeline, on
from tests.unit.retry.conftest import Lines, MakeHealing
from tests.unit.retry.healing import ALL_THREE, HealingPipeline, game, played

RECONCILE = TickWork.RECONCILE
#: Read the world, hash raw data, compare outputs, read again.
JOBS = 4


@pytest.fixture
def three(make_healing: MakeHealing) -> HealingPipeline:
    """All three processors."""
    return make_healing(folders=ALL_THREE)


def current(pipeline: TinyPipeline) -> bool:
    """Whether every cell of the grid is."""
    return {cell.state.value for cells in pipeline.grid().cells.values() for cell in cells.values()} == {
        "current"
    }


def healthy(pipeline: HealingPipeline, *numbers: int) -> None:
    """These dates are processed, and nothing is left to do."""
    pipeline.ingest(row for number in numbers for row in played(number, 100 + number, 90))
    pipeline.settle()
    assert current(pipeline)
    pipeline.broker.published.clear()


class TestWhatNoEventToldOf:
    def test_raw_completion_that_was_lost(self, three: HealingPipeline) -> None:
        three.ingest([*played(0, 100, 90), *played(1, 80, 70)], announce=False)

        three.tick(RECONCILE)

        assert current(three)
        assert three.rows("tiny_form") == {(1, "BOS"): 100, (1, "CHI"): 90}

    def test_completion_of_a_processor_that_was_lost(self, three: HealingPipeline) -> None:
        three.ingest([*played(0, 100, 90), *played(1, 80, 70)], announce=False)
        message = three.requested(three.topology.processor("tiny_scores").phase, on(0), on(1))
        three.deliver("tiny_scores", message, message_id="alone")
        second = three.restarted(folders=ALL_THREE)
        assert set(second.states("tiny_form").values()) == {"missing"}

        second.tick(RECONCILE)

        assert current(second)
        second.close()

    def test_rows_that_somebody_else_corrected_in_silence(self, three: HealingPipeline) -> None:
        healthy(three, 0, 1)
        three.select(
            "UPDATE nba_raw.nbac_team_boxscore SET points = 111"
            " WHERE game_date = '2021-10-19' AND team_abbr = 'BOS'"
        )

        three.tick(RECONCILE)

        assert three.rows("tiny_scores")[0, "BOS"] == 111
        assert three.rows("tiny_card")[1, "BOS"] == 222
        assert current(three)

    def test_season_that_somebody_else_wrote_and_nobody_announced(self, three: HealingPipeline) -> None:
        """The ledger has never heard of these dates: they are looked for around today."""
        three.write_as_somebody_else([*played(300, 100, 90), *played(301, 80, 70)])

        three.tick(RECONCILE)

        assert set(three.states("tiny_scores")) == {300, 301}
        assert current(three)

    def test_date_that_is_stale_nine_months_ago(self, three: HealingPipeline) -> None:
        healthy(three, 0, 1)
        three.clock.sleep_until(dt.datetime(2022, 12, 1, tzinfo=dt.UTC))
        three.ingest([team_box(game(0), t, [], points=50) for t in ("BOS", "CHI")], announce=False)

        three.tick(RECONCILE)

        assert three.rows("tiny_form")[1, "BOS"] == 50
        assert current(three)


class TestOutputsThatSomebodyTouched:
    @pytest.mark.parametrize(
        "damage",
        [
            "DELETE FROM nba_analytics.tiny_scores WHERE game_date = '2021-10-20'",
            "DELETE FROM nba_analytics.tiny_scores WHERE game_date = '2021-10-20' AND team_abbr = 'BOS'",
            "UPDATE nba_analytics.tiny_scores SET points = 1 WHERE game_date = '2021-10-20'",
            "INSERT INTO nba_analytics.tiny_scores SELECT * FROM nba_analytics.tiny_scores"
            " WHERE game_date = '2021-10-20'",
        ],
        ids=["date deleted", "row deleted", "rows altered", "rows doubled"],
    )
    def test_are_made_again_and_their_neighbours_left_alone(
        self, healing: HealingPipeline, damage: str
    ) -> None:
        healthy(healing, 0, 1, 2)
        rows, runs = healing.rows("tiny_scores"), len(healing.runs)
        healing.select(damage)

        healing.tick(RECONCILE)

        assert healing.rows("tiny_scores") == rows
        assert healing.processor_runs()[runs:] == [("tiny_scores", [1])]

    def test_rows_of_other_runs_of_the_same_content_are_no_damage(self, healing: HealingPipeline) -> None:
        healthy(healing, 0)
        healing.select("UPDATE nba_analytics.tiny_scores SET run_id = 'x' WHERE game_date = '2021-10-19'")

        assert healing.hand_tick(RECONCILE).decision is Decision.NOTHING_TO_DO


class TestWaves:
    def test_second_reconcile_of_a_healthy_grid_publishes_nothing(self, three: HealingPipeline) -> None:
        healthy(three, 0, 1, 2)

        first = three.hand_tick(RECONCILE, message_id="first")
        second = three.hand_tick(RECONCILE, message_id="second")

        assert (first.decision, second.decision) == (Decision.NOTHING_TO_DO, Decision.NOTHING_TO_DO)
        assert three.broker.published == []

    def test_jobs_are_bounded_whatever_the_grid(self, three: HealingPipeline) -> None:
        three.ingest([row for number in range(12) for row in played(number, 100, 90)], announce=False)
        jobs = len(three.warehouse.jobs)

        three.hand_tick(RECONCILE)

        assert len(three.warehouse.jobs) - jobs == JOBS

    def test_what_is_missing_is_asked_for_oldest_first_in_bounded_waves(
        self, healing: HealingPipeline
    ) -> None:
        healing.ingest([row for number in range(0, 124, 2) for row in played(number, 9, 8)], announce=False)

        healing.hand_tick(RECONCILE)

        assert healing.requests() == [
            ("tiny_scores", on(0), on(118), "stale"),
            ("tiny_scores", on(120), on(122), "stale"),
        ]

    def test_what_waits_for_upstream_cells_is_not_asked_for(self, three: HealingPipeline) -> None:
        """It follows from the runs before it, by itself."""
        three.ingest([*played(0, 100, 90), *played(1, 80, 70)], announce=False)

        three.hand_tick(RECONCILE)

        # Nothing lies before the first date, so that its form can run at once.
        assert three.requests() == [
            ("tiny_scores", on(0), on(1), "stale"),
            ("tiny_form", on(0), on(0), "stale"),
        ]

    def test_requests_say_who_asks(self, healing: HealingPipeline) -> None:
        healing.ingest(played(0, 100, 90), announce=False)

        healing.hand_tick(RECONCILE, message_id="daily-7")

        (asked,) = [m for m in healing.broker.published if isinstance(m, ProcessRequested)]
        assert (asked.requested_by, asked.trigger_source, asked.correlation_id) == (
            "reconciler",
            TriggerSource.RECONCILE,
            "daily-7",
        )

    def test_date_that_failed_on_these_inputs_is_left_to_the_retry_worker(
        self, healing: HealingPipeline
    ) -> None:
        boxes = [team_box(game(0), team, [], assists=BREAKS_THE_QUERY) for team in ("BOS", "CHI")]
        healing.ingest([final_slot(game(0), 100, 90), *boxes])
        healing.settle()
        healing.broker.published.clear()

        assert healing.hand_tick(RECONCILE).decision is Decision.NOTHING_TO_DO
        assert healing.requests() == []


def test_paused_pipeline_is_not_reconciled(healing: HealingPipeline) -> None:
    healing.ingest(played(0, 100, 90), announce=False)
    healing.control(Action.PAUSE)
    jobs = len(healing.warehouse.jobs)

    assert healing.hand_tick(RECONCILE).decision is Decision.PAUSED
    assert (healing.requests(), healing.warehouse.jobs[jobs:]) == ([], ["read snapshot"])


@pytest.mark.parametrize("job", ["read snapshot", "record raw content", "output content"])
def test_warehouse_that_is_away_for_a_moment_refuses_the_tick(healing: HealingPipeline, job: str) -> None:
    healing.ingest(played(0, 100, 90), announce=False)
    healing.warehouse.fail_next(job, TransientWarehouseError("quota"))

    with pytest.raises(TransientError):
        healing.hand_tick(RECONCILE)

    healing.hand_tick(RECONCILE)
    assert healing.requests() == [("tiny_scores", on(0), on(0), "stale")]


def test_log_line_counts_what_was_found(healing: HealingPipeline, log_lines: Lines) -> None:
    healthy(healing, 0, 1)
    healing.select("DELETE FROM nba_analytics.tiny_scores WHERE game_date = '2021-10-19'")
    healing.ingest(played(2, 1, 2), announce=False)

    healing.hand_tick(RECONCILE)

    (line,) = [line for line in log_lines() if line["event"] == "reconcile_done"]
    assert {key: line[key] for key in ("seasons", "cells", "missing", "stale", "damaged", "requests")} == {
        "seasons": 1,
        "cells": 3,
        "missing": 1,
        "stale": 0,
        "damaged": 1,
        "requests": 2,
    }
