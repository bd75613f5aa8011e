"""Time as a port: workers ask the Clock, so that tests and the local broker can own it."""

from __future__ import annotations

import datetime as dt
import time
from typing import Protocol
from zoneinfo import ZoneInfo

EASTERN = ZoneInfo("America/New_York")


class Clock(Protocol):
    """Where the time comes from."""

    def now(self) -> dt.datetime:
        """The current time, aware, in UTC."""
        ...

    def sleep_until(self, moment: dt.datetime) -> None:
        """Let time pass until `moment` (not at all when it has passed)."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> dt.datetime:
        return dt.datetime.now(dt.UTC)

    def sleep_until(self, moment: dt.datetime) -> None:
        time.sleep(max(0.0, (moment - self.now()).total_seconds()))


class VirtualClock:
    """A clock that moves only when told: sleeping jumps."""

    def __init__(self, start: dt.datetime) -> None:
        self._now = start

    def now(self) -> dt.datetime:
        return self._now

    def sleep_until(self, moment: dt.datetime) -> None:
        self._now = max(self._now, moment)


def grace_ends(game_date: dt.date) -> dt.datetime:
    """When a date stops waiting for its games and raw rows: noon US Eastern of the next day, in UTC."""
    noon = dt.datetime.combine(game_date + dt.timedelta(days=1), dt.time(12), tzinfo=EASTERN)
    return noon.astimezone(dt.UTC)
