"""Whether every argument exists, every required one is there, and every reference leads somewhere."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from tests.infra.terraform import Block, Body, Module, is_block, references, unquoted

_SCHEMA = Path(__file__).parent / "provider_schema.json"
#: Understood by Terraform itself, in every resource.
_META = frozenset({"count", "for_each", "depends_on", "lifecycle", "provider"})
_OF_BLOCKS = frozenset({"dynamic", "__is_block__"})


@cache
def provider_schema() -> Mapping[str, Any]:
    """The trimmed schema of the provider."""
    schema: Mapping[str, Any] = json.loads(_SCHEMA.read_text(encoding="utf-8"))
    return schema


def schema_violations(module: Module) -> Iterator[str]:
    """What the provider would refuse of a module, and what nothing declares."""
    schema = provider_schema()
    for blocks, known in ((module.resources, schema["resources"]), (module.data, schema["data"])):
        for block in blocks:
            if block.type not in known:
                yield f"{block.file}: unknown type [{block.type}]; trim the provider's schema anew"
            else:
                body = {name: value for name, value in block.body.items() if name not in _META}
                yield from _body(f"{block.file}: {block.address}", body, known[block.type]["arguments"])
    yield from _dangling(module)


def _body(where: str, body: Body, known: Mapping[str, Any]) -> Iterator[str]:
    given = {key: value for key, value in body.items() if key not in _OF_BLOCKS}
    nested = [(name, content) for name, content in given.items() if is_block(content)]
    dynamic = dict(_dynamic(body))
    for name in (*given, *dynamic):
        if name not in known:
            yield f"{where}: unknown argument [{name}]"
    for name, rule in known.items():
        if rule.get("required") and name not in given and name not in dynamic:
            yield f"{where}: missing argument [{name}]"
        if name in given and ("block" in rule) is not is_block(given[name]):
            yield f"{where}: [{name}] is {'a block' if 'block' in rule else 'an argument'}"
    for name, content in (*nested, *dynamic.items()):
        rule = known.get(name, {})
        for item in content if "block" in rule else ():
            yield from _body(f"{where}.{name}", item, rule["block"])


def _dynamic(body: Body) -> Iterator[tuple[str, list[Body]]]:
    for item in body.get("dynamic", []):
        for name, block in item.items():
            yield unquoted(name), block["content"]


def _dangling(module: Module) -> Iterator[str]:
    schema = provider_schema()
    declared = {
        **{f"var.{name}": None for name in module.variables},
        **{f"local.{name}": None for name in module.locals},
        **{b.address: _attributes(schema["resources"], b) for b in module.resources},
        **{f"data.{b.address}": _attributes(schema["data"], b) for b in module.data},
    }
    places = (
        *((f"{b.file}: {b.address}", b.body) for b in (*module.resources, *module.data)),
        *((f"local.{name}", value) for name, value in module.locals.items()),
        *((f"output.{name}", value) for name, value in module.outputs.items()),
        *((f"var.{name}", value) for name, value in module.variables.items()),
    )
    used: set[str] = set()
    for where, value in places:
        for reference in references(value):
            used.add(reference.to)
            if reference.to not in declared:
                yield f"{where}: reference to undeclared [{reference.to}]"
                continue
            attributes = declared[reference.to]
            if attributes is not None and reference.attribute not in (None, *attributes):
                yield f"{where}: [{reference.to}] has no attribute [{reference.attribute}]"
    for name in (*(f"var.{n}" for n in module.variables), *(f"local.{n}" for n in module.locals)):
        if name not in used:
            yield f"[{name}] is not used"


def _attributes(known: Mapping[str, Any], block: Block) -> tuple[str, ...]:
    return tuple(known.get(block.type, {}).get("attributes", ()))
