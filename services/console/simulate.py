"""`nba simulate`: many histories with faults, by seed; and the shortest history of a seed that goes wrong.

The simulation is a program of the tests. The command runs it as one: no service imports tests.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Annotated

import typer

from services.console.options import AsJson
from services.console.output import InputError

_ROOT = Path(__file__).parents[2]
_PROGRAM = "tests.simulation"


def simulate(
    *,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the first history; the next ones follow.")] = 0,
    runs: Annotated[int, typer.Option(min=1, help="Histories to play.")] = 100,
    steps: Annotated[int, typer.Option(min=0, help="Steps of a history before it comes to rest.")] = 14,
    jobs: Annotated[int | None, typer.Option(min=1, help="Processes; all cores if not given.")] = None,
    shrink: Annotated[
        bool, typer.Option("--shrink", help="Look for the fewest steps of this one seed that go wrong.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Play histories of crashes, lost messages and late data, and judge every commit and every end.

    The same seed is the same history. Needs the source tree: the simulation is part of its tests.
    """
    if not _ROOT.joinpath(*_PROGRAM.split(".")).is_dir():
        raise InputError(
            "The simulation is part of the tests, which are not installed. Run it from a source tree."
        )
    if shrink and runs != 1:
        raise InputError("--shrink is about one history. Give its --seed, and --runs 1.")
    numbers = {"--seed": seed, "--runs": runs, "--steps": steps, "--jobs": jobs or os.cpu_count() or 1}
    command = [sys.executable, "-m", _PROGRAM]
    for name, number in numbers.items():
        command += [name, str(number)]
    command += ["--shrink"] * shrink + ["--json"] * as_json
    # Numbers that were checked, and a program of this tree.
    done = subprocess.run(command, cwd=_ROOT, check=False)  # noqa: S603
    raise SystemExit(done.returncode)
