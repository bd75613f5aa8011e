"""The future of a date D as the leak rule has it: everything dated D or later that D's rows must not see.

Hidden are, from D on, what came of games: results of the schedule, raw box scores, shots and play-by-play,
and the rows of every processor that waits for results. The slots of the schedule stay, since they are known
in advance. What is about a date but made before its games (reports, lines, rows of contexts and of phase 4)
belongs to D itself and is hidden from the day after D on.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from shared.sql import Statement
from shared.tables import Column, ColumnType, TableSchema, raw_tables
from shared.topology.declaration import (
    GAME_LINES,
    INJURY_REPORT,
    PLAY_BY_PLAY,
    PLAYER_BOX,
    PROPS,
    SHOT_CHART,
    TEAM_BOX,
)
from shared.topology.graph import Topology
from shared.warehouse.port import Script, Warehouse, date

SCHEDULE = "nbac_schedule"
_RAW_RESULTS = (PLAYER_BOX, TEAM_BOX, SHOT_CHART, PLAY_BY_PLAY)
_RAW_BEFORE_GAMES = (INJURY_REPORT, GAME_LINES, PROPS)
_FAR = dt.date(9999, 1, 1)

#: Names, dates and the harness's own columns; every other column of a row is its content.
_IDENTITY = frozenset(
    {
        "feature_version",
        "game_id",
        "game_date",
        "report_date",
        "season_year",
        "season_type",
        "player_lookup",
        "player_id",
    }
    | {"snapshot_timestamp", "commence_time", "run_id", "processed_at", "data_hash", "max_source_game_date"}
)


class Change(StrEnum):
    """What happens to the future: every value in it becomes another, or there is none."""

    ALTERED = "altered"
    DELETED = "deleted"


@dataclass(frozen=True)
class Hidden:
    """A table of which the rows dated `from_day` days after D and later are the future of D."""

    schema: TableSchema
    from_day: int


def hidden_tables(topology: Topology) -> tuple[Hidden, ...]:
    """Every table that holds a part of the future, but for the schedule."""
    raw = raw_tables()
    return (
        *(Hidden(raw[name], 0) for name in _RAW_RESULTS),
        *(Hidden(raw[name], 1) for name in _RAW_BEFORE_GAMES),
        *(Hidden(p.schema, 0 if p.waits_for_results else 1) for p in topology.processors),
    )


def change_future(
    warehouse: Warehouse, topology: Topology, change: Change, day: dt.date, *, until: dt.date | None
) -> None:
    """Alter or delete everything the leak rule hides from `day`.

    `until` is the date whose future was changed before, if any: what belongs to it is not altered again,
    which could make it what it was.
    """
    end = until if until is not None and change is Change.ALTERED else _FAR
    statements = [_schedule(change)]
    for hidden in hidden_tables(topology):
        statements.extend(_table(hidden, change))
    one = dt.timedelta(days=1)
    parameters = {
        "from_0": date(day),
        "until_0": date(end),
        "from_1": date(day + one),
        "until_1": date(end if end == _FAR else end + one),
    }
    warehouse.run(Script("change the future", tuple(statements), parameters, transaction=False, labels={}))


def _schedule(change: Change) -> Statement:
    """Status and scores; that a slot is postponed is known of the slot."""
    match change:
        case Change.ALTERED:
            values = (
                "game_status = 4 - game_status, home_team_score = IFNULL(home_team_score, 0) + 1000,"
                " away_team_score = IFNULL(away_team_score, 0) + 2000,"
                " game_status_text = IF(game_status_text = 'Postponed', 'Postponed', 'In play')"
            )
        case Change.DELETED:
            values = (
                "game_status = 1, home_team_score = NULL, away_team_score = NULL,"
                " game_status_text = IF(game_status_text = 'Postponed', 'Postponed', NULL)"
            )
    return Statement(
        "change schedule results",
        f"UPDATE nba_raw.{SCHEDULE} SET {values} WHERE game_date >= @from_0 AND game_date < @until_0",
    )


def _table(hidden: Hidden, change: Change) -> Iterator[Statement]:
    schema = hidden.schema
    column, n = schema.partition_column, hidden.from_day
    where = f"WHERE {column} >= @from_{n} AND {column} < @until_{n}"
    name = f"change {schema.address}"
    match change:
        case Change.DELETED:
            yield Statement(name, f"DELETE FROM {schema.address} {where}")
        case Change.ALTERED:
            values = ", ".join(_altered(schema.columns))
            yield Statement(name, f"UPDATE {schema.address} SET {values} {where}")


def _altered(columns: Iterable[Column]) -> Iterator[str]:
    """Another value for every column that is content: also where it was NULL."""
    names = {column.name for column in columns}
    for column in columns:
        name = column.name
        if name in _IDENTITY or column.type in (ColumnType.DATE, ColumnType.TIMESTAMP, ColumnType.JSON):
            continue
        if name in ("team_abbr", "opponent_team_abbr"):
            # A game's row of one team becomes one of the other, so that keys stay keys.
            other = "team_abbr" if name == "opponent_team_abbr" else "opponent_team_abbr"
            if other in names:
                yield f"{name} = {other}"
            continue
        match column.type:
            case ColumnType.INT64 | ColumnType.FLOAT64:
                yield f"{name} = IFNULL({name}, 0) + 1000"
            case ColumnType.BOOL:
                yield f"{name} = NOT IFNULL({name}, FALSE)"
            case ColumnType.STRING if name == "player_status":
                yield f"{name} = IF({name} = 'active', 'inactive', 'active')"
            case ColumnType.STRING:
                yield f"{name} = CONCAT(IFNULL({name}, ''), ' altered')"
