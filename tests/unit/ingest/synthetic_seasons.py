"""Synthetic seasons that several test modules look at, generated once, and SQL over their tables."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from functools import cache
from typing import Any

import duckdb
import pyarrow as pa

from services.ingest.synthetic import SyntheticOptions, SyntheticSeason, generate, season_bounds

SEASON_YEAR = 2021
OPENING, LAST_DAY = season_bounds(SEASON_YEAR)
FIRST_MONTH = (OPENING, OPENING + timedelta(days=30))


def tiny_options(
    *,
    seed: int = 7,
    start_date: date = FIRST_MONTH[0],
    end_date: date = FIRST_MONTH[1],
    faults: bool = True,
    include_optional: bool = True,
) -> SyntheticOptions:
    """Four teams, a month, with faults."""
    return SyntheticOptions(
        seed=seed,
        season_year=SEASON_YEAR,
        start_date=start_date,
        end_date=end_date,
        faults=faults,
        include_optional=include_optional,
        teams=4,
    )


@cache
def month() -> SyntheticSeason:
    """The first month of the whole league, with faults."""
    return generate(
        SyntheticOptions(
            seed=7,
            season_year=SEASON_YEAR,
            start_date=FIRST_MONTH[0],
            end_date=FIRST_MONTH[1],
            faults=True,
        )
    )


@cache
def season() -> SyntheticSeason:
    """A whole season's required tables, with faults."""
    return generate(
        SyntheticOptions.whole_season(seed=7, season_year=SEASON_YEAR, faults=True, include_optional=False)
    )


@cache
def tiny() -> SyntheticSeason:
    """The first month of four teams, with faults."""
    return generate(tiny_options())


SEASONS: dict[str, Callable[[], SyntheticSeason]] = {"month": month, "season": season, "tiny": tiny}


def query(tables: Mapping[str, pa.Table], sql: str) -> list[tuple[Any, ...]]:
    """Run SQL over raw tables, by their names."""
    with duckdb.connect() as connection:
        for name, table in tables.items():
            connection.register(name, table)
        return connection.execute(sql).fetchall()


def number(tables: Mapping[str, pa.Table], sql: str) -> float:
    """The one number that a query gives."""
    [[value]] = query(tables, sql)
    return float(value)
