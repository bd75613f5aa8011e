"""`nba verify` on the real season 2021-22: what matches, what cannot, and which damage it notices."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import pytest

from services.console.context import Session
from services.console.main import run
from services.console.output import Exit
from services.console.verification.compare import Verdict
from services.console.verification.published import read_published
from services.console.verification.report import Verification
from services.console.verification.sanity import Problem
from services.console.verify import verify_season
from services.registry import discover
from services.settings import Settings
from shared.sql import Statement
from shared.warehouse.port import Script
from shared.worker.memory import Memory
from tests.realdata import SHARED, requires_shared
from tests.season.kit import UP_TO_FEATURES, Pipeline, copy_of

pytestmark = [pytest.mark.realdata, requires_shared("data", "raw", "2021-22"), requires_shared("facts")]

CHECK_VALUES = SHARED / "facts" / "check_values_2021_22.csv"


@pytest.fixture(scope="module")
def own_file(season_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The processed season, as this module's own file: the command keeps translations in it."""
    return Path(shutil.copy(season_file, tmp_path_factory.mktemp("verify") / "season.duckdb"))


@pytest.fixture
def answer(own_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the settings name the season's file."""
    monkeypatch.setenv("NBA_WAREHOUSE", f"duckdb://{own_file}")


def _verified(pipeline: Pipeline) -> Verification:
    settings = Settings(Path("unused"), None, None, None)
    session = Session(pipeline.warehouse, UP_TO_FEATURES, pipeline.clock, settings, Memory())
    return verify_season(session, 2021, read_published(CHECK_VALUES), CHECK_VALUES.name)


def _verdicts(found: Verification) -> Mapping[Verdict, int]:
    assert found.comparisons is not None
    return Counter(c.verdict for c in found.comparisons)


def _problems(found: Verification) -> set[tuple[str, str | None, Problem]]:
    return {(t.processor.abbreviation, f.column, f.problem) for t in found.tables for f in t.findings}


@pytest.mark.usefixtures("answer")
def test_every_published_value_but_one_is_that_of_the_tables(capsys: pytest.CaptureFixture[str]) -> None:
    code = run(("verify", "--season", "2021", "--against", str(CHECK_VALUES), "--json"))
    found = json.loads(capsys.readouterr().out)["published"]
    assert {name: found[name] for name in (v.name.lower() for v in Verdict)} == {
        "match": 235,
        "off": 1,
        "control_differs": 2,
        "control_matches": 0,
        "not_expressible": 14,
        "unknown": 0,
    }
    assert len(found["values"]) == 252
    # The raw team box scores hold one turnover more than the published total, so no table can state it.
    (off,) = [value for value in found["values"] if value["verdict"] == "off"]
    assert (off["metric"], off["difference"]) == ("total_tov", [1.0])
    assert "nbac_team_boxscore itself adds up to" in off["reason"]
    assert code == Exit.NO


@pytest.mark.usefixtures("answer")
def test_only_what_pbpstats_counts_its_own_way_cannot_be_expressed(
    capsys: pytest.CaptureFixture[str],
) -> None:
    run(("verify", "--season", "2021", "--against", str(CHECK_VALUES), "--json"))
    values = json.loads(capsys.readouterr().out)["published"]["values"]
    cannot = Counter(value["scope"] for value in values if value["verdict"] == "not_expressible")
    assert cannot == {"league": 2, "zone_pbpstats": 5, "team_zone_def": 7}
    assert all("pbpstats" in value["reason"] for value in values if value["verdict"] == "not_expressible")


@pytest.mark.usefixtures("answer")
def test_every_column_of_the_season_is_alive(capsys: pytest.CaptureFixture[str]) -> None:
    # Nothing was predicted in this file, which is said of both tables.
    assert run(("verify", "--season", "2021", "--json")) == Exit.NO
    found = json.loads(capsys.readouterr().out)
    assert found["published"] is None
    tables = found["sanity"]["tables"]
    assert [table["processor"] for table in tables] == [p.name for p in discover().processors]
    silent = {table["processor"] for table in tables if table["findings"]}
    assert silent == {p.name for p in discover().processors} - {p.name for p in UP_TO_FEATURES.processors}
    empty_tables = [f["problem"] for table in tables for f in table["findings"]]
    assert empty_tables == ["no rows"] * len(silent)
    empty = {
        f"{table['processor']}.{explained['column']}"
        for table in tables
        for explained in table["explained"]
        if explained["problem"] == "all NULL"
    }
    # No lines and no season before were ingested; the others never have a value.
    assert empty == {
        "player_game_summary.points_line",
        "player_game_summary.over_under_result",
        "player_game_summary.margin",
        "player_game_summary.quality_tier",
        "team_offense_game_summary.quality_tier",
        "team_defense_game_summary.quality_tier",
        "upcoming_team_game_context.games_missed_dnp",
        "team_defense_zone_analysis.games_missed_dnp",
        "ml_feature_store.points_line",
        "ml_feature_store.previous_season_points_avg",
        "ml_feature_store.previous_season_minutes_avg",
    }


@pytest.mark.usefixtures("answer")
def test_tables_agree_and_only_the_shot_chart_is_cut_off(capsys: pytest.CaptureFixture[str]) -> None:
    run(("verify", "--season", "2021", "--json"))
    sanity = json.loads(capsys.readouterr().out)["sanity"]
    assert [a["different"] for a in sanity["agreements"]] == [0, 0, 0, 0]
    # Each regular appearance whose player was expected, and each team-game.
    assert [a["compared"] for a in sanity["agreements"]] == [2_646, 2_646, 2_460, 25_565]
    assert [raw["table"] for raw in sanity["raw"] if raw["cut_off"]] == ["nbac_shot_chart"]


_SIMPLE = "(fg_attempts + 0.44 * ft_attempts - offensive_rebounds + turnovers)"


def _damaged(own_file: Path, folder: Path, *statements: str) -> Verification:
    with copy_of(own_file, folder) as pipeline:
        script = tuple(Statement("damage", text) for text in statements)
        pipeline.warehouse.run(Script("damage", script, {}, transaction=True, labels={}))
        return _verified(pipeline)


def test_the_simple_possession_formula_would_be_caught(own_file: Path, tmp_path: Path) -> None:
    found = _damaged(
        own_file,
        tmp_path,
        f"UPDATE nba_analytics.team_offense_game_summary SET possessions = {_SIMPLE},"
        f" pace = 14400 * {_SIMPLE} / team_seconds, offensive_rating = 100 * points / {_SIMPLE} WHERE TRUE",
    )
    assert _verdicts(found)[Verdict.CONTROL_MATCHES] == 2
    assert found.failed


def test_a_back_to_back_that_is_always_false_is_caught(own_file: Path, tmp_path: Path) -> None:
    found = _damaged(
        own_file,
        tmp_path,
        "UPDATE nba_analytics.upcoming_player_game_context SET back_to_back = FALSE WHERE TRUE",
    )
    assert _problems(found) == {("UPGC", "back_to_back", Problem.CONSTANT)}
    assert [agreement.different for agreement in found.agreements] == [0, 0, 0, 3_829]


def test_a_column_that_lost_its_source_is_caught(own_file: Path, tmp_path: Path) -> None:
    found = _damaged(
        own_file,
        tmp_path,
        "UPDATE nba_analytics.player_game_summary SET usage_rate = NULL, assisted_fg_makes = NULL WHERE TRUE",
    )
    assert _problems(found) == {
        ("PGS", "usage_rate", Problem.ALL_NULL),
        ("PGS", "assisted_fg_makes", Problem.ALL_NULL),
    }
    assert found.comparisons is not None
    off = {c.published.metric for c in found.comparisons if c.verdict is Verdict.OFF}
    assert off == {"total_tov", "USG% (bbref, season totals)"}


def test_one_lost_game_is_caught(own_file: Path, tmp_path: Path) -> None:
    game = "game_id = '0022100536'"
    found = _damaged(
        own_file,
        tmp_path,
        f"DELETE FROM nba_analytics.player_game_summary WHERE {game}",
        f"DELETE FROM nba_analytics.team_offense_game_summary WHERE {game}",
        f"DELETE FROM nba_analytics.team_defense_game_summary WHERE {game}",
    )
    assert found.comparisons is not None
    off = {c.published.metric for c in found.comparisons if c.verdict is Verdict.OFF}
    assert off >= {"total_pts", "total appearances", "player-game rows (appearances)"}
    totals = [c for c in found.comparisons if c.published.metric.startswith("total_")]
    assert all(c.verdict is Verdict.OFF for c in totals)
    reasons = {c.reason for c in totals if c.published.metric == "total_pts"}
    assert reasons == {"nbac_team_boxscore adds up to [272115]: the summaries do not say what was ingested"}


def test_a_row_written_twice_is_caught(own_file: Path, tmp_path: Path) -> None:
    found = _damaged(
        own_file,
        tmp_path,
        "INSERT INTO nba_precompute.team_defense_zone_analysis"
        " SELECT * FROM nba_precompute.team_defense_zone_analysis"
        " WHERE analysis_date = '2021-12-31' AND team_abbr = 'CHI'",
    )
    assert _problems(found) == {("TDZA", None, Problem.DUPLICATE_KEY)}
