"""The raw contract, enforced: rows of a raw file become exactly the declared table, or one clear error.

One function per rule. Every rule reads whole columns, so that a season of play-by-play takes a fraction of
a second; only after a rule failed is the offending row looked for.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from services.ingest.source import IngestError, RawFile
from services.ingest.strict_cast import UnreadableValueError, strict_cast
from shared.arrow import arrow_schema
from shared.tables import ColumnType, TableSchema, raw_tables
from shared.teams import TRICODES

# An extra column by which a reader that left rows out (other dates) says where the others stood in the file.
SOURCE_ROW = "__source_row__"

# NBA game id: 00, kind of game, two digits of the season's start year, five digits of the game.
COUNTED_GAME_KINDS: dict[str, str] = {
    "002": "regular",
    "004": "playoffs",
    "005": "play_in",
    "006": "cup_final",
}
UNCOUNTED_GAME_KINDS: dict[str, str] = {"001": "preseason", "003": "All-Star"}
_GAME_ID = r"^[0-9]{10}$"
# The league's first season was 1946-47.
_FIRST_SEASON = 46

_LEGAL_VALUES: dict[str, tuple[str, ...] | tuple[int, ...]] = {
    "player_status": ("active", "dnp", "inactive"),
    "injury_status": ("out", "doubtful", "questionable", "probable", "available"),
    "shot_type": ("2PT", "3PT"),
    "game_status": (1, 2, 3),
    "season_type": ("regular", "play_in", "playoffs", "cup_final"),
}
_TEAM_COLUMNS = frozenset(
    {
        "team_abbr",
        "opponent_team_abbr",
        "home_team_abbr",
        "away_team_abbr",
        "home_team_tricode",
        "away_team_tricode",
    }
)
_SIGNED_COLUMNS = frozenset({"plus_minus", "loc_x", "loc_y", "home_spread"})
_MADE_ATTEMPTED: tuple[tuple[str, str], ...] = (
    ("field_goals_made", "field_goals_attempted"),
    ("three_pointers_made", "three_pointers_attempted"),
    ("free_throws_made", "free_throws_attempted"),
    ("fg_made", "fg_attempted"),
    ("three_pt_made", "three_pt_attempted"),
    ("ft_made", "ft_attempted"),
)
_MINUTES_TEXT = r"^[0-9]+:[0-5][0-9]$"
_MINUTES_TOLERANCE = 0.02


@dataclass(frozen=True)
class _Finding:
    """The first value that breaks a rule; `index` is its 0-based position in the table."""

    problem: str
    index: int
    column: str
    value: object
    remedy: str


_Rule = Callable[[TableSchema, pa.Table], _Finding | None]


def season_year_of(game_id: str) -> int:
    """Start year of the season that an NBA game id belongs to (0022100001 -> 2021)."""
    two_digits = int(game_id[3:5])
    return two_digits + (1900 if two_digits >= _FIRST_SEASON else 2000)


def validate(raw_file: RawFile) -> pa.Table:
    """Return the file's rows as the declared raw table: exact Arrow schema, declared column order.

    Extra columns are dropped. Raises IngestError at the first thing that breaks the contract, naming file,
    1-based row, column, value and remedy: a missing column, an unreadable value, NULL in a REQUIRED column,
    a value outside its closed list, a malformed or uncounted game id, an unknown team, a date outside the
    game's season, minutes that disagree with their text, a negative count, more made than attempted, and a
    key that occurs twice.
    """
    schema = _schema_of(raw_file)
    table = _cast(raw_file, schema)
    for rule in _RULES:
        finding = rule(schema, table)
        if finding is not None:
            raise IngestError(
                finding.problem,
                file=raw_file.name,
                row=_row_number(raw_file.rows, finding.index),
                column=finding.column,
                value=finding.value,
                remedy=finding.remedy,
            )
    return table


def _schema_of(raw_file: RawFile) -> TableSchema:
    declared = raw_tables()
    if raw_file.table not in declared:
        raise IngestError(
            f"[{raw_file.table}] is not a table of the raw contract",
            file=raw_file.name,
            remedy=f"Name the file after one of [{', '.join(declared)}]",
        )
    return declared[raw_file.table]


def _row_number(rows: pa.Table, index: int) -> int:
    """1-based row of the file for a 0-based position in the rows that were read."""
    if SOURCE_ROW in rows.column_names:
        return int(rows.column(SOURCE_ROW)[index].as_py())
    return index + 1


def _cast(raw_file: RawFile, schema: TableSchema) -> pa.Table:
    rows = raw_file.rows
    columns: list[pa.ChunkedArray] = []
    for column in schema.columns:
        occurrences = rows.column_names.count(column.name)
        if occurrences != 1:
            raise IngestError(
                "A column of the raw contract is missing" if occurrences == 0 else "A column occurs twice",
                file=raw_file.name,
                column=column.name,
                remedy=f"Table [{schema.address}] needs exactly one column [{column.name}] of type "
                f"{column.type}; leave values empty (NULL) where they are unknown",
            )
        try:
            columns.append(strict_cast(rows.column(column.name), column.type))
        except UnreadableValueError as e:
            raise IngestError(
                f"Not a {column.type} value",
                file=raw_file.name,
                row=_row_number(rows, e.index),
                column=column.name,
                value=e.value,
                remedy=_TYPE_REMEDIES[column.type],
            ) from e
    return pa.Table.from_arrays(columns, schema=arrow_schema(schema))


_TYPE_REMEDIES: dict[ColumnType, str] = {
    ColumnType.STRING: "Write it as text (game ids are text of 10 digits with leading zeros)",
    ColumnType.INT64: "Write a whole number, or leave it empty when it is unknown",
    ColumnType.FLOAT64: "Write a finite number, or leave it empty when it is unknown",
    ColumnType.BOOL: "Write true or false, or leave it empty when it is unknown",
    ColumnType.DATE: "Write a calendar date as YYYY-MM-DD, without time of day or zone",
    ColumnType.TIMESTAMP: "Write an ISO time, YYYY-MM-DDTHH:MM:SSZ; without a zone it is taken as UTC",
    ColumnType.JSON: "Write it as JSON text",
}


def _first(mask: pa.ChunkedArray) -> int | None:
    """Position of the first true value; NULL counts as false."""
    index = int(pc.index(mask, value=True).as_py())
    return None if index < 0 else index


def _first_among(column: pa.ChunkedArray, bad: Callable[[pa.Array], pa.Array]) -> int | None:
    """Position of the first value for which `bad` holds, looking at distinct values first."""
    distinct = pc.drop_null(pc.unique(column))
    refused = distinct.filter(bad(distinct))
    if len(refused) == 0:
        return None
    return _first(pc.is_in(column, value_set=refused))


def _outside(legal: tuple[str, ...] | tuple[int, ...]) -> Callable[[pa.Array], pa.Array]:
    return lambda values: pc.invert(pc.is_in(values, value_set=pa.array(legal, values.type)))


def _unlike(pattern: str) -> Callable[[pa.Array], pa.Array]:
    return lambda values: pc.invert(pc.match_substring_regex(values, pattern))


def _rows_with(table: pa.Table, values: dict[str, object]) -> pa.ChunkedArray:
    """Mask of the rows that have all these values, NULL being equal to NULL."""
    mask: pa.ChunkedArray | None = None
    for name, value in values.items():
        column = table.column(name)
        same = pc.is_null(column) if value is None else pc.equal(column, pa.scalar(value, column.type))
        mask = same if mask is None else pc.and_(mask, same)
    return mask


def _required_values(schema: TableSchema, table: pa.Table) -> _Finding | None:
    for column in schema.columns:
        if not column.required:
            continue
        index = _first(pc.is_null(table.column(column.name)))
        if index is not None:
            return _Finding(
                "NULL in a REQUIRED column",
                index,
                column.name,
                "NULL",
                f"Fill in [{column.name}], or leave the row out",
            )
    return None


def _closed_lists(schema: TableSchema, table: pa.Table) -> _Finding | None:
    for name, legal in _LEGAL_VALUES.items():
        if name not in schema.column_names:
            continue
        index = _first_among(table.column(name), _outside(legal))
        if index is not None:
            return _Finding(
                "Not a legal value",
                index,
                name,
                table.column(name)[index].as_py(),
                f"Use one of [{', '.join(str(value) for value in legal)}]",
            )
    return None


def _teams(schema: TableSchema, table: pa.Table) -> _Finding | None:
    for name in schema.column_names:
        if name not in _TEAM_COLUMNS:
            continue
        index = _first_among(table.column(name), _outside(tuple(TRICODES)))
        if index is not None:
            return _Finding(
                "Unknown team",
                index,
                name,
                table.column(name)[index].as_py(),
                f"Use the tricode of one of the 30 teams of today: {', '.join(sorted(TRICODES))}",
            )
    return None


def _game_ids(_schema: TableSchema, table: pa.Table) -> _Finding | None:
    ids = table.column("game_id")
    index = _first_among(ids, _unlike(_GAME_ID))
    if index is not None:
        return _Finding(
            "Not an NBA game id",
            index,
            "game_id",
            ids[index].as_py(),
            "Write all 10 digits, leading zeros included, such as 0022100001",
        )
    index = _first_among(ids, _unlike(f"^({'|'.join(COUNTED_GAME_KINDS)})"))
    if index is None:
        return None
    kind = UNCOUNTED_GAME_KINDS.get(ids[index].as_py()[:3], "not a kind of game that is known here")
    return _Finding(
        f"A game that never counts ({kind})",
        index,
        "game_id",
        ids[index].as_py(),
        "Leave rows of such games out; ids that count start with "
        + ", ".join(f"{prefix} ({name})" for prefix, name in COUNTED_GAME_KINDS.items()),
    )


def _seasons(schema: TableSchema, table: pa.Table) -> _Finding | None:
    """Season, game id and date agree: game_date lies in 1 September season_year .. 31 October of the next.

    Seasons that began late (2020-21) or ended late (2019-20, October) lie within.
    """
    names = [name for name in ("game_id", "season_year", "game_date") if name in schema.column_names]
    combinations = table.select(names).group_by(names, use_threads=False).aggregate([])
    broken: list[_Finding] = []
    for values in combinations.to_pylist():
        if values["game_id"] is None:
            continue
        season_year = season_year_of(values["game_id"])
        stated = values.get("season_year")
        game_date: datetime.date = values["game_date"]
        earliest = datetime.date(season_year, 9, 1)
        latest = datetime.date(season_year + 1, 10, 31)
        if stated is not None and stated != season_year:
            column = "season_year"
            remedy = f"Game [{values['game_id']}] belongs to season_year {season_year} by its id"
        elif not earliest <= game_date <= latest:
            column = "game_date"
            remedy = f"Game [{values['game_id']}] must be dated {earliest} to {latest}: correct date or id"
        else:
            continue
        index = _first(_rows_with(table, values))
        if index is not None:
            broken.append(_Finding("Not in the game's season", index, column, values[column], remedy))
    return min(broken, key=lambda finding: finding.index, default=None)


def _minutes(schema: TableSchema, table: pa.Table) -> _Finding | None:
    if "minutes" not in schema.column_names:
        return None
    text = table.column("minutes")
    index = _first_among(text, _unlike(_MINUTES_TEXT))
    if index is not None:
        return _Finding(
            "Not a playing time", index, "minutes", text[index].as_py(), "Write it as MM:SS, such as 27:34"
        )
    parts = pc.extract_regex(text, r"^(?P<minutes>[0-9]+):(?P<seconds>[0-9]{2})$")
    whole = pc.cast(pc.struct_field(parts, "minutes"), pa.float64())
    seconds = pc.cast(pc.struct_field(parts, "seconds"), pa.float64())
    decimal = table.column("minutes_decimal")
    difference = pc.abs(pc.subtract(pc.add(whole, pc.divide(seconds, 60.0)), decimal))
    index = _first(pc.greater(difference, _MINUTES_TOLERANCE))
    if index is None:
        return None
    return _Finding(
        f"minutes and minutes_decimal differ by more than {_MINUTES_TOLERANCE}",
        index,
        "minutes_decimal",
        f"{decimal[index].as_py()} against {text[index].as_py()}",
        "minutes_decimal is minutes + seconds / 60 of the MM:SS text; correct one of them",
    )


def _counts(schema: TableSchema, table: pa.Table) -> _Finding | None:
    for column in schema.columns:
        if column.type not in (ColumnType.INT64, ColumnType.FLOAT64) or column.name in _SIGNED_COLUMNS:
            continue
        values = table.column(column.name)
        index = _first(pc.less(values, 0))
        if index is not None:
            return _Finding(
                "A negative count",
                index,
                column.name,
                values[index].as_py(),
                "Counts start at 0; leave it empty when it is unknown",
            )
    return None


def _makes(schema: TableSchema, table: pa.Table) -> _Finding | None:
    for made, attempted in _MADE_ATTEMPTED:
        if made not in schema.column_names:
            continue
        index = _first(pc.greater(table.column(made), table.column(attempted)))
        if index is not None:
            return _Finding(
                "More made than attempted",
                index,
                made,
                f"{table.column(made)[index].as_py()} of {table.column(attempted)[index].as_py()}",
                f"[{made}] cannot exceed [{attempted}]; read both from the source again",
            )
    return None


def _unique_keys(schema: TableSchema, table: pa.Table) -> _Finding | None:
    keys = table.select(list(schema.key))
    distinct = keys.group_by(list(schema.key), use_threads=False).aggregate([])
    if distinct.num_rows == keys.num_rows:
        return None
    column = ", ".join(schema.key)
    seen: set[tuple[object, ...]] = set()
    for index, row in enumerate(_tuples(keys)):
        if row in seen:
            return _Finding(
                "A key occurs twice",
                index,
                column,
                ", ".join(str(value) for value in row),
                f"Keep one row per ({column}) in table [{schema.address}]",
            )
        seen.add(row)
    raise AssertionError(f"Distinct keys of [{schema.address}] were counted wrongly")


def _tuples(table: pa.Table) -> Iterator[tuple[object, ...]]:
    columns: Iterable[list[object]] = [column.to_pylist() for column in table.columns]
    return zip(*columns, strict=True)


# Later rules rely on what earlier ones established: ids have their shape before a season is read off them.
_RULES: tuple[_Rule, ...] = (
    _required_values,
    _closed_lists,
    _teams,
    _game_ids,
    _seasons,
    _minutes,
    _counts,
    _makes,
    _unique_keys,
)
