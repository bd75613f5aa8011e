"""A copy of the module with few services: what goes wrong in it goes wrong in all of it, sooner."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from tests.infra.terraform import FOLDER

_SERVICES = ("player-daily-cache", "dead-letters", "ingest", "retry")
_TABLES = 2


def copy_of_a_part(target: Path) -> Path:
    """Copy the Terraform files to the new folder `target`, with a part of the generated inputs."""
    target.mkdir()
    for path in FOLDER.glob("*.tf"):
        shutil.copy(path, target / path.name)
    name = "topology.auto.tfvars.json"
    inputs = json.loads((FOLDER / name).read_text(encoding="utf-8"))
    inputs["services"] = {key: inputs["services"][key] for key in _SERVICES}
    inputs["subscriptions"] = {k: s for k, s in inputs["subscriptions"].items() if s["service"] in _SERVICES}
    inputs["tables"] = dict(list(inputs["tables"].items())[:_TABLES])
    (target / name).write_text(json.dumps(inputs), encoding="utf-8")
    return target
