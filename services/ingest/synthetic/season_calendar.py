"""Which days of a season have games, and on which days something unusual is planted.

Unusual things recur: one set in the opening weeks and one in every calendar month that has enough season
left for its consequences to show. Thirty days from opening night and every calendar month up to March
therefore hold a whole set well before their end, and yet a date's rows do not depend on the range asked for.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta
from enum import IntEnum

_SEASON_DAYS = 174
_ALL_STAR_BREAK = range(122, 128)
_LATE_OFF_DAY = 167
_DAYS_LEFT_FOR_CONSEQUENCES = 21


def season_bounds(season_year: int) -> tuple[date, date]:
    """First and last day: the Tuesday from 18 to 24 October, and the Sunday 173 days later."""
    earliest = date(season_year, 10, 18)
    opening = earliest + timedelta(days=(1 - earliest.weekday()) % 7)
    return opening, opening + timedelta(days=_SEASON_DAYS - 1)


def playable_dates(season_year: int) -> tuple[date, ...]:
    """The 165 days on which games may be scheduled.

    Off days are Thanksgiving, Christmas Eve, six days around the All-Star game and one late Monday.
    """
    opening, last = season_bounds(season_year)
    first_of_november = date(season_year, 11, 1)
    thanksgiving = first_of_november + timedelta(days=(3 - first_of_november.weekday()) % 7 + 21)
    off = {thanksgiving, date(season_year, 12, 24), opening + timedelta(days=_LATE_OFF_DAY)}
    off.update(opening + timedelta(days=day) for day in _ALL_STAR_BREAK)
    days = (opening + timedelta(days=offset) for offset in range((last - opening).days + 1))
    return tuple(day for day in days if day not in off)


class Plant(IntEnum):
    """Something unusual, valued by the days from the start of a block to the day it happens."""

    SECONDS_ONLY_APPEARANCE = 3
    NO_INJURY_REPORT = 4
    GAME_NOT_INGESTED = 5
    OVERTIME = 6
    GAME_HALF_INGESTED = 7
    POSTPONEMENT = 8
    LATE_BOX_SCORE = 9
    TRADE = 10
    NO_SHOT_CHART = 11
    NO_PLAY_BY_PLAY_1 = 12
    NO_PLAY_BY_PLAY_2 = 13
    NO_PLAY_BY_PLAY_3 = 14
    NO_GAME_LINE = 15


def _block_starts(season_year: int) -> tuple[date, ...]:
    opening, last = season_bounds(season_year)
    months = [date(season_year, month, 1) for month in (11, 12)]
    months += [date(season_year + 1, month, 1) for month in range(1, 5)]
    starts = (opening, *months)
    return tuple(start for start in starts if (last - start).days >= _DAYS_LEFT_FOR_CONSEQUENCES)


@dataclass(frozen=True)
class PlantCalendar:
    """The dates of every kind of plant, in order. No two kinds share a date."""

    by_plant: dict[Plant, tuple[date, ...]]

    def dates(self, *plants: Plant) -> frozenset[date]:
        """Dates of any of `plants`."""
        return frozenset(day for plant in plants for day in self.by_plant[plant])

    @property
    def without_play_by_play(self) -> frozenset[date]:
        return self.dates(Plant.NO_PLAY_BY_PLAY_1, Plant.NO_PLAY_BY_PLAY_2, Plant.NO_PLAY_BY_PLAY_3)


def plant_calendar(*, season_year: int, game_dates: Collection[date]) -> PlantCalendar:
    """Put every kind of plant of every block on the first unused game date at or after its day."""
    ordered = sorted(game_dates)
    used: set[date] = set()
    by_plant: dict[Plant, list[date]] = {plant: [] for plant in Plant}
    for start in _block_starts(season_year):
        for plant in Plant:
            target = start + timedelta(days=plant.value)
            day = next(day for day in ordered if day >= target and day not in used)
            used.add(day)
            by_plant[plant].append(day)
    return PlantCalendar({plant: tuple(days) for plant, days in by_plant.items()})
