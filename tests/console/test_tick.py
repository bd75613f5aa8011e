"""`nba tick`: the retry worker and the reconciler, once, with a folder as the source of what was lost."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from services.console.output import Exit
from tests.console.command_line import Ask
from tests.console.conftest import LostGame
from tests.console.small_season import RANGE


def test_a_tick_fetches_the_lost_game_and_only_what_read_it_runs(ask: Ask, lost_game: LostGame) -> None:
    answer = ask("tick", "--source", f"files:{lost_game.source}", "--json")
    assert (answer.code, answer.err) == (Exit.OK, "")
    found = answer.document

    day = lost_game.day.isoformat()
    assert found["attempted"]["raw_dates"] == found["new_raw_dates"] == [day]
    assert found["failures"]["resolved"] == 58
    assert found["failures"]["still_open"] == found["failures"]["given_up"] == 0
    ran = found["cells_run_by_processor"]
    assert ran["player_game_summary"] == ran["team_offense_game_summary"] == 1
    assert ran["player_daily_cache"] == 3
    assert found["cells_run"] == sum(ran.values()) < 60
    assert len(found["incidents"]["opened"]) == len(found["incidents"]["closed"]) > 0
    assert ask("coverage", "--json").document["seasons"][0]["states"]["current"] == 60


def test_after_healing_there_is_nothing_due_and_nothing_to_run(ask: Ask, lost_game: LostGame) -> None:
    ask("tick", "--source", f"files:{lost_game.source}")
    for work in ("retry", "reconcile"):
        answer = ask("tick", "--work", work)
        assert answer.code == Exit.OK
        assert "0 resolved, 0 still open, 0 given up" in answer.words
        assert "cells run 0 " in answer.words


def test_the_source_may_come_from_the_environment(
    ask: Ask, lost_game: LostGame, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NBA_RAW_SOURCE", f"files:{lost_game.source}")
    answer = ask("tick")
    assert f"new for {lost_game.day}; asked for 1 date" in answer.words
    assert "58 resolved" in answer.words


@pytest.mark.usefixtures("lost_game")
def test_a_tick_without_a_source_says_that_nobody_could_answer(ask: Ask) -> None:
    answer = ask("tick")
    assert answer.code == Exit.OK
    assert "and no source to answer" in answer.words
    assert "can be fetched from --source files:DIR" in answer.words
    assert "0 resolved, 58 still open" in answer.words


@pytest.mark.usefixtures("lost_game")
def test_an_attempt_is_not_repeated_before_its_time_unless_a_person_says_so(
    ask: Ask, lost_game: LostGame
) -> None:
    source = f"files:{lost_game.source}"
    ask("tick")
    second = ask("tick", "--source", source)
    assert "nothing is due" in second.words
    assert "nba failures retry" in second.words

    assert (
        "2 being retried"
        in ask("failures", "retry", "--processor", "TOGS", "--reason", "it is there now").words
    )
    assert "nothing is due" in ask("tick", "--source", source).words

    by_hand = ask("failures", "retry", "--status", "RETRYING", "--reason", "it is there now")
    assert "5 failures are to be tried at once" in by_hand.out
    assert ask("tick", "--source", source, "--json").document["failures"]["resolved"] == 58


def test_a_source_with_nothing_new_is_an_answer(ask: Ask, lost_game: LostGame, tmp_path: Path) -> None:
    first = tmp_path / "first"
    shutil.copytree(lost_game.source.parent / "first", first)
    answer = ask("tick", "--source", "files:first")
    assert answer.code == Exit.OK
    assert "the source has nothing new" in answer.words


def test_a_source_that_cannot_be_read_says_which_file_and_why(
    ask: Ask, lost_game: LostGame, tmp_path: Path
) -> None:
    broken = tmp_path / "broken"
    shutil.copytree(lost_game.source, broken)
    (broken / "nbac_schedule.parquet").write_bytes(b"not Parquet")
    answer = ask("tick", "--source", "files:broken")
    assert answer.code == Exit.NO
    assert "the source cannot be read" in answer.words
    assert "nbac_schedule.parquet" in answer.out
    assert "58 still open" in answer.words


@pytest.mark.usefixtures("lost_game")
@pytest.mark.parametrize(
    ("source", "complaint"),
    [
        ("late", "[late] names no source of raw data. Write files:DIR or nba-stats:DIR."),
        ("ftp:late", "[ftp:late] names no source"),
        ("files:", "[files:] names no source"),
        ("files:nowhere", "there is no folder"),
    ],
)
def test_a_source_that_is_none_is_bad_input_and_costs_no_attempt(
    ask: Ask, lost_game: LostGame, source: str, complaint: str
) -> None:
    answer = ask("tick", "--source", source)
    assert (answer.code, answer.out) == (Exit.INPUT, "")
    assert complaint in answer.err
    assert answer.err.count("\n") == 1
    assert lost_game.select("SELECT COUNT(*) FROM nba_orchestration.repair_targets") == [(0,)]


def test_a_reconcile_tick_repairs_rows_that_somebody_deleted(ask: Ask, lost_game: LostGame) -> None:
    lost_game.select("DELETE FROM nba_analytics.player_game_summary WHERE game_date = '2023-10-24'")
    answer = ask("tick", "--work", "reconcile", "--json")
    assert answer.code == Exit.OK
    assert answer.document["cells_run_by_processor"]["player_game_summary"] == 1
    rows = "SELECT COUNT(*) > 0 FROM nba_analytics.player_game_summary WHERE game_date = '2023-10-24'"
    assert lost_game.select(rows) == [(True,)]


def test_nothing_runs_while_the_pipeline_is_paused_and_everything_says_so(
    ask: Ask, lost_game: LostGame
) -> None:
    said = ask("pause", "--reason", "the source is down")
    assert said.code == Exit.OK
    assert "the source is down" in said.out
    again = ask("pause", "--reason", "another one")
    assert "already paused" in again.out
    assert "the source is down" in again.out

    work: list[tuple[str, ...]] = [
        ("tick",),
        ("tick", "--work", "reconcile"),
        ("backfill", *RANGE, "--reason", "x"),
    ]
    for command in work:
        answer = ask(*command)
        assert (answer.code, answer.out) == (Exit.PAUSED, "")
        assert "the source is down" in answer.err
        assert "`nba resume`" in answer.err
    looks: list[tuple[str, ...]] = [("coverage",), ("plan", *RANGE), ("backfill", "status")]
    for command in looks:
        answer = ask(*command)
        assert answer.code == Exit.OK
        assert "The pipeline is paused since" in answer.out
    for command in looks[:2]:
        assert ask(*command, "--json").document["paused"]["reason"] == "the source is down"
    assert lost_game.select("SELECT COUNT(*) FROM nba_orchestration.backfills") == [(1,)]

    resumed = ask("resume", "--reason", "the source is back")
    assert "nba tick --work reconcile" in resumed.out
    assert "not paused" in ask("resume").out
    assert ask("coverage", "--json").document["paused"] is None
    controls = "SELECT scope, action, reason FROM nba_orchestration.controls ORDER BY created_at"
    assert lost_game.select(controls) == [
        ("pipeline", "pause", "the source is down"),
        ("pipeline", "resume", "the source is back"),
    ]


def test_raw_data_of_a_pause_is_run_by_the_reconciler_afterwards(ask: Ask, lost_game: LostGame) -> None:
    ask("pause", "--reason", "x")
    answer = ask("ingest", "files", str(lost_game.source), "--process")
    assert answer.code == Exit.OK
    assert "The pipeline is paused since" in answer.out
    assert ask("coverage", "--json").document["seasons"][0]["states"]["stale"] > 0
    ask("resume")
    assert ask("tick", "--work", "reconcile").code == Exit.OK
    assert ask("coverage", "--json").document["seasons"][0]["states"]["current"] == 60
