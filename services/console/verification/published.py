"""Published values of a season: a CSV file with one value, or a few, per row."""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from services.console.output import InputError

COLUMNS = ("scope", "entity", "metric", "value", "tolerance", "source", "note")
_CONTROL = "WRONG"
_NUMBER = re.compile(r"^[+-]?(\d+(\.\d*)?|\.\d+)$")


@dataclass(frozen=True)
class Printed:
    """A number as printed: its value, and how many decimals were printed."""

    value: float
    decimals: int


@dataclass(frozen=True)
class PublishedValue:
    """One row of the file, cells as written. `where` names file and line for messages."""

    where: str
    line: int
    scope: str
    entity: str
    metric: str
    value: str
    tolerance: str
    source: str
    note: str

    @property
    def is_control(self) -> bool:
        """Whether the value comes from a formula known to be wrong, and so must not be matched."""
        return _CONTROL in self.metric

    def numbers(self, count: int) -> tuple[Printed, ...]:
        """The value as `count` numbers separated by slashes. Raises InputError when it is not that."""
        parts = self.value.split("/")
        if len(parts) != count or not all(_NUMBER.match(part.strip()) for part in parts):
            what = "a number" if count == 1 else f"{count} numbers separated by /"
            raise InputError(
                f"{self.where}: column value: [{self.value}] is not {what}, as [{self.metric}] needs."
            )
        return tuple(_printed(part.strip()) for part in parts)

    def tolerances(self, count: int) -> tuple[float, ...]:
        """How far each of `count` numbers may be off; words after the numbers are a remark.

        One tolerance serves all numbers. Raises InputError when there are neither one nor `count`.
        """
        parts = (self.tolerance.split() or [""])[0].split("/")
        numbers = [float(part) for part in parts if _NUMBER.match(part)]
        usable = len(numbers) == len(parts) and all(math.isfinite(n) and n >= 0 for n in numbers)
        if not usable or len(numbers) not in (1, count):
            raise InputError(
                f"{self.where}: column tolerance: [{self.tolerance}] is not a tolerance. "
                "Write a number, or one per value separated by /."
            )
        return tuple(numbers) if len(numbers) == count else tuple(numbers * count)


def _printed(text: str) -> Printed:
    return Printed(float(text), len(text.partition(".")[2]))


def read_published(path: Path) -> tuple[PublishedValue, ...]:
    """The values of a file, in its order; blank lines are skipped.

    Raises InputError, naming the file and the line where there is one, when the file is missing, is no UTF-8
    text, lacks a column, has a row with too few or too many cells, or has no row at all.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = _rows(path, file)
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise InputError(f"Cannot read [{path}]: {reason}.") from error
    except csv.Error as error:
        raise InputError(f"Cannot read [{path}] as CSV: {error}.") from error
    if not rows:
        raise InputError(f"[{path}] has no value to compare with.")
    return rows


def _rows(path: Path, file: Iterable[str]) -> tuple[PublishedValue, ...]:
    reader = csv.reader(file, strict=True)
    header = [name.strip() for name in next(reader, [])]
    missing = [name for name in COLUMNS if name not in header]
    if missing:
        raise InputError(
            f"[{path}] lacks the column{'s' if len(missing) > 1 else ''} [{', '.join(missing)}]. "
            f"Its first line must name {', '.join(COLUMNS)}."
        )
    places = [header.index(name) for name in COLUMNS]
    found = []
    for cells in reader:
        if not cells:
            continue
        where = f"[{path}] line {reader.line_num}"
        if len(cells) != len(header):
            raise InputError(
                f"{where}: {len(cells)} cells where {len(header)} are named. Quote cells that have a comma."
            )
        found.append(PublishedValue(where, reader.line_num, *(cells[place].strip() for place in places)))
    return tuple(found)
