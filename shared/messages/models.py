"""The messages of the pipeline, as pydantic models. JSON Schemas of them are exported next to this file."""

from __future__ import annotations

import datetime as dt
from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    model_validator,
)

from shared.planner.snapshot import Reprocess
from shared.topology.declaration import Phase

Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_*.-]{1,128}$")]
Identifier = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.:-]{1,128}$")]
Prose = Annotated[str, StringConstraints(min_length=1, max_length=2000)]

#: The NBA's first season began in 1946; a date outside of these years is a mistake, not a request.
_FIRST_YEAR = 1946
_LAST_YEAR = 2199
#: A range longer than this is a mistake as well: all of NBA history is shorter.
_LONGEST_RANGE_DAYS = 40_000


def _in_nba_history(day: dt.date) -> dt.date:
    if not _FIRST_YEAR <= day.year <= _LAST_YEAR:
        raise ValueError(f"[{day}] is not in the years {_FIRST_YEAR} to {_LAST_YEAR}")
    return day


GameDate = Annotated[dt.date, AfterValidator(_in_nba_history)]


class CompletionStatus(StrEnum):
    """How a run ended for its dates."""

    SUCCESS = "success"
    PARTIAL = "partial"
    NO_DATA = "no_data"
    FAILED = "failed"


class TriggerSource(StrEnum):
    """What set a run going."""

    LIVE = "live"
    BACKFILL = "backfill"
    RETRY = "retry"
    RECONCILE = "reconcile"


class _Message(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Range(_Message):
    start_date: GameDate
    end_date: GameDate

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.end_date < self.start_date:
            raise ValueError(f"end_date [{self.end_date}] is before start_date [{self.start_date}]")
        if (self.end_date - self.start_date).days > _LONGEST_RANGE_DAYS:
            raise ValueError(f"the range [{self.start_date}] to [{self.end_date}] is longer than NBA history")
        return self


class PhaseCompleted(_Range):
    """A processor (or the raw ingest) has finished with a range of dates; both ends are included."""

    type: Literal["nba.phase_completed"] = "nba.phase_completed"
    version: Literal[1] = 1
    phase: Phase
    processor_name: Name
    status: CompletionStatus
    run_id: Identifier
    record_count: Annotated[int, Field(ge=0)]
    failure_count: Annotated[int, Field(ge=0)]
    correlation_id: Identifier
    causation_id: Identifier | None
    trigger_source: TriggerSource
    backfill_id: Identifier | None
    published_at: AwareDatetime


class ProcessRequested(_Range):
    """Somebody wants cells looked at: an engineer, the retry worker, the reconciler, or a worker going on.

    No processors means all of the phase.
    """

    type: Literal["nba.process_requested"] = "nba.process_requested"
    version: Literal[1] = 1
    phase: Phase
    processors: tuple[Name, ...] = ()
    reprocess: Reprocess
    reason: Prose
    requested_by: Prose
    correlation_id: Identifier
    trigger_source: TriggerSource = TriggerSource.BACKFILL
    backfill_id: Identifier | None = None

    @model_validator(mode="after")
    def _processing_phase(self) -> Self:
        if self.phase is Phase.RAW:
            raise ValueError("phase 2 is ingested, not processed; publish RawDataRequested instead")
        return self


class RawDataRequested(_Message):
    """Raw rows are wanted again: what the retry worker asks of phase 2."""

    type: Literal["nba.raw_data_requested"] = "nba.raw_data_requested"
    version: Literal[1] = 1
    tables: Annotated[tuple[Name, ...], Field(min_length=1)]
    dates: Annotated[tuple[GameDate, ...], Field(min_length=1)]
    reason: Prose
    correlation_id: Identifier


class TickWork(StrEnum):
    """What a tick wants done."""

    RETRY = "retry"
    RECONCILE = "reconcile"


class RetryTick(_Message):
    """Time has passed: look for what is due. A scheduler sends it, with the same body every time."""

    type: Literal["nba.retry_tick"] = "nba.retry_tick"
    version: Literal[1] = 1
    work: TickWork


AnyMessage = PhaseCompleted | ProcessRequested | RawDataRequested | RetryTick
Message = Annotated[AnyMessage, Field(discriminator="type")]


def attributes_of(message: AnyMessage) -> dict[str, str]:
    """Pub/Sub attributes of a message, for server-side filters."""
    match message:
        case PhaseCompleted():
            return {
                "processor": message.processor_name,
                "phase": str(int(message.phase)),
                "start_date": message.start_date.isoformat(),
                "end_date": message.end_date.isoformat(),
                "status": message.status.value,
            }
        case ProcessRequested():
            return {
                "processor": message.processors[0] if len(message.processors) == 1 else "*",
                "phase": str(int(message.phase)),
                "start_date": message.start_date.isoformat(),
                "end_date": message.end_date.isoformat(),
                "status": "requested",
            }
        case RawDataRequested():
            return {
                "processor": "*",
                "phase": "2",
                "start_date": min(message.dates).isoformat(),
                "end_date": max(message.dates).isoformat(),
                "status": "requested",
            }
        case RetryTick():
            return {"processor": "*", "status": message.work.value}
