"""Every planted bug can be planted, and its tests exist; whether they catch it, `make mutants` says."""

from __future__ import annotations

import ast

import pytest

from tests.mutants.declared import MUTANTS
from tests.mutants.mutant import ROOT, Mutant

_FEWEST = 25


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_mutant_can_be_planted_and_changes_something(mutant: Mutant) -> None:
    text = (ROOT / mutant.file).read_text(encoding="utf-8")

    planted = mutant.planted(text)

    assert planted != text
    if mutant.file.endswith(".py"):
        ast.parse(planted)


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_its_tests_exist(mutant: Mutant) -> None:
    assert mutant.tests
    for test in mutant.tests:
        file, *names = test.split("::")
        path = ROOT / "tests" / file
        inside: list[ast.stmt] = ast.parse(path.read_text(encoding="utf-8")).body
        for name in names:
            found = [n for n in inside if isinstance(n, ast.FunctionDef | ast.ClassDef) and n.name == name]
            assert found, test
            inside = found[0].body


def test_there_are_enough_and_each_has_its_own_name() -> None:
    names = [mutant.name for mutant in MUTANTS]

    assert len(names) == len({*names}) >= _FEWEST


def test_text_that_occurs_twice_or_never_is_refused() -> None:
    mutant = Mutant("x", "file.py", "a", "b", ())

    for text in ("aa", "c"):
        with pytest.raises(ValueError, match="times in"):
            mutant.planted(text)
