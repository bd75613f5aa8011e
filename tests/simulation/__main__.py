"""`python -m tests.simulation`: what `nba simulate` runs. Options as there."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Sequence

from services.console.output import Exit, Json, columns, guarded, progress_bar, show, write_json
from tests.simulation.history import DEFAULT_STEPS, Report, replay_command, shrink
from tests.simulation.runner import run_many

_MOST_PROBLEMS = 10


def simulate(*, seed: int, runs: int, steps: int, jobs: int, as_json: bool) -> Exit:
    """Play the histories of `runs` seeds from `seed` on, and print what they came to."""
    started = time.perf_counter()
    with progress_bar("  histories", quiet=as_json) as progress:
        report = run_many(
            seed=seed,
            runs=runs,
            steps=steps,
            jobs=jobs,
            on_progress=lambda so_far: progress(so_far.histories, runs),
        )
    seconds = time.perf_counter() - started
    if as_json:
        write_json(document(report, seed=seed, steps=steps, seconds=seconds))
    else:
        show(_lines(report, steps, seconds))
    return Exit.NO if report.problems else Exit.OK


def document(report: Report, *, seed: int, steps: int, seconds: float) -> dict[str, Json]:
    """The JSON document of a report."""
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


def shrink_one(*, seed: int, steps: int, as_json: bool) -> Exit:
    """Print the fewest steps of one seed that go wrong."""
    kept, problem = shrink(seed, steps)
    if as_json:
        write_json({"seed": seed, "problem": problem, "steps": [str(step) for step in kept]})
    elif problem is None:
        show([f"The history of seed {seed} with {steps} steps goes well: there is nothing to shrink."])
    else:
        show([f"Seed {seed}: {problem}", f"It takes {len(kept)} of {steps} steps:", *map(str, kept)])
    return Exit.OK if problem is None else Exit.NO


def main(arguments: Sequence[str]) -> int:
    """Entry point; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--runs", type=int, default=100)
    parser.add_argument("--steps", type=int, default=DEFAULT_STEPS)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--shrink", action="store_true")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args(arguments)

    def play() -> None:
        if asked.shrink:
            raise SystemExit(shrink_one(seed=asked.seed, steps=asked.steps, as_json=asked.json))
        raise SystemExit(
            simulate(seed=asked.seed, runs=asked.runs, steps=asked.steps, jobs=asked.jobs, as_json=asked.json)
        )

    return guarded(play)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
