"""Folders as sources that can be asked again: what a text like `files:DIR` names, and what it has."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from services.ingest.source import IngestError
from services.ingest.sources import FolderOfDocuments, FolderOfFiles, open_source
from services.ingest.synthetic import SyntheticOptions, generate
from services.settings import SettingsError

FIRST, LAST = dt.date(2023, 10, 24), dt.date(2023, 10, 27)


def _write_week(folder: Path) -> None:
    week = generate(SyntheticOptions(seed=3, season_year=2023, start_date=FIRST, end_date=LAST, teams=4))
    for name, rows in week.tables.items():
        pq.write_table(rows, folder / f"{name}.parquet")


def test_a_source_is_a_kind_and_a_folder_below_the_directory(tmp_path: Path) -> None:
    (tmp_path / "late").mkdir()
    assert open_source("files:late", tmp_path) == FolderOfFiles(tmp_path / "late")
    assert open_source("nba-stats:late", tmp_path) == FolderOfDocuments(tmp_path / "late")
    assert open_source(f"files:{tmp_path}/late", Path("elsewhere")) == FolderOfFiles(tmp_path / "late")


@pytest.mark.parametrize("text", ["", "late", "files", "files:", ":late", "ftp:late", "Files:late"])
def test_any_other_text_is_refused_with_the_forms_there_are(tmp_path: Path, text: str) -> None:
    with pytest.raises(SettingsError, match=r"files:DIR or nba-stats:DIR") as caught:
        open_source(text, tmp_path)
    assert f"[{text}]" in str(caught.value)


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"there is no folder \[.*/late\]"):
        open_source("files:late", tmp_path)


def test_a_folder_of_files_has_the_rows_of_the_dates_asked_for(tmp_path: Path) -> None:
    _write_week(tmp_path)
    found = {file.table: file.rows for file in FolderOfFiles(tmp_path).read(FIRST, FIRST)}
    assert set(found["nbac_schedule"]["game_date"].to_pylist()) == {FIRST}
    assert found["nbac_gamebook_player_stats"].num_rows > 0


def test_a_folder_is_read_anew_with_every_request(tmp_path: Path) -> None:
    source = FolderOfFiles(tmp_path)
    with pytest.raises(IngestError):
        source.read(FIRST, LAST)
    _write_week(tmp_path)
    assert source.read(FIRST, LAST)


def test_a_folder_without_documents_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(IngestError, match=r"no \*.json files"):
        FolderOfDocuments(tmp_path).read(FIRST, LAST)
