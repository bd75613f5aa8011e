"""One live date: raw rows land, their completion is sent, and the clock runs until phase 4 has settled.

Prints the seconds from the raw completion to the last commit of the named processors, and to the end, in a
process whose workers have started.
"""

from __future__ import annotations

import datetime as dt
import sys
from collections.abc import Sequence
from pathlib import Path

from services.bootstrap import new_id
from services.ingest.writer import IngestReport
from shared.log import logging_to
from tests.benchmarks.log import last_commit
from tests.season.kit import open_pipeline
from tests.support.direct import load_parquet_folder

_DAY_BEFORE = dt.date(2022, 1, 18)
#: Before noon Eastern: the next date's games, not played yet, are waited for.
_MORNING_AFTER = dt.datetime(2022, 1, 20, 8, tzinfo=dt.UTC)


def main(warehouse: Path, folder: Path, processors: Sequence[str]) -> None:
    """Ingest the folder and time what follows."""
    log = warehouse.with_suffix(".jsonl")
    log.unlink(missing_ok=True)
    with logging_to(log), open_pipeline(warehouse, now=_MORNING_AFTER) as pipeline:
        # Workers start with the first message they hear: that of the date before, which is settled.
        pipeline.announce(IngestReport(new_id(), {}, (_DAY_BEFORE,), (_DAY_BEFORE,)))
        pipeline.runs.clear()
        report = pipeline.ingest(load_parquet_folder(folder))
        started = dt.datetime.now(dt.UTC)
        pipeline.announce(report)
        whole = (dt.datetime.now(dt.UTC) - started).total_seconds()
        named = (last_commit(log, processors) - started).total_seconds()
        runs = ", ".join(f"{run.processor} {len(run.dates)}" for run in pipeline.runs)
        sys.stdout.write(f"{runs}\n{named:.3f} {whole:.3f}\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3:])
