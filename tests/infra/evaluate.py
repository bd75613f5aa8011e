"""Evaluates the module with Terraform itself, without the provider, an account or a network.

Every resource is handed to Terraform as `terraform_data`, which is built in, with its arguments as input.
What refers to another resource becomes text that names it: `google_pubsub_topic.all[nba-retry-tick].id`.
So every expression, for_each, variable type and validation is Terraform's to judge, and what comes out is
what would be asked of Google.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.infra.terraform import RESOURCE_REFERENCE, Block, Body, is_block, parse, unquoted

#: What a person would give.
DECIDED: Mapping[str, Any] = {
    "project_id": "some-project",
    "image": "us-central1-docker.pkg.dev/some-project/nba-pipeline/nba@sha256:" + "0" * 64,
    "raw_bucket": "some-project-raw",
    "alert_emails": ["on-call@example.org"],
    "runbook_url": "https://example.org/runbook",
    "billing_account": "000000-000000-000000",
}
_OF_BLOCKS = frozenset({"dynamic", "__is_block__"})
_NOT_INPUT = _OF_BLOCKS | {"for_each", "count", "depends_on", "lifecycle"}
_TIMEOUT_SECONDS = 60


class EvaluationError(Exception):
    """What Terraform says is wrong."""


@dataclass(frozen=True)
class Resource:
    """One resource that would be made. `key`: of its for_each; None without."""

    type: str
    name: str
    key: str | None
    values: Mapping[str, Any]

    @property
    def address(self) -> str:
        """As references name it."""
        return f"{self.type}.{self.name}" + ("" if self.key is None else f"[{self.key}]")


@dataclass(frozen=True)
class Plan:
    """All resources."""

    resources: tuple[Resource, ...]

    def of(self, kind: str, name: str | None = None) -> tuple[Resource, ...]:
        """The resources of a type, or of one block of it."""
        return tuple(r for r in self.resources if r.type == kind and name in (None, r.name))


def evaluate(folder: Path, work: Path, decided: Mapping[str, Any]) -> Plan:
    """Plan the module in `folder`, in the empty folder `work`. Raises EvaluationError."""
    module = parse(folder)
    parts = [_resource(block) for block in module.resources]
    parts.append("locals {\n" + "".join(f"{k} = {_value(v)}\n" for k, v in module.locals.items()) + "}")
    parts.extend(
        f'output "{name}" {{\nvalue = {_value(body["value"])}\n}}' for name, body in module.outputs.items()
    )
    (work / "module.tf").write_text(RESOURCE_REFERENCE.sub(_named, "\n".join(parts)), encoding="utf-8")
    for name in ("variables.tf", "topology.auto.tfvars.json"):
        shutil.copy(folder / name, work / name)
    (work / "decided.auto.tfvars.json").write_text(json.dumps(decided), encoding="utf-8")
    _terraform(work, "init", "-input=false", "-no-color")
    _terraform(work, "plan", "-input=false", "-no-color", "-out=plan")
    shown = json.loads(_terraform(work, "show", "-json", "plan"))
    found = []
    for item in shown["planned_values"]["root_module"]["resources"]:
        kind, _, name = item["name"].partition("__")
        index = item.get("index")
        found.append(Resource(kind, name, None if index is None else str(index), item["values"]["input"]))
    return Plan(tuple(found))


def _terraform(work: Path, *arguments: str) -> str:
    # A configuration of the command line that is named but not there is complained about on every call.
    environment = {k: v for k, v in os.environ.items() if k != "TF_CLI_CONFIG_FILE"}
    done = subprocess.run(
        ["terraform", *arguments],
        cwd=work,
        env={**environment, "CHECKPOINT_DISABLE": "1"},
        capture_output=True,
        text=True,
        timeout=_TIMEOUT_SECONDS,
        check=False,
    )
    if done.returncode != 0:
        raise EvaluationError(done.stderr or done.stdout)
    return done.stdout


def _resource(block: Block) -> str:
    loop = "".join(
        f"{word} = {_value(block.body[word])}\n" for word in ("for_each", "count") if word in block.body
    )
    body = f"{loop}input = {_block(block.body, _NOT_INPUT)}\n"
    return f'resource "terraform_data" "{block.type}__{block.name}" {{\n{body}}}'


def _block(body: Body, without: frozenset[str] = _OF_BLOCKS) -> str:
    fields = [(name, _value(value)) for name, value in body.items() if name not in without]
    for item in body.get("dynamic", []):
        for label, block in item.items():
            name = unquoted(label)
            content = re.sub(rf"(?<![\w.]){name}\.(key|value)\b", rf"{name}_\1", _block(block["content"][0]))
            fields.append(
                (name, f"[for {name}_key, {name}_value in {_value(block['for_each'])} : {content}]")
            )
    return "{\n" + "".join(f"{name} = {value}\n" for name, value in fields) + "}"


def _value(value: object) -> str:
    """A value of python-hcl2 as HCL."""
    if isinstance(value, list):
        render = _block if is_block(value) else _value
        return "[" + ", ".join(render(item) for item in value) + "]"
    if isinstance(value, Mapping):
        return "{\n" + "".join(f"{_value(k)} = {_value(v)}\n" for k, v in value.items()) + "}"
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    text = str(value)
    return text[2:-1] if text.startswith("${") and text.endswith("}") else text


def _named(reference: re.Match[str]) -> str:
    index = "" if reference["index"] is None else f"[${{{reference['index'][1:-1]}}}]"
    attribute = "" if reference["attribute"] is None else f".{reference['attribute']}"
    return f'"{reference["data"] or ""}{reference["kind"]}.{reference["name"]}{index}{attribute}"'
