"""`nba simulate`: many histories with faults, by seed; and the shortest history of a seed that goes wrong."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from services.console.options import AsJson
from services.console.output import Exit, InputError, Json, columns, progress_bar, show, write_json

if TYPE_CHECKING:
    from tests.simulation.history import Report

_ROOT = Path(__file__).parents[2]
_MOST_PROBLEMS = 10


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
    _find_tests()
    if shrink:
        if runs != 1:
            raise InputError("--shrink is about one history. Give its --seed, and --runs 1.")
        _shrink(seed, steps, as_json=as_json)
        return
    from tests.simulation.runner import run_many  # noqa: PLC0415

    started = time.perf_counter()
    with progress_bar("  histories", quiet=as_json) as progress:
        report = run_many(
            seed=seed,
            runs=runs,
            steps=steps,
            jobs=jobs or os.cpu_count() or 1,
            on_progress=lambda so_far: progress(so_far.histories, runs),
        )
    seconds = time.perf_counter() - started
    if as_json:
        write_json(_document(report, seed, steps, seconds))
    else:
        show(_lines(report, steps, seconds))
    if report.problems:
        raise SystemExit(Exit.NO)


def _find_tests() -> None:
    """Make the tests of the source tree importable. Raises InputError when they are not there."""
    if not (_ROOT / "tests" / "simulation").is_dir():
        raise InputError(
            "The simulation is part of the tests, which are not installed. Run it from a source tree."
        )
    if str(_ROOT) not in sys.path:
        sys.path.insert(0, str(_ROOT))


def _document(report: Report, seed: int, steps: int, seconds: float) -> Json:
    from tests.simulation.history import replay_command  # noqa: PLC0415

    return {
        "first_seed": seed,
        "steps": steps,
        "histories": report.histories,
        "deliveries": report.deliveries,
        "runs": report.runs,
        "cells": report.cells,
        "commits_checked": report.checks,
        "faults": dict(sorted(report.faults.items())),
        "seconds": round(seconds, 1),
        "lost": report.lost,
        "wrong": report.wrong,
        "problems": [
            {"seed": bad, "problem": problem, "replay": replay_command(bad, steps)}
            for bad, problem in report.problems
        ],
    }


def _lines(report: Report, steps: int, seconds: float) -> list[str]:
    from tests.simulation.history import replay_command  # noqa: PLC0415

    table = [
        ("histories", report.histories),
        ("deliveries", report.deliveries),
        ("runs", report.runs),
        ("cells run", report.cells),
        ("commits checked", report.checks),
        *sorted(report.faults.items()),
        ("lost", report.lost),
        ("wrong", report.wrong),
    ]
    lines = columns([(name, f"{number:,}") for name, number in table], right=(1,))
    lines.append(f"{seconds:,.1f} s, {report.histories / seconds:,.1f} histories per second")
    for bad, problem in report.problems[:_MOST_PROBLEMS]:
        lines += ["", f"Seed {bad}: {problem}", f"  {replay_command(bad, steps)}"]
    if len(report.problems) > _MOST_PROBLEMS:
        lines.append(f"... and {len(report.problems) - _MOST_PROBLEMS} more")
    return lines


def _shrink(seed: int, steps: int, *, as_json: bool) -> None:
    from tests.simulation.history import shrink  # noqa: PLC0415

    kept, problem = shrink(seed, steps)
    if as_json:
        write_json({"seed": seed, "problem": problem, "steps": [str(step) for step in kept]})
    elif problem is None:
        show([f"The history of seed {seed} with {steps} steps goes well: there is nothing to shrink."])
    else:
        show([f"Seed {seed}: {problem}", f"It takes {len(kept)} of {steps} steps:", *map(str, kept)])
    if problem is not None:
        raise SystemExit(Exit.NO)
