"""The result tables of 2021-22 against published season values, number by number.

Every line of the list of check values is either recomputed here, from the three result tables alone, or
named in BEYOND_THE_TABLES with the reason. Season rates are sums over sums, never means of game rates.
"""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import pytest

from shared.warehouse.port import Warehouse
from tests.realdata import SHARED, requires_shared
from tests.support import direct

pytestmark = [pytest.mark.realdata, requires_shared("data", "raw", "2021-22"), requires_shared("facts")]

CHECK_VALUES = SHARED / "facts" / "check_values_2021_22.csv"
RESULT_TABLES = ("player_game_summary", "team_offense_game_summary", "team_defense_game_summary")
PGS = "nba_analytics.player_game_summary"
TOGS = "nba_analytics.team_offense_game_summary"
TDGS = "nba_analytics.team_defense_game_summary"
SEASON = "game_date BETWEEN '2021-10-19' AND '2022-06-30'"
REGULAR = f"{SEASON} AND season_type = 'regular'"

BEYOND_THE_TABLES = {
    ("league", "ortg_pbpstats"): "possessions counted by a third party",
    ("league", "poss_per_team_game_pbpstats"): "possessions counted by a third party",
    ("zone_pbpstats", "freq/FG%"): "zones by distance over the full season, of a third party",
    ("team_zone_def", "opp corner3 freq/FG%"): "corner threes are no zone of these tables",
    ("team_zone_def", "opp rim freq/FG%"): "the rim is no zone of these tables",
    ("zone_nba", "freq/FG%"): "seven zones of the raw shot chart; the tables keep three",
}


@dataclass(frozen=True)
class CheckValue:
    """One published value: what of whom, its numbers, and how far each may be off."""

    scope: str
    entity: str
    metric: str
    texts: tuple[str, ...]
    tolerances: tuple[float, ...]

    @property
    def key(self) -> tuple[str, str]:
        return self.scope, self.metric


def _numbers(text: str) -> tuple[float, ...]:
    return tuple(float(part) for part in text.replace(" vs full season", "").split("/"))


@cache
def check_values() -> tuple[CheckValue, ...]:
    """The published list; empty when it is not here, so that collection never fails."""
    if not CHECK_VALUES.exists():
        return ()
    found = []
    with CHECK_VALUES.open(encoding="utf-8", newline="") as file:
        for line in csv.DictReader(file):
            separator = None if line["scope"] == "postponed" else "/"
            texts = tuple(line["value"].split(separator))
            tolerances = _numbers(line["tolerance"])
            if len(tolerances) == 1:
                tolerances *= len(texts)
            found.append(CheckValue(line["scope"], line["entity"], line["metric"], texts, tolerances))
    return tuple(found)


class Season:
    """The three result tables of the season, and sums over them."""

    def __init__(self, warehouse: Warehouse) -> None:
        self._warehouse = warehouse

    def numbers(self, expressions: str, table: str, condition: str = REGULAR) -> list[float]:
        """One row of numbers. `expressions` are GoogleSQL."""
        sql = f"SELECT {expressions} FROM {table} WHERE {condition}"
        (row,) = direct.select(self._warehouse, sql).values
        return [float(str(value)) for value in row]

    def texts(self, sql: str) -> list[str]:
        """The one row of a query, as text."""
        (row,) = direct.select(self._warehouse, sql).values
        return [str(value) for value in row]


@pytest.fixture(scope="module")
def season() -> Season:
    warehouse = direct.memory_warehouse(direct.load_parquet_folder(SHARED / "data" / "raw" / "2021-22"))
    batch = direct.batch_of(warehouse, start=dt.date(2021, 10, 1), end=dt.date(2022, 6, 30))
    direct.run_by_hand(warehouse, RESULT_TABLES, batch)
    return Season(warehouse)


Recompute = Callable[[Season, str], list[float]]


def over_togs(expressions: str) -> Recompute:
    """Numbers over all regular team-games, offence."""
    return lambda season, _: season.numbers(expressions, TOGS)


def over_tdgs(expressions: str) -> Recompute:
    """Numbers over all regular team-games, defence."""
    return lambda season, _: season.numbers(expressions, TDGS)


def over_pgs(expressions: str) -> Recompute:
    """Numbers over all regular appearances."""
    return lambda season, _: season.numbers(expressions, PGS)


def of_team(offense: str, defense: str | None = None) -> Recompute:
    """Numbers of one team's regular season."""

    def recompute(season: Season, team: str) -> list[float]:
        condition = f"{REGULAR} AND team_abbr = '{team}'"
        numbers = season.numbers(offense, TOGS, condition)
        return numbers if defense is None else [*numbers, *season.numbers(defense, TDGS, condition)]

    return recompute


