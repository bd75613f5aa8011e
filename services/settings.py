"""Settings of a process, read once from its environment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

_SCHEME = "duckdb://"
_DEFAULT_FILE = Path(".nba") / "nba.duckdb"
_STDERR = "stderr"


class SettingsError(Exception):
    """A setting that cannot be used; the message names it and the remedy."""


@dataclass(frozen=True)
class Settings:
    """The embedded warehouse file, and the file that takes the JSON log lines (None: they go to stderr).

    `raw_source`: where raw data is fetched again from, like `files:DIR`; None: from nowhere.
    """

    warehouse: Path
    log: Path | None
    raw_source: str | None


def read_settings(environment: Mapping[str, str], directory: Path) -> Settings:
    """The settings in `environment`, relative paths and defaults being below `directory`.

    NBA_WAREHOUSE is `duckdb:///ABSOLUTE/PATH`; unset, the file .nba/nba.duckdb. NBA_LOG is `stderr` or the
    path of a file; unset, logs/<warehouse>.jsonl beside the warehouse. NBA_RAW_SOURCE is taken as it is; who
    opens the source judges it. Raises SettingsError.
    """
    warehouse = _warehouse_file(environment.get("NBA_WAREHOUSE", ""), directory)
    source = environment.get("NBA_RAW_SOURCE") or None
    chosen = environment.get("NBA_LOG", "")
    if chosen == _STDERR:
        return Settings(warehouse, None, source)
    log = directory / chosen if chosen else warehouse.parent / "logs" / f"{warehouse.stem}.jsonl"
    if log.is_dir():
        raise SettingsError(f"NBA_LOG is [{chosen}], a folder. Name a file, or use NBA_LOG=stderr.")
    return Settings(warehouse, log, source)


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
