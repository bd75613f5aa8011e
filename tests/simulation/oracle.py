"""What the tables must hold, worked out from the raw rows in plain Python: no SQL, no planner, no history.

The definitions are those of the SQL in processors/; a test holds both against each other by running the real
pipeline from scratch.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal

from tests.simulation.league import IMPOSSIBLE_DATE, WITHHELD_POINTS

SCORES, FORM, CARD = "sim_scores", "sim_form", "sim_card"

#: A row without its date: team, values, hash of the content.
OutputRow = tuple[str, tuple[int | float, ...], str]
#: Date, entity, category.
FailureKey = tuple[dt.date, str, str]


@dataclass(frozen=True)
class RawSlot:
    """A schedule row as far as processors read it."""

    game_id: str
    date: dt.date
    final: bool
    postponed: bool
    teams: tuple[str, str]


@dataclass(frozen=True)
class RawBox:
    """A team box row as far as processors read it."""

    game_id: str
    date: dt.date
    team: str
    points: int | None


@dataclass
class Expected:
    """Of each processor: rows by date, and failures with their types."""

    rows: dict[str, dict[dt.date, set[OutputRow]]] = field(default_factory=dict)
    failures: dict[str, dict[FailureKey, str]] = field(default_factory=dict)


def _row(day: dt.date, team: str, *values: int | float) -> OutputRow:
    texts = [_millionths(value) if isinstance(value, float) else str(value) for value in values]
    content = "\x1f".join([day.isoformat(), team, *texts])
    return team, values, hashlib.md5(content.encode(), usedforsecurity=False).hexdigest()


def _millionths(value: float) -> str:
    """Rounded half away from zero, as SQL rounds."""
    return str(Decimal(value * 1_000_000).quantize(Decimal(1), ROUND_HALF_UP))


def fingerprint_of(hashes: Iterable[str]) -> str:
    """The output fingerprint of a cell, from the content hashes of its rows."""
    found = sorted(hashes)
    return hashlib.md5(",".join(found).encode(), usedforsecurity=False).hexdigest() if found else "empty"


def expected_of(slots: Iterable[RawSlot], boxes: Iterable[RawBox]) -> Expected:
    """Rows and failures that the raw rows imply. Raises ValueError for raw rows that fail a whole date."""
    result = Expected(
        {name: {} for name in (SCORES, FORM, CARD)}, {name: {} for name in (SCORES, FORM, CARD)}
    )
    teams: dict[dt.date, set[str]] = {}
    finals: dict[str, dict[dt.date, str]] = {}
    for found in slots:
        if found.postponed:
            continue
        teams.setdefault(found.date, set()).update(found.teams)
        if found.final:
            for team in found.teams:
                finals.setdefault(team, {})[found.date] = found.game_id
    lines = {(box.game_id, box.date, box.team): box for box in boxes}
    played: dict[str, dict[dt.date, RawBox | None]] = {
        team: {day: lines.get((game, day, team)) for day, game in games.items()}
        for team, games in finals.items()
    }
    scored: dict[tuple[str, dt.date], int] = {}
    for day in sorted(teams):
        _scores(result, day, teams[day], played, scored)
    for day in sorted(teams):
        _form_and_card(result, day, teams[day], played, scored)
    return result


def _scores(
    result: Expected,
    day: dt.date,
    teams: set[str],
    played: Mapping[str, Mapping[dt.date, RawBox | None]],
    scored: dict[tuple[str, dt.date], int],
) -> None:
    total = 0
    for team in teams:
        box = played.get(team, {}).get(day)
        failures = result.failures[SCORES]
        if box is None:
            failures[day, team, "INCOMPLETE_DATA"] = "DATA_GAP"
            continue
        if box.points is None:
            failures[day, team, "INCOMPLETE_DATA"] = "PLAYER_DNP"
            continue
        total += box.points
        if box.points >= WITHHELD_POINTS:
            failures[day, team, "CHECK_FAILED"] = "PROCESSING_ERROR"
            continue
        scored[team, day] = box.points
        result.rows[SCORES].setdefault(day, set()).add(_row(day, team, box.points))
    if total >= IMPOSSIBLE_DATE:
        raise ValueError(f"The points of [{day}] fail the whole date: [{total}]")


def _form_and_card(
    result: Expected,
    day: dt.date,
    teams: set[str],
    played: Mapping[str, Mapping[dt.date, RawBox | None]],
    scored: Mapping[tuple[str, dt.date], int],
) -> None:
    for team in teams:
        before = {when: box for when, box in played.get(team, {}).items() if when < day}
        lost = sum(1 for box in before.values() if box is None)
        absent = sum(1 for box in before.values() if box is not None and box.points is None)
        points = [scored[team, when] for when in before if (team, when) in scored]
        withheld = len(before) - lost - absent - len(points)
        failures = result.failures[FORM]
        if lost + absent:
            kind = "PLAYER_DNP" if not lost else "DATA_GAP" if not absent else "MIXED"
            failures[day, team, "INCOMPLETE_DATA"] = kind
        if withheld:
            failures[day, team, "UPSTREAM_INCOMPLETE"] = "UPSTREAM_GAP"
        if not points and lost + withheld == 0:
            failures[day, team, "INSUFFICIENT_DATA"] = "INSUFFICIENT_HISTORY"
        if points and lost + withheld == 0:
            form, card = (len(points), sum(points)), sum(points) / len(points)
            result.rows[FORM].setdefault(day, set()).add(_row(day, team, *form))
            result.rows[CARD].setdefault(day, set()).add(_row(day, team, card))
        elif len(before) > absent:
            result.failures[CARD][day, team, "UPSTREAM_INCOMPLETE"] = "UPSTREAM_GAP"
        else:
            result.failures[CARD][day, team, "INSUFFICIENT_DATA"] = "INSUFFICIENT_HISTORY"
