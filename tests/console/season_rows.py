"""A season of a few games, as rows of the tables that `nba verify` reads, made by hand."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property

from services.console.verification.facts import Facts
from services.console.verification.published import PublishedValue
from services.console.verification.season import SeasonDates
from shared.warehouse.port import Value, Warehouse
from tests.support.derived_rows import fill, schema_of
from tests.support.direct import memory_warehouse
from tests.support.raw_rows import RawRow, to_tables

PGS = "analytics/player_game_summary"
TOGS = "analytics/team_offense_game_summary"
TDGS = "analytics/team_defense_game_summary"
UPGC = "analytics/upcoming_player_game_context"
UTGC = "analytics/upcoming_team_game_context"
FOLDERS = (PGS, TOGS, TDGS, UPGC, UTGC)

SEASON = SeasonDates(2021, tuple(dt.date(2021, 10, 19) + dt.timedelta(days=n) for n in range(60)))
Row = Mapping[str, Value]


def day(number: int) -> dt.date:
    """A date of the season, counted from its first."""
    return SEASON.dates[number]


def _of(number: int, values: Row) -> dict[str, Value]:
    return {
        "game_date": day(number),
        "game_id": f"00221{number:05d}",
        "season_year": 2021,
        "season_type": "regular",
        **values,
    }


def offense(team: str, number: int, **values: Value) -> Row:
    """A team's offence on a day: 100 points on 100 possessions, won at home; `values` change it."""
    box: dict[str, Value] = {
        "team_abbr": team,
        "home_game": True,
        "win_flag": True,
        "margin": 10,
        "overtime_periods": 0,
        "team_seconds": 14_400,
        "points": 100,
        "fg_makes": 40,
        "fg_attempts": 80,
        "three_pt_makes": 10,
        "three_pt_attempts": 30,
        "ft_makes": 10,
        "ft_attempts": 20,
        "offensive_rebounds": 10,
        "defensive_rebounds": 30,
        "total_rebounds": 40,
        "assists": 24,
        "turnovers": 12,
        "possessions": 100.0,
        "pace": 100.0,
        "offensive_rating": 100.0,
        "efg_pct": 0.5625,
        "ts_pct": 0.5631,
        "possessions_counted": 98.0,
        "pace_counted": 98.5,
        "offensive_rating_counted": 102.0,
        "zone_source": "shot_chart",
        "paint_attempts": 32,
        "paint_makes": 20,
        "mid_range_attempts": 18,
        "mid_range_makes": 10,
    }
    return _of(number, {**box, **values})


def defense(team: str, number: int, **values: Value) -> Row:
    """A team's defence on a day: 90 points allowed on 100 possessions, unless `values` say otherwise."""
    box: dict[str, Value] = {
        "team_abbr": team,
        "opponent_team_abbr": "OPP",
        "points_allowed": 90,
        "steals": 7,
        "blocks": 5,
        "personal_fouls": 20,
        "possessions": 100.0,
        "opponent_possessions_counted": 96.0,
        "defensive_rating": 90.0,
        "defensive_rating_counted": 93.75,
    }
    return _of(number, {**box, **values})


def appearance(player: str, team: str, number: int, **values: Value) -> Row:
    """A player's game: 20 points in 40 minutes with a fifth of his team's plays on court."""
    box: dict[str, Value] = {
        "player_lookup": player,
        "team_abbr": team,
        "points": 20,
        "total_rebounds": 5,
        "assists": 4,
        "turnovers": 2,
        "fg_attempts": 15,
        "ft_attempts": 5,
        "seconds_played": 2_400,
        "ts_pct": 0.6,
        "usage_rate": 20.0,
        "team_seconds": 14_400,
        "team_field_goals_attempted": 80,
        "team_free_throws_attempted": 20,
        "team_turnovers": 12,
    }
    return _of(number, {**box, **values})


@dataclass(frozen=True)
class Tables:
    """Rows by processor folder, and raw rows."""

    derived: Mapping[str, Sequence[Row]] = field(default_factory=dict)
    raw: Sequence[RawRow] = ()

    def warehouse(self) -> Warehouse:
        """A warehouse in memory with these rows; every table that is not named is there and empty."""
        warehouse = memory_warehouse(to_tables(self.raw))
        for folder in FOLDERS:
            fill(warehouse, schema_of(folder), self.derived.get(folder, ()))
        return warehouse

    @cached_property
    def facts(self) -> Facts:
        """What these rows say of the season."""
        return Facts(self.warehouse(), SEASON)


def chicago(day_two: Row | None = None, *, players: Sequence[Row] = (), raw: Sequence[RawRow] = ()) -> Tables:
    """Two home games of Chicago, on days 0 and 2; `day_two` changes its offence on the second."""
    second = {**offense("CHI", 2), **(day_two or {})}
    return Tables(
        {TOGS: [offense("CHI", 0), second], TDGS: [defense("CHI", 0), defense("CHI", 2)], PGS: players}, raw
    )


@cache
def usual() -> Tables:
    """Chicago's two games as they are by default, read by many tests and changed by none."""
    return chicago()


def published(scope: str, entity: str, metric: str, value: str, tolerance: str = "0") -> PublishedValue:
    """A published value as a row of the file."""
    return PublishedValue("[values.csv] line 2", 2, scope, entity, metric, value, tolerance, "a book", "")
