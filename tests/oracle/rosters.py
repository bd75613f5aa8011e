"""Whose game counts: box-score lists, the games a player is expected for, the players a date expects.

The decisions taken where the rules are silent are in the docstring of the package.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from tests.oracle.raw import FINAL, POSTPONED, PlayerBoxRow, RawSeason, ScheduleRow, TeamBoxRow

COUNTING_SEASON_TYPES = ("regular", "play_in", "playoffs", "cup_final")
# Minutes are sums of binary fractions: exactly half a minute apart must not fail by the last bit.
MINUTES_TOLERANCE = 0.5 + 1e-6


@dataclass(frozen=True, order=True)
class Game:
    """A Final game. Sorts by (game_date, game_id), the order of all windows."""

    game_date: date
    game_id: str
    season_type: str
    teams: tuple[str, str]


@dataclass(frozen=True)
class TeamList:
    """The players one team's box score names for one game; empty when the list is missing."""

    game: Game
    team_abbr: str
    rows: dict[str, PlayerBoxRow]
    reconciles: bool


@dataclass(frozen=True)
class ExpectedGame:
    """A game a player is expected for: because its list names him, or carried over from an earlier list."""

    game: Game
    team_abbr: str
    listed: bool


@dataclass(frozen=True)
class ExpectedPlayer:
    """Where a date expects a player."""

    team_abbr: str
    game_id: str


@dataclass(frozen=True)
class Rosters:
    """Everything the lists of a season say, each in game order."""

    games: dict[str, Game]
    lists_of_team: dict[str, list[TeamList]]
    lists_naming: dict[str, list[TeamList]]
    lists_of_game: dict[str, list[TeamList]]
    expected_games: dict[str, list[ExpectedGame]]


def is_slot(row: ScheduleRow) -> bool:
    """Whether a game is, or was, to be played in this slot and counts."""
    return row.season_type in COUNTING_SEASON_TYPES and row.game_status_text != POSTPONED


def final_games(raw: RawSeason) -> list[Game]:
    """The games that count and are Final, in order."""
    return sorted(
        Game(row.game_date, row.game_id, row.season_type, (row.home_team_tricode, row.away_team_tricode))
        for row in raw.schedule
        if is_slot(row) and row.game_status == FINAL
    )


def reconciles(
    rows: list[PlayerBoxRow], team_rows: dict[str, TeamBoxRow], game: Game, team_abbr: str
) -> bool:
    """Whether the players of one team add up to its totals, both teams of the game having totals."""
    if not rows or not all(team in team_rows for team in game.teams):
        return False
    totals = team_rows[team_abbr]
    points = sum(row.points or 0 for row in rows)
    minutes = sum(row.minutes_decimal or 0.0 for row in rows)
    return points == totals.points and abs(minutes - totals.minutes_decimal) <= MINUTES_TOLERANCE


@lru_cache(maxsize=8)
def rosters(raw: RawSeason) -> Rosters:
    """Sort the rows of the season into lists and derive the expected games of every player."""
    player_rows: dict[tuple[str, str], list[PlayerBoxRow]] = defaultdict(list)
    for row in raw.player_rows:
        player_rows[row.game_id, row.team_abbr].append(row)
    team_rows: dict[str, dict[str, TeamBoxRow]] = defaultdict(dict)
    for total in raw.team_rows:
        team_rows[total.game_id][total.team_abbr] = total

    games = final_games(raw)
    lists_of_team: dict[str, list[TeamList]] = defaultdict(list)
    lists_naming: dict[str, list[TeamList]] = defaultdict(list)
    lists_of_game: dict[str, list[TeamList]] = defaultdict(list)
    for game in games:
        for team in game.teams:
            rows = player_rows[game.game_id, team]
            team_list = TeamList(
                game=game,
                team_abbr=team,
                rows={row.player_lookup: row for row in rows},
                reconciles=reconciles(
                    rows=rows, team_rows=team_rows[game.game_id], game=game, team_abbr=team
                ),
            )
            lists_of_team[team].append(team_list)
            lists_of_game[game.game_id].append(team_list)
            for player in team_list.rows:
                lists_naming[player].append(team_list)

    expected_games: dict[str, list[ExpectedGame]] = defaultdict(list)
    for game in games:
        for player, expected in _expected_of_game(game, lists_of_game, lists_of_team, lists_naming).items():
            expected_games[player].append(expected)
    return Rosters(
        games={game.game_id: game for game in games},
        lists_of_team=lists_of_team,
        lists_naming=lists_naming,
        lists_of_game=lists_of_game,
        expected_games=expected_games,
    )


