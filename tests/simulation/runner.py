"""Many histories, on all cores: each process has a warehouse of its own."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterator

from tests.simulation.history import Report, run_history

#: Seeds a process takes at a time: few enough for progress to be seen.
_CHUNK = 10


def run_chunk(chunk: tuple[int, int, int]) -> Report:
    """The histories of the seeds [first, last) with so many steps."""
    first, last, steps = chunk
    report = Report()
    for seed in range(first, last):
        report.add(run_history(seed, steps))
    return report


def run_many(*, seed: int, runs: int, steps: int, jobs: int, on_progress: Callable[[Report], None]) -> Report:
    """Play the histories of `runs` seeds from `seed` on; `on_progress` sees the report so far."""
    total = Report()
    for report in _reports(
        [(first, min(first + _CHUNK, seed + runs), steps) for first in range(seed, seed + runs, _CHUNK)], jobs
    ):
        total.add(report)
        on_progress(total)
    return total


def _reports(chunks: list[tuple[int, int, int]], jobs: int) -> Iterator[Report]:
    if jobs == 1 or len(chunks) == 1:
        yield from map(run_chunk, chunks)
        return
    # A fresh interpreter each: the engine's threads do not survive a fork.
    with multiprocessing.get_context("spawn").Pool(min(jobs, len(chunks))) as pool:
        yield from pool.imap_unordered(run_chunk, chunks)
