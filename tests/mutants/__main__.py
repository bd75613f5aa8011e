"""`python -m tests.mutants [--only NAME ...]`: plants each bug in a copy of the tree; its tests must fail.

The tests are run without a bug first. Prints one line per mutant. Exits 1 when one survives or cannot be
planted, 2 for a name nobody declared.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from tests.mutants.declared import MUTANTS
from tests.mutants.mutant import ROOT, Mutant

_COPIED = ("shared", "services", "tests")
_FILES = ("pyproject.toml", "README.md", "Makefile")
#: A bug may make a test run for ever: that is noticed as well.
_LONGEST_SECONDS = 300
#: pytest's exit code when tests ran and some failed; anything else says nothing of the bug.
_TESTS_FAILED = 1


def main(arguments: Sequence[str]) -> int:
    """Run the mutants that were asked for and return the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.mutants", description="Plant bugs; tests must fail."
    )
    parser.add_argument("--only", action="append", metavar="NAME", help="this mutant (may be repeated)")
    only = parser.parse_args(arguments).only
    unknown = sorted({*(only or ())} - {mutant.name for mutant in MUTANTS})
    if unknown:
        sys.stderr.write(f"No such mutant: {', '.join(unknown)}\n")
        return 2
    chosen = [mutant for mutant in MUTANTS if only is None or mutant.name in only]
    caught = 0
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        tree = _copy(Path(folder))
        sound = _pytest(sorted({test for mutant in chosen for test in mutant.tests}), tree, seconds=None)
        if sound.returncode != 0:
            sys.stderr.write(f"The tests fail without any bug, so that they catch none:\n{sound.stdout}\n")
            return 1
        for mutant in chosen:
            started = time.perf_counter()
            verdict = _judge(mutant, tree)
            caught += verdict == "caught"
            sys.stdout.write(f"{verdict:<9} {mutant.name} ({time.perf_counter() - started:.0f} s)\n")
            sys.stdout.flush()
    sys.stdout.write(f"{caught} of {len(chosen)} mutants caught\n")
    return 0 if caught == len(chosen) else 1


def _copy(folder: Path) -> Path:
    ignored = shutil.ignore_patterns("__pycache__")
    for name in _COPIED:
        shutil.copytree(ROOT / name, folder / name, ignore=ignored)
    for name in _FILES:
        shutil.copyfile(ROOT / name, folder / name)
    return folder


def _judge(mutant: Mutant, tree: Path) -> str:
    """Plant a bug, run its tests and take it out again."""
    path = tree / mutant.file
    sound = path.read_text(encoding="utf-8")
    try:
        planted = mutant.planted(sound)
    except ValueError as error:
        sys.stderr.write(f"{error}\n")
        return "NOT FOUND"
    path.write_text(planted, encoding="utf-8")
    try:
        return _run(mutant, tree)
    finally:
        path.write_text(sound, encoding="utf-8")


def _run(mutant: Mutant, tree: Path) -> str:
    try:
        done = _pytest(mutant.tests, tree, seconds=_LONGEST_SECONDS)
    except subprocess.TimeoutExpired:
        return "caught"
    if done.returncode == 0:
        return "SURVIVED"
    if done.returncode != _TESTS_FAILED:
        sys.stderr.write(f"Mutant [{mutant.name}]: pytest ended with [{done.returncode}]\n{done.stdout}\n")
        return "BROKEN"
    return "caught"


def _pytest(tests: Sequence[str], tree: Path, *, seconds: int | None) -> subprocess.CompletedProcess[str]:
    # The copy comes before the tree that is installed; byte code of the sound text must not be used.
    environment = {**os.environ, "PYTHONPATH": str(tree), "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-x", *(f"tests/{test}" for test in tests)],
        cwd=tree,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=seconds,
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
