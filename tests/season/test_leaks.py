"""No row of the real season depends on what happened on its date or later."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from shared.topology.declaration import VOLATILE_COLUMNS
from tests.realdata import requires_shared
from tests.season.conftest import SEASON, START
from tests.season.growing import evening_of, known_by, output_by
from tests.season.kit import UP_TO_FEATURES, copy_of, open_pipeline
from tests.season.leaks import STEPS, season_of
from tests.season.mutants import inspected
from tests.season.trials import Findings, find_leaks
from tests.support.direct import load_parquet_folder

pytestmark = [pytest.mark.realdata, requires_shared("data", "raw", "2021-22")]

#: In the week that postponed most games: slots after it are known to be postponed, and played later.
PLAYED = dt.date(2021, 12, 19)


@pytest.fixture(scope="module")
def findings(season_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Findings:
    """Five dates whose futures were altered or deleted."""
    with season_of(season_file, tmp_path_factory.mktemp("leaks")) as season:
        return find_leaks(season, STEPS)


def test_no_row_of_a_date_changes_with_its_future(findings: Findings) -> None:
    assert [str(leak) for leak in findings.leaks] == []


def test_every_column_of_every_processor_before_the_games_is_compared(findings: Findings) -> None:
    for processor in inspected(UP_TO_FEATURES):
        content = {column.name for column in processor.schema.without(VOLATILE_COLUMNS)}
        assert set(findings.columns[processor.name]) == content
    assert findings.rows > 30_000


def test_the_season_up_to_a_date_is_the_same_whatever_came_after(season_file: Path, tmp_path: Path) -> None:
    tables = load_parquet_folder(SEASON)
    evening = evening_of(tables, PLAYED)
    with copy_of(season_file, tmp_path, topology=UP_TO_FEATURES) as pipeline:
        whole = output_by(pipeline, evening)
    with open_pipeline(None, topology=UP_TO_FEATURES) as pipeline:
        pipeline.ingest(known_by(tables, evening))
        pipeline.backfill(START, evening.coming)
        then = output_by(pipeline, evening)
    for name, rows in whole.items():
        assert len(rows) > 900
        assert then[name] == rows, name
