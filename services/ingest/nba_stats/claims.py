"""What files claim about rows of the raw contract, and how claims about the same row become one row.

Files overlap: a game may be in a v2 and a v3 box score, in the league's game log and on a scoreboard. A claim
is what one file says about one row, with the standing of its format; rows are merged from claims field by
field, the strongest format that knows a field first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import IntEnum
from itertools import chain, pairwise

from services.ingest.source import IngestError

Scalar = str | int | float | bool | date | datetime | None
Row = dict[str, Scalar]
Key = tuple[int, ...] | tuple[str, ...] | tuple[date, ...]


class Standing(IntEnum):
    """Precedence of formats; the smaller number wins.

    v3 is what the league maintains today; cdn is live but complete; v2 was frozen before corrections; the
    game log rounds minutes and knows only who played; a list of inactive players knows nothing else.
    """

    V3 = 1
    CDN = 2
    V2 = 3
    GAME_LOG = 4
    INACTIVE_LIST = 5
    EVENTS = 6


@dataclass(frozen=True)
class Origin:
    """The file behind a claim, its format's standing, and when the source says it answered."""

    file: str
    standing: Standing
    answered_at: datetime | None


@dataclass(frozen=True)
class Claim:
    """What one file says about one row: `key` identifies the row within its game, NULL is `not known here`.

    A claim that is not `sufficient` fills in what others leave open, but makes no row by itself.
    """

    origin: Origin
    game_id: str
    key: Key
    values: Mapping[str, Scalar]
    sufficient: bool = True


@dataclass(frozen=True)
class GameClaim:
    """What a file says about a game: its date, teams, and (when it is a slot of the schedule) its state."""

    origin: Origin
    game_id: str
    game_date: date | None = None
    home: str | None = None
    away: str | None = None
    slot: Mapping[str, Scalar] | None = None


@dataclass(frozen=True)
class PlayerName:
    """The name that a file uses for a stats.nba.com player id."""

    origin: Origin
    player_id: int
    name: str


@dataclass(frozen=True)
class Offer:
    """A bookmaker's line for a player in an event that is known by time and teams only."""

    origin: Origin
    commence_time: datetime
    home: str
    away: str
    values: Mapping[str, Scalar]


@dataclass(frozen=True)
class Claims:
    """Everything that one file claims."""

    games: tuple[GameClaim, ...] = ()
    names: tuple[PlayerName, ...] = ()
    players: tuple[Claim, ...] = ()
    teams: tuple[Claim, ...] = ()
    shots: tuple[Claim, ...] = ()
    plays: tuple[Claim, ...] = ()
    offers: tuple[Offer, ...] = ()

    @classmethod
    def together(cls, files: Iterable[Claims]) -> Claims:
        """The claims of many files."""
        every = tuple(files)
        return cls(
            games=tuple(chain.from_iterable(claims.games for claims in every)),
            names=tuple(chain.from_iterable(claims.names for claims in every)),
            players=tuple(chain.from_iterable(claims.players for claims in every)),
            teams=tuple(chain.from_iterable(claims.teams for claims in every)),
            shots=tuple(chain.from_iterable(claims.shots for claims in every)),
            plays=tuple(chain.from_iterable(claims.plays for claims in every)),
            offers=tuple(chain.from_iterable(claims.offers for claims in every)),
        )


def group(
    claims: Iterable[Claim], *, ahead: Callable[[Claim], int] = lambda _claim: 0
) -> dict[tuple[str, Key], tuple[Claim, ...]]:
    """Claims by (game_id, key), in sorted order; in each group the strongest first.

    Strongest is what lies further `ahead`, then the better standing, then the later answer. Raises
    IngestError when two claims of equal strength contradict each other: nothing says which of them is right.
    """
    found: dict[tuple[str, Key], list[Claim]] = {}
    for claim in claims:
        found.setdefault((claim.game_id, claim.key), []).append(claim)
    groups: dict[tuple[str, Key], tuple[Claim, ...]] = {}
    for identity in sorted(found):
        members = sorted(
            found[identity],
            key=lambda claim: (-ahead(claim), claim.origin.standing, -_moment(claim), claim.origin.file),
        )
        for stronger, weaker in pairwise(members):
            if ahead(stronger) == ahead(weaker) and stronger.origin.standing == weaker.origin.standing:
                _refuse_contradiction(stronger, weaker)
        groups[identity] = tuple(members)
    return groups


def _moment(claim: Claim) -> float:
    answered_at = claim.origin.answered_at
    return answered_at.timestamp() if answered_at is not None else 0.0


def _refuse_contradiction(one: Claim, other: Claim) -> None:
    times = {one.origin.answered_at, other.origin.answered_at}
    if len(times) == 2 and None not in times:
        return
    for name, value in one.values.items():
        second = other.values.get(name)
        if value is not None and second is not None and value != second:
            raise IngestError(
                f"Two files of the same format disagree about [{name}] of game [{one.game_id}], "
                f"the other one, [{one.origin.file}], says [{value}]",
                file=other.origin.file,
                column=name,
                value=second,
                remedy="Keep only the newer one of the two files",
            )


def merge(claims: Sequence[Claim]) -> Row:
    """One row from claims in order of strength: for each field the first claim that knows it."""
    row: Row = {}
    for claim in claims:
        for name, value in claim.values.items():
            if row.get(name) is None:
                row[name] = value
    row["processed_at"] = claims[0].origin.answered_at
    return row
