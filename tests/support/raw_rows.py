"""Raw rows made by hand, in the shape of the raw contract, for tests that state data in and data out.

Every builder fills all columns of its table with plain defaults and takes any column by name; a name that
the contract does not have raises SchemaError. `to_tables` turns any mixture of rows into Arrow tables for
`tests.support.direct.memory_warehouse`.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa

from shared.arrow import arrow_schema
from shared.tables import SchemaError, raw_tables
from shared.topology.declaration import (
    GAME_LINES,
    INJURY_REPORT,
    PLAY_BY_PLAY,
    PLAYER_BOX,
    PROPS,
    RESULTS,
    SHOT_CHART,
    TEAM_BOX,
    raw_table_of,
)
from shared.warehouse.port import Value

SCHEDULE = raw_table_of(RESULTS)
REGULATION_SECONDS = 240 * 60
OVERTIME_SECONDS = 25 * 60
_NEW_SEASON_MONTH = 8
_LANDED = dt.time(11, 0, tzinfo=dt.UTC)


@dataclass(frozen=True)
class RawRow:
    """One row of one raw table; `values` has every column of the table."""

    table: str
    values: Mapping[str, Value]

    def having(self, **values: Value) -> RawRow:
        """The same row with other values. Raises SchemaError when the table lacks a column."""
        return _row(self.table, {**self.values, **values})


@dataclass(frozen=True)
class Game:
    """Which game rows belong to: id, date and the two tricodes."""

    game_id: str
    game_date: dt.date
    home: str
    away: str

    def opponent_of(self, team: str) -> str:
        """The other team. Raises ValueError for a team that does not play in the game."""
        if team not in (self.home, self.away):
            raise ValueError(f"Team [{team}] does not play in game [{self.game_id}]")
        return self.away if team == self.home else self.home

    @property
    def season_year(self) -> int:
        """The year in which the game's season starts."""
        return self.game_date.year - (self.game_date.month < _NEW_SEASON_MONTH)


@dataclass(frozen=True)
class Line:
    """What one active player did, in the units of the raw contract, minutes as whole seconds."""

    player_lookup: str
    seconds: int
    points: int = 0
    fgm: int = 0
    fga: int = 0
    three_made: int = 0
    three_attempted: int = 0
    ftm: int = 0
    fta: int = 0
    oreb: int = 0
    dreb: int = 0
    assists: int = 0
    steals: int = 0
    blocks: int = 0
    turnovers: int = 0
    fouls: int = 0


