"""Raw tables as files: `<table>.parquet`, `.csv`, `.ndjson`, `.jsonl` or `.json` (one object per line).

Values are not judged here (services.ingest.validate does): CSV stays text and JSON keeps its own types, so
that nothing is guessed and a bad value can still be named with its row.
"""

from __future__ import annotations

import datetime
import io
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import PurePath, PurePosixPath

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
import pyarrow.fs as pa_fs
import pyarrow.json as pa_json
import pyarrow.parquet as pa_parquet

from services.ingest.source import IngestError, RawFile
from services.ingest.strict_cast import UnreadableValueError, strict_cast
from services.ingest.validate import SOURCE_ROW
from shared.tables import ColumnType, TableSchema, raw_tables

_CSV_ROW = re.compile(r"Row #(\d+)")
_JSON_CHANGED = re.compile(r"Column\(/(?P<column>[^)]*)\) changed from .* in row (?P<row>\d+)")
_JSON_ROW = re.compile(r"in row (\d+)")
# The largest block that the JSON reader takes; one block keeps its row numbers those of the file.
_LARGEST_BLOCK = 2**31 - 1


@dataclass(frozen=True)
class FolderOfTables:
    """What a folder held: one RawFile per raw table, and the names of entries that are none."""

    files: tuple[RawFile, ...]
    ignored: tuple[str, ...]


def read_folder_of_tables(
    folder: PurePath,
    filesystem: pa_fs.FileSystem,
    *,
    start_date: datetime.date,
    end_date: datetime.date,
) -> FolderOfTables:
    """Read the raw tables of a folder (not of its sub-folders), rows of start_date..end_date inclusive.

    A file's stem is the raw table's name. Rows without a game_date stay in, and so do all rows of a file with
    an unreadable one, for validation to name. A table without rows of these dates comes back with zero rows.
    Raises IngestError when the folder or a file cannot be read, a file holds no rows at all, a table comes in
    two files, or a required table is missing.
    """
    where = folder.as_posix()
    try:
        entries = filesystem.get_file_info(pa_fs.FileSelector(where))
    except (OSError, pa.ArrowException) as e:
        raise IngestError(
            f"The folder cannot be listed ({e})",
            file=where,
            remedy="Name an existing folder with one file per raw table, such as nbac_schedule.parquet",
        ) from e
    declared = raw_tables()
    paths: dict[str, str] = {}
    ignored: list[str] = []
    for entry in sorted(entries, key=lambda entry: str(entry.path)):
        name = PurePosixPath(entry.path)
        if (
            entry.type is not pa_fs.FileType.File
            or name.suffix.lower() not in _READERS
            or name.stem not in declared
        ):
            ignored.append(name.name)
            continue
        if name.stem in paths:
            raise IngestError(
                f"Table [{name.stem}] comes in two files, the other one is [{paths[name.stem]}]",
                file=entry.path,
                remedy="Keep one file per raw table",
            )
        paths[name.stem] = entry.path
    missing = [
        schema.address.table
        for schema in declared.values()
        if schema.required and schema.address.table not in paths
    ]
    if missing:
        raise IngestError(
            f"Required raw tables are missing ({', '.join(missing)})",
            file=where,
            remedy=f"Add {', '.join(f'{table}.parquet' for table in missing)} "
            f"(or one of {', '.join(sorted(_READERS))}) to the folder",
        )
    files = tuple(
        RawFile(
            name=path,
            table=table,
            rows=_within(_read(path, filesystem, declared[table]), start_date=start_date, end_date=end_date),
        )
        for table, path in paths.items()
    )
    return FolderOfTables(files=files, ignored=tuple(ignored))


