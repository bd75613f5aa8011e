"""Folders as sources of raw data that can be asked again: `files:DIR`, `nba-stats:DIR`."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from pyarrow.fs import LocalFileSystem

from services.ingest.files import read_folder_of_tables
from services.ingest.nba_stats.folder import read_folder
from services.ingest.requests import RawSource
from services.ingest.source import RawFile
from services.ingest.writer import within
from services.settings import SettingsError


@dataclass(frozen=True)
class FolderOfFiles:
    """A folder with one file per raw table. It is read anew with every request."""

    folder: Path

    def read(self, start: dt.date, end: dt.date) -> tuple[RawFile, ...]:
        return read_folder_of_tables(self.folder, LocalFileSystem(), start_date=start, end_date=end).files


@dataclass(frozen=True)
class FolderOfDocuments:
    """A folder with documents of NBA stats and The Odds API. It is read anew with every request."""

    folder: Path

    def read(self, start: dt.date, end: dt.date) -> tuple[RawFile, ...]:
        return tuple(within(file, start, end) for file in read_folder(self.folder))


_KINDS: dict[str, Callable[[Path], RawSource]] = {
    "files": FolderOfFiles,
    "nba-stats": FolderOfDocuments,
}


def open_source(text: str, directory: Path) -> RawSource:
    """The source that a text like `files:DIR` names, a relative DIR being below `directory`.

    Raises SettingsError for a text of another form, and for a folder that is not there.
    """
    kind, colon, name = text.partition(":")
    if kind not in _KINDS or not colon or not name:
        forms = " or ".join(f"{known}:DIR" for known in _KINDS)
        raise SettingsError(f"[{text}] names no source of raw data. Write {forms}.")
    folder = directory / name
    if not folder.is_dir():
        raise SettingsError(
            f"[{text}]: there is no folder [{folder}]. Name the one that raw data comes into."
        )
    return _KINDS[kind](folder)
