"""The JSON Schemas of the messages, exported for those who publish without this library.

`python -m shared.messages.schemas` writes them to the folder beside this file; a test keeps them in step.
"""

from __future__ import annotations

import json
from pathlib import Path

from shared.messages.models import PhaseCompleted, ProcessRequested, RawDataRequested, RetryTick

FOLDER = Path(__file__).parent / "schemas"

_MODELS = (PhaseCompleted, ProcessRequested, RawDataRequested, RetryTick)


def schema_files() -> dict[str, str]:
    """File name to the JSON text of the schema, one per message type and version."""
    found = {}
    for model in _MODELS:
        name = str(model.model_fields["type"].default).removeprefix("nba.")
        version = model.model_fields["version"].default
        text = json.dumps(model.model_json_schema(), indent=2, sort_keys=True)
        found[f"{name}.v{version}.json"] = text + "\n"
    return found


def main() -> None:
    """Write every schema file."""
    FOLDER.mkdir(exist_ok=True)
    for name, text in schema_files().items():
        (FOLDER / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
