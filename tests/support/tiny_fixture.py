"""The fixture that makes tiny pipelines for a test and closes them after it."""

from __future__ import annotations

import gc
import io
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from shared.log import logging_to
from tests.support.tiny_pipeline import TinyPipeline

MakePipeline = Callable[..., TinyPipeline]


@pytest.fixture(scope="session", autouse=True)
def quiet_logs() -> Iterator[None]:
    """Log lines as the services write them, but to nowhere: the default renders every error for people."""
    with logging_to(io.StringIO()):
        yield
    # The engine complains of connections that are still there, in cycles, when the interpreter ends.
    gc.collect()


@pytest.fixture
def make_pipeline(tmp_path: Path) -> Iterator[MakePipeline]:
    """Makes pipelines, each with a file of its own; the options are those of TinyPipeline."""
    made: list[TinyPipeline] = []

    def make(**options: object) -> TinyPipeline:
        root = tmp_path / str(len(made))
        root.mkdir()
        made.append(TinyPipeline(root, **options))  # type: ignore[arg-type]
        return made[-1]

    yield make
    for pipeline in made:
        pipeline.close()


@pytest.fixture
def pipeline(make_pipeline: MakePipeline) -> TinyPipeline:
    """A pipeline of all three tiny processors, long after the season."""
    return make_pipeline()
