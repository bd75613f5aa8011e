"""A folder of Terraform as data: blocks of every kind, and what each expression refers to."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import hcl2

FOLDER = Path(__file__).parents[2] / "infra" / "terraform"

_OPTIONS = hcl2.SerializationOptions(with_comments=False)

#: One block's body as python-hcl2 gives it: quoted strings keep their quotes, expressions are in ${}.
Body = Mapping[str, Any]

#: A resource with its index, which may hold an index itself, and the attribute that is read.
RESOURCE_REFERENCE = re.compile(
    r"(?<![\w.])(?P<data>data\.)?(?P<kind>google_[a-z0-9_]+)\.(?P<name>[a-zA-Z0-9_]+)"
    r"(?P<index>\[(?:[^\[\]]|\[[^\[\]]*\])*\])?(?:\.(?P<attribute>[a-z_]+))?"
)
_NAMED = re.compile(r"(?<![\w.\]])(var|local)\.([a-zA-Z0-9_]+)")


@dataclass(frozen=True)
class Block:
    """A resource or a data source."""

    file: str
    type: str
    name: str
    body: Body

    @property
    def address(self) -> str:
        return f"{self.type}.{self.name}"


@dataclass(frozen=True)
class Module:
    """All blocks of a folder."""

    resources: tuple[Block, ...]
    data: tuple[Block, ...]
    variables: Mapping[str, Body]
    locals: Mapping[str, Any]
    outputs: Mapping[str, Body]
    settings: Body


@dataclass(frozen=True)
class Reference:
    """What an expression names: a resource (`google_x.y`), `data.google_x.y`, `var.x` or `local.x`."""

    to: str
    attribute: str | None


def parse(folder: Path) -> Module:
    """Parse every .tf file of a folder. Raises what python-hcl2 raises for text that is not HCL."""
    resources: list[Block] = []
    data: list[Block] = []
    variables: dict[str, Body] = {}
    named: dict[str, Any] = {}
    outputs: dict[str, Body] = {}
    settings: dict[str, Any] = {}
    for path in sorted(folder.glob("*.tf")):
        with path.open(encoding="utf-8") as file:
            found = hcl2.load(file, serialization_options=_OPTIONS)
        resources.extend(_blocks(path.name, found.get("resource", [])))
        data.extend(_blocks(path.name, found.get("data", [])))
        variables |= {unquoted(k): v for item in found.get("variable", []) for k, v in item.items()}
        outputs |= {unquoted(k): v for item in found.get("output", []) for k, v in item.items()}
        for item in found.get("locals", []):
            named |= {k: v for k, v in item.items() if k != "__is_block__"}
        for item in found.get("terraform", []):
            settings |= item
    return Module(tuple(resources), tuple(data), variables, named, outputs, settings)


def _blocks(file: str, found: list[Any]) -> Iterator[Block]:
    for item in found:
        for kind, named in item.items():
            for name, body in named.items():
                yield Block(file, unquoted(kind), unquoted(name), body)


def unquoted(text: str) -> str:
    """A label or a literal without its quotes."""
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] == '"' else text


def is_block(value: object) -> bool:
    """Whether a value stands for nested blocks, not for an argument."""
    return (
        isinstance(value, list)
        and bool(value)
        and all(isinstance(item, Mapping) and "__is_block__" in item for item in value)
    )


def expressions(value: object) -> Iterator[str]:
    """Every string below a value, expressions and texts alike."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield str(key)
            yield from expressions(item)
    elif isinstance(value, list):
        for item in value:
            yield from expressions(item)


def references(value: object) -> Iterator[Reference]:
    """What the expressions below a value refer to. Text between quotes is none, but for its ${}."""
    for text in expressions(value):
        code = code_of(text)
        for found in RESOURCE_REFERENCE.finditer(code):
            yield Reference(f"{found['data'] or ''}{found['kind']}.{found['name']}", found["attribute"])
        for space, name in _NAMED.findall(code):
            yield Reference(f"{space}.{name}", None)


def code_of(text: str) -> str:
    """The code of a template: what stands in its ${}, without the texts of strings inside of it."""
    code: list[str] = []
    # Innermost last: "text" (of the template, or of a string in code), "code" (in ${}), "braces".
    inside = ["text"]
    position = 0
    while position < len(text):
        here = text[position]
        if inside[-1] == "text":
            if here == "\\":
                position += 1
            elif text.startswith("${", position):
                inside.append("code")
                code.append(" ")
                position += 1
            elif here == '"' and len(inside) > 1:
                inside.pop()
                code.append('"')
        elif here == '"':
            inside.append("text")
            code.append('"')
        elif here == "}":
            inside.pop()
            code.append(here)
        else:
            if here == "{":
                inside.append("braces")
            code.append(here)
        position += 1
    return "".join(code)
