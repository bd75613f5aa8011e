"""Input fingerprints: what a cell's inputs imply, as one comparable text.

A fingerprint is `code:part:part:...`, one part per declared input in declared order, so that two fingerprints
of a cell tell which input differs.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from functools import lru_cache

from shared.planner.snapshot import EMPTY_FINGERPRINT
from shared.topology.declaration import Processor, Window

_PART_LENGTH = 12
_NOTHING = "-"
#: Last part of the fingerprint of a cell whose date has no slot left: it runs to remove what was there, and
#: neither that run nor its failures say anything of the date with slots.
NO_SLOT = "no slot"
_WEEK = dt.timedelta(days=7)
_DAY = dt.timedelta(days=1)


def _short(text: str) -> str:
    return hashlib.blake2b(text.encode(), digest_size=_PART_LENGTH // 2).hexdigest()


class Chain:
    """Output fingerprints of one source over a season, hashed cumulatively.

    Any prefix of the season is one lookup, so the fingerprints of all dates of a season cost one pass.
    """

    def __init__(self, fingerprints: Iterable[tuple[dt.date, str]]) -> None:
        self._dates: list[dt.date] = []
        self._cumulative: list[str] = []
        self._by_date: dict[dt.date, str] = {}
        self._parts: dict[tuple[Window, tuple[dt.date, ...]], Sequence[str]] = {}
        running = hashlib.blake2b(digest_size=_PART_LENGTH // 2)
        for day, fingerprint in fingerprints:
            if fingerprint == EMPTY_FINGERPRINT:
                continue
            running.update(f"{day.isoformat()}={fingerprint};".encode())
            self._dates.append(day)
            self._cumulative.append(running.hexdigest())
            self._by_date[day] = fingerprint

    def part(self, window: Window, day: dt.date) -> str:
        """The part of a fingerprint that stands for this source in the window of a cell of `day`."""
        match window:
            case Window.ON_DATE:
                found = self._by_date.get(day)
                return _NOTHING if found is None else _short(found)
            case Window.BEFORE:
                return self._before(day)
            case Window.OPENING | Window.PREVIOUS_SEASON | Window.EARLIER:
                raise ValueError(f"Window [{window}] is not of one season")
            case Window.THROUGH:
                return self._before(day + _DAY)
            case Window.NEXT_WEEK:
                return self._before(day + _WEEK + _DAY)

    def parts(self, window: Window, days: tuple[dt.date, ...]) -> Sequence[str]:
        """`part` for every date of a season; asked for again, the same list."""
        if (window, days) not in self._parts:
            self._parts[window, days] = [self.part(window, day) for day in days]
        return self._parts[window, days]

    @property
    def whole(self) -> str:
        """What stands for all dates of the season."""
        return self._cumulative[-1] if self._cumulative else _NOTHING

    def _before(self, day: dt.date) -> str:
        position = bisect_left(self._dates, day)
        return self._cumulative[position - 1] if position else _NOTHING


@lru_cache(maxsize=256)
def chain_of(fingerprints: tuple[tuple[dt.date, str], ...]) -> Chain:
    """The chain of these fingerprints; between two looks at the world most sources stay as they are."""
    return Chain(fingerprints)


def joined(parts: Sequence[str]) -> str:
    """One part that stands for several, in this order; of those that hold anything."""
    held = [part for part in parts if part != _NOTHING]
    if len(held) <= 1:
        return held[0] if held else _NOTHING
    return _short(" ".join(held))


def input_fingerprint(code_version: str, parts: Iterable[str]) -> str:
    """The fingerprint of a cell from its code version and the parts of its inputs."""
    return ":".join((code_version, *parts))


def changed_inputs(processor: Processor, before: str, after: str) -> tuple[str, ...]:
    """What differs between two fingerprints of a cell, in words."""
    old, new = before.split(":"), after.split(":")
    if (old[-1] == NO_SLOT) != (new[-1] == NO_SLOT):
        return ("the slots of the date",)
    if old[0] != new[0] or len(old) != len(new):
        return ("the processor's code",)
    return tuple(
        f"{item.source} ({item.window.value})"
        for item, was, now in zip(processor.inputs, old[1:], new[1:], strict=False)
        if was != now
    )
