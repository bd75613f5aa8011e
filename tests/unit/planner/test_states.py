"""The state of a cell, and its reason: one small world per rule."""

from __future__ import annotations

import dataclasses

import pytest

from shared.planner.state import Cell, State
from shared.topology.declaration import PROPS, RESULTS, SLOTS, TEAM_BOX, Phase, Window
from tests.unit.planner.worlds import AHEAD, CARD, FORM, SCORES, TREND, World, declared, on, states

ALL = (SCORES, AHEAD, FORM, CARD, TREND)


def played_world(number_of_days: int = 4) -> World:
    """A season of consecutive dates, all played, with everything processed."""
    world = World(ALL)
    world.play(*(on(n) for n in range(number_of_days)))
    world.run_everything()
    return world


def saying(cell: Cell) -> tuple[State, str]:
    return cell.state, cell.reason


def test_cell_without_runs_is_missing() -> None:
    world = World(ALL)
    world.play(on(0))

    assert saying(world.cell(SCORES, on(0))) == (State.MISSING, "never processed")


def test_cell_that_ran_on_what_its_inputs_are_now_is_current() -> None:
    world = played_world()

    assert saying(world.cell(TREND, on(3))) == (State.CURRENT, "as its inputs imply")


def test_every_cell_of_the_grid_is_current_after_everything_ran() -> None:
    world = played_world()

    found = {cell.state for cells in world.grid().cells.values() for cell in cells.values()}

    assert found == {State.CURRENT}


def test_grid_is_every_processor_times_every_date_with_a_slot_and_nothing_else() -> None:
    world = World(ALL)
    world.play(on(0), on(3))
    world.land(TEAM_BOX, on(1), "stray")

    grid = world.grid()

    assert {name: list(cells) for name, cells in grid.cells.items()} == {
        processor.name: [on(0), on(3)] for processor in ALL
    }


def test_changed_raw_rows_make_the_cell_stale_and_say_which_rows() -> None:
    world = played_world()
    world.land(TEAM_BOX, on(2), "g" + on(2).isoformat(), content="corrected")

    assert saying(world.cell(SCORES, on(2))) == (
        State.STALE,
        "stale because of nbac_team_boxscore (on D)",
    )


def test_reason_names_every_input_that_changed() -> None:
    world = played_world()
    game = "g" + on(2).isoformat()
    world.land(TEAM_BOX, on(2), game, content="corrected")
    world.land(PROPS, on(2), game, content="late props")

    reason = world.cell(SCORES, on(2)).reason

    assert reason == "stale because of nbac_team_boxscore (on D), odds_api_player_points_props (on D)"


def test_new_code_makes_every_cell_stale_and_says_so() -> None:
    world = played_world()
    newer = declared("scores", Phase.ANALYTICS, *((i.source, i.window) for i in SCORES.inputs), version=2)
    after = World((newer, AHEAD, FORM, CARD, TREND), raw=world.raw, runs=world.runs)

    cells = after.grid().cells["scores"].values()

    assert {saying(cell) for cell in cells} == {(State.STALE, "stale because of the processor's code")}


def test_a_further_declared_input_counts_as_new_code() -> None:
    world = played_world()
    wider = dataclasses.replace(FORM, inputs=(*FORM.inputs, AHEAD.inputs[0]))
    after = World((SCORES, AHEAD, wider, CARD, TREND), raw=world.raw, runs=world.runs)

    assert saying(after.cell(wider, on(1))) == (State.STALE, "stale because of the processor's code")


def test_open_correctable_failures_make_a_right_cell_partial() -> None:
    world = played_world()
    world.run(SCORES, on(1), open_failures=3)

    assert saying(world.cell(SCORES, on(1))) == (State.PARTIAL, "3 correctable failures are open")


def test_stale_cell_with_open_failures_is_stale_because_it_has_to_run() -> None:
    world = played_world()
    world.run(SCORES, on(1), open_failures=3)
    world.land(TEAM_BOX, on(1), "g" + on(1).isoformat(), content="corrected")

    assert world.cell(SCORES, on(1)).state is State.STALE


def test_failed_run_on_the_inputs_of_now_says_attempt_and_error() -> None:
    world = played_world()
    world.fail(SCORES, on(1))
    world.fail(SCORES, on(1))

    assert saying(world.cell(SCORES, on(1))) == (State.FAILED, "attempt 2 failed: no such column")


def test_changed_inputs_end_the_failure_of_a_cell_that_never_succeeded() -> None:
    world = World((SCORES,))
    world.play(on(0))
    world.fail(SCORES, on(0))
    world.land(TEAM_BOX, on(0), "g" + on(0).isoformat(), content="corrected")

    assert saying(world.cell(SCORES, on(0))) == (State.MISSING, "never processed")


