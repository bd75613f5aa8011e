"""`nba plan`: the exact cells, in waves, with reasons a person can act on."""

from __future__ import annotations

import datetime as dt

import pytest

from services.console.output import Json
from services.console.plan import plan_document, plan_lines, render_plan
from shared.planner.plan import Scope, make_plan
from shared.planner.snapshot import Reprocess
from shared.topology.declaration import TEAM_BOX
from tests.console.screen import block, screen
from tests.unit.planner.worlds import AHEAD, FORM, SCORES, World, on

DAYS = [on(number) for number in range(4)]
EVERYTHING = Scope(DAYS[0], DAYS[-1], Reprocess.STALE)


def played() -> World:
    world = World((SCORES, AHEAD, FORM))
    world.play(*DAYS)
    return world


def shown(world: World, scope: Scope, *, width: int = 80) -> str:
    grid = world.grid()
    return screen(
        render_plan(world.topology, grid, scope, make_plan(world.topology, grid, scope)), width=width
    )


def lines_of(world: World, scope: Scope) -> list[tuple[str, int, str, int]]:
    grid = world.grid()
    found = plan_lines(world.topology, grid, make_plan(world.topology, grid, scope))
    return [(line.processor, line.wave, line.reason, len(line.dates)) for line in found]


def test_from_an_empty_ledger_upstream_comes_first() -> None:
    assert shown(played(), EVERYTHING) == block(
        """
        12 cells to run in 2 waves, 2021-10-19..2021-10-22, --reprocess stale

        Wave 1: 9 cells
          AHEAD   2021-10-19..2021-10-22  4 dates  missing: never processed
          SCORES  2021-10-19..2021-10-22  4 dates  missing: never processed
          FORM    2021-10-19               1 date  missing: never processed

        Wave 2: 3 cells
          FORM    2021-10-20..2021-10-22  3 dates  missing: runs after SCORES
        """
    )


def test_a_correction_is_named_and_what_it_may_change_is_told_apart() -> None:
    world = played()
    world.run_everything()
    world.land(TEAM_BOX, DAYS[1], "g2021-10-20", content="corrected")

    assert shown(world, EVERYTHING, width=100) == block(
        """
        1 cell to run in 2 waves, 2021-10-19..2021-10-22, --reprocess stale; 2 more may follow

        Wave 1: 1 cell
          SCORES  2021-10-20               1 date  stale because of nbac_team_boxscore (on D)

        Wave 2: 2 cells
          FORM    2021-10-21..2021-10-22  2 dates  runs only if an earlier wave changes its inputs
        """
    )


def test_a_date_between_two_others_splits_their_line() -> None:
    world = played()
    world.run(SCORES, DAYS[1])
    only_scores = Scope(DAYS[0], DAYS[-1], Reprocess.MISSING, ("scores",))

    assert lines_of(world, only_scores) == [
        ("scores", 1, "missing: never processed", 1),
        ("scores", 1, "missing: never processed", 2),
    ]


def test_cells_that_cannot_run_yet_are_listed_apart_with_what_they_wait_for() -> None:
    world = played()
    tonight = on(4)
    world.schedule(tonight)
    world.run_everything()
    world.now = dt.datetime.combine(tonight, dt.time(22), tzinfo=dt.UTC)

    assert shown(world, Scope(tonight, tonight, Reprocess.STALE)) == block(
        """
        Nothing to run for 2021-10-23 (--reprocess stale).
        Its cells: 2 current, 1 waiting.

        Not yet: 1 cell waiting
          SCORES  2021-10-23  1 date  waiting for its games to be Final
        """
    )


def test_waiting_for_raw_rows_says_for_which() -> None:
    world = played()
    world.land(TEAM_BOX, DAYS[3])
    world.now = dt.datetime.combine(DAYS[3], dt.time(23), tzinfo=dt.UTC)

    waits = [line for line in lines_of(world, EVERYTHING) if line[1] == 0]

    assert waits == [("scores", 0, "waiting for nbac_team_boxscore rows of its games", 1)]


def test_reprocess_all_runs_what_is_right_as_well() -> None:
    world = played()
    world.run_everything()

    assert lines_of(world, Scope(DAYS[0], DAYS[0], Reprocess.ALL)) == [
        ("ahead", 1, "current: as its inputs imply", 1),
        ("scores", 1, "current: as its inputs imply", 1),
        ("form", 1, "current: as its inputs imply", 1),
    ]


def test_partial_cells_with_different_numbers_of_failures_are_one_line() -> None:
    world = played()
    world.run_everything()
    world.run(SCORES, DAYS[2], open_failures=1)
    world.run(SCORES, DAYS[3], open_failures=7)

    assert lines_of(world, Scope(DAYS[0], DAYS[-1], Reprocess.FAILED, ("scores",))) == [
        ("scores", 1, "partial: correctable failures are open", 2)
    ]


def test_a_failed_cell_shows_its_error() -> None:
    world = played()
    world.fail(SCORES, DAYS[0])

    assert lines_of(world, Scope(DAYS[0], DAYS[0], Reprocess.FAILED, ("scores",))) == [
        ("scores", 1, "failed: attempt 1 failed: no such column", 1)
    ]


def test_a_range_without_game_dates_says_what_is_loaded() -> None:
    world = played()
    assert shown(world, Scope(dt.date(2021, 8, 1), dt.date(2021, 8, 2), Reprocess.STALE)) == (
        "No game date between [2021-08-01] and [2021-08-02]. Loaded: 2021-22 (2021-10-19..2021-10-22)."
    )


def test_nothing_ingested_says_how_to_start() -> None:
    assert "nba ingest files DIR" in shown(World((SCORES,)), EVERYTHING)


@pytest.mark.parametrize("width", [60, 80, 160])
def test_waves_stand_in_line_at_every_width(width: int) -> None:
    text = shown(played(), EVERYTHING, width=width)
    starts = {
        line.index("2021-10") for line in text.splitlines() if line.startswith("  ") and "2021-" in line
    }
    assert starts == {10}


def test_json_lists_every_cell_by_itself() -> None:
    world = played()
    world.run(AHEAD, *DAYS)
    document = plan_document(make_plan(world.topology, world.grid(), EVERYTHING), EVERYTHING, None, None)

    assert isinstance(document, dict)
    assert document["totals"] == {"cells": 8, "only_if_changed": 0, "waves": 2, "waiting": 0}
    cells = document["cells"]
    assert isinstance(cells, list)
    expected: Json = {
        "processor": "form",
        "date": DAYS[3],
        "wave": 2,
        "only_if_changed": False,
        "state": "waiting",
        "reason": "waiting for scores of 2021-10-19",
    }
    assert cells[-1] == expected
    assert [item["wave"] for item in cells] == [1] * 5 + [2] * 3
