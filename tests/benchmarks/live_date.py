"""One live date: raw rows land, their completion is sent, and the clock runs until phase 4 has settled.

Prints the seconds from the raw completion to the last commit, in a process whose workers have started.
"""

from __future__ import annotations

import datetime as dt
import sys
import time
from pathlib import Path

from services.bootstrap import new_id
from services.ingest.writer import IngestReport
from shared.log import configure_file
from tests.season.kit import open_pipeline
from tests.support.direct import load_parquet_folder

_DAY_BEFORE = dt.date(2022, 1, 18)
#: Before noon Eastern: the next date's games, not played yet, are waited for.
_MORNING_AFTER = dt.datetime(2022, 1, 20, 8, tzinfo=dt.UTC)


def main(warehouse: Path, folder: Path) -> None:
    """Ingest the folder and time what follows."""
    configure_file(warehouse.with_suffix(".jsonl"))
    with open_pipeline(warehouse, now=_MORNING_AFTER) as pipeline:
        # Workers start with the first message they hear: that of the date before, which is settled.
        pipeline.announce(IngestReport(new_id(), {}, (_DAY_BEFORE,), (_DAY_BEFORE,)))
        pipeline.runs.clear()
        report = pipeline.ingest(load_parquet_folder(folder))
        started = time.perf_counter()
        pipeline.announce(report)
        seconds = time.perf_counter() - started
        runs = ", ".join(f"{run.processor} {len(run.dates)}" for run in pipeline.runs)
        sys.stdout.write(f"{runs}\n{seconds:.3f}\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
