"""The index of the museum names every incident, and only tests that exist."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

_TESTS = Path(__file__).parents[1]
_ROW = re.compile(r"^\| (\d+) \|.*\| (.*) \|$")
_TEST = re.compile(r"`([\w/]+\.py)::(\w+)`")
_NUMBERED = re.compile(r"(?:test_incident_|TestIncident)(\d+)")
#: Tested elsewhere: with the infrastructure, and with predictions.
_ELSEWHERE = {12}


def index() -> dict[int, list[tuple[str, str]]]:
    """Incident numbers to the tests (file, name) that the index names."""
    lines = (_TESTS / "incidents" / "README.md").read_text(encoding="utf-8").splitlines()
    found = [match for line in lines if (match := _ROW.match(line)) is not None]
    return {int(match[1]): _TEST.findall(match[2]) for match in found}


@cache
def names_in(path: Path) -> set[str]:
    """Names of the tests and classes of tests in a file."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    kinds = (ast.FunctionDef, ast.ClassDef)
    return {
        node.name for node in tree.body if isinstance(node, kinds) and node.name.lower().startswith("test")
    }


def test_every_incident_is_in_the_index_once() -> None:
    assert list(index()) == list(range(1, 39))


def test_every_incident_has_a_test_or_says_where_it_will_be_tested() -> None:
    assert {number for number, tests in index().items() if not tests} == _ELSEWHERE


def test_every_test_that_the_index_names_exists() -> None:
    named = [(path, name) for tests in index().values() for path, name in tests]

    assert [item for item in named if item[1] not in names_in(_TESTS / item[0])] == []


def test_every_test_of_this_folder_is_in_the_index_under_its_number() -> None:
    listed = {(number, name) for number, tests in index().items() for _, name in tests}
    written = {
        (int(match[1]), name)
        for path in (_TESTS / "incidents").glob("test_*.py")
        for name in names_in(path)
        if (match := _NUMBERED.match(name)) is not None
    }

    assert written - listed == set()
