"""An invented month, processed once for all tests of this folder."""

from __future__ import annotations

import pytest

from tests.season.invented import FIRST, LAST, invented_tables
from tests.season.kit import ProcessedSeason, open_pipeline


@pytest.fixture(scope="session")
def invented_season(tmp_path_factory: pytest.TempPathFactory) -> ProcessedSeason:
    """The invented month ingested and backfilled. Copy the file before changing it."""
    path = tmp_path_factory.mktemp("invented") / "season.duckdb"
    with open_pipeline(path) as pipeline:
        pipeline.ingest(invented_tables())
        pipeline.backfill(FIRST, LAST)
        return ProcessedSeason(path, tuple(pipeline.messages))
