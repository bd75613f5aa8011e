"""Teams, players and what each player tends to do.

Everything here follows from the seed alone: two seasons of one seed have the same players on the same teams.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate
from random import Random

from services.ingest.synthetic.names import (
    ACCENT_ACCENTED,
    ACCENT_PLAIN,
    SUFFIX_JUNIOR,
    SUFFIX_SENIOR,
    NamePool,
    PlayerName,
)
from services.ingest.synthetic.shots import BACKCOURT, ZONES
from services.ingest.synthetic.streams import stream
from shared.teams import TEAMS

TRICODES: tuple[str, ...] = tuple(sorted(team.tricode for team in TEAMS))
ROSTER_SIZES = range(15, 18)
_FIRST_PLAYER_ID = 9_000_001
# Minutes that a player of each place in the depth chart tends to play.
_MINUTES_BY_DEPTH = (34, 33, 32, 31, 29, 25, 22, 19, 15, 11, 7, 6, 6, 5, 4, 3, 3)
_RESERVED: dict[tuple[int, int], PlayerName] = {
    (0, 3): ACCENT_PLAIN,
    (1, 5): ACCENT_ACCENTED,
    (2, 2): SUFFIX_SENIOR,
    (2, 7): SUFFIX_JUNIOR,
}


@dataclass(frozen=True, slots=True, eq=False)
class Player:
    """A player and his tendencies. Weights are relative to team-mates and per minute of play.

    `zone_limits` are cumulative shares of his shots by zone, ending in 1; equality is identity.
    """

    index: int
    name: PlayerName
    player_id: int
    home_team: str
    base_minutes: float
    usage: float
    zone_limits: tuple[float, ...]
    zone_accuracy: tuple[float, ...]
    free_throw_accuracy: float
    offensive_rebounding: float
    defensive_rebounding: float
    passing: float
    stealing: float
    blocking: float
    turnovers: float
    fouling: float


@dataclass(frozen=True, slots=True)
class Strength:
    """What a team adds to its own accuracy and takes from its opponent's, and its extra attempts per game."""

    attack: float
    defence: float
    pace: float


@dataclass(frozen=True)
class League:
    """The teams that take part, the rosters on opening night, and every player by his index."""

    teams: tuple[str, ...]
    players: tuple[Player, ...]
    rosters: dict[str, tuple[Player, ...]]
    strengths: dict[str, Strength]


def _positive(rng: Random, mean: float, spread: float) -> float:
    return max(0.15 * mean, rng.gauss(mean, spread))


def _player(rng: Random, *, index: int, name: PlayerName, team: str, depth: int) -> Player:
    size = rng.random()
    outside = rng.uniform(0.5, 1.5)
    mix = []
    for zone in ZONES:
        weight = zone.share * rng.uniform(0.7, 1.3)
        if zone.near_rim:
            weight *= 0.6 + 0.8 * size
        elif zone.points == 3:
            weight *= outside * (1.3 - 0.6 * size)
        mix.append(weight)
    total = sum(mix)
    skill = rng.gauss(0.0, 0.02)
    accuracy = tuple(
        zone.accuracy if zone is BACKCOURT else zone.accuracy + skill + rng.gauss(0.0, 0.015)
        for zone in ZONES
    )
    return Player(
        index=index,
        name=name,
        player_id=_FIRST_PLAYER_ID + index,
        home_team=team,
        base_minutes=_MINUTES_BY_DEPTH[depth] * rng.uniform(0.94, 1.06),
        usage=_positive(rng, 1.25 - 0.035 * depth, 0.3),
        zone_limits=(*accumulate(weight / total for weight in mix[:-1]), 1.0),
        zone_accuracy=accuracy,
        free_throw_accuracy=min(0.93, max(0.5, rng.gauss(0.8 - 0.07 * size, 0.06))),
        offensive_rebounding=_positive(rng, 0.4 + 1.6 * size, 0.3),
        defensive_rebounding=_positive(rng, 0.7 + 1.0 * size, 0.25),
        passing=_positive(rng, 1.8 - 1.4 * size, 0.4),
        stealing=_positive(rng, 1.2 - 0.4 * size, 0.3),
        blocking=_positive(rng, 0.2 + 1.8 * size, 0.3),
        turnovers=_positive(rng, 1.0, 0.25),
        fouling=_positive(rng, 0.8 + 0.5 * size, 0.2),
    )


def build_league(*, seed: int, teams: int) -> League:
    """Build the first `teams` teams in alphabetical order of tricode.

    All thirty are always drawn, so that a smaller league has the same players on the teams it keeps.
    """
    rng = stream(seed, "league")
    pool = NamePool(rng)
    players: list[Player] = []
    rosters: dict[str, tuple[Player, ...]] = {}
    strengths: dict[str, Strength] = {}
    for place, team in enumerate(TRICODES):
        surnames: set[str] = set()
        roster: list[Player] = []
        for depth in range(ROSTER_SIZES[-1] - place % len(ROSTER_SIZES)):
            name = _RESERVED.get((place, depth)) or pool.draw(surnames)
            player = _player(rng, index=len(players), name=name, team=team, depth=depth)
            players.append(player)
            roster.append(player)
        rosters[team] = tuple(roster)
        strengths[team] = Strength(
            attack=rng.gauss(0.0, 0.008), defence=rng.gauss(0.0, 0.01), pace=rng.gauss(0.0, 1.2)
        )
    playing = TRICODES[:teams]
    return League(
        teams=playing,
        players=tuple(players),
        rosters={team: rosters[team] for team in playing},
        strengths={team: strengths[team] for team in playing},
    )
