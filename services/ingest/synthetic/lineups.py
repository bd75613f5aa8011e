"""Who plays in a game and for how long."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from random import Random

from services.ingest.synthetic.availability import Absence
from services.ingest.synthetic.league import Player

STARTERS = 5
REGULATION_SECONDS = 48 * 60
OVERTIME_SECONDS = 5 * 60
_LONGEST_STAY = 42 * 60
_ACTIVE_COUNTS = (9, 10, 11)
_ACTIVE_WEIGHTS = (0.2, 0.4, 0.4)
_NOT_USED_REASONS = ("Did Not Play", None, "Did Not Dress")
_NOT_USED_WEIGHTS = (0.6, 0.3, 0.1)
_SECONDS_ONLY_CHANCE = 0.02
_MOST_SECONDS = 25


@dataclass(frozen=True, slots=True)
class Lineup:
    """A team's list for one game. The first five of `active` start; `seconds` are those of regulation.

    `unused` are dressed players who did not play, with the box score's reason, which may be unknown.
    """

    team: str
    active: tuple[Player, ...]
    seconds: tuple[int, ...]
    unused: dict[Player, str | None]
    inactive: Mapping[Player, Absence]


def _regulation_seconds(rng: Random, active: list[Player], *, seconds_only: bool) -> tuple[int, ...]:
    """Whole seconds that add up to five players' regulation time, nobody above 42 minutes."""
    last = rng.randint(1, _MOST_SECONDS) if seconds_only else 0
    regulars = active[:-1] if seconds_only else active
    weights = [player.base_minutes * max(0.4, rng.gauss(1.0, 0.13)) for player in regulars]
    remaining = STARTERS * REGULATION_SECONDS - last
    scale = remaining / sum(weights)
    seconds = [min(_LONGEST_STAY, int(weight * scale)) for weight in weights]
    missing = remaining - sum(seconds)
    while missing:
        for place, played in enumerate(seconds):
            extra = min(_LONGEST_STAY - played, missing, 1 + missing // len(seconds))
            seconds[place] += extra
            missing -= extra
    return (*seconds, last) if seconds_only else tuple(seconds)


def choose_lineup(
    rng: Random,
    *,
    team: str,
    roster: tuple[Player, ...],
    absences: Mapping[Player, Absence],
    seconds_only: bool,
) -> Lineup:
    """Choose 9 to 11 players and their playing time.

    With `seconds_only`, and now and then without, the last man comes in for a few seconds: an appearance that
    rounds to zero minutes.
    """
    available = [player for player in roster if player not in absences]
    available.sort(key=lambda player: -player.base_minutes * rng.gauss(1.0, 0.09))
    count = rng.choices(_ACTIVE_COUNTS, _ACTIVE_WEIGHTS)[0]
    active = available[:count]
    reasons = rng.choices(_NOT_USED_REASONS, _NOT_USED_WEIGHTS, k=len(available))
    brief = rng.random() < _SECONDS_ONLY_CHANCE or seconds_only
    return Lineup(
        team=team,
        active=tuple(active),
        seconds=_regulation_seconds(rng, active, seconds_only=brief),
        unused=dict(zip(available[count:], reasons, strict=False)),
        inactive=absences,
    )
