"""Two tiny processors, one of each phase that has rows."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from services.registry import topology_of
from shared.topology.declaration import Phase, Processor
from tests.support.tiny_folders import FORM, SCORES, write_folder


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Mapping[Phase, Processor]:
    """A processor of phase 3 and one of phase 4."""
    root = tmp_path_factory.mktemp("services")
    topology = topology_of([write_folder(root, folder) for folder in (SCORES, FORM)])
    return {processor.phase: processor for processor in topology.processors}
