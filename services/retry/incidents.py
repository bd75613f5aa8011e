"""Incidents: one per cause, opening and closing by itself. Pure.

What an alert is sent for is an incident, not a failure: one lost game can leave hundreds of failure rows.
"""

from __future__ import annotations

import datetime as dt
import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from services.retry.policy import OpenFailure, targets_of
from shared.failures.model import FailureCategory, FailureType

#: Parts of an error text that differ between dates with the same cause.
_PARTICULAR = re.compile(r"\[[^\]]*\]|\d[\d.:-]*")
_LONGEST_CAUSE = 200


@dataclass(frozen=True, slots=True)
class Incident:
    """Open failures with one cause. `cells`: dates concerned; `failures`: failure rows."""

    incident_id: str
    processor: str
    type: FailureType
    cause: str
    first_date: dt.date
    last_date: dt.date
    cells: int
    failures: int
    opened_at: dt.datetime
    closed_at: dt.datetime | None


@dataclass(frozen=True)
class IncidentChanges:
    """Incidents to write: new ones, those that go on, those that are over."""

    opened: tuple[Incident, ...]
    continued: tuple[Incident, ...]
    closed: tuple[Incident, ...]


def cause_of(failure: OpenFailure) -> tuple[str, bool]:
    """The cause of a failure in words, and whether it lies in data of one date.

    What lacks the same data has the same cause, on whatever dates it is felt; other causes are one as long as
    they strike on consecutive game dates.
    """
    if failure.category is FailureCategory.UPSTREAM_INCOMPLETE and failure.evidence.days:
        return f"no upstream rows of {min(failure.evidence.days)}", True
    first = failure.evidence.first_raw
    if first is not None and first in targets_of(failure):
        return f"{first.name} of {first.date} is missing or incomplete", True
    text = _PARTICULAR.sub("#", failure.reason)[:_LONGEST_CAUSE]
    return f"{failure.category.value}: {text}", False


def change_incidents(
    failures: Iterable[OpenFailure],
    known: Sequence[Incident],
    game_dates: Sequence[dt.date],
    *,
    now: dt.datetime,
    new_id: Callable[[], str],
) -> IncidentChanges:
    """What the open failures make of the incidents that are open.

    `game_dates`: every date of the grid, ascending.
    """
    found = _group(failures, game_dates, now)
    # By what they have in common: a failure storm has thousands, which are not to be compared all with all.
    left: dict[tuple[str, FailureType, str], list[Incident]] = {}
    for incident in known:
        left.setdefault(_kind(incident), []).append(incident)
    opened: list[Incident] = []
    continued: list[Incident] = []
    for incident in found:
        alike = left.get(_kind(incident), [])
        position = next((n for n, old in enumerate(alike) if _adjoin(old, incident, game_dates)), None)
        if position is None:
            opened.append(replace(incident, incident_id=new_id()))
        else:
            before = alike.pop(position)
            continued.append(replace(incident, incident_id=before.incident_id, opened_at=before.opened_at))
    over = [replace(old, closed_at=now) for alike in left.values() for old in alike]
    return IncidentChanges(tuple(opened), tuple(continued), tuple(over))


def _group(
    failures: Iterable[OpenFailure], game_dates: Sequence[dt.date], now: dt.datetime
) -> list[Incident]:
    by_cause: dict[tuple[str, FailureType, str, bool], dict[dt.date, int]] = {}
    for failure in failures:
        cause, in_data = cause_of(failure)
        days = by_cause.setdefault((failure.processor, failure.type, cause, in_data), {})
        days[failure.date] = days.get(failure.date, 0) + 1
    found = []
    for (processor, kind, cause, in_data), days in sorted(by_cause.items()):
        spans = [sorted(days)] if in_data else _consecutive(sorted(days), game_dates)
        for span in spans:
            number = sum(days[day] for day in span)
            found.append(
                Incident("", processor, kind, cause, span[0], span[-1], len(span), number, now, None)
            )
    return found


def _consecutive(days: Sequence[dt.date], game_dates: Sequence[dt.date]) -> list[list[dt.date]]:
    spans: list[list[dt.date]] = []
    for day in days:
        if spans and not _games_between(spans[-1][-1], day, game_dates):
            spans[-1].append(day)
        else:
            spans.append([day])
    return spans


def _games_between(first: dt.date, second: dt.date, game_dates: Sequence[dt.date]) -> bool:
    return bisect_left(game_dates, second) > bisect_right(game_dates, first)


def _kind(incident: Incident) -> tuple[str, FailureType, str]:
    return incident.processor, incident.type, incident.cause


def _adjoin(old: Incident, new: Incident, game_dates: Sequence[dt.date]) -> bool:
    """Whether no game date lies between two incidents of one kind."""
    early, late = sorted((old, new), key=lambda incident: incident.first_date)
    return late.first_date <= early.last_date or not _games_between(
        early.last_date, late.first_date, game_dates
    )
