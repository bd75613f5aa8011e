"""`python -m tests.benchmarks.grid`: the state of every cell of five seasons, from the warehouse to the grid.

Prints the median of five in seconds with the target and the ratio; exits 1 when it is missed.
"""

from __future__ import annotations

import datetime as dt
import sys
import tempfile
import time
from pathlib import Path

from services.registry import discover
from shared.ledger.repository import read_snapshot
from shared.planner.state import Grid, State, evaluate
from tests.benchmarks.seasons_of_ledger import NOW, SEASONS, warehouse_of_seasons

_TARGET = 5.0
_TIMES = 5


def main() -> int:
    """Measure, print, and return the exit code."""
    with tempfile.TemporaryDirectory() as folder:
        warehouse = warehouse_of_seasons(Path(folder) / "seasons.duckdb")
        seconds = []
        for _ in range(_TIMES):
            started = time.perf_counter()
            snapshot = read_snapshot(
                warehouse, discover(), start=dt.date.min, end=dt.date.max, request_id=None, backfill_id=None
            )
            read = time.perf_counter()
            grid = evaluate(discover(), snapshot, NOW)
            seconds.append((time.perf_counter() - started, read - started))
        warehouse.close()
    whole, reading = sorted(seconds)[_TIMES // 2]
    cells = _all_current(grid)
    sys.stdout.write(
        f"grid of {len(SEASONS)} seasons x {len(grid.cells)} processors, {cells} cells"
        f" (reading {reading:.2f} s): {whole:.2f} s, target {_TARGET:.0f} s, ratio {whole / _TARGET:.2f}\n"
    )
    return 0 if whole <= _TARGET else 1


def _all_current(grid: Grid) -> int:
    states = [cell.state for cells in grid.cells.values() for cell in cells.values()]
    if {*states} != {State.CURRENT}:
        raise AssertionError(f"Not every cell is current: {sorted({*states})}")
    return len(states)


if __name__ == "__main__":
    sys.exit(main())
