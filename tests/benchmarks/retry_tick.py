"""`python -m tests.benchmarks.retry_tick`: a retry tick with 10,000 open failures, on five seasons of ledger.

The first tick, when everything is due, and one in the next hour, when nothing is. Prints seconds and jobs
with targets and ratios; exits 1 when one is missed.
"""

from __future__ import annotations

import datetime as dt
import itertools
import sys
import tempfile
import time
from pathlib import Path

from services.registry import discover
from services.retry.worker import RetryWorker
from shared.clock import VirtualClock
from shared.log import logging_to
from shared.messages.decode import encode
from shared.messages.models import AnyMessage, RetryTick, TickWork
from shared.topology.declaration import PLAYER_BOX, TEAM_BOX, Phase
from shared.warehouse.duckdb_warehouse import DuckDBWarehouse
from shared.worker.harness import Ports
from tests.benchmarks.seasons_of_ledger import (
    NOW,
    SEASONS,
    dates_of,
    failure_row,
    insert_failures,
    warehouse_of_seasons,
)
from tests.support.tiny_pipeline import TappedWarehouse

_OPEN = 10_000
_SECONDS, _JOBS = 5.0, 5
_PRECOMPUTE = (
    "PlayerDailyCacheProcessor",
    "PlayerShotZoneAnalysisProcessor",
    "PlayerCompositeFactorsProcessor",
)


class _Outbox:
    """A broker that keeps what is published."""

    def __init__(self) -> None:
        self.published: list[AnyMessage] = []

    def publish(self, topic: str, message: AnyMessage) -> str:
        self.published.append(message)
        return topic


def main() -> int:
    """Measure, print, and return the exit code."""
    held = []
    with tempfile.TemporaryDirectory() as folder:
        warehouse = warehouse_of_seasons(Path(folder) / "seasons.duckdb")
        _open_failures(warehouse)
        with (Path(folder) / "log").open("w", encoding="utf-8") as log, logging_to(log):
            for what, now in (("all of it due", NOW), ("none of it due", NOW + dt.timedelta(minutes=50))):
                held.append(_tick(what, warehouse, now))
        warehouse.close()
    return 0 if all(held) else 1


def _tick(what: str, warehouse: DuckDBWarehouse, now: dt.datetime) -> bool:
    tapped, outbox, ids = TappedWarehouse(warehouse), _Outbox(), itertools.count()
    ports = Ports(tapped, outbox, VirtualClock(now), lambda: f"{now:%H%M}-{next(ids)}", lambda _: None)
    body = encode(RetryTick(work=TickWork.RETRY))
    started = time.perf_counter()
    outcome = RetryWorker(discover(), ports).handle(f"{now:%H%M}", body, {})
    seconds, jobs = time.perf_counter() - started, len(tapped.jobs)
    sys.stdout.write(
        f"retry tick, {_OPEN} open failures, {what}"
        f" ({outcome.cells} tried, {len(outbox.published)} messages):"
        f" {seconds:.2f} s, target {_SECONDS:.0f} s, ratio {seconds / _SECONDS:.2f};"
        f" {jobs} jobs, target {_JOBS}, ratio {jobs / _JOBS:.2f}\n"
    )
    return seconds <= _SECONDS and jobs <= _JOBS


def _open_failures(warehouse: DuckDBWarehouse) -> None:
    """Gaps on every date of the seasons: each lacks up to three games of the days before it."""
    days = [day for season in SEASONS for day in dates_of(season)[10:]]
    rows = []
    for number in range(_OPEN * 4 // 5):
        day = days[number % len(days)]
        lacks = [
            (day - dt.timedelta(days=1 + back), "GAME_NOT_INGESTED", (PLAYER_BOX, TEAM_BOX)[back % 2])
            for back in range(1 + number % 3)
        ]
        name = _PRECOMPUTE[number % len(_PRECOMPUTE)]
        rows.append(failure_row(name, day, f"gap{number}", status="UNRESOLVED", lacks=lacks))
    insert_failures(warehouse, Phase.PRECOMPUTE, rows)
    of_games = [
        failure_row(
            "PlayerGameSummaryProcessor",
            days[number % len(days)],
            f"gap{number}",
            status="UNRESOLVED",
            lacks=[(days[number % len(days)], "GAME_NOT_INGESTED", PLAYER_BOX)],
        )
        for number in range(_OPEN // 5)
    ]
    insert_failures(warehouse, Phase.ANALYTICS, of_games)


if __name__ == "__main__":
    sys.exit(main())
