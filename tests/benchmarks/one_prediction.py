"""One date predicted when its week's models are stored: a message in, its rows committed.

Prints the seconds from the message to the end of its handling, in a process whose worker has started. Raises
AssertionError when a model was fitted, or when something else ran.
"""

from __future__ import annotations

import datetime as dt
import sys
import time
from pathlib import Path

from services.bootstrap import new_id
from services.registry import discover
from shared.ledger.backfills import record_backfill, requests_of
from shared.planner.snapshot import Backfill, Reprocess
from shared.topology.graph import TRIGGER_TOPICS
from tests.season.kit import Pipeline, open_pipeline

_PREDICTIONS = "player_points_predictions"
#: The worker starts with the first; both are inside a week, so that its models are stored.
_BEFORE, _DATE = dt.date(2022, 1, 18), dt.date(2022, 1, 19)


def main(warehouse: Path) -> None:
    """Predict one date again and time it."""
    with open_pipeline(warehouse) as pipeline:
        models = _models(pipeline)
        _predict(pipeline, _BEFORE)
        seconds = _predict(pipeline, _DATE)
        if pipeline.ran() != {(_PREDICTIONS, _BEFORE), (_PREDICTIONS, _DATE)} or _models(pipeline) != models:
            raise AssertionError(f"More than these predictions was made: {pipeline.runs}")
        sys.stdout.write(f"{seconds:.3f}\n")


def _predict(pipeline: Pipeline, day: dt.date) -> float:
    asked = Backfill(f"backfill-{new_id()}", day, day, (_PREDICTIONS,), Reprocess.ALL, "a benchmark", "it")
    record_backfill(pipeline.warehouse, asked, now=pipeline.clock.now())
    for request in requests_of(asked, discover()):
        pipeline.broker.publish(TRIGGER_TOPICS[request.phase], request)
    started = time.perf_counter()
    pipeline.settle()
    return time.perf_counter() - started


def _models(pipeline: Pipeline) -> object:
    return pipeline.select("SELECT COUNT(*) FROM nba_predictions.model_artefacts").values


if __name__ == "__main__":
    main(Path(sys.argv[1]))
