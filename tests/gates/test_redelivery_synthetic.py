"""Messages that come again, in any order, do nothing."""

from __future__ import annotations

import datetime as dt
import shutil
from pathlib import Path

from shared.planner.snapshot import Reprocess
from tests.season.deliveries import contents, deliver_again, live_day
from tests.season.invented import invented_tables
from tests.season.kit import ProcessedSeason, open_pipeline

LIVE = dt.date(2021, 11, 16)


def test_delivering_every_message_twice_more_runs_nothing_and_changes_no_byte(
    invented_season: ProcessedSeason, tmp_path: Path
) -> None:
    path = Path(shutil.copyfile(invented_season.path, tmp_path / "season.duckdb"))
    with open_pipeline(path) as pipeline:
        live_day(pipeline, invented_tables(), LIVE)
        messages = [*invented_season.messages, *pipeline.messages]
    before = contents(path)
    with open_pipeline(path) as pipeline:
        deliveries = deliver_again(pipeline, messages, seed=20211116)
        assert pipeline.runs == []
    assert contents(path) == before
    assert deliveries > 2 * len(messages)


def test_a_date_that_runs_again_is_noticed_by_its_bytes(
    invented_season: ProcessedSeason, tmp_path: Path
) -> None:
    path = Path(shutil.copyfile(invented_season.path, tmp_path / "season.duckdb"))
    before = contents(path)
    with open_pipeline(path) as pipeline:
        pipeline.backfill(LIVE, LIVE, reprocess=Reprocess.ALL, processors=("team_offense_game_summary",))
    after = contents(path)
    changed = {name for name in before if before[name] != after[name]}
    assert "nba_analytics.team_offense_game_summary" in changed
    assert before["nba_analytics.player_game_summary"] == after["nba_analytics.player_game_summary"]