def scorer(player_lookup: str, points: int, *, seconds: int = REGULATION_SECONDS // 5) -> Line:
    """A line of two-pointers, one free throw when points are odd, and as many misses as makes."""
    makes, free_throws = divmod(points, 2)
    return Line(player_lookup, seconds, points, fgm=makes, fga=2 * makes, ftm=free_throws, fta=free_throws)


def slot(game: Game, **values: Value) -> RawRow:
    """A scheduled slot that has not been played."""
    defaults: dict[str, Value] = {
        **_of_game(game),
        "season_type": "regular",
        "game_status": 1,
        "game_status_text": "7:00 pm ET",
        "home_team_tricode": game.home,
        "away_team_tricode": game.away,
        "start_time_et": "19:00",
        "neutral_site_flag": False,
        "arena_name": f"{game.home} Arena",
    }
    return _row(SCHEDULE, {**defaults, **values})


def final_slot(game: Game, home_score: int | None, away_score: int | None, **values: Value) -> RawRow:
    """A slot whose game is over."""
    over: dict[str, Value] = {
        "game_status": 3,
        "game_status_text": "Final",
        "home_team_score": home_score,
        "away_team_score": away_score,
    }
    return slot(game, **{**over, **values})


def postponed_slot(game: Game, **values: Value) -> RawRow:
    """The slot a postponed game leaves behind on its first date."""
    return slot(game, **{"game_status_text": "Postponed", **values})


def player_box(game: Game, team: str, line: Line, **values: Value) -> RawRow:
    """The box-score row of an active player."""
    minutes, seconds = divmod(line.seconds, 60)
    defaults: dict[str, Value] = {
        **_listed(game, team, line.player_lookup),
        "player_status": "active",
        "minutes": f"{minutes}:{seconds:02d}",
        "minutes_decimal": round(line.seconds / 60, 4),
        "points": line.points,
        "field_goals_made": line.fgm,
        "field_goals_attempted": line.fga,
        "three_pointers_made": line.three_made,
        "three_pointers_attempted": line.three_attempted,
        "free_throws_made": line.ftm,
        "free_throws_attempted": line.fta,
        "offensive_rebounds": line.oreb,
        "defensive_rebounds": line.dreb,
        "total_rebounds": line.oreb + line.dreb,
        "assists": line.assists,
        "steals": line.steals,
        "blocks": line.blocks,
        "turnovers": line.turnovers,
        "personal_fouls": line.fouls,
        "plus_minus": 0,
    }
    return _row(PLAYER_BOX, {**defaults, **values})


def absent_player(
    game: Game, team: str, player_lookup: str, *, status: str = "dnp", reason: str | None = None
) -> RawRow:
    """A listed player who did not play: status dnp or inactive, no statistics."""
    return _row(
        PLAYER_BOX,
        {**_listed(game, team, player_lookup), "player_status": status, "dnp_reason": reason},
    )


def team_box(game: Game, team: str, lines: Iterable[Line], **values: Value) -> RawRow:
    """The totals of a team's players. Minutes are those of regulation whatever the lines say."""
    total = _total(lines)
    defaults: dict[str, Value] = {
        **_of_team(game, team),
        "minutes_decimal": REGULATION_SECONDS / 60,
        "fg_made": total.fgm,
        "fg_attempted": total.fga,
        "three_pt_made": total.three_made,
        "three_pt_attempted": total.three_attempted,
        "ft_made": total.ftm,
        "ft_attempted": total.fta,
        "offensive_rebounds": total.oreb,
        "defensive_rebounds": total.dreb,
        "total_rebounds": total.oreb + total.dreb,
        "assists": total.assists,
        "steals": total.steals,
        "blocks": total.blocks,
        "turnovers": total.turnovers,
        "personal_fouls": total.fouls,
        "points": total.points,
    }
    return _row(TEAM_BOX, {**defaults, **values})


def final_game(game: Game, *, home: Iterable[Line], away: Iterable[Line], overtimes: int = 0) -> list[RawRow]:
    """A game that reconciles: the Final slot, every line, and team rows that are the lines' totals.

    The lines' seconds are taken as they are; they reconcile when each team's add up to 14,400, and 1,500 more
    per overtime.
    """
    sides = {game.home: list(home), game.away: list(away)}
    minutes = (REGULATION_SECONDS + overtimes * OVERTIME_SECONDS) / 60
    scores = {team: _total(lines).points for team, lines in sides.items()}
    rows = [final_slot(game, scores[game.home], scores[game.away])]
    for team, lines in sides.items():
        rows += [player_box(game, team, line) for line in lines]
        rows.append(team_box(game, team, lines, minutes_decimal=minutes))
    return rows


def shot(game: Game, team: str, sequence: int, player_lookup: str, **values: Value) -> RawRow:
    """A field-goal attempt of the shot chart: a miss at the rim unless `values` say otherwise."""
    defaults: dict[str, Value] = {
        **_of_game(game),
        "shot_sequence": sequence,
        "team_abbr": team,
        "player_lookup": player_lookup,
        "period": 1,
        "seconds_remaining": 720 - sequence,
        "shot_type": "2PT",
        "shot_zone_basic": "Restricted Area",
        "shot_zone_area": "Center(C)",
        "action_type": "Layup Shot",
        "shot_distance": 1,
        "loc_x": 0,
        "loc_y": 10,
        "shot_made": False,
    }
    return _row(SHOT_CHART, {**defaults, **values})


def play(game: Game, team: str, sequence: int, player_lookup: str | None, **values: Value) -> RawRow:
    """A field-goal event of the play-by-play: a missed two from 1 foot unless `values` say otherwise."""
    defaults: dict[str, Value] = {
        **_of_game(game),
        "event_sequence": sequence,
        "period": 1,
        "seconds_remaining": 720 - sequence,
        "team_abbr": team,
        "event_type": "fieldgoal",
        "shot_type": "2PT",
        "shot_made": False,
        "shot_distance": 1,
        "player_1_lookup": player_lookup,
        "assisted": False,
        "blocked": False,
        "and_one": False,
        "description": "Layup",
    }
    return _row(PLAY_BY_PLAY, {**defaults, **values})


def injury(game: Game, team: str, player_lookup: str, status: str = "out", **values: Value) -> RawRow:
    """A line of the injury report of the game's own date."""
    defaults: dict[str, Value] = {
        "report_date": game.game_date,
        "game_date": game.game_date,
        "game_id": game.game_id,
        "team_abbr": team,
        "player_lookup": player_lookup,
        "player_name": player_lookup.title(),
        "injury_status": status,
        "reason": "Injury/Illness - Left Ankle; Sprain",
        "reason_category": "injury",
        "processed_at": _landed(game.game_date),
    }
    return _row(INJURY_REPORT, {**defaults, **values})


def game_line(game: Game, home_spread: float | None, total_points: float | None) -> RawRow:
    """A game's spread (negative: home favoured) and total."""
    return _row(
        GAME_LINES,
        {
            "game_id": game.game_id,
            "game_date": game.game_date,
            "home_team_abbr": game.home,
            "away_team_abbr": game.away,
            "home_spread": home_spread,
            "total_points": total_points,
            "processed_at": _landed(game.game_date),
        },
    )


def points_prop(game: Game, player_lookup: str, bookmaker: str, line: float, **values: Value) -> RawRow:
    """A bookmaker's line for a player's points, both sides at 1.9, taken 4 hours before the start."""
    start = dt.datetime.combine(game.game_date, dt.time(23, 0, tzinfo=dt.UTC))
    defaults: dict[str, Value] = {
        "game_id": game.game_id,
        "game_date": game.game_date,
        "player_lookup": player_lookup,
        "player_name": player_lookup.title(),
        "bookmaker": bookmaker,
        "points_line": line,
        "over_price": 1.9,
        "under_price": 1.9,
        "snapshot_timestamp": start - dt.timedelta(hours=4),
        "commence_time": start,
        "processed_at": start - dt.timedelta(hours=4),
    }
    return _row(PROPS, {**defaults, **values})


def changed(rows: Sequence[RawRow], table: str, key: Mapping[str, Value], **values: Value) -> list[RawRow]:
    """The rows with other values in the one row of `table` whose columns are `key`.

    Raises LookupError when there is none, or several.
    """
    hits = [row.table == table and _has(row, key) for row in rows]
    if hits.count(True) != 1:
        raise LookupError(f"Expected one row of [{table}] with {dict(key)}, found [{hits.count(True)}]")
    return [row.having(**values) if hit else row for row, hit in zip(rows, hits, strict=True)]


def without(rows: Sequence[RawRow], table: str, **key: Value) -> list[RawRow]:
    """The rows without those of `table` whose columns are `key`; without key, without the whole table."""
    return [row for row in rows if row.table != table or not _has(row, key)]


def to_tables(rows: Iterable[RawRow]) -> dict[str, pa.Table]:
    """Arrow tables of the rows, by raw table name; a table without rows is left out."""
    grouped: dict[str, list[Mapping[str, Value]]] = defaultdict(list)
    for row in rows:
        grouped[row.table].append(row.values)
    return {
        table: pa.Table.from_pylist(list(values), schema=arrow_schema(raw_tables()[table]))
        for table, values in grouped.items()
    }


def _has(row: RawRow, key: Mapping[str, Value]) -> bool:
    return all(row.values[name] == value for name, value in key.items())


def _row(table: str, values: Mapping[str, Value]) -> RawRow:
    schema = raw_tables()[table]
    unknown = sorted(set(values) - set(schema.column_names))
    if unknown:
        raise SchemaError(f"Table [{table}] has no column {unknown}")
    return RawRow(table, {name: values.get(name) for name in schema.column_names})


def _of_game(game: Game) -> dict[str, Value]:
    return {
        "game_id": game.game_id,
        "game_date": game.game_date,
        "season_year": game.season_year,
        "processed_at": _landed(game.game_date),
    }


def _of_team(game: Game, team: str) -> dict[str, Value]:
    return {
        **_of_game(game),
        "team_abbr": team,
        "opponent_team_abbr": game.opponent_of(team),
        "is_home": team == game.home,
    }


def _listed(game: Game, team: str, player_lookup: str) -> dict[str, Value]:
    return {
        **_of_team(game, team),
        "player_lookup": player_lookup,
        "player_name": player_lookup.title(),
        "starter": False,
    }


def _landed(game_date: dt.date) -> dt.datetime:
    return dt.datetime.combine(game_date + dt.timedelta(days=1), _LANDED)


def _total(lines: Iterable[Line]) -> Line:
    numbers = [field.name for field in dataclasses.fields(Line) if field.name != "player_lookup"]
    sums = dict.fromkeys(numbers, 0)
    for line in lines:
        for name in numbers:
            sums[name] += getattr(line, name)
    return Line("", **sums)
