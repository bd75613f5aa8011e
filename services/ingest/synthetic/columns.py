"""Collects rows of raw tables column by column, and makes Arrow tables of the declared types of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, time, timedelta

import pyarrow as pa

from services.ingest.synthetic.fixtures import Game
from services.ingest.synthetic.league import Player
from shared.arrow import arrow_schema
from shared.tables import TableSchema, raw_tables

SCHEDULE = "nbac_schedule"
PLAYER_BOX = "nbac_gamebook_player_stats"
TEAM_BOX = "nbac_team_boxscore"
SHOT_CHART = "nbac_shot_chart"
PLAY_BY_PLAY = "nbac_play_by_play"
INJURY_REPORT = "nbac_injury_report"
GAME_LINES = "odds_api_game_lines"
PLAYER_PROPS = "odds_api_player_points_props"


class RowCollector:
    """Rows of one raw table, appended in groups (usually a game's) that share the values of some columns.

    Shared values are kept once per group and repeated by Arrow, which makes a season several times cheaper.
    """

    def __init__(self, schema: TableSchema) -> None:
        self._schema = schema
        self._group_sizes: list[int] = []
        self._shared: dict[str, list[object]] = {}
        self._own: dict[str, list[object]] = {}

    def add(self, shared: Mapping[str, object], columns: Mapping[str, Sequence[object]]) -> None:
        """Append the rows of `columns`, every one with the `shared` values.

        Raises ValueError when the two together are not exactly the table's columns, or when another group
        shared other columns.
        """
        if not self._group_sizes:
            self._shared = {name: [] for name in shared}
            self._own = {name: [] for name in columns}
        wrong = set(self._schema.column_names).symmetric_difference([*shared, *columns])
        if wrong or self._shared.keys() != shared.keys() or self._own.keys() != columns.keys():
            raise ValueError(
                f"Not the columns of [{self._schema.address}]: {sorted(wrong) or sorted(shared)}"
            )
        self._group_sizes.append(len(next(iter(columns.values()))))
        for name, value in shared.items():
            self._shared[name].append(value)
        for name, values in columns.items():
            self._own[name].extend(values)

    def table(self) -> pa.Table:
        """The rows so far, in the order in which they came."""
        schema = arrow_schema(self._schema)
        if not self._group_sizes:
            return schema.empty_table()
        group_of_row = pa.array(
            [group for group, size in enumerate(self._group_sizes) for _ in range(size)], type=pa.int32()
        )
        arrays = [
            pa.array(self._shared[field.name], type=field.type).take(group_of_row)
            if field.name in self._shared
            else pa.array(self._own[field.name], type=field.type)
            for field in schema
        ]
        return pa.Table.from_arrays(arrays, schema=schema)


def collectors(*, include_optional: bool) -> dict[str, RowCollector]:
    """An empty collector per raw table, in alphabetical order; only required tables unless asked for more."""
    return {
        name: RowCollector(schema)
        for name, schema in raw_tables().items()
        if schema.required or include_optional
    }


def next_day_at(day: date, moment: time) -> datetime:
    """The instant at which a source hands over what happened on `day`."""
    return datetime.combine(day + timedelta(days=1), moment)


def game_columns(game: Game, lands: time) -> dict[str, object]:
    """What the tables about results say of every row of a game."""
    return {
        "game_id": game.game_id,
        "game_date": game.game_date,
        "season_year": game.season_year,
        "processed_at": next_day_at(game.game_date, lands),
    }


def named_columns(players: Iterable[Player]) -> dict[str, list[object]]:
    """Lookups and display names."""
    listed = list(players)
    return {
        "player_lookup": [player.name.lookup for player in listed],
        "player_name": [player.name.full for player in listed],
    }
