"""Who belongs to which team on which date: opening rosters, and one trade at a time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from random import Random

from services.ingest.synthetic.fixtures import Fixtures
from services.ingest.synthetic.league import ROSTER_SIZES, League, Player
from services.ingest.synthetic.names import ACCENT_ACCENTED, ACCENT_PLAIN, SUFFIX_JUNIOR, SUFFIX_SENIOR
from services.ingest.synthetic.season_calendar import Plant
from services.ingest.synthetic.streams import stream

_STAY = frozenset({ACCENT_PLAIN, ACCENT_ACCENTED, SUFFIX_SENIOR, SUFFIX_JUNIOR})
# Somebody who plays, but not so much that his team falls apart.
_TRADED_DEPTH = slice(4, 9)


@dataclass(frozen=True, slots=True)
class Move:
    """A player changes teams: from `first_date` on he is listed for `to_team` only."""

    player: Player
    from_team: str
    to_team: str
    first_date: date


@dataclass(frozen=True)
class Rosters:
    """Rosters over a season. `moves` are in order of date; nobody moves twice."""

    opening: dict[str, tuple[Player, ...]]
    moves: tuple[Move, ...]

    def of(self, team: str, day: date) -> tuple[Player, ...]:
        """The players of `team` on `day`, in order of their index."""
        roster = self.opening[team]
        for move in self.moves:
            if move.first_date > day:
                break
            if move.from_team == team:
                roster = tuple(player for player in roster if player is not move.player)
            elif move.to_team == team:
                roster = tuple(sorted((*roster, move.player), key=lambda player: player.index))
        return roster


def _pick_move(rng: Random, rosters: Rosters, day: date) -> Move:
    sizes = {team: len(rosters.of(team, day)) for team in rosters.opening}
    givers = [team for team, size in sizes.items() if size > ROSTER_SIZES[0]]
    giver = rng.choice(givers)
    takers = [team for team, size in sizes.items() if size < ROSTER_SIZES[-1] and team != giver]
    moved = {move.player for move in rosters.moves}
    ranked = sorted(rosters.of(giver, day), key=lambda player: -player.base_minutes)
    candidates = [
        player for player in ranked[_TRADED_DEPTH] if player not in moved and player.name not in _STAY
    ]
    return Move(player=rng.choice(candidates), from_team=giver, to_team=rng.choice(takers), first_date=day)


def build_rosters(*, seed: int, season_year: int, league: League, fixtures: Fixtures) -> Rosters:
    """Trade one player on every planted trade date."""
    rng = stream(seed, "trades", str(season_year))
    rosters = Rosters(opening=league.rosters, moves=())
    for day in sorted(fixtures.plants.dates(Plant.TRADE)):
        rosters = Rosters(opening=league.rosters, moves=(*rosters.moves, _pick_move(rng, rosters, day)))
    return rosters
