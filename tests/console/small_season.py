"""A week of four invented teams: a folder that has everything, and a warehouse that lost one game of it."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from services.ingest.synthetic import SyntheticOptions, generate

FIRST = dt.date(2023, 10, 24)
LAST = dt.date(2023, 10, 29)
RANGE = ("--start-date", FIRST.isoformat(), "--end-date", LAST.isoformat())
_BOX_SCORES = ("nbac_gamebook_player_stats", "nbac_team_boxscore")


def write_source(folder: Path) -> dict[str, pa.Table]:
    """Write the whole week as a folder of raw tables, and return the tables."""
    tables = dict(
        generate(SyntheticOptions(seed=3, season_year=2023, start_date=FIRST, end_date=LAST, teams=4)).tables
    )
    _write(folder, tables)
    return tables


def write_with_a_lost_game(folder: Path, tables: dict[str, pa.Table]) -> dt.date:
    """Write the week without the box scores of one game, and return its date."""
    games = (
        tables["nbac_schedule"].sort_by([("game_date", "ascending"), ("game_id", "ascending")]).to_pylist()
    )
    lost = next(game for game in games if game["game_date"] > FIRST)
    first = {
        name: rows.filter(pc.not_equal(rows["game_id"], lost["game_id"])) if name in _BOX_SCORES else rows
        for name, rows in tables.items()
    }
    _write(folder, first)
    day = lost["game_date"]
    if not isinstance(day, dt.date):
        raise TypeError(f"Unexpected date: [{day}]")
    return day


def _write(folder: Path, tables: dict[str, pa.Table]) -> None:
    folder.mkdir()
    for name, rows in tables.items():
        pq.write_table(rows, folder / f"{name}.parquet")