def _read(path: str, filesystem: pa_fs.FileSystem, schema: TableSchema) -> pa.Table:
    """All rows of a file with their 1-based row numbers in the column SOURCE_ROW."""
    try:
        with filesystem.open_input_file(path) as stream:
            content = stream.readall()
    except (OSError, pa.ArrowException) as e:
        raise IngestError(
            f"The file cannot be opened ({e})", file=path, remedy="Check that it exists and may be read"
        ) from e
    if not content:
        raise _empty(path)
    rows = _READERS[PurePosixPath(path).suffix.lower()](path, content, schema)
    if rows.num_rows == 0:
        raise _empty(path)
    return rows.append_column(SOURCE_ROW, pa.arange(1, rows.num_rows + 1))


def _empty(path: str) -> IngestError:
    return IngestError(
        "The file holds no rows",
        file=path,
        remedy="Write the file again; leave an optional table's file out when there is nothing in it",
    )


def _read_parquet(path: str, content: bytes, _schema: TableSchema) -> pa.Table:
    try:
        return pa_parquet.read_table(pa.BufferReader(content))
    except (OSError, pa.ArrowException) as e:
        raise IngestError(
            f"Not a readable Parquet file ({e})", file=path, remedy="Write the file again as Parquet"
        ) from e


def _read_csv(path: str, content: bytes, schema: TableSchema) -> pa.Table:
    convert = pa_csv.ConvertOptions(
        column_types={name: pa.string() for name in schema.column_names},
        null_values=[""],
        strings_can_be_null=True,
    )
    try:
        return pa_csv.read_csv(
            pa.BufferReader(content),
            # Only the single-threaded reader says in which row it stumbled.
            read_options=pa_csv.ReadOptions(use_threads=False),
            parse_options=pa_csv.ParseOptions(newlines_in_values=True),
            convert_options=convert,
        )
    except pa.ArrowException as e:
        found = _CSV_ROW.search(str(e))
        raise IngestError(
            f"Not a readable CSV file ({e})",
            file=path,
            row=int(found[1]) - 1 if found else None,
            remedy="Write UTF-8 CSV with one header line and as many fields in each row",
        ) from e


def _read_json(path: str, content: bytes, schema: TableSchema) -> pa.Table:
    # Left to itself the reader takes text that looks like a date for a time, and cuts fractions of a second.
    text_types = (ColumnType.STRING, ColumnType.JSON, ColumnType.DATE, ColumnType.TIMESTAMP)
    texts = [pa.field(column.name, pa.string()) for column in schema.columns if column.type in text_types]
    try:
        return pa_json.read_json(
            io.BytesIO(content),
            read_options=pa_json.ReadOptions(block_size=min(len(content) + 1, _LARGEST_BLOCK)),
            parse_options=pa_json.ParseOptions(
                explicit_schema=pa.schema(texts), unexpected_field_behavior="infer"
            ),
        )
    except pa.ArrowException as e:
        changed = _JSON_CHANGED.search(str(e))
        row = _JSON_ROW.search(str(e))
        raise IngestError(
            f"Not readable as one JSON object per line ({e})",
            file=path,
            row=int(row[1]) + 1 if row else None,
            column=changed["column"] if changed else None,
            remedy="Write one flat JSON object per line, each field with the same type in every line",
        ) from e


_READERS: dict[str, Callable[[str, bytes, TableSchema], pa.Table]] = {
    ".parquet": _read_parquet,
    ".csv": _read_csv,
    ".ndjson": _read_json,
    ".jsonl": _read_json,
    ".json": _read_json,
}


def _within(rows: pa.Table, *, start_date: datetime.date, end_date: datetime.date) -> pa.Table:
    """Rows dated within the range, or without a date; all rows when the column cannot be read."""
    if rows.column_names.count("game_date") != 1:
        return rows
    try:
        dates = strict_cast(rows.column("game_date"), ColumnType.DATE)
    except UnreadableValueError:
        return rows
    inside = pc.and_(
        pc.greater_equal(dates, pa.scalar(start_date)), pc.less_equal(dates, pa.scalar(end_date))
    )
    return rows.filter(pc.or_kleene(inside, pc.is_null(dates)))
