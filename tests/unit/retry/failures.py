"""Open failures and repair targets made by hand, for the pure parts of the retry service."""

from __future__ import annotations

import datetime as dt

from services.retry.policy import Evidence, Lack, OpenFailure, Target, TargetKind, TargetState
from shared.failures.model import FailureCategory, FailureType
from shared.failures.transitions import Status
from shared.topology.declaration import Phase

NOW = dt.datetime(2022, 1, 10, 12, tzinfo=dt.UTC)
DAY = dt.date(2021, 12, 1)
HOUR = dt.timedelta(hours=1)
BOX = "nbac_team_boxscore"
GAP = FailureCategory.INCOMPLETE_DATA


def day(number: int) -> dt.date:
    """A date so many days after the first one."""
    return DAY + dt.timedelta(days=number)


def lack(number: int = 0, verdict: str = "GAME_NOT_INGESTED", source: str = BOX) -> Lack:
    """A missing game."""
    return Lack(day(number), verdict, source)


def raw(number: int = 0, table: str = BOX) -> Target:
    """A raw table on a date."""
    return Target(TargetKind.RAW, table, day(number))


def cell(number: int = 0, processor: str = "form") -> Target:
    """A processor on a date."""
    return Target(TargetKind.CELL, processor, day(number))


def failure(number: int = 0, *lacks: Lack, **changes: object) -> OpenFailure:
    """A gap of one player in form, never tried; it lacks the box score of its own date unless told."""
    values: dict[str, object] = {
        "phase": Phase.PRECOMPUTE,
        "processor": "form",
        "date": day(number),
        "entity_id": "zachlavine",
        "category": GAP,
        "type": FailureType.DATA_GAP,
        "reason": "a game is missing",
        "status": Status.UNRESOLVED,
        "status_reason": None,
        "attempts": 0,
        "next_attempt_at": None,
        "evidence": Evidence(lacks or (lack(number),)),
        **changes,
    }
    return OpenFailure(**values)  # type: ignore[arg-type]


def upstream(number: int = 0, *lacks: Lack, **changes: object) -> OpenFailure:
    """A failure of card: the form of the date has no row."""
    values: dict[str, object] = {
        "processor": "card",
        "category": FailureCategory.UPSTREAM_INCOMPLETE,
        "type": FailureType.UPSTREAM_GAP,
        "reason": "no form",
        **changes,
    }
    return failure(number, *lacks, **({} if lacks else {"evidence": Evidence()}), **values)


def error(number: int = 0, **changes: object) -> OpenFailure:
    """A date that raised: its own cell is what to look at again."""
    values: dict[str, object] = {
        "category": FailureCategory.PROCESSING_ERROR,
        "type": FailureType.PROCESSING_ERROR,
        "entity_id": day(number).isoformat(),
        "reason": "no such column",
        "evidence": Evidence(),
        **changes,
    }
    return failure(number, **values)


def tried(
    attempts: int,
    *,
    ago: dt.timedelta = HOUR,
    due_in: dt.timedelta = dt.timedelta(0),
    changed_ago: dt.timedelta | None = None,
) -> TargetState:
    """A target asked for so often; last asked, due again, and changed at these distances from now."""
    return TargetState(attempts, NOW - ago, NOW + due_in, None if changed_ago is None else NOW - changed_ago)
