"""A message for the tests of brokers."""

from __future__ import annotations

import datetime as dt

from shared.messages.models import CompletionStatus, PhaseCompleted, TriggerSource
from shared.topology.declaration import Phase


def completed(processor: str = "scores") -> PhaseCompleted:
    """A completion of three dates."""
    return PhaseCompleted(
        phase=Phase.ANALYTICS,
        processor_name=processor,
        start_date=dt.date(2021, 12, 31),
        end_date=dt.date(2022, 1, 2),
        status=CompletionStatus.SUCCESS,
        run_id="r",
        record_count=1,
        failure_count=0,
        correlation_id="c",
        causation_id=None,
        trigger_source=TriggerSource.LIVE,
        backfill_id=None,
        published_at=dt.datetime(2022, 1, 1, tzinfo=dt.UTC),
    )
