"""A folder with one file per raw table, in any of the formats, becomes raw files or one clear error."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.fs as pa_fs
import pyarrow.parquet as pa_parquet
import pytest

from services.ingest.files import FolderOfTables, read_folder_of_tables
from services.ingest.source import IngestError
from services.ingest.validate import validate
from shared.tables import raw_tables
from tests.realdata import SHARED, requires_shared
from tests.unit.ingest.rows import good_row, table_of

SCHEDULE = "nbac_schedule"
PLAYERS = "nbac_gamebook_player_stats"
TEAM_BOX = "nbac_team_boxscore"
REQUIRED = (SCHEDULE, PLAYERS, TEAM_BOX)


def write_parquet(path: Path, rows: pa.Table) -> None:
    pa_parquet.write_table(rows, path)


def write_csv(path: Path, rows: pa.Table) -> None:
    pa_csv.write_csv(rows, path)


def write_json_lines(path: Path, rows: pa.Table) -> None:
    lines = [json.dumps(row, default=lambda value: value.isoformat()) for row in rows.to_pylist()]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def folder_with(folder: Path, *, without: str = "") -> Path:
    for table in REQUIRED:
        if table != without:
            write_parquet(folder / f"{table}.parquet", table_of(table, good_row(table)))
    return folder


def read(folder: Path, start: date = date(2021, 9, 1), end: date = date(2022, 8, 31)) -> FolderOfTables:
    return read_folder_of_tables(folder, pa_fs.LocalFileSystem(), start_date=start, end_date=end)


def refusal(folder: Path) -> IngestError:
    with pytest.raises(IngestError) as caught:
        read(folder)
    return caught.value


@pytest.mark.parametrize(
    ("extension", "write"),
    [
        ("parquet", write_parquet),
        ("PARQUET", write_parquet),
        ("csv", write_csv),
        ("ndjson", write_json_lines),
        ("jsonl", write_json_lines),
        ("json", write_json_lines),
    ],
)
@pytest.mark.parametrize("table", list(raw_tables()))
def test_every_format_gives_the_same_validated_rows(
    tmp_path: Path, table: str, extension: str, write: Callable[[Path, pa.Table], None]
) -> None:
    rows = table_of(
        table,
        good_row(table, processed_at=datetime(2021, 10, 20, 6, 0, 0, 123456, tzinfo=UTC)),
        good_row(table, game_id="0022100002", processed_at=None),
    )
    folder_with(tmp_path, without=table)
    write(tmp_path / f"{table}.{extension}", rows)

    found = {raw_file.table: raw_file for raw_file in read(tmp_path).files}

    assert validate(found[table]) == rows


def test_leading_zeros_of_game_ids_survive_csv(tmp_path: Path) -> None:
    folder_with(tmp_path, without=SCHEDULE)
    write_csv(tmp_path / f"{SCHEDULE}.csv", table_of(SCHEDULE, good_row(SCHEDULE)))

    found = {raw_file.table: raw_file for raw_file in read(tmp_path).files}

    assert found[SCHEDULE].rows.column("game_id").to_pylist() == ["0022100001"]


def test_only_rows_of_the_asked_dates_are_read_both_ends_included(tmp_path: Path) -> None:
    folder_with(tmp_path, without=SCHEDULE)
    days = [date(2021, 10, day) for day in (19, 20, 21, 22)]
    write_csv(
        tmp_path / f"{SCHEDULE}.csv",
        table_of(SCHEDULE, *(good_row(SCHEDULE, game_date=day) for day in days)),
    )

    found = read(tmp_path, date(2021, 10, 20), date(2021, 10, 21))
    by_table = {raw_file.table: validate(raw_file) for raw_file in found.files}

    assert by_table[SCHEDULE].column("game_date").to_pylist() == days[1:3]
    assert by_table[TEAM_BOX].num_rows == 0


def test_a_bad_row_is_named_by_its_row_in_the_file_also_when_other_dates_were_left_out(
    tmp_path: Path,
) -> None:
    folder_with(tmp_path, without=SCHEDULE)
    write_parquet(
        tmp_path / f"{SCHEDULE}.parquet",
        table_of(
            SCHEDULE,
            good_row(SCHEDULE),
            good_row(SCHEDULE, game_date=date(2021, 10, 20), home_team_tricode="XXX"),
        ),
    )
    found = {f.table: f for f in read(tmp_path, date(2021, 10, 20), date(2021, 10, 20)).files}

    with pytest.raises(IngestError, match=r"nbac_schedule.parquet\], row 2, column \[home_team_tricode\]"):
        validate(found[SCHEDULE])


@pytest.mark.parametrize("bad", ["", "soon"])
def test_rows_whose_date_cannot_be_read_are_kept_for_validation_to_name(tmp_path: Path, bad: str) -> None:
    folder_with(tmp_path, without=SCHEDULE)
    path = tmp_path / f"{SCHEDULE}.csv"
    write_csv(path, table_of(SCHEDULE, good_row(SCHEDULE), good_row(SCHEDULE, game_id="0022100002")))
    header, first, second = path.read_text().splitlines()
    path.write_text("\n".join([header, first, second.replace("2021-10-19", bad, 1)]) + "\n")
    found = {raw_file.table: raw_file for raw_file in read(tmp_path).files}

    with pytest.raises(IngestError, match=r"nbac_schedule.csv\], row 2, column \[game_date\]"):
        validate(found[SCHEDULE])


def test_entries_that_are_no_raw_tables_are_ignored_and_reported(tmp_path: Path) -> None:
    folder_with(tmp_path)
    (tmp_path / "README.md").write_text("notes")
    (tmp_path / "schedule.csv").write_text("a\n1\n")
    (tmp_path / "nbac_schedule.xlsx").write_text("x")
    (tmp_path / "older").mkdir()

    found = read(tmp_path)

    assert found.ignored == ("README.md", "nbac_schedule.xlsx", "older", "schedule.csv")
    assert {raw_file.table for raw_file in found.files} == set(REQUIRED)


@pytest.mark.parametrize("missing", REQUIRED)
def test_a_missing_required_table_is_named_with_the_file_to_add(tmp_path: Path, missing: str) -> None:
    error = refusal(folder_with(tmp_path, without=missing))

    assert f"Required raw tables are missing ({missing})" in str(error)
    assert error.file == tmp_path.as_posix()
    assert f"Add {missing}.parquet" in error.remedy


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    error = refusal(tmp_path / "nowhere")

    assert "cannot be listed" in error.problem
    assert error.file.endswith("/nowhere")
    assert "existing folder" in error.remedy


def test_two_files_of_one_table_are_refused(tmp_path: Path) -> None:
    folder_with(tmp_path)
    write_csv(tmp_path / f"{SCHEDULE}.csv", table_of(SCHEDULE, good_row(SCHEDULE)))

    error = refusal(tmp_path)

    assert f"Table [{SCHEDULE}] comes in two files" in error.problem
    assert {Path(error.file).suffix, ".csv"} <= {".csv", ".parquet"}
    assert error.remedy == "Keep one file per raw table"


@pytest.mark.parametrize("extension", ["parquet", "csv", "json"])
def test_an_empty_file_is_refused(tmp_path: Path, extension: str) -> None:
    folder_with(tmp_path, without=SCHEDULE)
    (tmp_path / f"{SCHEDULE}.{extension}").touch()

    error = refusal(tmp_path)

    assert error.problem == "The file holds no rows"
    assert error.file.endswith(f"/{SCHEDULE}.{extension}")
    assert "Write the file again" in error.remedy


@pytest.mark.parametrize(("extension", "write"), [("parquet", write_parquet), ("csv", write_csv)])
def test_a_file_of_column_names_only_is_empty(
    tmp_path: Path, extension: str, write: Callable[[Path, pa.Table], None]
) -> None:
    folder_with(tmp_path, without=SCHEDULE)
    write(tmp_path / f"{SCHEDULE}.{extension}", table_of(SCHEDULE))

    assert refusal(tmp_path).problem == "The file holds no rows"


@pytest.mark.parametrize(
    ("extension", "content", "remedy"),
    [
        ("parquet", b"PAR1 but cut off", "Write the file again as Parquet"),
        ("csv", b"game_id,game_date\n1\n", "as many fields in each row"),
        ("json", b'[{"game_id": "1"}]', "one flat JSON object per line"),
        ("json", b'{"game_id": "1"', "one flat JSON object per line"),
    ],
)
def test_an_unreadable_file_is_named_with_the_remedy(
    tmp_path: Path, extension: str, content: bytes, remedy: str
) -> None:
    folder_with(tmp_path, without=SCHEDULE)
    (tmp_path / f"{SCHEDULE}.{extension}").write_bytes(content)

    error = refusal(tmp_path)

    assert error.file.endswith(f"/{SCHEDULE}.{extension}")
    assert error.problem.startswith("Not ")
    assert remedy in error.remedy


def test_a_csv_row_with_too_few_fields_is_counted_from_the_first_row_of_data(tmp_path: Path) -> None:
    folder_with(tmp_path, without=SCHEDULE)
    (tmp_path / f"{SCHEDULE}.csv").write_text("game_id,game_date\na,b\nc,d\ne\n")

    assert refusal(tmp_path).row == 3


def test_a_json_value_that_changes_its_type_is_named_with_row_and_column(tmp_path: Path) -> None:
    folder_with(tmp_path, without=SCHEDULE)
    (tmp_path / f"{SCHEDULE}.json").write_text('{"home_team_score": 1}\n{"home_team_score": "many"}\n')

    error = refusal(tmp_path)

    assert (error.row, error.column) == (2, "home_team_score")
    assert "same type in every line" in error.remedy


def test_the_folder_may_be_on_any_file_system() -> None:
    filesystem = pa_fs._MockFileSystem()
    filesystem.create_dir("bucket/season", recursive=True)
    for table in REQUIRED:
        with filesystem.open_output_stream(f"bucket/season/{table}.parquet") as stream:
            pa_parquet.write_table(table_of(table, good_row(table)), stream)

    found = read_folder_of_tables(
        Path("bucket/season"), filesystem, start_date=date(2021, 10, 19), end_date=date(2021, 10, 19)
    )

    assert [raw_file.name for raw_file in found.files] == [
        f"bucket/season/{table}.parquet" for table in sorted(REQUIRED)
    ]
    assert all(validate(raw_file).num_rows == 1 for raw_file in found.files)


@pytest.mark.realdata
@requires_shared("data", "raw")
@pytest.mark.parametrize(("season", "tables"), [("2021-22", 7), ("2024-25", 5)])
def test_a_real_season_is_read_whole_and_by_the_day(season: str, tables: int) -> None:
    folder = SHARED / "data" / "raw" / season
    whole = read(folder, date(2021, 9, 1), date(2025, 8, 31))
    day = date(2022, 1, 26) if season == "2021-22" else date(2025, 1, 26)
    one_day = {raw_file.table: raw_file.rows for raw_file in read(folder, day, day).files}

    assert len(whole.files) == tables
    assert whole.ignored == ()
    assert one_day[SCHEDULE].num_rows * 2 == one_day[TEAM_BOX].num_rows > 0
    for raw_file in whole.files:
        assert raw_file.rows.num_rows == pa_parquet.read_metadata(raw_file.name).num_rows