def test_changed_inputs_after_a_failure_make_a_cell_with_good_rows_stale() -> None:
    world = played_world()
    world.fail(SCORES, on(1))
    world.land(TEAM_BOX, on(1), "g" + on(1).isoformat(), content="corrected")

    assert world.cell(SCORES, on(1)).state is State.STALE


def test_success_after_a_failure_on_the_same_inputs_is_current() -> None:
    world = played_world()
    world.fail(SCORES, on(1))
    world.run(SCORES, on(1))

    assert world.cell(SCORES, on(1)).state is State.CURRENT


def test_inputs_that_go_back_to_what_the_good_rows_are_made_of_need_no_run() -> None:
    world = played_world()
    good = world.raw[TEAM_BOX][on(1)]
    world.land(TEAM_BOX, on(1), "g" + on(1).isoformat(), content="broken")
    world.fail(SCORES, on(1))
    world.raw[TEAM_BOX][on(1)] = good

    # The failure of the broken inputs is still open until a run observes that it is gone.
    assert world.cell(SCORES, on(1)).state is State.PARTIAL


class TestFailureKeepsTheLastGoodOutput:
    def test_cells_downstream_go_on_from_the_last_good_rows(self) -> None:
        world = played_world()
        world.fail(SCORES, on(1))

        assert states(world.grid(), FORM, [on(2), on(3)]) == ["current", "current"]

    def test_date_that_never_had_rows_is_a_gap_downstream_not_a_block(self) -> None:
        world = World(ALL)
        world.play(on(0), on(1), on(2))
        world.run(SCORES, on(0), on(2))
        world.fail(SCORES, on(1))

        assert saying(world.cell(FORM, on(2))) == (State.MISSING, "never processed")

    def test_gap_is_seen_downstream_once_it_is_filled(self) -> None:
        world = World(ALL)
        world.play(on(0), on(1), on(2))
        world.run(SCORES, on(0), on(2))
        world.fail(SCORES, on(1))
        world.run(FORM, on(2))
        world.run(SCORES, on(1))

        assert saying(world.cell(FORM, on(2))) == (
            State.STALE,
            "stale because of scores (season start to before D)",
        )


class TestEarlyCutOff:
    def test_same_output_leaves_everything_downstream_current(self) -> None:
        world = played_world()
        world.land(TEAM_BOX, on(1), "g" + on(1).isoformat(), content="same points, other spelling")
        world.run(SCORES, on(1), output="rows")

        found = {c.state for p in (FORM, CARD, TREND) for c in world.grid().cells[p.name].values()}

        assert found == {State.CURRENT}

    def test_other_output_touches_exactly_the_windows_that_saw_it(self) -> None:
        world = played_world()
        world.land(TEAM_BOX, on(1), "g" + on(1).isoformat(), content="corrected")
        world.run(SCORES, on(1), output="other rows")
        grid = world.grid()
        days = [on(n) for n in range(4)]

        assert states(grid, FORM, days) == ["current", "current", "stale", "stale"]
        assert states(grid, CARD, days) == ["current", "current", "waiting", "waiting"]
        assert states(grid, AHEAD, days) == ["current"] * 4

    def test_change_stops_at_the_cell_whose_rows_come_out_the_same(self) -> None:
        world = played_world()
        world.land(TEAM_BOX, on(1), "g" + on(1).isoformat(), content="corrected")
        world.run(SCORES, on(1), output="other rows")
        world.run(FORM, on(2), output="rows")
        world.run(FORM, on(3), output="other rows")
        days = [on(n) for n in range(4)]

        assert states(world.grid(), CARD, days) == ["current", "current", "current", "stale"]


class TestWaiting:
    def test_cell_waits_for_the_first_upstream_date_that_is_not_settled(self) -> None:
        world = World(ALL)
        world.play(on(0), on(1), on(2))
        world.run(SCORES, on(0))

        assert saying(world.cell(FORM, on(2))) == (
            State.WAITING,
            f"waiting for scores of {on(1).isoformat()}",
        )

    def test_stale_upstream_is_waited_for_as_well(self) -> None:
        world = played_world()
        world.land(TEAM_BOX, on(0), "g" + on(0).isoformat(), content="corrected")

        assert saying(world.cell(FORM, on(3))) == (
            State.WAITING,
            f"waiting for scores of {on(0).isoformat()}",
        )

    def test_waiting_is_passed_on_downstream(self) -> None:
        world = World(ALL)
        world.play(on(0), on(1))

        assert saying(world.cell(TREND, on(1))) == (
            State.WAITING,
            f"waiting for card of {on(0).isoformat()}",
        )

    def test_waiting_for_cells_is_not_waiting_for_raw_rows(self) -> None:
        world = World(ALL)
        world.play(on(0), on(1))

        assert not world.cell(FORM, on(1)).waits_for_raw

    def test_partial_upstream_is_not_waited_for(self) -> None:
        world = World(ALL)
        world.play(on(0), on(1))
        world.run(SCORES, on(0), open_failures=2)

        assert world.cell(FORM, on(1)).state is State.MISSING

    def test_upstream_outside_the_window_is_not_waited_for(self) -> None:
        world = World(ALL)
        world.play(on(0), on(1))
        world.run(SCORES, on(0))

        assert world.cell(FORM, on(1)).state is State.MISSING

    def test_window_through_the_date_waits_for_the_date_itself(self) -> None:
        world = World(ALL)
        world.play(on(0), on(1))
        world.run(SCORES, on(0), on(1))
        world.run(FORM, on(0), on(1))
        world.run(CARD, on(0))

        assert saying(world.cell(TREND, on(1))) == (
            State.WAITING,
            f"waiting for card of {on(1).isoformat()}",
        )
        assert world.cell(TREND, on(0)).state is State.MISSING


