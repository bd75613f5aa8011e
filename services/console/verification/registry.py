"""How every published value is recomputed from the tables, by scope and metric.

Rates are means of the stored columns, weighted so that they are the season's (pace by playing time, ratings
by possessions, shooting by attempts): a wrong column cannot hide behind right totals.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from services.console.verification.facts import Facts, Lines, NothingThereError, Number, Postponed, Totals
from shared.player_names import player_lookup
from shared.teams import UnknownTeamError, tricode_of


class UnknownEntityError(Exception):
    """An entity that a metric knows nothing about; the message says what it expects."""


@dataclass(frozen=True)
class Numbers:
    """Recomputed numbers, in the order in which they are printed."""

    values: tuple[Number, ...]


@dataclass(frozen=True)
class Texts:
    """Recomputed texts; a published value is right when it is one of them."""

    values: tuple[str, ...]


@dataclass(frozen=True)
class NotExpressible:
    """A value that the tables do not determine: in short what it is, and why."""

    what: str
    reason: str


Recomputed = Numbers | Texts | NotExpressible
Recompute = Callable[[Facts, str], Recomputed]
_LineFormula = Callable[[Lines], Number]
_FactFormula = Callable[[Facts], Number]

_PBPSTATS_POSSESSIONS = NotExpressible(
    "possessions counted by pbpstats",
    "pbpstats counts possessions from play-by-play by rules of its own; the tables hold the estimate of "
    "Basketball-Reference and the count of NBA.com, which are other numbers",
)
_PBPSTATS_ZONES = NotExpressible(
    "zones of pbpstats",
    "pbpstats cuts attempts at 4 and 14 feet and by corner, over the whole season; the tables keep paint, "
    "mid-range and three, the raw play-by-play knows no corner and lacks the distance of some attempts, and "
    "the shot chart covers only a part of the games",
)
_NO_COUNT = NotExpressible(
    "possessions counted by NBA.com",
    "possessions_counted is NULL in every row: the source of the season has none",
)
_NO_SHOT_CHART = NotExpressible(
    "zones of the shot chart", "no game of the season has a shot chart that agrees with its box score"
)
_SEVERAL_TEAMS = NotExpressible(
    "usage of a player with several teams",
    "the formula needs the season totals of one team, and he played for several",
)

_WINDOW = re.compile(r"^(?P<name>.+) (?P<start>\d{4}-\d{2}-\d{2})\.\.(?P<end>(\d{4}-\d{2}-)?\d{2})$")


def plays(totals: Totals) -> float:
    """Plays a team has used: FGA + 0.44 FTA + TOV (Basketball-Reference)."""
    return totals["fg_attempts"] + 0.44 * totals["ft_attempts"] + totals["turnovers"]


def _two_point_percentage(lines: Lines) -> float:
    off = lines.offense
    return (off["fg_makes"] - off["three_pt_makes"]) / (off["fg_attempts"] - off["three_pt_attempts"])


def _offensive_rebound_share(lines: Lines) -> float:
    off = lines.offense
    return off["offensive_rebounds"] / (off["offensive_rebounds"] + off["defensive_rebounds"])


def _pace(lines: Lines) -> Number:
    return lines.offense.mean("pace")


def _pace_counted(lines: Lines) -> Number:
    return lines.offense.mean("pace_counted")


def _offensive_rating(lines: Lines) -> Number:
    return lines.offense.mean("offensive_rating")


def _offensive_rating_counted(lines: Lines) -> Number:
    return lines.offense.mean("offensive_rating_counted")


def _defensive_rating(lines: Lines) -> Number:
    return lines.defense.mean("defensive_rating")


def _defensive_rating_counted(lines: Lines) -> Number:
    return lines.defense.mean("defensive_rating_counted")


def _points_per_game(lines: Lines) -> Number:
    return lines.offense.share("points", "games")


def _points_allowed_per_game(lines: Lines) -> Number:
    return lines.defense.share("points_allowed", "games")


def _offense_total(name: str) -> _LineFormula:
    return lambda lines: lines.offense[name]


def _defense_total(name: str) -> _LineFormula:
    return lambda lines: lines.defense[name]


def _offense_share(part: str, whole: str) -> _LineFormula:
    return lambda lines: lines.offense.share(part, whole)


def _league(formula: _LineFormula) -> Recompute:
    def recompute(facts: Facts, entity: str) -> Recomputed:
        _expect(entity, f"NBA RS {facts.season.name}")
        return Numbers((formula(facts.league),))

    return recompute


def _team(*formulas: _LineFormula) -> Recompute:
    def recompute(facts: Facts, entity: str) -> Recomputed:
        lines = facts.team(_tricode(entity))
        return Numbers(tuple(formula(lines) for formula in formulas))

    return recompute


def _if_counted(recompute: Recompute) -> Recompute:
    def only_if_counted(facts: Facts, entity: str) -> Recomputed:
        return recompute(facts, entity) if facts.league.offense["counted_games"] else _NO_COUNT

    return only_if_counted


def _season(*formulas: _FactFormula) -> Recompute:
    def recompute(facts: Facts, entity: str) -> Recomputed:
        _expect(entity, facts.season.name)
        return Numbers(tuple(formula(facts) for formula in formulas))

    return recompute


def _never(reason: NotExpressible) -> Recompute:
    return lambda _facts, _entity: reason


def _dates(facts: Facts) -> Number:
    months = [dates for (kind, _), (_, dates) in facts.calendar.items() if kind == "regular"]
    return sum(months)


def _month_games(facts: Facts, entity: str) -> Recomputed:
    month = _month(facts, entity)
    if ("regular", month) not in facts.calendar:
        raise NothingThereError(f"nbac_schedule has no game played in [{month}] of the regular season")
    return Numbers(facts.calendar["regular", month])


def _month_appearances(facts: Facts, entity: str) -> Recomputed:
    month = _month(facts, entity)
    if month not in facts.appearances:
        raise NothingThereError(f"player_game_summary has no row in [{month}] of the regular season")
    return Numbers((facts.appearances[month],))


def _player_sum(name: str) -> _FactFormula:
    return lambda facts: sum(player[name] for player in facts.players.values())


def _players_with_teams(teams: int) -> _FactFormula:
    return lambda facts: sum(player["teams"] == teams for player in facts.players.values())


def _player(*formulas: Callable[[Totals], Number]) -> Recompute:
    def recompute(facts: Facts, entity: str) -> Recomputed:
        player = facts.player(_lookup(entity))
        return Numbers(tuple(formula(player) for formula in formulas))

    return recompute


def _player_total(name: str) -> Callable[[Totals], Number]:
    return lambda player: player[name]


def _usage(facts: Facts, entity: str) -> Recomputed:
    """Usage of a season: the player's totals against all games of his team, as Basketball-Reference has it.

    100 * plays * (team minutes / 5) / (minutes * team plays), where a play is FGA + 0.44 FTA + TOV.
    """
    player = facts.player(_lookup(entity))
    if player["teams"] > 1:
        return _SEVERAL_TEAMS
    team = facts.team(str(player.values["team_abbr"])).offense
    team_share = player["seconds_played"] * plays(team) / (team["team_seconds"] / 5)
    if not team_share:
        raise NothingThereError(f"{player.of} has no time on court")
    return Numbers((100 * player["plays_used"] / team_share,))


def _nba_zone(facts: Facts, entity: str) -> Recomputed:
    if not facts.league.offense["chart_games"]:
        return _NO_SHOT_CHART
    if entity not in facts.shot_zones:
        raise UnknownEntityError(f"expected one of the zones {', '.join(facts.shot_zones)}")
    zone = facts.shot_zones[entity]
    attempts = sum(other["attempts"] for other in facts.shot_zones.values())
    return Numbers((zone["attempts"] / attempts, zone.share("makes", "attempts")))


_THREE_ZONES = {"paint (RA+ITP)": "paint", "mid": "mid_range", "three": "three_pt"}


def _three_way_zone(facts: Facts, entity: str) -> Recomputed:
    if entity not in _THREE_ZONES:
        raise UnknownEntityError(f"expected one of the zones {', '.join(_THREE_ZONES)}")
    offense, zone = facts.league.offense, f"chart_{_THREE_ZONES[entity]}"
    if not offense["chart_games"]:
        return _NO_SHOT_CHART
    return Numbers(
        (
            offense.share(f"{zone}_attempts", "chart_attempts"),
            offense.share(f"{zone}_makes", f"{zone}_attempts"),
        )
    )


def _postponed(facts: Facts, entity: str) -> Recomputed:
    teams = [_tricode(part) for part in entity.split("@")]
    if len(teams) != 2:
        raise UnknownEntityError("expected AWAY@HOME")
    found = [slot for slot in facts.postponed if [slot.away, slot.home] == teams]
    if not found:
        raise NothingThereError(f"nbac_schedule has no postponed slot of [{entity}]")
    return Texts(tuple(map(_moved, found)))


def _moved(slot: Postponed) -> str:
    return f"{slot.original}->{slot.played or 'not played'} {slot.game_id}"


def _team_games_and_played(facts: Facts, entity: str) -> Recomputed:
    match = _WINDOW.match(entity)
    if match is None:
        raise UnknownEntityError("expected a name and dates such as 2021-12-17..31")
    start = _date(match["start"])
    end = _date(match["end"] if len(match["end"]) > 2 else match["start"][:8] + match["end"])
    games = facts.player_and_team_games(_lookup(match["name"]), start, end)
    if not games["appearances"]:
        raise NothingThereError(f"{games.of} has no row until {end}")
    return Numbers((games["team_games"], games["played"]))


def _expect(entity: str, expected: str) -> None:
    if entity != expected:
        raise UnknownEntityError(f"expected [{expected}]")


def _tricode(entity: str) -> str:
    try:
        return tricode_of(entity)
    except UnknownTeamError as error:
        raise UnknownEntityError("expected a team of the NBA") from error


def _lookup(entity: str) -> str:
    try:
        return player_lookup(entity)
    except ValueError as error:
        raise UnknownEntityError("expected the name of a player") from error


def _date(text: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError as error:
        raise UnknownEntityError(f"[{text}] is not a date") from error


def _month(facts: Facts, entity: str) -> str:
    months = {f"{day:%Y-%m}" for day in facts.season.dates}
    if entity not in months:
        raise UnknownEntityError(f"expected a month of the season, {min(months)} to {max(months)}")
    return entity


_OFFENSE_TOTALS: Mapping[str, str] = {
    "total_pts": "points",
    "total_fgm": "fg_makes",
    "total_fga": "fg_attempts",
    "total_fg3m": "three_pt_makes",
    "total_fg3a": "three_pt_attempts",
    "total_ftm": "ft_makes",
    "total_fta": "ft_attempts",
    "total_oreb": "offensive_rebounds",
    "total_dreb": "defensive_rebounds",
    "total_reb": "total_rebounds",
    "total_ast": "assists",
    "total_tov": "turnovers",
}
_DEFENSE_TOTALS: Mapping[str, str] = {
    "total_stl": "steals",
    "total_blk": "blocks",
    "total_pf": "personal_fouls",
}

_LEAGUE: Mapping[str, Recompute] = {
    **{metric: _league(_offense_total(name)) for metric, name in _OFFENSE_TOTALS.items()},
    **{metric: _league(_defense_total(name)) for metric, name in _DEFENSE_TOTALS.items()},
    "team_minutes_total": _league(lambda lines: lines.offense["team_seconds"] / 60),
    "pts_per_team_game": _league(_points_per_game),
    "FG%": _league(_offense_share("fg_makes", "fg_attempts")),
    "2P%": _league(_two_point_percentage),
    "3P%": _league(_offense_share("three_pt_makes", "three_pt_attempts")),
    "FT%": _league(_offense_share("ft_makes", "ft_attempts")),
    "eFG%": _league(lambda lines: lines.offense.mean("efg_pct")),
    "TS%": _league(lambda lines: lines.offense.mean("ts_pct")),
    "3PAr": _league(_offense_share("three_pt_attempts", "fg_attempts")),
    "FTr (FTA/FGA)": _league(_offense_share("ft_attempts", "fg_attempts")),
    "FT/FGA": _league(_offense_share("ft_makes", "fg_attempts")),
    "ORB%": _league(_offensive_rebound_share),
    "TOV% (team TOV)": _league(lambda lines: lines.offense["turnovers"] / plays(lines.offense)),
    "assisted share AST/FGM": _league(_offense_share("assists", "fg_makes")),
    "3PA_per_team_game": _league(_offense_share("three_pt_attempts", "games")),
    "pace_bbref": _league(_pace),
    "ortg_bbref": _league(_offensive_rating),
    "pace_nbacom": _if_counted(_league(_pace_counted)),
    "ortg_nbacom": _if_counted(_league(_offensive_rating_counted)),
    "ortg_pbpstats": _never(_PBPSTATS_POSSESSIONS),
    "poss_per_team_game_pbpstats": _never(_PBPSTATS_POSSESSIONS),
    "pace_simple (WRONG control)": _league(_pace),
    "ortg_simple (WRONG control)": _league(_offensive_rating),
}

_SCHEDULE: Mapping[str, Recompute] = {
    "games": _season(lambda facts: facts.games("regular")),
    "game_dates": _season(_dates),
    "ot_games": _season(lambda facts: facts.league.offense["overtime_home_games"]),
    "playoff_games": _season(lambda facts: facts.games("playoffs")),
    "playin_games": _season(lambda facts: facts.games("play_in")),
    "games/dates": _month_games,
}

_PLAYER_ROWS: Mapping[str, Recompute] = {
    "player-game rows (appearances)": _month_appearances,
    "total appearances": _season(_player_sum("games")),
    "distinct players": _season(lambda facts: len(facts.players)),
    "sum of player TOV": _season(_player_sum("turnovers")),
    "players with 2/3/4 teams": _season(*(_players_with_teams(teams) for teams in (2, 3, 4))),
    "50+/40+/30+ point games": _season(*(_player_sum(f"games_of_{points}") for points in (50, 40, 30))),
}

_REST: Mapping[str, Recompute] = {
    "team back-to-back second games": _season(lambda facts: facts.back_to_backs["team"].back_to_backs),
    "player B2B appearances": _season(lambda facts: facts.back_to_backs["player"].back_to_backs),
}

_HOME: Mapping[str, Recompute] = {
    "home win%": _season(lambda facts: facts.league.offense.share("home_wins", "home_games")),
    "home margin": _season(lambda facts: facts.league.offense.share("home_margin", "home_games")),
}

_TEAM: Mapping[str, Recompute] = {
    "W": _team(_offense_total("wins")),
    "pts/opp_pts per game": _team(_points_per_game, _points_allowed_per_game),
    "pace bbref/nbacom": _if_counted(_team(_pace, _pace_counted)),
    "ortg/drtg bbref": _team(_offensive_rating, _defensive_rating),
    "ortg/drtg nbacom": _if_counted(_team(_offensive_rating_counted, _defensive_rating_counted)),
}

_PLAYER: Mapping[str, Recompute] = {
    "G/PTS/PPG": _player(
        _player_total("games"), _player_total("points"), lambda player: player.share("points", "games")
    ),
    "TS%": _player(lambda player: 100 * player.mean("ts_pct")),
    "REB/AST/TOV totals": _player(
        _player_total("total_rebounds"), _player_total("assists"), _player_total("turnovers")
    ),
    "USG% (bbref, season totals)": _usage,
}

_BY_SCOPE: Mapping[str, Mapping[str, Recompute]] = {
    "league": _LEAGUE,
    "schedule": _SCHEDULE,
    "player_rows": _PLAYER_ROWS,
    "rest": _REST,
    "home": _HOME,
    "team": _TEAM,
    "player": _PLAYER,
    "zone_pbpstats": {"freq/FG%": _never(_PBPSTATS_ZONES)},
    "zone_nba": {"freq/FG%": _nba_zone},
    "zone_3way": {"freq/FG%": _three_way_zone},
    "team_zone_def": {
        "opp corner3 freq/FG%": _never(_PBPSTATS_ZONES),
        "opp rim freq/FG%": _never(_PBPSTATS_ZONES),
    },
    "postponed": {"orig->played game_id": _postponed},
    "dnp_fixture": {"team games / played": _team_games_and_played},
}

#: Every metric that can be recomputed, or of which it is known why not, by scope and metric.
REGISTRY: Mapping[tuple[str, str], Recompute] = {
    (scope, metric): recompute
    for scope, metrics in _BY_SCOPE.items()
    for metric, recompute in metrics.items()
}

#: The column of the raw team box scores that a league total is a sum of.
RAW_TOTALS: Mapping[tuple[str, str], str] = {
    ("league", metric): name for metric, name in {**_OFFENSE_TOTALS, **_DEFENSE_TOTALS}.items()
}
