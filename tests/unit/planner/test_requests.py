"""Which cells a message runs: reprocess modes, scopes of events, backfill bounds, limits, attempts."""

from __future__ import annotations

import datetime as dt

import pytest

from shared.planner.plan import MAX_ATTEMPTS, Scope, affected_scope, ready_cells, wanted
from shared.planner.snapshot import Backfill, Reprocess
from shared.planner.state import State
from shared.topology.declaration import PROPS, SLOTS, TEAM_BOX, Phase, Processor, Window
from tests.unit.planner.worlds import AHEAD, CARD, FORM, SCORES, SEASON, TREND, World, declared, on

EVERYTHING = dt.date.max


def world_of_every_state() -> World:
    """Dates 0 to 6 of `scores`: one state each."""
    world = World((SCORES,), now=dt.datetime(2021, 10, 26, 3, tzinfo=dt.UTC))
    world.play(*(on(n) for n in range(6)))
    world.schedule(on(6))
    world.run(SCORES, on(1), on(2), on(3), on(4))
    world.land(TEAM_BOX, on(2), "g" + on(2).isoformat(), content="corrected")
    world.run(SCORES, on(3), open_failures=1)
    world.fail(SCORES, on(4))
    world.postpone(on(5))
    return world


STATES = {
    0: State.MISSING,
    1: State.CURRENT,
    2: State.STALE,
    3: State.PARTIAL,
    4: State.FAILED,
    5: State.EMPTY,
    6: State.WAITING,
}


def test_the_world_of_these_tests_has_every_state() -> None:
    cells = world_of_every_state().grid().cells["scores"]

    assert {n: cells[on(n)].state for n in STATES} == STATES
    assert set(STATES.values()) == set(State)


@pytest.mark.parametrize(
    ("reprocess", "expected"),
    [
        (Reprocess.MISSING, {State.MISSING}),
        (Reprocess.STALE, {State.MISSING, State.STALE}),
        (Reprocess.FAILED, {State.FAILED, State.PARTIAL}),
        (Reprocess.ALL, set(State) - {State.WAITING, State.EMPTY}),
    ],
)
def test_each_mode_wants_the_states_it_names(reprocess: Reprocess, expected: set[State]) -> None:
    cells = world_of_every_state().grid().cells["scores"]

    assert {cell.state for cell in cells.values() if wanted(cell, reprocess)} == expected


@pytest.mark.parametrize("reprocess", [Reprocess.FAILED, Reprocess.ALL])
def test_forced_cells_run_once_per_request(reprocess: Reprocess) -> None:
    world = world_of_every_state()
    world.fail(SCORES, on(4), requested=True)
    world.run(SCORES, on(3), open_failures=1, requested=True)
    cells = world.grid().cells["scores"]

    assert not wanted(cells[on(3)], reprocess)
    assert not wanted(cells[on(4)], reprocess)

    world.forget_requests()
    cells = world.grid().cells["scores"]

    assert wanted(cells[on(3)], reprocess)
    assert wanted(cells[on(4)], reprocess)


def test_cell_that_ran_for_a_request_of_all_runs_again_when_its_inputs_changed_since() -> None:
    """A failed upstream heals under the same request: what read its last good rows is stale, not done."""
    world = World((SCORES, FORM))
    world.play(on(0), on(1))
    world.run(SCORES, on(0), on(1), output="good")
    world.fail(SCORES, on(0))
    world.run(FORM, on(0), on(1), requested=True)
    world.run(SCORES, on(0), output="healed", requested=True)

    cell = world.cell(FORM, on(1))

    assert cell.state is State.STALE
    assert wanted(cell, Reprocess.ALL)


