"""The plan of a scope, and what really runs when workers carry it out."""

from __future__ import annotations

import datetime as dt
import random
from dataclasses import replace

from hypothesis import example, given, settings
from hypothesis import strategies as st

from shared.planner.plan import Plan, Scope, make_plan
from shared.planner.snapshot import Backfill, Reprocess
from shared.planner.state import State
from shared.topology.declaration import RAW_SOURCES, TEAM_BOX, Input, Window
from tests.unit.planner.simulation import ALL_PROCESSORS, Workers, some_backfill, some_world
from tests.unit.planner.worlds import CARD, FORM, SCORES, TREND, World, on


def plan_of(world: World, backfill: Backfill) -> Plan:
    scope = Scope(dt.date.min, dt.date.max, backfill.reprocess).within(backfill)
    return make_plan(world.topology, world.grid(), scope)


def cells_of(plan: Plan, *, certain_only: bool = False) -> set[tuple[str, dt.date]]:
    return {
        (item.cell.processor, item.cell.date)
        for item in plan.planned
        if not (certain_only and item.only_if_changed)
    }


SEEDS = st.integers(0, 2**32)


@settings(max_examples=60, deadline=None)
@given(seed=SEEDS)
# A backfill of what failed came to a cell that still had to wait.
@example(seed=1313475970)
def test_what_runs_is_in_the_plan_what_is_certain_runs_and_what_waits_goes_on_waiting(seed: int) -> None:
    chance = random.Random(seed)
    world, backfill = some_world(chance), some_backfill(chance)
    plan = plan_of(world, backfill)
    workers = Workers(world, backfill, chance, change=chance.choice([0.0, 0.5, 1.0]))

    workers.work()

    assert workers.ran <= cells_of(plan)
    assert cells_of(plan, certain_only=True) <= workers.ran
    scope = Scope(dt.date.min, dt.date.max, backfill.reprocess).within(backfill)
    waits = {
        (name, day)
        for name, cells in world.grid().cells.items()
        for day, cell in cells.items()
        if cell.state is State.WAITING and scope.covers(name, day)
    }
    waiting = {(cell.processor, cell.date) for cell in plan.waiting}
    assert waiting <= waits <= waiting | cells_of(plan) - cells_of(plan, certain_only=True)


@settings(max_examples=40, deadline=None)
@given(seed=SEEDS)
def test_when_every_run_comes_out_different_exactly_the_plan_runs(seed: int) -> None:
    """A request of missing or failed cells may list more: what a completion's range reaches depends on it."""
    chance = random.Random(seed)
    world, backfill = some_world(chance, postponements=False), some_backfill(chance)
    backfill = replace(backfill, reprocess=chance.choice([Reprocess.STALE, Reprocess.ALL]))
    plan = plan_of(world, backfill)
    workers = Workers(world, backfill, chance, change=1.0)

    workers.work()

    assert workers.ran == cells_of(plan)


@settings(max_examples=40, deadline=None)
@given(seed=SEEDS)
def test_a_cell_is_planned_in_a_later_wave_than_everything_it_reads(seed: int) -> None:
    chance = random.Random(seed)
    world, backfill = some_world(chance), some_backfill(chance)
    wave = {(p.cell.processor, p.cell.date): p.wave for p in plan_of(world, backfill).planned}

    def reads(item: Input, day: dt.date) -> list[dt.date]:
        match item.window:
            case Window.ON_DATE:
                return [day]
            case Window.BEFORE:
                return [other for name, other in wave if name == item.source and other < day]
            case _:
                return [other for name, other in wave if name == item.source and other <= day]

    for (name, day), own in wave.items():
        inputs = [i for i in world.topology.processor(name).inputs if i.source not in RAW_SOURCES]
        upstream = [wave.get((i.source, other), 0) for i in inputs for other in reads(i, day)]
        assert own > max(upstream, default=0)


def everything(reprocess: Reprocess) -> Backfill:
    return Backfill("b1", on(0), on(30), (), reprocess, "because", "somebody")


