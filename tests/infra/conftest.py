"""Terraform, where it is installed; what needs it skips with a reason where it is not."""

from __future__ import annotations

import shutil

import pytest

from tests.infra.evaluate import DECIDED, Plan, evaluate
from tests.infra.terraform import FOLDER


@pytest.fixture(scope="session")
def terraform() -> str:
    """The program."""
    found = shutil.which("terraform")
    if found is None:
        pytest.skip(
            "terraform is not installed: format, expressions and policies of infra/terraform are UNCHECKED"
        )
    return found


@pytest.fixture(scope="session")
def plan(terraform: str, tmp_path_factory: pytest.TempPathFactory) -> Plan:
    """Everything that would be made."""
    return evaluate(FOLDER, tmp_path_factory.mktemp("plan"), DECIDED)