class TestAttempts:
    def failing(self, times: int) -> World:
        world = World((SCORES,))
        world.play(on(0))
        for _ in range(times):
            world.fail(SCORES, on(0))
        return world

    def ready(self, world: World, *, automatic: bool, reprocess: Reprocess = Reprocess.FAILED) -> bool:
        scope = Scope(on(0), on(0), reprocess, automatic=automatic)
        _, cells, _ = ready_cells(world.grid(), SCORES, scope, limit=10)
        return bool(cells)

    def test_ordinary_event_does_not_run_a_failed_cell_whose_inputs_are_unchanged(self) -> None:
        assert not self.ready(self.failing(1), automatic=True, reprocess=Reprocess.STALE)

    @pytest.mark.parametrize("times", [1, MAX_ATTEMPTS - 1])
    def test_retry_runs_a_failed_cell_while_attempts_are_left(self, times: int) -> None:
        assert self.ready(self.failing(times), automatic=True)

    def test_nothing_automatic_runs_a_cell_whose_attempts_are_used_up(self) -> None:
        assert MAX_ATTEMPTS == 5
        assert not self.ready(self.failing(MAX_ATTEMPTS), automatic=True)

    def test_a_person_may_run_it_all_the_same(self) -> None:
        assert self.ready(self.failing(MAX_ATTEMPTS), automatic=False)

    def test_changed_inputs_start_a_new_count(self) -> None:
        world = self.failing(MAX_ATTEMPTS)
        world.land(TEAM_BOX, on(0), "g" + on(0).isoformat(), content="corrected")

        assert self.ready(world, automatic=True, reprocess=Reprocess.STALE)

        world.fail(SCORES, on(0))
        assert self.ready(world, automatic=True)

    def test_failures_of_a_date_with_slots_do_not_keep_it_from_being_cleared_when_they_go(self) -> None:
        world = self.failing(MAX_ATTEMPTS)
        world.postpone(on(0))

        assert world.cell(SCORES, on(0)).state is State.STALE


class TestReadyCells:
    def two_seasons(self) -> World:
        world = World((SCORES, FORM))
        world.play(*(on(n) for n in range(5)))
        world.play(*(dt.date(2022, 10, 18 + n) for n in range(3)), season=SEASON + 1)
        return world

    def test_cells_come_oldest_first_and_never_of_two_seasons(self) -> None:
        season, cells, more = ready_cells(
            self.two_seasons().grid(), SCORES, Scope(on(0), EVERYTHING, Reprocess.STALE), limit=100
        )

        assert season is not None
        assert season.season_year == SEASON
        assert [cell.date for cell in cells] == [on(n) for n in range(5)]
        assert more

    def test_next_season_follows_when_the_first_is_done(self) -> None:
        world = self.two_seasons()
        world.run(SCORES, *(on(n) for n in range(5)))

        season, cells, more = ready_cells(
            world.grid(), SCORES, Scope(on(0), EVERYTHING, Reprocess.STALE), limit=100
        )

        assert season is not None
        assert season.season_year == SEASON + 1
        assert len(cells) == 3
        assert not more

    def test_limit_keeps_the_oldest_and_says_that_more_is_left(self) -> None:
        world = self.two_seasons()

        _, cells, more = ready_cells(world.grid(), SCORES, Scope(on(1), on(4), Reprocess.STALE), limit=2)

        assert [cell.date for cell in cells] == [on(1), on(2)]
        assert more

    def test_limit_that_is_just_enough_leaves_nothing(self) -> None:
        world = self.two_seasons()

        _, cells, more = ready_cells(world.grid(), SCORES, Scope(on(1), on(4), Reprocess.STALE), limit=4)

        assert len(cells) == 4
        assert not more

    def test_waiting_cells_are_not_ready_but_the_others_are(self) -> None:
        world = self.two_seasons()
        world.run(SCORES, on(0), on(1))

        _, cells, _ = ready_cells(world.grid(), FORM, Scope(on(0), on(4), Reprocess.STALE), limit=100)

        assert [cell.date for cell in cells] == [on(0), on(1), on(2)]

    def test_nothing_ready_is_no_season_and_no_cells(self) -> None:
        world = self.two_seasons()
        world.run(SCORES, *(on(n) for n in range(5)))

        assert ready_cells(world.grid(), SCORES, Scope(on(0), on(4), Reprocess.STALE), limit=9) == (
            None,
            [],
            False,
        )

    @pytest.mark.parametrize(("attempts", "together"), [(1, 5), (3, 5), (4, 1), (9, 1)])
    def test_what_failed_together_is_tried_alone_in_its_last_attempt(
        self, attempts: int, together: int
    ) -> None:
        world = World((SCORES,))
        world.play(*(on(n) for n in range(5)))
        for _ in range(attempts):
            world.fail(SCORES, *(on(n) for n in range(5)))

        _, cells, more = ready_cells(world.grid(), SCORES, Scope(on(0), on(4), Reprocess.FAILED), limit=100)

        assert [cell.date for cell in cells] == [on(n) for n in range(together)]
        assert more is (together < 5)

    def test_what_failed_does_not_take_down_what_did_not(self) -> None:
        world = World((SCORES,))
        world.play(*(on(n) for n in range(5)))
        world.run(SCORES, on(0), on(1), on(3), on(4))
        world.fail(SCORES, on(2))

        _, cells, more = ready_cells(world.grid(), SCORES, Scope(on(0), on(4), Reprocess.ALL), limit=100)

        assert [cell.date for cell in cells] == [on(0), on(1), on(3), on(4)]
        assert more

    def test_processor_outside_the_scope_has_nothing_ready(self) -> None:
        scope = Scope(on(0), on(4), Reprocess.STALE, ("form",))

        assert ready_cells(self.two_seasons().grid(), SCORES, scope, limit=9)[1] == []


