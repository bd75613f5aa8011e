"""Makes provider_schema.json: the arguments and attributes of the resource types that are used, and no more.

Terraform's registry is not always in reach, but the provider's schema is also in the npm package that the CDK
for Terraform publishes:

    npm pack @cdktf/provider-google@16.12.1
    tar -xzf cdktf-provider-google-16.12.1.tgz package/.jsii package/package.json
    python -m tests.infra.trim_provider_schema package
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.infra.terraform import FOLDER, parse

TARGET = Path(__file__).parent / "provider_schema.json"
_CAPITAL = re.compile(r"(?<!^)(?=[A-Z])")
_STRUCT = re.compile(r'"fqn": "(@cdktf/provider-google\.[^"]+)"')


def main() -> None:
    """Read the package whose folder is the first argument, and write the schema beside this file."""
    package = Path(sys.argv[1])
    types = json.loads((package / ".jsii").read_text(encoding="utf-8"))["types"]
    provider = json.loads((package / "package.json").read_text(encoding="utf-8"))["cdktf"]["provider"]
    module = parse(FOLDER)
    schema = {
        "provider": provider["name"].split("/", 1)[1],
        "version": provider["version"],
        "resources": {kind: _type(types, kind) for kind in sorted({r.type for r in module.resources})},
        "data": {kind: _type(types, f"data_{kind}") for kind in sorted({r.type for r in module.data})},
    }
    TARGET.write_text(json.dumps(schema, indent=1, sort_keys=True) + "\n", encoding="utf-8")


def _type(types: Mapping[str, Any], kind: str) -> dict[str, Any]:
    words = kind.removeprefix("google_").split("_")
    if kind.startswith("data_"):
        words = kind.split("_")
    camel = words[0] + "".join(word.capitalize() for word in words[1:])
    name = f"@cdktf/provider-google.{camel}.{camel[0].upper()}{camel[1:]}"
    own = types[name]["properties"]
    attributes = {_snake(p["name"]) for p in own if not p.get("static") and not p["name"].endswith("Input")}
    return {"arguments": _arguments(types, f"{name}Config"), "attributes": sorted(attributes)}


def _arguments(types: Mapping[str, Any], name: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for item in types[name].get("properties", []):
        argument: dict[str, Any] = {} if item.get("optional") else {"required": True}
        struct = _STRUCT.search(json.dumps(item["type"]))
        if struct is not None:
            argument["block"] = _arguments(types, struct.group(1))
        found[_snake(item["name"])] = argument
    return found


def _snake(name: str) -> str:
    return _CAPITAL.sub("_", name).lower()


if __name__ == "__main__":
    main()
