"""From failure rows to what people need: which dates, which processor, why, and what would mend it. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from services.console.evidence import Evidence, MissingGame, parse_dates, parse_evidence
from shared.failures.model import RULES, FailureCategory, FailureType, Repair
from shared.failures.transitions import Reason, Status

if TYPE_CHECKING:
    from shared.warehouse.port import Rows


@dataclass(frozen=True)
class Failure:
    """One failure row; `processor` is the class-style name, times are aware."""

    processor: str
    date: dt.date
    entity_id: str
    entity_type: str | None
    category: FailureCategory
    type: str
    reason: str
    correctable: bool
    row_written: bool
    expected_games: int | None
    actual_games: int | None
    missing_dates: tuple[dt.date, ...]
    status: Status
    resolution_reason: str | None
    attempts: int
    next_attempt_at: dt.datetime | None
    first_seen_at: dt.datetime | None
    last_seen_at: dt.datetime | None
    resolved_at: dt.datetime | None
    run_id: str
    evidence: Evidence

    @property
    def open(self) -> bool:
        """Whether it still has to be mended."""
        return self.status in (Status.UNRESOLVED, Status.RETRYING)


def failures_of(rows: Rows) -> tuple[Failure, ...]:
    """Rows of failure_rows.sql as failures."""
    return tuple(map(_failure, rows.values))


def _failure(row: tuple[Any, ...]) -> Failure:
    return Failure(
        processor=row[0],
        date=row[1],
        entity_id=row[2],
        entity_type=row[3],
        category=FailureCategory(row[4]),
        type=row[5],
        reason=row[6] or "",
        correctable=bool(row[7]),
        row_written=bool(row[8]),
        expected_games=row[9],
        actual_games=row[10],
        missing_dates=parse_dates(row[11]),
        status=Status(row[12]),
        resolution_reason=row[13],
        attempts=row[14] or 0,
        next_attempt_at=row[15],
        first_seen_at=row[16],
        last_seen_at=row[17],
        resolved_at=row[18],
        run_id=row[19],
        evidence=parse_evidence(row[20]),
    )


@dataclass(frozen=True, order=True)
class Step:
    """Something that would mend failures: what to do, with the data of which date."""

    date: dt.date
    what: str

    def __str__(self) -> str:
        return f"{self.what} {self.date}"


_REINGEST = "re-ingest"
_LOOK_AGAIN = "make the source readable and look again at"
_ABSENCES = frozenset({"PLAYER_DNP", "NOT_ON_ROSTER"})
_STEP_OF_VERDICT = {
    "GAME_NOT_INGESTED": _REINGEST,
    "GAME_INCOMPLETE": _REINGEST,
    "NOT_FINAL": "correct the schedule and re-ingest",
    "NAME_UNRESOLVED": "give the player a player_lookup and re-ingest",
    "DERIVED_MISSING": "process the player summaries again:",
    "UPSTREAM_GAP": "mend the upstream rows of",
    "UNKNOWN": _LOOK_AGAIN,
}


def steps_of(failure: Failure) -> tuple[Step, ...]:
    """What would mend a failure, oldest date first; nothing for one that needs no mending."""
    if not failure.correctable or failure.status is Status.RESOLVED:
        return ()
    games = [game for game in failure.evidence.missing if game.verdict not in _ABSENCES]
    if games:
        return tuple(sorted({_step(game, failure.date) for game in games}))
    if failure.category is FailureCategory.UPSTREAM_INCOMPLETE:
        return (Step(failure.date, _STEP_OF_VERDICT["UPSTREAM_GAP"]),)
    if failure.type == FailureType.UNKNOWN:
        # What could not be read need not be missing, whatever category it was filed under.
        return (Step(failure.date, _LOOK_AGAIN),)
    if RULES[failure.category].repair is Repair.REINGEST_RAW:
        return tuple(Step(day, _REINGEST) for day in sorted(failure.missing_dates or (failure.date,)))
    return (Step(failure.date, "find the cause in the reason and the log, then process again"),)


def _step(game: MissingGame, day: dt.date) -> Step:
    return Step(game.date or day, _STEP_OF_VERDICT.get(game.verdict, _REINGEST))


def next_action(failure: Failure) -> str:
    """What happens next with a failure, in words."""
    steps = joined(steps_of(failure))
    match failure.status:
        case Status.RESOLVED:
            return f"nothing: resolved ({failure.resolution_reason or 'observed'})"
        case Status.INVESTIGATING:
            return "somebody is investigating it"
        case Status.PERMANENT if not failure.correctable:
            return "nothing: it is explained"
        case Status.PERMANENT if failure.resolution_reason == Reason.BY_HAND:
            return f"nothing: declared permanent by hand; it would take: {steps}"
        case Status.PERMANENT:
            return f"attempts are used up; by hand: {steps}"
        case Status.RETRYING:
            return f"being retried (attempt {failure.attempts}): {steps}"
        case Status.UNRESOLVED:
            return steps


def joined(steps: Sequence[Step]) -> str:
    """Steps as one phrase, dates of the same kind together: `re-ingest 2021-12-26, 2021-12-28`."""
    by_kind: dict[str, list[str]] = {}
    for step in steps:
        by_kind.setdefault(step.what, []).append(step.date.isoformat())
    return "; ".join(f"{what} {', '.join(dates)}" for what, dates in by_kind.items())


@dataclass(frozen=True)
class TriageLine:
    """Failures of one processor, type and next action, over all their dates."""

    processor: str
    type: str
    category: FailureCategory
    status: Status
    action: str
    failures: tuple[Failure, ...]

    @property
    def dates(self) -> tuple[dt.date, ...]:
        return tuple(sorted({failure.date for failure in self.failures}))

    @property
    def entities(self) -> tuple[str, ...]:
        return tuple(sorted({failure.entity_id for failure in self.failures}))

    @property
    def withheld(self) -> int:
        """Failures whose output row was not written."""
        return sum(not failure.row_written for failure in self.failures)


def triage_lines(failures: Iterable[Failure]) -> tuple[TriageLine, ...]:
    """Failures put together: those with the same action over all dates, explained ones by date."""
    groups: dict[tuple[str, str, FailureCategory, Status, str, dt.date | None], list[Failure]] = {}
    for failure in failures:
        day = None if failure.correctable and failure.status is not Status.RESOLVED else failure.date
        key = (
            failure.processor,
            failure.type,
            failure.category,
            failure.status,
            next_action(failure),
            day,
        )
        groups.setdefault(key, []).append(failure)
    lines = [TriageLine(*key[:5], tuple(found)) for key, found in groups.items()]
    return tuple(sorted(lines, key=lambda line: (line.dates[0], line.processor, line.type, line.action)))


def mending(failures: Iterable[Failure]) -> tuple[tuple[Step, int], ...]:
    """Every step that would mend something, with the number of failures that name it; most first."""
    counts: dict[Step, int] = {}
    for failure in failures:
        for step in steps_of(failure):
            counts[step] = counts.get(step, 0) + 1
    return tuple(sorted(counts.items(), key=lambda item: (-item[1], item[0])))
