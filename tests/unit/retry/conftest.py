"""Tiny pipelines that repair themselves, and the log lines of a test."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from shared.log import logging_to
from tests.support.tiny_fixture import quiet_logs
from tests.unit.retry.healing import HealingPipeline

__all__ = ["quiet_logs"]

MakeHealing = Callable[..., HealingPipeline]
Lines = Callable[[], list[dict[str, object]]]


@pytest.fixture
def make_healing(tmp_path: Path) -> Iterator[MakeHealing]:
    """Makes pipelines with all services, each with a file of its own."""
    made: list[HealingPipeline] = []

    def make(**options: object) -> HealingPipeline:
        root = tmp_path / str(len(made))
        root.mkdir()
        made.append(HealingPipeline(root, **options))
        return made[-1]

    yield make
    for pipeline in made:
        pipeline.close()


@pytest.fixture
def healing(make_healing: MakeHealing) -> HealingPipeline:
    """Scores with all services around it, long after the season."""
    return make_healing()


@pytest.fixture
def log_lines() -> Iterator[Lines]:
    """The log lines written during the test, parsed."""
    stream = io.StringIO()
    with logging_to(stream):
        yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
