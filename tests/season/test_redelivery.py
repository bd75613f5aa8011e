"""Every message of the real season, delivered again."""

from __future__ import annotations

import datetime as dt
import shutil
from pathlib import Path

import pytest

from tests.realdata import requires_shared
from tests.season.conftest import SEASON
from tests.season.deliveries import contents, deliver_again, live_day
from tests.season.kit import UP_TO_FEATURES, ProcessedSeason, open_pipeline
from tests.support.direct import load_parquet_folder

pytestmark = [pytest.mark.realdata, requires_shared("data", "raw", "2021-22")]

#: The fourth game of the finals; two dates come after it.
LIVE = dt.date(2022, 6, 10)


def test_delivering_every_message_of_the_season_twice_more_runs_nothing_and_changes_no_byte(
    processed_season: ProcessedSeason, tmp_path: Path
) -> None:
    path = Path(shutil.copyfile(processed_season.path, tmp_path / "season.duckdb"))
    with open_pipeline(path, topology=UP_TO_FEATURES) as pipeline:
        live_day(pipeline, load_parquet_folder(SEASON), LIVE)
        assert len(pipeline.runs) == 2 * len(UP_TO_FEATURES.processors)
        messages = [*processed_season.messages, *pipeline.messages]
    before = contents(path)
    with open_pipeline(path, topology=UP_TO_FEATURES) as pipeline:
        deliveries = deliver_again(pipeline, messages, seed=20220610)
        assert pipeline.runs == []
    assert contents(path) == before
    assert deliveries > 2 * len(messages)
