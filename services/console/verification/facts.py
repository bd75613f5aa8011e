"""Totals of a season, read from the tables once and only when something asks for them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from services.console.verification.season import SeasonDates, run
from shared.warehouse.port import Rows, Value, Warehouse, date, text

Number = int | float


class NothingThereError(Exception):
    """The tables have no row, or only NULL, where a published value is; the message says where."""


@dataclass(frozen=True)
class Totals:
    """Numbers by name, of what `of` says. A rate `x` is kept as `x_sum` and `x_weight`."""

    of: str
    values: Mapping[str, Value]

    def __getitem__(self, name: str) -> Number:
        """The number of that name. Raises NothingThereError when it is NULL."""
        value = self.values[name]
        if isinstance(value, int | float):
            return value
        raise NothingThereError(f"{name} of {self.of} is [{'NULL' if value is None else value}]")

    def mean(self, name: str) -> float:
        """The weighted mean of a rate. Raises NothingThereError when no row has it."""
        if not self.values[f"{name}_weight"]:
            raise NothingThereError(f"{name} of {self.of} is NULL in every row")
        return self[f"{name}_sum"] / self[f"{name}_weight"]

    def share(self, part: str, whole: str) -> float:
        """`part` / `whole`. Raises NothingThereError when the whole is 0."""
        if not self[whole]:
            raise NothingThereError(f"{whole} of {self.of} is 0")
        return self[part] / self[whole]


@dataclass(frozen=True)
class Lines:
    """Offence and defence of one team, or of all teams together."""

    offense: Totals
    defense: Totals


@dataclass(frozen=True)
class Postponed:
    """A slot that was postponed; `played` is None when the game has not been played since."""

    away: str
    home: str
    game_id: str
    original: dt.date
    played: dt.date | None


@dataclass(frozen=True)
class BackToBacks:
    """Games on the day after another one, and how many of `compared` context rows say `different`."""

    back_to_backs: int
    compared: int
    different: int


@dataclass(frozen=True)
class Facts:
    """What the tables say of one season. Each property is one query, run at its first use."""

    warehouse: Warehouse
    season: SeasonDates

    @cached_property
    def _offense(self) -> Mapping[str, Totals]:
        return _by_entity(self._run("team_offense"), "team_abbr", "team_offense_game_summary of")

    @cached_property
    def _defense(self) -> Mapping[str, Totals]:
        return _by_entity(self._run("team_defense"), "team_abbr", "team_defense_game_summary of")

    @cached_property
    def league(self) -> Lines:
        """Regular-season totals of all teams."""
        return Lines(
            _added("team_offense_game_summary", self._offense.values()),
            _added("team_defense_game_summary", self._defense.values()),
        )

    def team(self, tricode: str) -> Lines:
        """Regular-season totals of one team. Raises NothingThereError when it has no row."""
        return Lines(
            _found(self._offense, tricode, "team_offense_game_summary"),
            _found(self._defense, tricode, "team_defense_game_summary"),
        )

    @cached_property
    def raw_team_totals(self) -> Totals:
        """Regular-season sums of the raw team box scores, under the summaries' names."""
        return Totals("nbac_team_boxscore", next(self._run("raw_team_totals").records()))

    @cached_property
    def players(self) -> Mapping[str, Totals]:
        """Regular-season totals of every player."""
        return _by_entity(self._run("players"), "player_lookup", "player_game_summary of")

    def player(self, lookup: str) -> Totals:
        """Regular-season totals of one player. Raises NothingThereError when he has no row."""
        return _found(self.players, lookup, "player_game_summary")

    @cached_property
    def appearances(self) -> Mapping[str, int]:
        """Regular-season appearances by month (`2021-10`)."""
        return {str(row[0]): _whole(row[1]) for row in self._run("appearances").values}

    @cached_property
    def calendar(self) -> Mapping[tuple[str, str], tuple[int, int]]:
        """Games and dates that were played, by season type and month."""
        rows = self._run("calendar").values
        return {(str(row[0]), str(row[1])): (_whole(row[2]), _whole(row[3])) for row in rows}

    def games(self, season_type: str) -> int:
        """Games played of a season type."""
        return sum(games for (kind, _), (games, _) in self.calendar.items() if kind == season_type)

    @cached_property
    def postponed(self) -> tuple[Postponed, ...]:
        """Postponed slots, in the order of their dates."""
        return tuple(Postponed(*row) for row in self._run("postponed").values)  # type: ignore[arg-type]

    @cached_property
    def shot_zones(self) -> Mapping[str, Totals]:
        """Attempts and makes by NBA.com's zones, where the shot chart agrees with the box score."""
        return _by_entity(self._run("shot_zones"), "shot_zone_basic", "nbac_shot_chart,")

    @cached_property
    def back_to_backs(self) -> Mapping[str, BackToBacks]:
        """Back-to-backs by kind of entity: `player`, `team`. Raises NothingThereError without results."""
        rows = self._run("back_to_backs").values
        if not rows:
            raise NothingThereError("player_game_summary has no row of the regular season")
        return {str(row[0]): BackToBacks(*map(_whole, row[1:])) for row in rows}

    def player_and_team_games(self, lookup: str, start: dt.date, end: dt.date) -> Totals:
        """Games of a player and of his team from start to end, both included."""
        parameters = {"player_lookup": text(lookup), "start_date": date(start), "end_date": date(end)}
        rows = run(self.warehouse, "player_and_team_games", {**self.season.parameters, **parameters})
        return Totals(f"player_game_summary of [{lookup}]", next(rows.records()))

    def _run(self, name: str) -> Rows:
        return run(self.warehouse, name, self.season.parameters)


def _by_entity(rows: Rows, column: str, of: str) -> Mapping[str, Totals]:
    return {str(record[column]): Totals(f"{of} [{record[column]}]", record) for record in rows.records()}


def _found(totals: Mapping[str, Totals], entity: str, table: str) -> Totals:
    if entity not in totals:
        raise NothingThereError(f"{table} has no row of [{entity}] in the regular season")
    return totals[entity]


def _added(of: str, parts: Iterable[Totals]) -> Totals:
    """Sums over the parts; a number that is NULL in one is NULL. Raises NothingThereError for no part."""
    records = [part.values for part in parts]
    if not records:
        raise NothingThereError(f"{of} has no row of the regular season")
    return Totals(of, {name: _sum([record[name] for record in records]) for name in records[0]})


def _sum(values: list[Value]) -> Number | None:
    numbers = [value for value in values if isinstance(value, int | float)]
    return sum(numbers) if len(numbers) == len(values) else None


def _whole(value: Value) -> int:
    if not isinstance(value, int):
        raise TypeError(f"Not a count: [{value!r}]")
    return value
