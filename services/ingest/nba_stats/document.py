"""JSON files read by name, so that whatever a file lacks is said with the file's name."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from services.ingest.source import IngestError

FETCH_AGAIN = "Fetch the file again from its source, or take it out of the folder"


@dataclass(frozen=True)
class Fields:
    """One JSON object, or one row of a result set, of a file. `row` is the 1-based row in its result set."""

    file: str
    values: Mapping[str, object]
    row: int | None = None

    def has(self, *names: str) -> bool:
        return all(name in self.values for name in names)

    def error(self, problem: str, *, name: str, remedy: str = FETCH_AGAIN) -> IngestError:
        """An IngestError about the value of `name`."""
        return IngestError(
            problem, file=self.file, row=self.row, column=name, value=self.values.get(name), remedy=remedy
        )

    def value(self, name: str) -> object:
        """The value of that name; None is a value. Raises IngestError when the name is not there."""
        if name not in self.values:
            raise self.error("A field is missing", name=name)
        return self.values[name]

    def optional_text(self, name: str) -> str | None:
        """Text without surrounding blanks; None for null and for blank text."""
        value = self.value(name)
        if value is None:
            return None
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return str(value)
        if not isinstance(value, str):
            raise self.error("Not text", name=name)
        return value.strip() or None

    def text(self, name: str) -> str:
        text = self.optional_text(name)
        if text is None:
            raise self.error("An empty field", name=name)
        return text

    def optional_number(self, name: str) -> float | None:
        """A finite number, also one written as text; None for null and for blank text."""
        value = self.value(name)
        if value is None or (isinstance(value, str) and not value.strip()):
            return None
        if isinstance(value, bool) or not isinstance(value, (int, float, str)):
            raise self.error("Not a number", name=name)
        try:
            number = float(value)
        except ValueError as e:
            raise self.error("Not a number", name=name) from e
        if not math.isfinite(number):
            raise self.error("Not a number", name=name)
        return number

    def optional_whole(self, name: str) -> int | None:
        """A whole number; some formats write 16 as 16.0."""
        number = self.optional_number(name)
        if number is None:
            return None
        if number != int(number):
            raise self.error("Not a whole number", name=name)
        return int(number)

    def whole(self, name: str) -> int:
        number = self.optional_whole(name)
        if number is None:
            raise self.error("An empty field", name=name)
        return number

    def flag(self, name: str) -> bool:
        """A truth value, written as true/false, 1/0 or text of the latter."""
        value = self.value(name)
        if isinstance(value, bool):
            return value
        number = self.whole(name)
        if number not in (0, 1):
            raise self.error("Not a yes or no", name=name)
        return number == 1

    def child(self, name: str) -> Fields:
        value = self.value(name)
        if not isinstance(value, dict):
            raise self.error("Not an object", name=name)
        return Fields(self.file, value)

    def children(self, name: str) -> tuple[Fields, ...]:
        value = self.value(name)
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            raise self.error("Not a list of objects", name=name)
        return tuple(Fields(self.file, item, row) for row, item in enumerate(value, start=1))


@dataclass(frozen=True)
class ResultSet:
    """One table of a stats.nba.com answer."""

    headers: tuple[str, ...]
    rows: tuple[Fields, ...]


@dataclass(frozen=True)
class Document:
    """A JSON file: its top-level object, and its result sets when it is an answer of stats.nba.com."""

    file: str
    root: Fields
    result_sets: Mapping[str, ResultSet]

    def has_set(self, name: str, *headers: str) -> bool:
        found = self.result_sets.get(name)
        return found is not None and set(headers) <= set(found.headers)

    def rows(self, name: str) -> tuple[Fields, ...]:
        """Rows of a result set. Raises IngestError when the file has no set of that name."""
        if name not in self.result_sets:
            raise IngestError(f"Result set [{name}] is missing", file=self.file, remedy=FETCH_AGAIN)
        return self.result_sets[name].rows

    def some_rows(self, name: str) -> tuple[Fields, ...]:
        """Rows of a result set that cannot be empty once its game was played."""
        rows = self.rows(name)
        if not rows:
            raise IngestError(f"Result set [{name}] holds no rows", file=self.file, remedy=FETCH_AGAIN)
        return rows


def read_document(path: Path) -> Document:
    """Read a file. Raises IngestError when it is empty, not JSON, or not a JSON object."""
    file = path.as_posix()
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as e:
        raise IngestError(f"The file cannot be read ({e})", file=file, remedy=FETCH_AGAIN) from e
    if not text.strip():
        raise IngestError("The file is empty", file=file, remedy=FETCH_AGAIN)
    try:
        root = json.loads(text)
    except json.JSONDecodeError as e:
        raise IngestError(f"The file is not JSON ({e})", file=file, remedy=FETCH_AGAIN) from e
    if not isinstance(root, dict):
        raise IngestError("The file is not a JSON object", file=file, remedy=FETCH_AGAIN)
    fields = Fields(file, root)
    return Document(file, fields, _result_sets(fields))


def _result_sets(root: Fields) -> dict[str, ResultSet]:
    """Result sets by name; stats.nba.com writes `resultSets` as a list, and `resultSet` as one."""
    raw = root.values.get("resultSets", root.values.get("resultSet"))
    if raw is None:
        return {}
    sets: dict[str, ResultSet] = {}
    for part in raw if isinstance(raw, list) else [raw]:
        if not (
            isinstance(part, dict)
            and isinstance(part.get("name"), str)
            and isinstance(part.get("headers"), list)
            and isinstance(part.get("rowSet"), list)
        ):
            raise IngestError(
                "A result set without name, headers or rowSet", file=root.file, remedy=FETCH_AGAIN
            )
        headers = tuple(str(header) for header in part["headers"])
        rows: list[Fields] = []
        for number, values in enumerate(part["rowSet"], start=1):
            if not isinstance(values, list) or len(values) != len(headers):
                raise IngestError(
                    f"Result set [{part['name']}] has a row of another length than its headers",
                    file=root.file,
                    row=number,
                    remedy=FETCH_AGAIN,
                )
            rows.append(Fields(root.file, dict(zip(headers, values, strict=True)), number))
        sets[part["name"]] = ResultSet(headers, tuple(rows))
    return sets