def of_player(expressions: str) -> Recompute:
    """Numbers of one player's regular season."""

    def recompute(season: Season, name: str) -> list[float]:
        return season.numbers(expressions, PGS, f"{REGULAR} AND player_full_name = '{name}'")

    return recompute


def usage_of_season(season: Season, name: str) -> list[float]:
    """Usage as Basketball-Reference publishes it: against the team's season, also the games he missed."""
    condition = f"{REGULAR} AND player_full_name = '{name}'"
    sums = "SUM(fg_attempts), SUM(ft_attempts), SUM(turnovers)"
    fga, fta, tov, seconds = season.numbers(f"{sums}, SUM(seconds_played)", PGS, condition)
    teams = f"{REGULAR} AND team_abbr IN (SELECT team_abbr FROM {PGS} WHERE {condition})"
    team_fga, team_fta, team_tov, team_seconds = season.numbers(f"{sums}, SUM(team_seconds)", TOGS, teams)
    plays, team_plays = fga + 0.44 * fta + tov, team_fga + 0.44 * team_fta + team_tov
    return [100 * plays * (team_seconds / 5) / (seconds * team_plays)]


def games_and_dates_of_month(season: Season, month: str) -> list[float]:
    condition = f"{REGULAR} AND FORMAT_DATE('%Y-%m', game_date) = '{month}'"
    return season.numbers("COUNT(DISTINCT game_id), COUNT(DISTINCT game_date)", TOGS, condition)


def appearances_of_month(season: Season, month: str) -> list[float]:
    return season.numbers("COUNT(*)", PGS, f"{REGULAR} AND FORMAT_DATE('%Y-%m', game_date) = '{month}'")


def back_to_backs(table: str, entity: str) -> Recompute:
    """Games on the day after another of the same entity."""
    games = (
        f"(SELECT DATE_DIFF(game_date, LAG(game_date) OVER (PARTITION BY {entity} ORDER BY game_date), DAY)"
        f" AS days FROM {table} WHERE {REGULAR})"
    )
    return lambda season, _: season.numbers("COUNTIF(days = 1)", games, "TRUE")


def players_by_number_of_teams(season: Season, _: str) -> list[float]:
    teams = f"(SELECT COUNT(DISTINCT team_abbr) AS teams FROM {PGS} WHERE {REGULAR} GROUP BY player_lookup)"
    return season.numbers("COUNTIF(teams = 2), COUNTIF(teams = 3), COUNTIF(teams = 4)", teams, "TRUE")


def zones_of_charted_games(attempts: str, makes: str) -> Recompute:
    """Share of attempts and percentage made, over the team-games whose zones the shot chart gives."""
    expressions = f"SUM({attempts}) / SUM(fg_attempts), SUM({makes}) / SUM({attempts})"
    return lambda season, _: season.numbers(expressions, TOGS, f"{REGULAR} AND zone_source = 'shot_chart'")


ZONE_COLUMNS = {
    "paint (RA+ITP)": ("paint_attempts", "paint_makes"),
    "mid": ("mid_range_attempts", "mid_range_makes"),
    "three": ("three_pt_attempts", "three_pt_makes"),
}


def zone(season: Season, name: str) -> list[float]:
    return zones_of_charted_games(*ZONE_COLUMNS[name])(season, name)


def games_of_a_fortnight(season: Season, _: str) -> list[float]:
    dates = "game_date BETWEEN '2021-12-17' AND '2021-12-31'"
    of_chicago = season.numbers("COUNT(*)", TOGS, f"{dates} AND team_abbr = 'CHI'")
    return [*of_chicago, *season.numbers("COUNT(*)", PGS, f"{dates} AND player_lookup = 'zachlavine'")]


RATING = "100 * SUM(points) / SUM(possessions)"
RATING_COUNTED = "100 * SUM(points) / SUM(possessions_counted)"
PACE = "14400 * SUM(possessions) / SUM(team_seconds)"
PACE_COUNTED = "7200 * SUM(possessions_counted + opponent_possessions_counted) / SUM(team_seconds)"

