"""Which dates a season has, by the schedule, and how verification reads them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from services.console.output import InputError
from shared.sql import Statement, read_sql
from shared.warehouse.port import Parameter, Rows, Warehouse, date, integer, query

SQL = Path(__file__).parent / "sql"


@dataclass(frozen=True)
class SeasonDates:
    """The dates with a slot of one season, in order; there is at least one."""

    season_year: int
    dates: tuple[dt.date, ...]

    @property
    def name(self) -> str:
        """`2021-22`."""
        return name_of(self.season_year)

    @property
    def parameters(self) -> dict[str, Parameter]:
        """What every statement of verification is given."""
        return {
            "season_year": integer(self.season_year),
            "first_date": date(self.dates[0]),
            "last_date": date(self.dates[-1]),
        }


def name_of(season_year: int) -> str:
    """`2021-22` for 2021."""
    return f"{season_year}-{(season_year + 1) % 100:02d}"


def read_season(warehouse: Warehouse, season_year: int) -> SeasonDates:
    """The dates of a season. Raises InputError, naming those that are loaded, when it is none of them."""
    dates: dict[int, list[dt.date]] = {}
    for row in run(warehouse, "season_dates", {}).values:
        dates.setdefault(row[0], []).append(row[1])  # type: ignore[arg-type]
    if season_year in dates:
        return SeasonDates(season_year, tuple(dates[season_year]))
    if not dates:
        raise InputError(
            f"Season [{season_year}] is not loaded, because no schedule has been ingested. "
            "Start with `nba ingest files DIR`."
        )
    loaded = ", ".join(f"{year} ({name_of(year)})" for year in dates)
    raise InputError(f"Season [{season_year}] is not loaded. Loaded: {loaded}.")


def run(warehouse: Warehouse, name: str, parameters: Mapping[str, Parameter]) -> Rows:
    """Run one statement of verification's own folder."""
    return query(warehouse, Statement(name, read_sql(SQL / f"{name}.sql")), parameters)