def test_season_from_empty_goes_in_the_waves_that_the_reads_imply() -> None:
    world = World(ALL_PROCESSORS)
    world.play(on(0), on(1), on(2))

    waves = plan_of(world, everything(Reprocess.MISSING)).waves()

    found = {
        number: sorted((item.cell.processor, (item.cell.date - on(0)).days) for item in items)
        for number, items in waves.items()
    }
    assert found == {
        1: [
            *(("ahead", n) for n in range(3)),
            ("form", 0),
            *(("scores", n) for n in range(3)),
        ],
        2: [("card", 0), ("form", 1), ("form", 2)],
        3: [("card", 1), ("card", 2), ("trend", 0)],
        4: [("trend", 1), ("trend", 2)],
    }
    assert not any(item.only_if_changed for items in waves.values() for item in items)


def test_corrected_date_is_certain_and_what_reads_it_depends_on_what_comes_out() -> None:
    world = World(ALL_PROCESSORS)
    world.play(on(0), on(1), on(2))
    world.run_everything()
    world.land(TEAM_BOX, on(1), f"g{on(1).isoformat()}", content="corrected")

    plan = plan_of(world, everything(Reprocess.STALE))

    assert cells_of(plan, certain_only=True) == {("scores", on(1))}
    assert cells_of(plan) == {("scores", on(1)), ("form", on(2)), ("card", on(2)), ("trend", on(2))}


def test_nothing_is_planned_for_a_season_that_is_current() -> None:
    world = World(ALL_PROCESSORS)
    world.play(on(0), on(1), on(2))
    world.run_everything()

    for reprocess in (Reprocess.MISSING, Reprocess.STALE, Reprocess.FAILED):
        assert plan_of(world, everything(reprocess)) == Plan((), ())


def test_all_plans_every_cell_with_a_slot_even_when_current() -> None:
    world = World(ALL_PROCESSORS)
    world.play(on(0), on(1))
    world.run_everything()

    plan = plan_of(world, everything(Reprocess.ALL))

    assert cells_of(plan, certain_only=True) == {(p.name, on(n)) for p in ALL_PROCESSORS for n in (0, 1)}


def test_nothing_behind_a_cell_out_of_scope_that_is_not_settled_is_planned() -> None:
    world = World(ALL_PROCESSORS)
    world.play(on(0), on(1), on(2))
    backfill = Backfill("b1", on(1), on(2), (), Reprocess.STALE, "because", "somebody")

    plan = plan_of(world, backfill)

    assert cells_of(plan) == {(name, on(n)) for name in ("scores", "ahead") for n in (1, 2)}
    assert {(cell.processor, cell.date) for cell in plan.waiting} == {
        (name, on(n)) for name in ("form", "card", "trend") for n in (1, 2)
    }


def test_window_through_the_date_waits_for_the_date_itself_in_a_plan_too() -> None:
    world = World((SCORES, FORM, CARD, TREND))
    world.play(on(0))
    world.run_everything()
    world.run(FORM, on(0), output="other rows")

    plan = plan_of(world, everything(Reprocess.STALE))

    assert {(p.cell.processor, p.wave, p.only_if_changed) for p in plan.planned} == {
        ("card", 1, False),
        ("trend", 2, True),
    }


def test_date_waiting_for_its_games_is_listed_as_waiting_and_holds_back_what_reads_it() -> None:
    world = World(ALL_PROCESSORS)
    world.play(on(0), on(2))
    world.schedule(on(1))
    world.now = dt.datetime.combine(on(1), dt.time(22), tzinfo=dt.UTC)
    world.run(SCORES, on(0))

    plan = plan_of(world, everything(Reprocess.MISSING))

    assert ("scores", on(1)) not in cells_of(plan)
    assert ("form", on(1)) in cells_of(plan)
    assert ("form", on(2)) not in cells_of(plan)
    assert ("scores", on(1)) in {(cell.processor, cell.date) for cell in plan.waiting}
