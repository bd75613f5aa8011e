"""The league of the simulation: what its source has published so far, as raw rows.

Six dates, four of them with games from the start. Rules let games be played, box scores land (half, whole,
late), be corrected or vanish, and slots move. What lands in the warehouse is decided by ingest jobs.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum

import pyarrow as pa

from services.ingest.source import RawFile
from shared.arrow import arrow_schema
from shared.tables import raw_tables
from shared.topology.declaration import RESULTS, TEAM_BOX, raw_table_of
from tests.support.raw_rows import Game, RawRow, final_slot, postponed_slot, slot, team_box, to_tables

SCHEDULE = raw_table_of(RESULTS)
TABLES = (SCHEDULE, TEAM_BOX)
FIRST = dt.date(2021, 10, 19)
DAYS = 6
#: Number of assists that makes the query of sim_scores fail, and points that are withheld.
BREAKS_THE_QUERY = 666
WITHHELD_POINTS = 300
#: Points of a date from which on the date fails.
IMPOSSIBLE_DATE = 1000
#: Day number, home team and away team of the slots that the season starts with.
_CALENDAR = ((0, "BOS", "CHI"), (0, "MIA", "NYK"), (1, "BOS", "MIA"), (2, "CHI", "NYK"), (3, "BOS", "NYK"))


def on(number: int) -> dt.date:
    """Day `number` of the season; 0 is its first."""
    return FIRST + dt.timedelta(days=number)


class Stage(Enum):
    """What a slot has come to."""

    SCHEDULED = "scheduled"
    FINAL = "final"
    POSTPONED = "postponed"


@dataclass(frozen=True)
class Slot:
    """A game on a date."""

    game: Game
    stage: Stage

    def row(self) -> RawRow:
        """The schedule row of the slot."""
        match self.stage:
            case Stage.SCHEDULED:
                return slot(self.game)
            case Stage.FINAL:
                return final_slot(self.game, 100, 99)
            case Stage.POSTPONED:
                return postponed_slot(self.game)


@dataclass(frozen=True)
class Box:
    """A team's line of a game. No points: listed, but nothing was counted."""

    game: Game
    team: str
    points: int | None
    assists: int = 20

    def row(self) -> RawRow:
        """The team box row."""
        return team_box(self.game, self.team, [], points=self.points, assists=self.assists)


@dataclass
class League:
    """Slots by (game id, date) and boxes by (game id, date, team): what the source has now."""

    slots: dict[tuple[str, dt.date], Slot] = field(default_factory=dict)
    boxes: dict[tuple[str, dt.date, str], Box] = field(default_factory=dict)
    _number: int = 0

    def add_slot(self, day: dt.date, home: str, away: str) -> Slot:
        """A new game on a date."""
        self._number += 1
        found = Slot(Game(f"00221{self._number:05d}", day, home, away), Stage.SCHEDULED)
        self.slots[found.game.game_id, day] = found
        return found

    def set_stage(self, found: Slot, stage: Stage) -> None:
        """Change what a slot has come to."""
        self.slots[found.game.game_id, found.game.game_date] = replace(found, stage=stage)

    def postpone(self, found: Slot, to: dt.date) -> None:
        """Move a game; its slot stays behind, its boxes vanish."""
        self.set_stage(found, Stage.POSTPONED)
        for team in (found.game.home, found.game.away):
            self.boxes.pop((found.game.game_id, found.game.game_date, team), None)
        moved = replace(found.game, game_date=to)
        self.slots[moved.game_id, to] = Slot(moved, Stage.SCHEDULED)

    def put_box(self, box: Box) -> None:
        """Publish a team's line, or another version of it."""
        self.boxes[box.game.game_id, box.game.game_date, box.team] = box

    def remove_box(self, box: Box) -> None:
        """Take a team's line back."""
        del self.boxes[box.game.game_id, box.game.game_date, box.team]

    def standing(self, *stages: Stage) -> list[Slot]:
        """Slots at one of these stages, in order of date and id."""
        found = [slot for slot in self.slots.values() if slot.stage in stages]
        return sorted(found, key=lambda s: (s.game.game_date, s.game.game_id))

    def playing(self, day: dt.date) -> set[str]:
        """Teams that have a slot on a date, postponed or not."""
        return {
            team
            for found in self.slots.values()
            if found.game.game_date == day
            for team in (found.game.home, found.game.away)
        }

    def lines(self) -> list[Box]:
        """All boxes, in order."""
        return [self.boxes[key] for key in sorted(self.boxes)]

    def missing_lines(self) -> list[tuple[Game, str]]:
        """(game, team) of Final games without a box."""
        return [
            (found.game, team)
            for found in self.standing(Stage.FINAL)
            for team in (found.game.home, found.game.away)
            if (found.game.game_id, found.game.game_date, team) not in self.boxes
        ]

    def heal(self) -> None:
        """Correct what no pipeline can digest: a value that breaks the query, points that fail a date."""
        for box in self.lines():
            if box.assists == BREAKS_THE_QUERY or (box.points or 0) >= IMPOSSIBLE_DATE:
                self.put_box(replace(box, assists=20, points=101))

    def finish(self) -> None:
        """Play most of what is left, and find most of the lines that are lost; the rest stays lost."""
        for number, found in enumerate(self.standing(Stage.SCHEDULED)):
            if number % 3 != 2:
                self.set_stage(found, Stage.FINAL)
        for number, (game, team) in enumerate(self.missing_lines()):
            if number % 4 != 3:
                self.put_box(Box(game, team, 70 + number))

    def rows(self, tables: Collection[str], days: Collection[dt.date]) -> Iterator[RawRow]:
        """The raw rows of some tables and dates."""
        if SCHEDULE in tables:
            yield from (found.row() for found in self.slots.values() if found.game.game_date in days)
        if TEAM_BOX in tables:
            yield from (box.row() for box in self.boxes.values() if box.game.game_date in days)

    def arrow(self, tables: Collection[str], days: Collection[dt.date]) -> dict[str, pa.Table]:
        """The same as Arrow tables, also those without rows."""
        found = to_tables(self.rows(tables, days))
        empty = {name: arrow_schema(raw_tables()[name]).empty_table() for name in tables}
        return {**empty, **found}


@dataclass(frozen=True)
class LeagueSource:
    """The league as the source that the ingest service asks."""

    league: League

    def read(self, start: dt.date, end: dt.date) -> Sequence[RawFile]:
        """Everything the league has of a range of dates."""
        days = [start + dt.timedelta(days=n) for n in range((end - start).days + 1)]
        return [
            RawFile(name=f"{table} of the league", table=table, rows=rows)
            for table, rows in to_tables(self.league.rows(TABLES, days)).items()
        ]


def first_league() -> League:
    """The league before its first game."""
    league = League()
    for number, home, away in _CALENDAR:
        league.add_slot(on(number), home, away)
    return league
