"""`nba simulate` as a process sees it, and the program behind it."""

from __future__ import annotations

import json

import pytest

from services.console import simulate
from services.console.main import run
from services.console.output import Exit
from tests.simulation.__main__ import main
from tests.simulation.history import run_history


def test_program_prints_what_the_histories_came_to(capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["--seed", "4", "--runs", "2", "--steps", "3", "--jobs", "1", "--json"])
    said = json.loads(capsys.readouterr().out)

    assert code == Exit.OK
    assert (said["histories"], said["lost"], said["wrong"], said["problems"]) == (2, 0, 0, [])
    assert said["deliveries"] == run_history(4, 3).deliveries + run_history(5, 3).deliveries


def test_history_that_goes_well_cannot_be_shrunk(capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["--seed", "4", "--runs", "1", "--steps", "1", "--shrink"])

    assert code == Exit.OK
    assert "goes well" in capsys.readouterr().out


def test_command_runs_the_program(capfd: pytest.CaptureFixture[str]) -> None:
    code = run(["simulate", "--seed", "4", "--runs", "1", "--steps", "1", "--json"])

    assert code == Exit.OK
    assert json.loads(capfd.readouterr().out)["histories"] == 1


def test_shrinking_is_about_one_history(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["simulate", "--shrink"]) == Exit.INPUT
    assert "--runs 1" in capsys.readouterr().err


def test_without_the_source_tree_the_command_says_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(simulate, "_PROGRAM", "tests.not_installed")

    assert run(["simulate"]) == Exit.INPUT
    assert "source tree" in capsys.readouterr().err
