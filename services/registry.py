"""Finds the processors: every folder below `services` with a processor.py that declares PROCESSOR."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from shared.topology.declaration import Processor
from shared.topology.graph import Topology, TopologyError, build_topology

SERVICES = Path(__file__).parent


def processor_folders(root: Path) -> tuple[Path, ...]:
    """Folders two levels below `root` that hold a processor."""
    return tuple(sorted(path.parent for path in root.glob("*/*/processor.py")))


@cache
def load_processor(folder: Path) -> Processor:
    """The declaration in `folder`. Raises TopologyError when its processor.py declares none."""
    path = folder / "processor.py"
    spec = importlib.util.spec_from_file_location(f"declared_{folder.parent.name}_{folder.name}", path)
    if spec is None or spec.loader is None:
        raise TopologyError(f"Cannot load [{path}]")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    processor = getattr(module, "PROCESSOR", None)
    if not isinstance(processor, Processor):
        raise TopologyError(f"[{path}] must declare PROCESSOR = Processor(...)")
    return processor


def topology_of(folders: Iterable[Path]) -> Topology:
    """The topology of the given processor folders."""
    return build_topology(load_processor(folder) for folder in folders)


@cache
def discover() -> Topology:
    """The topology of every processor in the repository."""
    return topology_of(processor_folders(SERVICES))