RECOMPUTED: dict[tuple[str, str], Recompute] = {
    ("league", "total_pts"): over_togs("SUM(points)"),
    ("league", "total_fgm"): over_togs("SUM(fg_makes)"),
    ("league", "total_fga"): over_togs("SUM(fg_attempts)"),
    ("league", "total_fg3m"): over_togs("SUM(three_pt_makes)"),
    ("league", "total_fg3a"): over_togs("SUM(three_pt_attempts)"),
    ("league", "total_ftm"): over_togs("SUM(ft_makes)"),
    ("league", "total_fta"): over_togs("SUM(ft_attempts)"),
    ("league", "total_oreb"): over_togs("SUM(offensive_rebounds)"),
    ("league", "total_dreb"): over_togs("SUM(defensive_rebounds)"),
    ("league", "total_reb"): over_togs("SUM(total_rebounds)"),
    ("league", "total_ast"): over_togs("SUM(assists)"),
    ("league", "total_stl"): over_tdgs("SUM(steals)"),
    ("league", "total_blk"): over_tdgs("SUM(blocks)"),
    ("league", "total_pf"): over_tdgs("SUM(personal_fouls)"),
    ("league", "team_minutes_total"): over_togs("SUM(team_seconds) / 60"),
    ("league", "pts_per_team_game"): over_togs("SUM(points) / COUNT(*)"),
    ("league", "FG%"): over_togs("SUM(fg_makes) / SUM(fg_attempts)"),
    ("league", "2P%"): over_togs("SUM(fg_makes - three_pt_makes) / SUM(fg_attempts - three_pt_attempts)"),
    ("league", "3P%"): over_togs("SUM(three_pt_makes) / SUM(three_pt_attempts)"),
    ("league", "FT%"): over_togs("SUM(ft_makes) / SUM(ft_attempts)"),
    ("league", "eFG%"): over_togs("SUM(2 * fg_makes + three_pt_makes) / (2 * SUM(fg_attempts))"),
    ("league", "TS%"): over_togs("SUM(points) / (2 * (SUM(fg_attempts) + 0.44 * SUM(ft_attempts)))"),
    ("league", "3PAr"): over_togs("SUM(three_pt_attempts) / SUM(fg_attempts)"),
    ("league", "FTr (FTA/FGA)"): over_togs("SUM(ft_attempts) / SUM(fg_attempts)"),
    ("league", "FT/FGA"): over_togs("SUM(ft_makes) / SUM(fg_attempts)"),
    ("league", "ORB%"): over_togs("SUM(offensive_rebounds) / SUM(offensive_rebounds + defensive_rebounds)"),
    ("league", "TOV% (team TOV)"): over_togs(
        "SUM(turnovers) / (SUM(fg_attempts) + 0.44 * SUM(ft_attempts) + SUM(turnovers))"
    ),
    ("league", "assisted share AST/FGM"): over_togs("SUM(assists) / SUM(fg_makes)"),
    ("league", "3PA_per_team_game"): over_togs("SUM(three_pt_attempts) / COUNT(*)"),
    ("league", "pace_bbref"): over_togs(PACE),
    ("league", "ortg_bbref"): over_togs(RATING),
    ("league", "pace_nbacom"): over_togs(PACE_COUNTED),
    ("league", "ortg_nbacom"): over_togs(RATING_COUNTED),
    ("schedule", "games"): over_togs("COUNT(DISTINCT game_id)"),
    ("schedule", "game_dates"): over_togs("COUNT(DISTINCT game_date)"),
    ("schedule", "ot_games"): over_togs("COUNT(DISTINCT IF(overtime_periods > 0, game_id, NULL))"),
    ("schedule", "playoff_games"): lambda season, _: season.numbers(
        "COUNT(DISTINCT game_id)", TOGS, f"{SEASON} AND season_type = 'playoffs'"
    ),
    ("schedule", "playin_games"): lambda season, _: season.numbers(
        "COUNT(DISTINCT game_id)", TOGS, f"{SEASON} AND season_type = 'play_in'"
    ),
    ("schedule", "games/dates"): games_and_dates_of_month,
    ("player_rows", "player-game rows (appearances)"): appearances_of_month,
    ("player_rows", "total appearances"): over_pgs("COUNT(*)"),
    ("player_rows", "distinct players"): over_pgs("COUNT(DISTINCT player_lookup)"),
    ("player_rows", "sum of player TOV"): over_pgs("SUM(turnovers)"),
    ("player_rows", "players with 2/3/4 teams"): players_by_number_of_teams,
    ("player_rows", "50+/40+/30+ point games"): over_pgs(
        "COUNTIF(points >= 50), COUNTIF(points >= 40), COUNTIF(points >= 30)"
    ),
    ("rest", "team back-to-back second games"): back_to_backs(TOGS, "team_abbr"),
    ("rest", "player B2B appearances"): back_to_backs(PGS, "player_lookup"),
    ("home", "home win%"): over_togs("COUNTIF(home_game AND win_flag) / COUNTIF(home_game)"),
    ("home", "home margin"): over_togs("SUM(IF(home_game, margin, 0)) / COUNTIF(home_game)"),
    ("team", "W"): of_team("COUNTIF(win_flag)"),
    ("team", "pts/opp_pts per game"): of_team("SUM(points) / COUNT(*)", "SUM(points_allowed) / COUNT(*)"),
    ("team", "ortg/drtg bbref"): of_team(RATING, "100 * SUM(points_allowed) / SUM(possessions)"),
    ("team", "ortg/drtg nbacom"): of_team(
        RATING_COUNTED, "100 * SUM(points_allowed) / SUM(opponent_possessions_counted)"
    ),
    ("team", "pace bbref/nbacom"): of_team(f"{PACE}, {PACE_COUNTED}"),
    ("player", "G/PTS/PPG"): of_player("COUNT(*), SUM(points), SUM(points) / COUNT(*)"),
    ("player", "REB/AST/TOV totals"): of_player("SUM(total_rebounds), SUM(assists), SUM(turnovers)"),
    ("player", "TS%"): of_player("50 * SUM(points) / (SUM(fg_attempts) + 0.44 * SUM(ft_attempts))"),
    ("player", "USG% (bbref, season totals)"): usage_of_season,
    ("zone_3way", "freq/FG%"): zone,
    ("dnp_fixture", "team games / played"): games_of_a_fortnight,
}

