"""A synthetic fortnight through services, Pub/Sub and BigQuery: the same tables as the embedded pipeline."""

from __future__ import annotations

import datetime as dt

import pytest

from tests.emulated.seasons import Season, assert_as_embedded
from tests.emulators.cloud import Cloud

pytestmark = pytest.mark.emulated


def test_a_fortnight_ends_with_the_tables_of_the_embedded_run(in_the_cloud: Cloud) -> None:
    season = Season(2023, dt.date(2023, 10, 24), days=14, teams=30)

    in_the_cloud.nba(
        *("ingest", "synthetic", "--seed", "2023", "--season", "2023", "--faults"),
        *("--start-date", str(season.start), "--end-date", str(season.end)),
    )

    assert_as_embedded(in_the_cloud, season, seconds=900)
