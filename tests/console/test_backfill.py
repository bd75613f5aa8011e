"""`nba backfill` and what can be said of one afterwards, by its id."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from services.console.output import Exit
from services.registry import discover
from tests.console.command_line import Ask
from tests.console.conftest import LostGame
from tests.console.small_season import RANGE

ROOT = Path(__file__).parents[2]
ALL_CELLS = 5 * len(discover().processors)


def _newest(ask: Ask) -> str:
    return str(ask("backfill", "status", "--json").document["backfills"][0]["backfill_id"])


def test_all_backfills_are_listed_newest_first_with_the_cells_of_their_range(
    ask: Ask, lost_game: LostGame
) -> None:
    ask("backfill", *RANGE, "--processor", "PGS", "--reason", "another one")
    newest, first = ask("backfill", "status", "--json").document["backfills"]

    assert first["backfill_id"] == lost_game.backfill_id
    assert (first["state"], first["complete"], first["reason"]) == ("running", True, "first load")
    assert first["cells"]["current"] + first["cells"]["partial"] == ALL_CELLS
    assert newest["processors"] == ["player_game_summary"]
    assert sum(newest["cells"].values()) == 5

    text = ask("backfill", "status").out
    assert text.index("another one") < text.index("first load")
    assert f"{lost_game.backfill_id}  2023-10-24..2023-10-29  complete" in text


def test_one_backfill_is_shown_with_its_details(ask: Ask, lost_game: LostGame) -> None:
    ask("backfill", "pause", lost_game.backfill_id, "--reason", "lunch")
    text = ask("backfill", "status", lost_game.backfill_id).out
    for part in (lost_game.backfill_id, "paused", "2023-10-24..2023-10-29", "first load", "lunch", "stale"):
        assert part in text


@pytest.mark.usefixtures("lost_game")
@pytest.mark.parametrize("command", [("status",), ("pause",), ("resume",), ("cancel",)])
def test_an_unknown_backfill_is_bad_input_that_names_the_known_ones(
    ask: Ask, lost_game: LostGame, command: tuple[str, ...]
) -> None:
    reason = () if command == ("status",) else ("--reason", "x")
    answer = ask("backfill", *command, "backfill-0", *reason)
    assert (answer.code, answer.out) == (Exit.INPUT, "")
    assert "[backfill-0]" in answer.err
    assert lost_game.backfill_id in answer.err


def test_a_paused_backfill_goes_on_under_its_own_id(ask: Ask, lost_game: LostGame) -> None:
    paused = ask("backfill", "pause", lost_game.backfill_id, "--reason", "lunch")
    assert f"nba backfill resume {lost_game.backfill_id}" in paused.out
    assert "already" in ask("backfill", "pause", lost_game.backfill_id, "--reason", "again").out
    # What has become stale meanwhile is what is left of it.
    ask("ingest", "files", str(lost_game.source))

    resumed = ask("backfill", "resume", lost_game.backfill_id, "--reason", "back", "--json")
    assert resumed.code == Exit.OK
    assert resumed.document["backfill_id"] == lost_game.backfill_id
    assert 0 < resumed.document["cells_run"] < ALL_CELLS
    assert resumed.document["states"] == {"current": ALL_CELLS}
    assert (
        ask("backfill", "resume", lost_game.backfill_id, "--reason", "again", "--json").document["cells_run"]
        == 0
    )


def test_a_cancelled_backfill_stays_so_for_ever(ask: Ask, lost_game: LostGame) -> None:
    assert ask("backfill", "cancel", lost_game.backfill_id, "--reason", "wrong range").code == Exit.OK
    again = ask("backfill", "cancel", lost_game.backfill_id, "--reason", "x", "--json")
    assert (again.code, again.document["changed"]) == (Exit.OK, False)
    for action in ("resume", "pause"):
        answer = ask("backfill", action, lost_game.backfill_id, "--reason", "x")
        assert (answer.code, answer.out) == (Exit.INPUT, "")
        assert "cancelled for ever" in answer.err
        assert "nba backfill --start-date 2023-10-24 --end-date 2023-10-29 --reason TEXT" in answer.err
    controls = "SELECT action, reason FROM nba_orchestration.controls ORDER BY created_at"
    assert lost_game.select(controls) == [("cancel", "wrong range")]


def test_a_backfill_is_not_resumed_while_the_pipeline_is_paused(ask: Ask, lost_game: LostGame) -> None:
    ask("backfill", "pause", lost_game.backfill_id, "--reason", "lunch")
    ask("pause", "--reason", "the source is down")
    answer = ask("backfill", "resume", lost_game.backfill_id, "--reason", "back")
    assert (answer.code, answer.out) == (Exit.PAUSED, "")
    assert (
        ask("backfill", "status", lost_game.backfill_id, "--json").document["backfills"][0]["state"]
        == "paused"
    )


def test_ctrl_c_pauses_and_resume_runs_only_what_is_left(ask: Ask, lost_game: LostGame) -> None:
    script = "import sys; from services.console.main import main; main()"
    command = [sys.executable, "-c", script, "backfill", *RANGE, "--no-resume", "--reason", "all again"]
    with subprocess.Popen(
        command,
        cwd=lost_game.warehouse.parents[1],
        env={"PYTHONPATH": str(ROOT), "PATH": "", "USER": "ann", "COLUMNS": "120"},
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        told: list[str] = []
        while not told or not told[-1].strip().startswith("PGS"):
            line = process.stdout.readline()
            assert line, told
            told.append(line)
        process.send_signal(signal.SIGINT)
        told.append(process.stdout.read())
    text = "".join(told)
    backfill_id = _newest(ask)
    assert process.returncode == Exit.INTERRUPTED
    assert f"nba backfill resume {backfill_id}" in text

    (status,) = ask("backfill", "status", backfill_id, "--json").document["backfills"]
    assert status["state"] == "paused"
    assert status["last_control"]["reason"] == "stopped with Ctrl-C"
    left = status["cells_to_run"]
    assert 0 < left < ALL_CELLS

    resumed = ask("backfill", "resume", backfill_id, "--reason", "go on", "--json")
    assert (resumed.code, resumed.document["cells_run"]) == (Exit.OK, left)
    twice = (
        "SELECT cell_name, cell_date FROM nba_orchestration.ledger "
        f"WHERE cell_date > '2000-01-01' AND backfill_id = '{backfill_id}' GROUP BY 1, 2 HAVING COUNT(*) > 1"
    )
    assert lost_game.select(twice) == []


def test_the_same_backfill_asked_for_anew_works_after_a_pause(ask: Ask, lost_game: LostGame) -> None:
    ask("backfill", "pause", lost_game.backfill_id, "--reason", "lunch")
    ask("ingest", "files", str(lost_game.source))
    answer = ask("backfill", *RANGE, "--reason", "first load", "--json")
    assert answer.code == Exit.OK
    assert answer.document["states"] == {"current": ALL_CELLS}
    assert answer.document["backfill_id"] != lost_game.backfill_id


@pytest.mark.usefixtures("lost_game")
def test_a_dry_run_records_no_backfill(ask: Ask, lost_game: LostGame) -> None:
    assert ask("backfill", *RANGE, "--no-resume", "--dry-run", "--reason", "x").code == Exit.OK
    assert lost_game.select("SELECT COUNT(*) FROM nba_orchestration.backfills") == [(1,)]


def test_work_on_tables_of_an_older_version_is_refused_before_anything_is_recorded(
    ask: Ask, lost_game: LostGame
) -> None:
    with duckdb.connect(str(lost_game.warehouse)) as file:
        file.execute("ALTER TABLE nba_precompute.player_composite_factors DROP COLUMN effects")

    for command in (("backfill", *RANGE, "--reason", "x"), ("tick",)):
        answer = ask(*command)
        assert (answer.code, answer.out) == (Exit.INPUT, "")
        assert "nba_precompute.player_composite_factors.effects" in answer.err
        assert "nba migrate" in answer.err
    assert _newest(ask) == lost_game.backfill_id

    ask("migrate")
    assert ask("backfill", *RANGE, "--reason", "x").code == Exit.OK