class TestAffectedScope:
    """Which cells a completion can affect, from the declared windows alone."""

    def scope(self, processor: Processor, source: str) -> tuple[dt.date, dt.date] | None:
        found = affected_scope(processor, [source], on(10), on(12))
        return None if found is None else (found.start, found.end)

    def test_window_on_the_date_ends_with_the_range(self) -> None:
        assert self.scope(CARD, "form") == (on(10), on(12))

    def test_window_before_reaches_to_the_end_of_time(self) -> None:
        assert self.scope(FORM, "scores") == (on(10), EVERYTHING)

    def test_window_through_reaches_to_the_end_of_time(self) -> None:
        assert self.scope(TREND, "card") == (on(10), EVERYTHING)

    def test_next_week_begins_a_week_earlier(self) -> None:
        assert self.scope(AHEAD, "nbac_schedule") == (on(3), EVERYTHING)

    def test_completion_that_nobody_reads_is_nobodys_business(self) -> None:
        assert self.scope(CARD, "scores") is None
        assert self.scope(FORM, TEAM_BOX) is None

    def test_both_sides_of_the_schedule_are_one_table_in_an_event(self) -> None:
        assert self.scope(SCORES, "nbac_schedule") == (on(10), on(12))

    def test_completion_of_the_whole_ingest_covers_every_raw_source(self) -> None:
        assert self.scope(SCORES, "raw_ingest") == (on(10), on(12))
        assert self.scope(CARD, "raw_ingest") is None

    def test_event_runs_what_is_stale_or_missing_and_counts_attempts(self) -> None:
        scope = affected_scope(FORM, ["scores"], on(10), on(12))

        assert scope is not None
        assert (scope.reprocess, scope.automatic, scope.processors) == (
            Reprocess.STALE,
            True,
            ("form",),
        )

    def test_source_read_in_two_windows_has_the_wider_scope(self) -> None:
        both = declared("both", Phase.PRECOMPUTE, (SLOTS, Window.ON_DATE), (PROPS, Window.BEFORE))

        assert self.scope(both, "raw_ingest") == (on(10), EVERYTHING)


class TestBackfillBounds:
    def backfill(self, *processors: str, reprocess: Reprocess = Reprocess.MISSING, end: int = 20) -> Backfill:
        return Backfill("b1", on(5), on(end), processors, reprocess, "why", "somebody")

    def test_range_is_cut_to_the_backfill(self) -> None:
        scope = Scope(on(0), EVERYTHING, Reprocess.STALE, ("form",)).within(self.backfill())

        assert (scope.start, scope.end) == (on(5), on(20))

    def test_what_its_cells_bring_about_is_followed_whatever_it_asked_for(self) -> None:
        scope = Scope(on(6), EVERYTHING, Reprocess.STALE).within(self.backfill(reprocess=Reprocess.FAILED))

        assert scope.reprocess is Reprocess.STALE

    def test_backfill_of_all_goes_on_wanting_all(self) -> None:
        scope = Scope(on(6), EVERYTHING, Reprocess.STALE).within(self.backfill(reprocess=Reprocess.ALL))

        assert scope.reprocess is Reprocess.ALL

    def test_named_processors_are_the_ones_both_name(self) -> None:
        scope = Scope(on(6), on(7), Reprocess.STALE, ("form", "card")).within(self.backfill("card", "scores"))

        assert scope.processors == ("card",)

    def test_backfill_of_some_limits_a_scope_of_all(self) -> None:
        assert Scope(on(6), on(7), Reprocess.STALE).within(self.backfill("card")).processors == ("card",)

    def test_scope_that_shares_no_processor_with_the_backfill_covers_nothing(self) -> None:
        scope = Scope(on(6), on(7), Reprocess.STALE, ("form",)).within(self.backfill("card"))

        assert not any(scope.covers(name, on(6)) for name in ("form", "card", "scores"))

    def test_scope_outside_the_range_covers_nothing(self) -> None:
        scope = Scope(on(21), on(30), Reprocess.STALE).within(self.backfill())

        assert not any(scope.covers("form", on(n)) for n in range(40))

    def test_who_asked_is_kept(self) -> None:
        assert Scope(on(6), on(7), Reprocess.STALE, automatic=True).within(self.backfill()).automatic
