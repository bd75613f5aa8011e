"""The evidence of a failure row: per missing game what decided its verdict, and the counts of the windows."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class MissingGame:
    """A game without the rows that were expected: when, which verdict, and the source that decided it."""

    date: dt.date | None
    game_id: str | None
    team: str | None
    verdict: str
    source: str | None
    reason: str | None
    report: str | None


@dataclass(frozen=True)
class WindowCount:
    """Games of a window: expected, played, and missed with an explained absence."""

    expected: int
    played: int
    absent: int


@dataclass(frozen=True)
class Evidence:
    """What a failure row knows."""

    windows: Mapping[str, WindowCount] = field(default_factory=dict)
    missing: tuple[MissingGame, ...] = ()


def parse_evidence(text: str | None) -> Evidence:
    """Read the column `evidence`: a list of missing games, or an object with `windows` and `missing`.

    Raises ValueError for any other shape.
    """
    if text is None:
        return Evidence()
    found = json.loads(text)
    match found:
        case None:
            return Evidence()
        case list():
            return Evidence({}, tuple(_game(item) for item in found))
        case dict():
            windows = {name: WindowCount(*counts) for name, counts in found.get("windows", {}).items()}
            return Evidence(windows, tuple(_game(item) for item in found.get("missing", ())))
    raise ValueError(f"Unexpected evidence: [{text}]")


def parse_dates(text: str | None) -> tuple[dt.date, ...]:
    """Read the column `missing_game_dates`, a JSON array of dates."""
    return tuple(dt.date.fromisoformat(item) for item in json.loads(text)) if text else ()


def _game(item: Mapping[str, str | None]) -> MissingGame:
    day = item.get("date") or item.get("game_date")
    return MissingGame(
        date=None if day is None else dt.date.fromisoformat(day),
        game_id=item.get("game_id"),
        team=item.get("team"),
        verdict=item.get("verdict") or "UNKNOWN",
        source=item.get("source"),
        reason=item.get("reason"),
        report=item.get("report"),
    )
