"""What is true of a generated season, whatever the raw tables first show of it.

Tests and simulations compare what the pipeline concluded with this record. It covers the range of dates that
was generated and is in a fixed order.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum


@dataclass(frozen=True, slots=True, order=True)
class AbsenceTruth:
    """A listed player who did not play. `report_reason` is what the injury report says, if anything."""

    game_date: date
    game_id: str
    player_lookup: str
    team_abbr: str
    player_status: str
    dnp_reason: str | None
    report_reason: str | None


@dataclass(frozen=True, slots=True, order=True)
class AppearanceTruth:
    """A player who played in a game."""

    game_date: date
    game_id: str
    player_lookup: str
    team_abbr: str


@dataclass(frozen=True, slots=True, order=True)
class TradeTruth:
    """A player listed by `from_team` before `first_date`, and from then on by `to_team` only."""

    first_date: date
    player_lookup: str
    from_team: str
    to_team: str


@dataclass(frozen=True, slots=True, order=True)
class PostponementTruth:
    """A game that was played later under the same id."""

    original_date: date
    game_id: str
    played_date: date


class NameDifference(StrEnum):
    """All by which the names of two different people differ."""

    ACCENTS = "accents"
    SUFFIX = "suffix"


@dataclass(frozen=True, slots=True, order=True)
class NamePair:
    """Two people easily taken for one.

    Where only accents differ, the rule for lookups would make them one: the source gives the second a lookup
    with one more letter, the only lookup of the season that does not follow from its name.
    """

    difference: NameDifference
    first_name: str
    first_lookup: str
    second_name: str
    second_lookup: str


@dataclass(frozen=True, slots=True, order=True)
class MissingSource:
    """An optional table that has no rows for a date on which games were played."""

    game_date: date
    table: str


@dataclass(frozen=True, slots=True, order=True)
class GameNotIngested:
    """A Final game of which no player and team row is delivered at first."""

    game_date: date
    game_id: str


@dataclass(frozen=True, slots=True, order=True)
class GameHalfIngested:
    """A game of which one team's list is delivered without these players at first."""

    game_date: date
    game_id: str
    team_abbr: str
    missing_player_lookups: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Truth:
    """Everything that was arranged. The last three are empty unless faults were asked for.

    `late_box_scores` are dates of which no player and team row is delivered at first.
    """

    absences: tuple[AbsenceTruth, ...]
    trades: tuple[TradeTruth, ...]
    postponements: tuple[PostponementTruth, ...]
    overtime_games: tuple[str, ...]
    name_pairs: tuple[NamePair, ...]
    scoreless: tuple[AppearanceTruth, ...]
    seconds_only: tuple[AppearanceTruth, ...]
    missing_sources: tuple[MissingSource, ...]
    games_without_line: tuple[str, ...]
    games_not_ingested: tuple[GameNotIngested, ...]
    games_half_ingested: tuple[GameHalfIngested, ...]
    late_box_scores: tuple[date, ...]