class TestDatesWithoutASlot:
    def test_all_postponed_and_nothing_written_is_empty(self) -> None:
        world = World(ALL)
        world.schedule(on(0))
        world.postpone(on(0))

        assert saying(world.cell(SCORES, on(0))) == (State.EMPTY, "no slot is left on this date")

    def test_rows_left_from_before_must_go_first(self) -> None:
        world = played_world()
        world.postpone(on(1))

        assert saying(world.cell(SCORES, on(1))) == (
            State.STALE,
            "no slot is left on this date, but rows or failures are",
        )

    def test_open_failures_left_from_before_must_be_resolved_first(self) -> None:
        world = World((SCORES,))
        world.play(on(0))
        world.run(SCORES, on(0), rows=0, open_failures=1)
        world.postpone(on(0))

        assert world.cell(SCORES, on(0)).state is State.STALE

    def test_absences_left_from_before_must_be_resolved_first(self) -> None:
        world = World((SCORES,))
        world.play(on(0))
        world.run(SCORES, on(0), rows=0)
        world.postpone(on(0))

        assert world.cell(SCORES, on(0)).state is State.STALE

    def test_run_that_removed_the_rows_leaves_the_date_empty(self) -> None:
        world = played_world()
        world.postpone(on(1))
        world.run(SCORES, on(1), rows=0)

        assert world.cell(SCORES, on(1)).state is State.EMPTY

    def test_removal_that_failed_waits_for_a_change_or_a_person_like_any_failure(self) -> None:
        world = played_world()
        world.postpone(on(1))
        world.fail(SCORES, on(1))

        assert saying(world.cell(SCORES, on(1))) == (State.FAILED, "attempt 1 failed: no such column")

    def test_empty_date_does_not_block_those_downstream(self) -> None:
        world = World(ALL)
        world.play(on(0), on(2))
        world.schedule(on(1))
        world.postpone(on(1))
        world.run(SCORES, on(0))

        assert world.cell(FORM, on(2)).state is State.MISSING

    def test_date_that_lost_its_slots_stays_in_the_grid(self) -> None:
        world = played_world()
        world.land(SLOTS, on(1))

        assert on(1) in world.grid().cells["scores"]


class TestRunsWithoutRows:
    def test_date_with_slots_that_came_out_without_rows_is_current(self) -> None:
        world = World(ALL)
        world.play(on(0))
        world.run(SCORES, on(0))
        world.run(FORM, on(0), rows=0)

        assert world.cell(FORM, on(0)).state is State.CURRENT

    def test_rows_that_never_came_and_rows_that_came_out_empty_are_the_same_downstream(self) -> None:
        never = World(ALL)
        never.play(on(0), on(1))
        without_rows = World(ALL)
        without_rows.play(on(0), on(1))
        without_rows.run(SCORES, on(0), rows=0)

        fingerprints = {w.cell(FORM, on(1)).input_fingerprint for w in (never, without_rows)}

        assert len(fingerprints) == 1


@pytest.mark.parametrize("source", [RESULTS, TEAM_BOX])
def test_optional_and_required_rows_of_other_dates_touch_nothing(source: str) -> None:
    world = played_world()
    world.land(source, on(3), "g" + on(3).isoformat(), content="corrected")

    assert states(world.grid(), SCORES, [on(0), on(1), on(2), on(3)]) == [*["current"] * 3, "stale"]


def test_input_on_the_date_only_is_not_read_from_earlier_dates() -> None:
    reader = declared("reader", Phase.ANALYTICS, (PROPS, Window.ON_DATE))
    world = World((reader,))
    world.schedule(on(0), on(1))
    world.land(PROPS, on(0), "a")
    world.run_everything()
    world.land(PROPS, on(0), "b")

    assert states(world.grid(), reader, [on(0), on(1)]) == ["stale", "current"]
