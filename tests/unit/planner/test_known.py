"""Evaluating what a run has changed gives the grid that evaluating everything gives."""

from __future__ import annotations

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from shared.planner.state import Known, State, evaluate
from tests.unit.planner.simulation import some_world

_RUNS = 6


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_grid_that_knows_the_days_before_the_runs_is_the_whole_grid(seed: int) -> None:
    chance = random.Random(seed)
    world = some_world(chance)
    before = world.grid()
    learned = None
    for _ in range(_RUNS):
        processor = chance.choice(world.topology.processors)
        cells = world.grid().cells[processor.name].values()
        ready = [cell.date for cell in cells if cell.state in (State.MISSING, State.STALE, State.CURRENT)]
        if not ready:
            continue
        day = chance.choice(ready)
        if chance.random() < 0.3:
            world.fail(processor, day)
        else:
            output = chance.choice(["rows", "others"])
            world.run(
                processor, day, output=output, rows=chance.randint(0, 1), open_failures=chance.randint(0, 1)
            )
        learned = day if learned is None else min(learned, day)
        after = evaluate(world.topology, world.snapshot(), world.now, Known(before, learned))
        assert after == world.grid()
        if chance.random() < 0.5:
            before, learned = after, None


def test_cells_before_the_runs_are_not_evaluated_again() -> None:
    world = some_world(random.Random(1))
    before = world.grid()
    last = before.seasons[-1].dates[-1]
    after = evaluate(world.topology, world.snapshot(), world.now, Known(before, last))
    for name, cells in after.cells.items():
        assert all(cells[day] is before.cells[name][day] for day in cells if day < last)
