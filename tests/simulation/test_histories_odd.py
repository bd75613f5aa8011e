"""Histories of the odd seeds: nothing is lost and nothing is wrong, whatever happens on the way."""

from __future__ import annotations

import pytest

from tests.simulation.chunks import chunks, verdict


@pytest.mark.parametrize("seeds", chunks(1), ids=lambda seeds: f"from-{seeds.start}")
def test_history_ends_as_a_run_from_scratch_would(seeds: range) -> None:
    report = verdict(seeds)

    assert report.histories == len(seeds)
    assert (report.lost, report.wrong) == (0, 0)
