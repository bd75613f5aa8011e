"""One command line as a process sees it: arguments in; exit code, stdout and stderr out."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Answer:
    """What a command came to."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """What --json printed."""
        return json.loads(self.out)

    @property
    def words(self) -> str:
        """What was printed, whatever the width of the terminal."""
        return " ".join(self.out.split())


Ask = Callable[..., Answer]
