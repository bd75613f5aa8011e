"""The small world of the composite factors: one player of Chicago on day 4, and what is read about him."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field

from shared.warehouse.port import Value
from tests.support import direct
from tests.support.derived_rows import Row, Staged, fill, processor_of, schema_of, stage_dates
from tests.support.raw_rows import Game, RawRow, final_game, scorer, slot, to_tables

FOLDER = "precompute/player_composite_factors"
PLAYERS = schema_of("analytics/player_game_summary")
OFFENSE = schema_of("analytics/team_offense_game_summary")
UPCOMING = schema_of("analytics/upcoming_player_game_context")
TEAM_CONTEXT = schema_of("analytics/upcoming_team_game_context")
DEFENSE = schema_of("precompute/team_defense_zone_analysis")
SHOT_ZONES = schema_of("precompute/player_shot_zone_analysis")
START = dt.date(2021, 10, 19)
PLAYER = "zachlavine"
OTHER = "jaysontatum"


def day(number: int) -> dt.date:
    """Day 0 is the first of the season."""
    return START + dt.timedelta(days=number)


def game(number: int, home: str = "CHI", away: str = "BOS") -> Game:
    """A game whose id names its day."""
    return Game(f"00221{number:03d}{home[0]}{away[0]}", day(number), home, away)


OPENER = game(0)
AHEAD = game(4)


def finished(of: Game) -> list[RawRow]:
    """One player on each side plays the whole game."""
    return final_game(of, home=[scorer(PLAYER, 20, seconds=14400)], away=[scorer(OTHER, 20, seconds=14400)])


def summary(of: Game, player: str = PLAYER) -> Row:
    return {"player_lookup": player, "game_id": of.game_id, "game_date": of.game_date, "team_abbr": "CHI"}


def upcoming(date: dt.date = AHEAD.game_date, player: str = PLAYER, **values: Value) -> Row:
    """Two days of rest, 40 minutes in the last 7 days, 10 points of team-mates missing."""
    return {
        "player_lookup": player,
        "game_id": AHEAD.game_id,
        "game_date": date,
        "team_abbr": "CHI",
        "days_rest": 3,
        "back_to_back": False,
        "minutes_last_7_days": 40.0,
        "back_to_backs_last_14_days": 0,
        "missing_teammate_points": 10.0,
        **values,
    }


def shot_zones(player: str = PLAYER, **values: Value) -> Row:
    """Half of his shots in the paint, a tenth from mid-range, the rest threes."""
    return {
        "player_lookup": player,
        "analysis_date": AHEAD.game_date,
        "primary_scoring_zone": "paint",
        "paint_rate_last_10": 50.0,
        "mid_range_rate_last_10": 10.0,
        "three_pt_rate_last_10": 40.0,
        **values,
    }


def defense(team: str, **values: Value) -> Row:
    """A weak paint defence on 15 games: rating 114, pace 102."""
    return {
        "team_abbr": team,
        "analysis_date": AHEAD.game_date,
        "games_in_sample": 15,
        "defensive_rating_last_15": 114.0,
        "opponent_pace": 102.0,
        "paint_vs_league": 0.02,
        "mid_range_vs_league": 0.0,
        "three_pt_vs_league": -0.005,
        "strongest_zone": "three_pt",
        "weakest_zone": "paint",
        **values,
    }


def offense(date: dt.date, **values: Value) -> Row:
    """A game of the league at rating 110 and pace 100."""
    return {
        "game_id": "0022100999",
        "team_abbr": "NYK",
        "game_date": date,
        "points": 110,
        "possessions": 100.0,
        "team_seconds": 14400,
        **values,
    }


@dataclass
class World:
    """Everything PCF reads, for one player of Chicago on day 4; tests change what they are about."""

    raw: list[RawRow] = field(default_factory=lambda: [*finished(OPENER), slot(AHEAD)])
    players: list[Row] = field(default_factory=lambda: [summary(OPENER), summary(OPENER, OTHER)])
    offense: list[Row] = field(default_factory=lambda: [offense(day(0))])
    upcoming: list[Row] = field(
        default_factory=lambda: [
            upcoming(day(2), missing_teammate_points=4.0),
            upcoming(),
            upcoming(player=OTHER),
        ]
    )
    teams: list[Row] = field(
        default_factory=lambda: [
            {
                "team_abbr": "CHI",
                "game_id": AHEAD.game_id,
                "game_date": AHEAD.game_date,
                "days_rest": 3,
                "opponent_days_rest": 1,
            }
        ]
    )
    defense: list[Row] = field(default_factory=lambda: [defense("BOS"), defense("CHI")])
    zones: list[Row] = field(default_factory=lambda: [shot_zones(), shot_zones(OTHER)])

    def stage(self, dates: tuple[dt.date, ...] = (AHEAD.game_date,)) -> Staged:
        warehouse = direct.memory_warehouse(to_tables(self.raw))
        fill(warehouse, PLAYERS, self.players)
        fill(warehouse, OFFENSE, self.offense)
        fill(warehouse, UPCOMING, self.upcoming)
        fill(warehouse, TEAM_CONTEXT, self.teams)
        fill(warehouse, DEFENSE, self.defense)
        fill(warehouse, SHOT_ZONES, self.zones)
        return stage_dates(warehouse, processor_of(FOLDER), dates, season_start=START, season_year=2021)

    def row(self) -> Row:
        return self.stage().row(player_lookup=PLAYER)
