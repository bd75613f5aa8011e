"""The ids that go on every row and log line of a run."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass


@dataclass(frozen=True)
class RunContext:
    """Who runs, when, and on whose behalf."""

    run_id: str
    correlation_id: str
    causation_id: str
    backfill_id: str | None
    trigger_source: str
    started_at: dt.datetime
