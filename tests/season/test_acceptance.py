"""What the pipeline must say of the real season 2021-22, untouched."""

from __future__ import annotations

import datetime as dt
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from shared.failures.model import failure_tables
from shared.planner.state import State
from tests.realdata import requires_shared
from tests.season.conftest import END, START
from tests.season.kit import UP_TO_FEATURES, Pipeline, copy_of

pytestmark = [pytest.mark.realdata, requires_shared("data", "raw", "2021-22")]

_NO_EARLIER_GAME = {
    "team_defense_zone_analysis": {dt.date(2021, 10, 19)},
    "player_shot_zone_analysis": {dt.date(2021, 10, 19), dt.date(2021, 10, 20)},
    "player_composite_factors": {dt.date(2021, 10, 19), dt.date(2021, 10, 20)},
    "ml_feature_store": {dt.date(2021, 10, 19), dt.date(2021, 10, 20)},
    "player_daily_cache": {dt.date(2021, 10, 19), dt.date(2021, 10, 20)},
}


@pytest.fixture(scope="module")
def season(season_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pipeline]:
    """The processed season; tests of this module only read it."""
    with copy_of(season_file, tmp_path_factory.mktemp("copy"), topology=UP_TO_FEATURES) as pipeline:
        yield pipeline


def _regular_dates(season: Pipeline) -> list[dt.date]:
    return [day for day in season.grid().dates() if day <= dt.date(2022, 4, 10)]


def test_every_cell_of_the_season_is_current(season: Pipeline) -> None:
    grid = season.grid()
    assert len(_regular_dates(season)) == 165
    assert len([d for d in grid.dates() if d <= dt.date(2021, 12, 31)]) == 72
    states = Counter(cell.state for cells in grid.cells.values() for cell in cells.values())
    assert states == {State.CURRENT: len(UP_TO_FEATURES.processors) * len(list(grid.dates()))}


def test_every_processor_has_rows_on_every_date_that_has_an_earlier_game(season: Pipeline) -> None:
    dates = set(season.grid().dates())
    for processor in UP_TO_FEATURES.processors:
        column = processor.schema.partition_column
        rows = season.select(f"SELECT DISTINCT {column} FROM {processor.schema.address}")
        without = dates - {row[0] for row in rows.values}
        assert without == _NO_EARLIER_GAME.get(processor.name, set()), processor.name


def test_the_existing_queries_run_unchanged(season: Pipeline) -> None:
    failures = season.select(
        "SELECT analysis_date, failure_category, COUNT(*) FROM nba_processing.precompute_failures"
        " WHERE analysis_date >= '2021-10-01' GROUP BY 1,2 ORDER BY 1,2"
    )
    assert failures.values
    coverage = season.select(
        "SELECT 'PDC', MIN(cache_date), MAX(cache_date), COUNT(DISTINCT cache_date)"
        " FROM nba_precompute.player_daily_cache WHERE cache_date >= '2021-10-01'"
    )
    assert coverage.values == [("PDC", dt.date(2021, 10, 21), END, len(list(season.grid().dates())) - 2)]


def test_the_untouched_season_has_no_gap_and_no_error(season: Pipeline) -> None:
    types: Counter[str] = Counter()
    for table in failure_tables():
        rows = season.select(f"SELECT failure_type, COUNT(*) FROM {table.address} GROUP BY 1")
        types.update(dict(rows.values))  # type: ignore[arg-type]
    assert set(types) <= {"PLAYER_DNP", "INSUFFICIENT_HISTORY"}, types
    assert 25_000 <= types["PLAYER_DNP"] <= 27_500


def test_zach_lavine_missed_two_of_five_games_and_that_is_no_gap(season: Pipeline) -> None:
    row = season.select(
        "SELECT l14d_schedule_completeness_pct, l14d_data_completeness_pct"
        " FROM nba_precompute.player_daily_cache"
        " WHERE cache_date = '2021-12-31' AND player_lookup = 'zachlavine'"
    )
    assert row.values == [(60.0, 100.0)]
    failures = season.select(
        "SELECT failure_type, resolution_status, row_written, evidence"
        " FROM nba_processing.precompute_failures"
        " WHERE analysis_date = '2021-12-31' AND entity_id = 'zachlavine'"
    )
    assert [value[:3] for value in failures.values] == [("PLAYER_DNP", "PERMANENT", True)]
    evidence = json.loads(str(failures.values[0][3]))
    assert evidence["windows"]["l14d"] == [5, 3, 2]
    in_window = [g for g in evidence["missing"] if g["date"] in ("2021-12-19", "2021-12-20")]
    assert len(in_window) == 2
    assert all(game["verdict"] == "PLAYER_DNP" and game["reason"] for game in in_window)


def test_144_of_the_219_players_of_new_years_eve_are_below_the_threshold(season: Pipeline) -> None:
    rows = season.select(
        "SELECT COUNT(*), COUNTIF(f.entity_id IS NOT NULL)"
        " FROM nba_analytics.player_game_summary AS p"
        " LEFT JOIN nba_processing.precompute_failures AS f"
        "   ON f.processor_name = 'PlayerDailyCacheProcessor' AND f.analysis_date = p.game_date"
        "   AND f.entity_id = p.player_lookup AND 10 * f.actual_game_count < 9 * f.expected_game_count"
        " WHERE p.game_date = '2021-12-31'"
    )
    assert rows.values == [(219, 144)]


def test_back_to_backs_recomputed_from_the_results_agree_with_the_context_tables(season: Pipeline) -> None:
    team = season.select(
        "SELECT COUNTIF(u.is_back_to_back) FROM nba_analytics.upcoming_team_game_context AS u"
        " JOIN nba_raw.nbac_schedule AS s ON s.game_id = u.game_id AND s.game_date = u.game_date"
        " WHERE s.season_type = 'regular'"
    )
    assert team.values == [(423,)]
    recomputed = season.select(
        "SELECT COUNTIF(DATE_DIFF(game_date, before, DAY) = 1) FROM ("
        "  SELECT game_date,"
        "    LAG(game_date) OVER (PARTITION BY player_lookup ORDER BY game_date, game_id) AS before"
        "  FROM nba_analytics.player_game_summary WHERE season_type = 'regular')"
    )
    assert recomputed.values == [(3830,)]


def test_nearly_everybody_who_played_was_expected_and_has_a_cache_row(season: Pipeline) -> None:
    rows = season.select(
        "SELECT COUNT(*), COUNTIF(c.player_lookup IS NOT NULL) FROM ("
        "  SELECT player_lookup, game_date,"
        "    LAG(game_date) OVER (PARTITION BY player_lookup ORDER BY game_date, game_id) AS before"
        "  FROM nba_analytics.player_game_summary WHERE season_type = 'regular') AS p"
        " LEFT JOIN nba_precompute.player_daily_cache AS c"
        "   ON c.player_lookup = p.player_lookup AND c.cache_date = p.game_date"
        " WHERE p.before IS NOT NULL"
    )
    appearances, cached = rows.values[0]
    assert isinstance(appearances, int)
    assert isinstance(cached, int)
    assert cached / appearances >= 0.99


def test_delivering_every_message_again_runs_nothing(season: Pipeline) -> None:
    season.runs.clear()
    season.backfill(START, END)
    assert season.runs == []
