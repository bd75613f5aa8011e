"""One raw season held in memory, and copies of it with box-score rows taken away.

Only the columns that the completeness rules read are kept. Rows are named as in the raw contract.
"""

from __future__ import annotations

import dataclasses
import random
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TypeVar

import pyarrow.parquet

ACTIVE = "active"
FINAL = 3
POSTPONED = "Postponed"

_REQUIRED = True
_OPTIONAL = False


@dataclass(frozen=True)
class ScheduleRow:
    """One scheduled slot; a postponed game has two, under the same game_id."""

    game_id: str
    game_date: date
    season_type: str
    game_status: int
    game_status_text: str
    home_team_tricode: str
    away_team_tricode: str


@dataclass(frozen=True)
class PlayerBoxRow:
    """One player named by a box score, whether or not he played."""

    game_id: str
    game_date: date
    team_abbr: str
    player_lookup: str
    player_status: str
    dnp_reason: str | None
    minutes_decimal: float | None
    points: int | None


@dataclass(frozen=True)
class TeamBoxRow:
    """The totals of one team in one game."""

    game_id: str
    game_date: date
    team_abbr: str
    minutes_decimal: float
    points: int


@dataclass(frozen=True)
class InjuryRow:
    """One line of an injury report."""

    report_date: date
    game_date: date
    team_abbr: str
    player_lookup: str
    injury_status: str
    reason: str | None


@dataclass(frozen=True, eq=False)
class RawSeason:
    """The raw rows of one season. Compared by identity: a damaged copy is another season."""

    schedule: tuple[ScheduleRow, ...]
    player_rows: tuple[PlayerBoxRow, ...]
    team_rows: tuple[TeamBoxRow, ...]
    injury_rows: tuple[InjuryRow, ...]


_Row = TypeVar("_Row", ScheduleRow, PlayerBoxRow, TeamBoxRow, InjuryRow)


def load_raw_season(folder: Path) -> RawSeason:
    """Read the season from the Parquet files of the raw contract in `folder`.

    Raises FileNotFoundError when a required table has no file; no injury report means no injury rows.
    """
    return RawSeason(
        schedule=_read(folder / "nbac_schedule.parquet", ScheduleRow, _REQUIRED),
        player_rows=_read(folder / "nbac_gamebook_player_stats.parquet", PlayerBoxRow, _REQUIRED),
        team_rows=_read(folder / "nbac_team_boxscore.parquet", TeamBoxRow, _REQUIRED),
        injury_rows=_read(folder / "nbac_injury_report.parquet", InjuryRow, _OPTIONAL),
    )


def _read(path: Path, row_type: type[_Row], required: bool) -> tuple[_Row, ...]:
    if not path.exists():
        if required:
            raise FileNotFoundError(f"Required raw table has no file: [{path}]")
        return ()
    columns = [field.name for field in dataclasses.fields(row_type)]
    records = pyarrow.parquet.read_table(path, columns=columns).to_pylist()
    return tuple(row_type(**record) for record in records)


def active_keys(raw: RawSeason) -> set[tuple[str, str]]:
    """(player_lookup, game_id) of every active row: what PGS holds when nothing went wrong."""
    return {(row.player_lookup, row.game_id) for row in raw.player_rows if row.player_status == ACTIVE}


def without_player_rows(raw: RawSeason, game_id: str) -> RawSeason:
    """The season in which no player row of `game_id` ever landed; its team rows did."""
    return dataclasses.replace(
        raw, player_rows=tuple(row for row in raw.player_rows if row.game_id != game_id)
    )


def without_half_of_player_rows(raw: RawSeason, game_id: str, rng: random.Random) -> RawSeason:
    """The season in which a random half (rounded down) of the player rows of `game_id` is missing.

    The half is drawn over both teams and all statuses, so either list may by luck still reconcile.
    """
    of_game = [row for row in raw.player_rows if row.game_id == game_id]
    lost = set(rng.sample(of_game, len(of_game) // 2))
    return dataclasses.replace(raw, player_rows=tuple(row for row in raw.player_rows if row not in lost))
