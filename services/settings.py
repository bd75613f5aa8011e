"""Settings of a process, read once from its environment."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

_SCHEME = "duckdb://"
_BIGQUERY = "bigquery://"
_DEFAULT_FILE = Path(".nba") / "nba.duckdb"
_STDERR = "stderr"


class SettingsError(Exception):
    """A setting that cannot be used; the message names it and the remedy."""


@dataclass(frozen=True)
class BigQueryProject:
    """A warehouse in the cloud: the project, and the location of its datasets."""

    project: str
    location: str

    def __str__(self) -> str:
        return f"{_BIGQUERY}{self.project}/{self.location}"


@dataclass(frozen=True)
class Settings:
    """The warehouse (an embedded file, or BigQuery), and the file of the JSON log lines (None: stderr).

    `raw_source`: where raw data is fetched again from, like `files:DIR`; None: from nowhere. `broker`: the
    project whose Pub/Sub topics are published to; None: messages stay inside the process.
    """

    warehouse: Path | BigQueryProject
    log: Path | None
    raw_source: str | None
    broker: str | None


def read_settings(environment: Mapping[str, str], directory: Path) -> Settings:
    """The settings in `environment`, relative paths and defaults being below `directory`.

    NBA_WAREHOUSE is `duckdb:///ABSOLUTE/PATH` or `bigquery://PROJECT/LOCATION`; unset, the file
    .nba/nba.duckdb. NBA_BROKER is `pubsub://PROJECT`, which BigQuery needs beside it. NBA_LOG is `stderr` or
    the path of a file; unset, logs/<warehouse>.jsonl beside the warehouse. NBA_RAW_SOURCE is taken as it is;
    who opens the source judges it. Raises SettingsError.
    """
    url = environment.get("NBA_WAREHOUSE", "")
    broker = _broker(environment.get("NBA_BROKER", ""))
    warehouse = _bigquery(url) if url.startswith(_BIGQUERY) else _warehouse_file(url, directory)
    if isinstance(warehouse, BigQueryProject) != (broker is not None):
        raise SettingsError(
            f"NBA_WAREHOUSE is [{url}] and NBA_BROKER is [{environment.get('NBA_BROKER', '')}]. "
            "BigQuery goes with pubsub://PROJECT; with an embedded file, leave NBA_BROKER unset."
        )
    source = environment.get("NBA_RAW_SOURCE") or None
    chosen = environment.get("NBA_LOG", "")
    if chosen == _STDERR:
        return Settings(warehouse, None, source, broker)
    file = directory / _DEFAULT_FILE if isinstance(warehouse, BigQueryProject) else warehouse
    log = directory / chosen if chosen else file.parent / "logs" / f"{file.stem}.jsonl"
    if log.is_dir():
        raise SettingsError(f"NBA_LOG is [{chosen}], a folder. Name a file, or use NBA_LOG=stderr.")
    return Settings(warehouse, log, source, broker)


def _bigquery(url: str) -> BigQueryProject:
    found = re.fullmatch(r"bigquery://([a-z0-9][a-z0-9:.-]*)/([A-Za-z0-9-]+)", url)
    if found is None:
        raise SettingsError(f"NBA_WAREHOUSE is [{url}]. Write bigquery://PROJECT/LOCATION, such as .../US.")
    return BigQueryProject(found.group(1), found.group(2))


def _broker(url: str) -> str | None:
    if not url:
        return None
    found = re.fullmatch(r"pubsub://([a-z0-9][a-z0-9:.-]*)", url)
    if found is None:
        raise SettingsError(f"NBA_BROKER is [{url}]. Write pubsub://PROJECT.")
    return found.group(1)


def _warehouse_file(url: str, directory: Path) -> Path:
    if not url:
        return directory / _DEFAULT_FILE
    default = f"leave it unset for [{directory / _DEFAULT_FILE}]"
    path = Path(url.removeprefix(_SCHEME))
    if not url.startswith(_SCHEME) or not path.is_absolute() or path == Path("/"):
        suggestion = f"{_SCHEME}{directory / path}" if "://" not in url else f"{_SCHEME}/ABSOLUTE/PATH"
        raise SettingsError(f"NBA_WAREHOUSE is [{url}], which names no file. Use {suggestion}, or {default}.")
    if path.is_dir():
        raise SettingsError(
            f"NBA_WAREHOUSE is [{url}], a folder. Use {_SCHEME}{path / 'nba.duckdb'}, or {default}."
        )
    return path
