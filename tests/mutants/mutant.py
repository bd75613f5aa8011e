"""A planted bug as data."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

#: The repository.
ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Mutant:
    """One bug: in `file`, `old` (which occurs exactly once) reads `new`.

    `tests` are what must fail then: files below `tests`, or tests in them (`file.py::name`).
    """

    name: str
    file: str
    old: str
    new: str
    tests: tuple[str, ...]

    def planted(self, text: str) -> str:
        """The file's text with the bug. Raises ValueError unless the old text occurs exactly once."""
        count = text.count(self.old)
        if count != 1:
            raise ValueError(f"Mutant [{self.name}]: its text occurs [{count}] times in [{self.file}]")
        return text.replace(self.old, self.new)
