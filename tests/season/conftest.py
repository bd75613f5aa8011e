"""The real season, processed once for all tests of this folder."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from tests.realdata import SHARED
from tests.season.kit import UP_TO_FEATURES, ProcessedSeason, open_pipeline
from tests.support.direct import load_parquet_folder

SEASON = SHARED / "data" / "raw" / "2021-22"
START, END = dt.date(2021, 10, 19), dt.date(2022, 6, 16)
#: A game lost in October is felt on two hundred dates: ten minutes are enough for those of the second half.
_SECOND_HALF = dt.date(2022, 1, 15)


@pytest.fixture(scope="session")
def whole_season(request: pytest.FixtureRequest) -> bool:
    """Whether this run has the time for all of the season."""
    return bool(request.config.getoption("--whole-season"))


@pytest.fixture(scope="session")
def damaged_from(whole_season: bool) -> dt.date:
    """The first date whose games may be damaged. Before a first list nobody is expected: two are spared."""
    return START + dt.timedelta(days=2) if whole_season else _SECOND_HALF


@pytest.fixture(scope="session")
def processed_season(tmp_path_factory: pytest.TempPathFactory) -> ProcessedSeason:
    """The season 2021-22 ingested and backfilled up to its features. Copy the file before changing it."""
    path = tmp_path_factory.mktemp("season") / "season.duckdb"
    with open_pipeline(path, topology=UP_TO_FEATURES) as pipeline:
        pipeline.ingest(load_parquet_folder(SEASON))
        pipeline.backfill(START, END)
        return ProcessedSeason(path, tuple(pipeline.messages))


@pytest.fixture(scope="session")
def season_file(processed_season: ProcessedSeason) -> Path:
    """A warehouse file with the whole season 2021-22 up to its features. Copy it before changing it."""
    return processed_season.path
