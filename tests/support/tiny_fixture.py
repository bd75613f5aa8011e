"""The fixture that makes tiny pipelines for a test and closes them after it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.tiny_pipeline import TinyPipeline

MakePipeline = Callable[..., TinyPipeline]


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
