"""When processors were done, from the log of a run."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Collection
from pathlib import Path


def last_commit(log: Path, processors: Collection[str]) -> dt.datetime:
    """The time of the last commit of these processors. Raises ValueError when the log has none."""
    times = []
    for line in log.read_text(encoding="utf-8").splitlines():
        record = json.loads(line)
        if record["event"] == "run_committed" and record["processor"] in processors:
            times.append(dt.datetime.fromisoformat(record["time"]))
    if not times:
        raise ValueError(f"The log [{log}] tells of no run of {sorted(processors)}")
    return max(times)
