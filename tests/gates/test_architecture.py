"""The rules of the code base hold everywhere, and each rule can tell."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from services.registry import load_processor
from tests.gates.rules import (
    ENGINES,
    LONGEST_MODULE,
    PROCESSOR_FILES,
    PURE_PACKAGES,
    ROOT,
    RULES,
    Rule,
    Source,
    environment_variables,
    imports_point_inwards,
    modules_are_short,
    no_error_is_swallowed,
    no_machine_is_named,
    no_test_sleeps,
    nothing_is_left_open,
    sources,
    sql_stands_in_files,
    the_core_is_pure,
)

TREE = tuple(sources(ROOT))


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_a_rule_holds_everywhere(rule: Rule) -> None:
    broken = [f"{source.path}: {what}" for source in TREE for what in rule(source)]
    assert broken == []


@pytest.mark.parametrize(
    ("rule", "path", "text"),
    [
        (imports_point_inwards, "shared/planner/plan.py", "from services.registry import discover"),
        (imports_point_inwards, "services/registry.py", "import tests.realdata"),
        (the_core_is_pure, "shared/planner/plan.py", "def plan():\n    import duckdb\n"),
        (the_core_is_pure, "shared/messages/models.py", "from google.cloud import pubsub_v1"),
        (modules_are_short, "services/registry.py", "x = 1\n" * (LONGEST_MODULE + 1)),
        (sql_stands_in_files, "services/retry/worker.py", "sql = 'SELECT a FROM t'"),
        (sql_stands_in_files, "services/retry/worker.py", "sql = f'SELECT a FROM {table}'"),
        (sql_stands_in_files, "services/retry/worker.py", "sql = 'DELETE FROM ' + table"),
        (sql_stands_in_files, "services/retry/worker.py", "sql = 'UPDATE %s SET a = 1' % table"),
        (sql_stands_in_files, "services/retry/worker.py", "sql = 'INSERT INTO {}'.format(table)"),
        (no_error_is_swallowed, "services/registry.py", "try:\n    f()\nexcept ValueError:\n    pass\n"),
        (no_error_is_swallowed, "services/registry.py", "try:\n    f()\nexcept:\n    g()\n"),
        (nothing_is_left_open, "README.md", "TO" + "DO: write this"),
        (no_test_sleeps, "tests/unit/test_x.py", "import time\ntime.sleep(1)\n"),
        (no_machine_is_named, "README.md", "cd /" + "home/somebody/nba"),
    ],
)
def test_a_rule_notices_what_breaks_it(rule: Rule, path: str, text: str) -> None:
    assert list(rule(Source(path, text)))


def test_the_core_loads_no_engine_and_no_client() -> None:
    folder = ROOT / "shared"
    modules = sorted(
        f"shared.{package}.{path.stem}"
        for package in PURE_PACKAGES
        for path in (folder / package).glob("*.py")
    )
    script = (
        "import importlib, json, sys\n"
        "before = set(sys.modules)\n"
        f"for name in {modules!r}: importlib.import_module(name.removesuffix('.__init__'))\n"
        "print(json.dumps(sorted({name.partition('.')[0] for name in set(sys.modules) - before})))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert ENGINES & set(json.loads(done.stdout)) == set()


def folders_of_processors() -> list[Path]:
    """Every folder of the three processing phases that holds anything."""
    phases = [ROOT / "services" / phase for phase in ("analytics", "precompute", "predictions")]
    found = [
        folder for phase in phases if phase.is_dir() for folder in sorted(phase.iterdir()) if folder.is_dir()
    ]
    return [folder for folder in found if any(path.is_file() for path in folder.iterdir())]


@pytest.mark.parametrize("folder", folders_of_processors(), ids=lambda folder: folder.name)
def test_a_processors_folder_is_complete_and_holds_nothing_else(folder: Path) -> None:
    found = {path.name for path in folder.iterdir() if path.is_file()}
    declared = {path.name for path in load_processor(folder).computed_by if path.parent == folder}
    assert found == {*PROCESSOR_FILES, "__init__.py", *declared}


def test_every_environment_variable_is_documented() -> None:
    read = {name for source in TREE for name in environment_variables(source)}
    assert read
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert sorted(name for name in read if name not in text) == []


@pytest.mark.parametrize(
    "text",
    ["os.environ['NBA_LOG']", "environment.get('NBA_LOG', '')", "os.getenv('NBA_LOG')"],
)
def test_an_environment_variable_is_found_however_it_is_read(text: str) -> None:
    assert list(environment_variables(Source("services/settings.py", text))) == ["NBA_LOG"]
