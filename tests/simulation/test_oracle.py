"""The oracle and the real pipeline agree on what raw rows imply."""

from __future__ import annotations

import pytest

from tests.simulation.bench import topology
from tests.simulation.history import mood_of, play_history, steps_of
from tests.simulation.league import IMPOSSIBLE_DATE, on
from tests.simulation.oracle import RawBox, RawSlot, expected_of
from tests.simulation.system import CALM, System

_SEEDS = (3, 14, 27)


@pytest.mark.parametrize("seed", _SEEDS)
def test_run_from_scratch_gives_what_the_oracle_expects(seed: int) -> None:
    lived = System(mood_of(seed))
    play_history(lived, steps_of(seed, 10))
    scratch = System(CALM)
    scratch.league = lived.league
    scratch.come_to_rest()
    expected = expected_of(*scratch.checker.raw())

    assert sum(len(rows) for rows in expected.rows["sim_scores"].values()) > 0
    for processor in topology().processors:
        scratch.checker.rows(processor, expected)
        scratch.checker.failures(processor, expected)


def test_raw_rows_that_fail_a_date_are_no_world_to_judge() -> None:
    slot = RawSlot("1", on(0), final=True, postponed=False, teams=("BOS", "CHI"))

    with pytest.raises(ValueError, match="fail the whole date"):
        expected_of([slot], [RawBox("1", on(0), "BOS", IMPOSSIBLE_DATE)])
