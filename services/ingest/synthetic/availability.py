"""Who is available for which game, why not, and what the injury report says about it.

A player's season is one walk over his team's games, so that absences come in spells from which he returns.
Who is available never depends on the range of dates asked for.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum
from random import Random

from services.ingest.synthetic.fixtures import Game
from services.ingest.synthetic.league import League, Player
from services.ingest.synthetic.rosters import Rosters
from services.ingest.synthetic.streams import stream

# A team can always dress this many.
DRESSED_AT_LEAST = 10
_FRINGE_DEPTH_MINUTES = 4.4
_PARTS = ("Ankle", "Knee", "Hamstring", "Wrist", "Calf", "Shoulder", "Hip", "Foot", "Groin", "Finger")
_DAMAGES = ("Twist", "Tightness", "Bruise", "Overuse", "Stiffness", "Inflammation")


class AbsenceKind(IntEnum):
    """Why somebody is inactive; when too many are, the first kinds are called back first."""

    MINOR_LEAGUE = 1
    REST = 2
    PERSONAL = 3
    PROTOCOL = 4
    INJURY = 5


@dataclass(frozen=True, slots=True)
class Report:
    """What the injury report says about one player and game."""

    status: str
    reason: str
    category: str


@dataclass(frozen=True, slots=True)
class Absence:
    """A player who is inactive for a game: the box score's word for it, and the report's if there is one."""

    kind: AbsenceKind
    box_reason: str
    report: Report | None


@dataclass(frozen=True)
class Availability:
    """Per (game_id, team): who is inactive, and what is reported about players who are available."""

    absences: dict[tuple[str, str], dict[Player, Absence]]
    reports: dict[tuple[str, str], dict[Player, Report]]


@dataclass(frozen=True, slots=True)
class _Spell:
    kind: AbsenceKind
    games: int
    reason: str
    category: str
    box_reason: str


def _injury(rng: Random) -> tuple[str, str]:
    side, part, damage = rng.choice(("Left", "Right")), rng.choice(_PARTS), rng.choice(_DAMAGES)
    return f"Injury/Illness - {side} {part}; {damage}", "Injury/Illness"


def _new_spell(rng: Random, player: Player) -> _Spell | None:
    chance = rng.random()
    if player.base_minutes < _FRINGE_DEPTH_MINUTES:
        if chance < 0.35:
            games = rng.randint(2, 8)
            return _Spell(AbsenceKind.MINOR_LEAGUE, games, "G League - Two-Way", "G League", "Inactive")
        return None
    if chance < 0.018:
        # Most injuries cost a few games, some cost weeks.
        games = min(20, 1 + int(rng.expovariate(0.22)))
        reason, category = _injury(rng)
        return _Spell(AbsenceKind.INJURY, games, reason, category, "Inactive")
    if chance < 0.021:
        protocol = "Health and Safety Protocols"
        return _Spell(AbsenceKind.PROTOCOL, rng.randint(3, 6), protocol, protocol, "Inactive")
    if chance < 0.023:
        personal = "Personal Reasons"
        return _Spell(AbsenceKind.PERSONAL, rng.randint(1, 2), personal, personal, "Not With Team")
    if chance < 0.028 and player.base_minutes > 28:
        return _Spell(AbsenceKind.REST, 1, "Rest", "Rest", "Inactive")
    return None


def _report_of_absence(rng: Random, spell: _Spell, games_left: int) -> Report | None:
    unreported = 0.4 if spell.kind is AbsenceKind.MINOR_LEAGUE else 0.06
    chance = rng.random()
    if chance < unreported:
        return None
    status = "out"
    if spell.kind is AbsenceKind.INJURY and games_left == 1:
        status = rng.choice(("out", "doubtful", "questionable"))
    return Report(status, spell.reason, spell.category)


def _report_of_available(rng: Random, healed: _Spell | None) -> Report | None:
    if healed is not None and healed.kind is AbsenceKind.INJURY and rng.random() < 0.5:
        return Report(rng.choice(("questionable", "probable", "available")), healed.reason, healed.category)
    if rng.random() < 0.015:
        reason, category = _injury(rng)
        return Report(rng.choice(("questionable", "probable")), reason, category)
    return None


def _walk(rng: Random, player: Player, games: list[tuple[Game, str]], found: Availability) -> None:
    spell: _Spell | None = None
    left = 0
    for game, team in games:
        healed = spell if left == 0 else None
        if left == 0:
            spell = _new_spell(rng, player)
            left = 0 if spell is None else spell.games
        key = (game.game_id, team)
        if spell is not None and left:
            report = _report_of_absence(rng, spell, left)
            found.absences[key][player] = Absence(spell.kind, spell.box_reason, report)
            left -= 1
        else:
            report = _report_of_available(rng, healed)
            if report is not None:
                found.reports[key][player] = report


def _games_of_players(
    league: League, games: tuple[Game, ...], rosters: Rosters
) -> Iterator[tuple[Player, list[tuple[Game, str]]]]:
    by_team: dict[str, list[Game]] = {team: [] for team in league.teams}
    for game in games:
        by_team[game.home].append(game)
        by_team[game.away].append(game)
    moves = {move.player: move for move in rosters.moves}
    for team in league.teams:
        for player in league.rosters[team]:
            if player not in moves:
                yield player, [(game, team) for game in by_team[team]]
                continue
            move = moves[player]
            before = [(game, team) for game in by_team[team] if game.game_date < move.first_date]
            after = [
                (game, move.to_team) for game in by_team[move.to_team] if game.game_date >= move.first_date
            ]
            yield player, before + after


def _call_back(found: Availability, rosters: Rosters, games: tuple[Game, ...]) -> None:
    """Shorten the inactive lists from which a team could not dress enough players."""
    for game in games:
        for team in (game.home, game.away):
            absences = found.absences[game.game_id, team]
            limit = len(rosters.of(team, game.game_date)) - DRESSED_AT_LEAST
            if len(absences) <= limit:
                continue
            ranked = sorted(absences, key=lambda player: (absences[player].kind, player.index))
            for player in ranked[: len(absences) - limit]:
                del absences[player]


def build_availability(
    *, seed: int, season_year: int, league: League, games: tuple[Game, ...], rosters: Rosters
) -> Availability:
    """Walk every player through `games`, which must start with the season's first game and be in order."""
    found = Availability(absences=defaultdict(dict), reports=defaultdict(dict))
    for player, his_games in _games_of_players(league, games, rosters):
        _walk(stream(seed, "availability", str(season_year), player.name.lookup), player, his_games, found)
    _call_back(found, rosters, games)
    return found