def _expected_of_game(
    game: Game,
    lists_of_game: dict[str, list[TeamList]],
    lists_of_team: dict[str, list[TeamList]],
    lists_naming: dict[str, list[TeamList]],
) -> dict[str, ExpectedGame]:
    expected: dict[str, ExpectedGame] = {}
    for team_list in lists_of_game[game.game_id]:
        for player in team_list.rows:
            expected[player] = ExpectedGame(game, team_list.team_abbr, listed=True)
    for team_list in lists_of_game[game.game_id]:
        if team_list.reconciles:
            continue
        earlier = [
            other
            for other in lists_of_team[team_list.team_abbr]
            if other.reconciles and other.game.game_date < game.game_date
        ]
        if not earlier:
            continue
        latest = earlier[-1]
        for player in latest.rows:
            moved = any(
                other.team_abbr != team_list.team_abbr
                and other.game.game_date > latest.game.game_date
                and other.game.game_date <= game.game_date
                for other in lists_naming[player]
            )
            if player not in expected and not moved:
                expected[player] = ExpectedGame(game, team_list.team_abbr, listed=False)
    return expected


def listed_games(raw: RawSeason, player: str, day: date) -> list[ExpectedGame]:
    """The games before `day`, in order, for which `player` is expected."""
    return [game for game in rosters(raw).expected_games.get(player, []) if game.game.game_date < day]


def expected_players(raw: RawSeason, day: date) -> dict[str, ExpectedPlayer]:
    """The players whose rows `day` must have or explain.

    Reads lists of games before `day`, the slots of `day` and its injury report, nothing else.
    """
    season = rosters(raw)
    game_of_team: dict[str, str] = {}
    for slot in raw.schedule:
        if slot.game_date == day and is_slot(slot):
            game_of_team[slot.home_team_tricode] = slot.game_id
            game_of_team[slot.away_team_tricode] = slot.game_id

    claims: dict[str, list[TeamList]] = defaultdict(list)
    for team in game_of_team:
        for player in _names_on_roster(season, team, day):
            before = [naming for naming in season.lists_naming[player] if naming.game.game_date < day]
            own = [naming for naming in before if naming.team_abbr == team][-1]
            if own.game.game_date == before[-1].game.game_date:
                claims[player].append(own)
    team_of_player = {
        player: max(lists, key=lambda own: own.game).team_abbr for player, lists in claims.items()
    }
    for player, teams in _reported_teams(raw, day).items():
        playing = sorted(team for team in teams if team in game_of_team)
        if playing and team_of_player.get(player) not in playing:
            team_of_player[player] = playing[0]
    return {
        player: ExpectedPlayer(team, game_of_team[team]) for player, team in sorted(team_of_player.items())
    }


def _names_on_roster(season: Rosters, team: str, day: date) -> set[str]:
    """The names of the team's latest reconciling list before `day`, and of every list after that one."""
    names: set[str] = set()
    for team_list in season.lists_of_team.get(team, []):
        if team_list.game.game_date >= day:
            break
        if team_list.reconciles:
            names = set()
        names |= set(team_list.rows)
    return names


def _reported_teams(raw: RawSeason, day: date) -> dict[str, set[str]]:
    teams: dict[str, set[str]] = defaultdict(set)
    for row in raw.injury_rows:
        if row.report_date == day and row.game_date == day:
            teams[row.player_lookup].add(row.team_abbr)
    return teams