POSTPONED_KEY = ("postponed", "orig->played game_id")
TURNOVERS_KEY = ("league", "total_tov")
#: The raw team box scores themselves add up to this, one more than published.
RAW_TURNOVERS = 33857

WRONG_CONTROLS = {
    ("league", "pace_simple (WRONG control)"): PACE,
    ("league", "ortg_simple (WRONG control)"): RATING,
}


def chosen(*keys: tuple[str, str]) -> list[CheckValue]:
    """The check values of these keys."""
    return [value for value in check_values() if value.key in keys]


@pytest.mark.parametrize("check", chosen(*RECOMPUTED), ids=lambda c: f"{c.scope} {c.entity} {c.metric}")
def test_published_value_is_reproduced(season: Season, check: CheckValue) -> None:
    numbers = RECOMPUTED[check.key](season, check.entity)

    assert len(numbers) == len(check.texts)
    for number, text, tolerance in zip(numbers, check.texts, check.tolerances, strict=True):
        decimals = len(text.partition(".")[2])
        # A tolerance of 0 means: the same number in as many decimals as are published.
        off = abs((round(number, decimals) if tolerance == 0 else number) - float(text))
        assert off <= tolerance + 1e-9, (number, text)


@pytest.mark.parametrize("check", chosen(*WRONG_CONTROLS), ids=lambda c: c.metric)
def test_value_of_the_simple_possession_formula_is_not_what_the_tables_give(
    season: Season, check: CheckValue
) -> None:
    (number,) = season.numbers(WRONG_CONTROLS[check.key], TOGS)

    assert abs(number - float(check.texts[0])) > 1.0


@pytest.mark.parametrize("check", chosen(POSTPONED_KEY), ids=lambda c: c.entity)
def test_postponed_game_has_no_result_on_its_first_date_and_one_on_the_date_it_was_played(
    season: Season, check: CheckValue
) -> None:
    dates, game_id = check.texts
    _, played = dates.split("->")
    away, home = check.entity.split("@")

    for table in (TOGS, TDGS, PGS):
        found = season.texts(
            f"SELECT STRING_AGG(DISTINCT CAST(game_date AS STRING)),"
            f" MIN(IF(home_game, team_abbr, NULL)), MIN(IF(home_game, NULL, team_abbr))"
            f" FROM {table} WHERE {SEASON} AND game_id = '{game_id}'"
        )
        assert found == [played, home, away]


@pytest.mark.parametrize("check", chosen(TURNOVERS_KEY), ids=lambda c: c.metric)
def test_team_turnovers_are_those_of_the_raw_box_scores_one_off_the_published_total(
    season: Season, check: CheckValue
) -> None:
    raw = season.numbers(
        "SUM(turnovers)", "nba_raw.nbac_team_boxscore", f"{SEASON} AND STARTS_WITH(game_id, '002')"
    )

    assert season.numbers("SUM(turnovers)", TOGS) == raw == [RAW_TURNOVERS]
    assert season.numbers("SUM(turnovers_forced)", TDGS) == raw
    assert abs(float(check.texts[0]) - RAW_TURNOVERS) == 1


def test_every_check_value_is_recomputed_or_named_as_beyond_these_tables() -> None:
    known = {*RECOMPUTED, *WRONG_CONTROLS, *BEYOND_THE_TABLES, TURNOVERS_KEY, POSTPONED_KEY}

    assert {value.key for value in check_values()} == known
    assert len(check_values()) == 252
