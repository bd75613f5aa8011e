"""The shared completeness statements, run by themselves on a season held in memory."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from pathlib import Path

import pyarrow as pa

from shared.arrow import arrow_schema
from shared.sql import bind, read_sql
from shared.tables import TableAddress, raw_tables
from shared.warehouse.port import Parameter, Script, Value, Warehouse, date, dates, integer
from tests.oracle.raw import InjuryRow, PlayerBoxRow, RawSeason, ScheduleRow, TeamBoxRow
from tests.support import direct
from tests.support.derived_rows import Row, fill, schema_of

FOLDER = Path(__file__).parents[2] / "shared" / "completeness"
STATEMENTS = ("team_lists", "expected_players", "player_listings", "player_windows", "player_evidence")
_TABLES = {f"staging.{name}": TableAddress("nba_staging", name) for name in STATEMENTS}
_RAW_TABLES: Mapping[str, type[ScheduleRow | PlayerBoxRow | TeamBoxRow | InjuryRow]] = {
    "nbac_schedule": ScheduleRow,
    "nbac_gamebook_player_stats": PlayerBoxRow,
    "nbac_team_boxscore": TeamBoxRow,
    "nbac_injury_report": InjuryRow,
}


@dataclass(frozen=True)
class Judged:
    """The three shared tables, by the keys they promise."""

    expected: Mapping[tuple[dt.date, str], Row]
    listings: Mapping[tuple[str, str], Row]
    evidence: Mapping[tuple[dt.date, str], Row]

    def names(self, day: dt.date) -> list[str]:
        """Who is expected on that day, in alphabetical order."""
        return sorted(player for cell_date, player in self.expected if cell_date == day)

    def verdicts(self, player: str) -> dict[str, Value]:
        """Verdict by game id of every game the player was expected for."""
        return {game: row["verdict"] for (name, game), row in self.listings.items() if name == player}


def missing_of(evidence: Row) -> list[tuple[str, str]]:
    """Game id and verdict of each missing game that the evidence names."""
    found = json.loads(str(evidence["evidence"]))["missing"] if evidence["evidence"] else []
    return [(game["game_id"], game["verdict"]) for game in found]


def tables_of(season: RawSeason) -> dict[str, pa.Table]:
    """The season as raw tables; columns that the oracle does not hold are NULL."""
    rows: dict[str, tuple[ScheduleRow | PlayerBoxRow | TeamBoxRow | InjuryRow, ...]] = {
        "nbac_schedule": season.schedule,
        "nbac_gamebook_player_stats": season.player_rows,
        "nbac_team_boxscore": season.team_rows,
        "nbac_injury_report": season.injury_rows,
    }
    found = {}
    for name, kind in _RAW_TABLES.items():
        schema = raw_tables()[name]
        held = {field.name for field in fields(kind)}
        values = [
            {column: getattr(row, column) if column in held else None for column in schema.column_names}
            for row in rows[name]
        ]
        found[name] = pa.Table.from_pylist(values, schema=arrow_schema(schema))
    return found


def warehouse_of(raw: Mapping[str, pa.Table], derived: Iterable[tuple[str, str]]) -> Warehouse:
    """A warehouse with the raw tables and a player_game_summary that has these (player_lookup, game_id)."""
    warehouse = direct.memory_warehouse(raw)
    played_on = {
        row["game_id"]: row["game_date"]
        for row in raw["nbac_schedule"].select(["game_id", "game_date", "game_status"]).to_pylist()
        if row["game_status"] == 3
    }
    rows = [
        {"player_lookup": player, "game_id": game, "game_date": played_on[game]} for player, game in derived
    ]
    fill(warehouse, schema_of("analytics/player_game_summary"), rows)
    return warehouse


def judge(
    warehouse: Warehouse,
    days: Iterable[dt.date],
    *,
    season_start: dt.date,
    span_played_games: int = 10,
    span_days: int = 14,
) -> Judged:
    """Run the shared statements for these dates in one pass.

    Raises AssertionError when a table has two rows of one key.
    """
    chosen = sorted(set(days))
    parameters: dict[str, Parameter] = {
        "dates": dates(chosen),
        "first_date": date(chosen[0]),
        "last_date": date(chosen[-1]),
        "season_start": date(season_start),
        "season_year": integer(season_start.year),
        "span_played_games": integer(span_played_games),
        "span_days": integer(span_days),
    }
    statements = tuple(
        bind(name, f"CREATE OR REPLACE TABLE staging.{name} AS\n{read_sql(FOLDER / f'{name}.sql')}", _TABLES)
        for name in STATEMENTS
    )
    warehouse.run(Script("judge", statements, parameters, transaction=False, labels={}))
    return Judged(
        expected={
            (row["cell_date"], row["player_lookup"]): row  # type: ignore[misc]
            for row in _rows(warehouse, "expected_players", ("cell_date", "player_lookup"))
        },
        listings={
            (row["player_lookup"], row["game_id"]): row  # type: ignore[misc]
            for row in _rows(warehouse, "player_listings", ("player_lookup", "game_id"))
        },
        evidence={
            (row["cell_date"], row["player_lookup"]): row  # type: ignore[misc]
            for row in _rows(warehouse, "player_evidence", ("cell_date", "player_lookup"))
        },
    )


def _rows(warehouse: Warehouse, name: str, key: tuple[str, str]) -> list[Row]:
    found = list(direct.select(warehouse, f"SELECT * FROM nba_staging.{name}").records())
    keys = [tuple(row[column] for column in key) for row in found]
    assert len(keys) == len(set(keys)), f"[{name}] has two rows of one key"
    return found
