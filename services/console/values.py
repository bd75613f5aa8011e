"""Values of query results as text for people, and as values for JSON."""

from __future__ import annotations

import base64
import datetime as dt
import json
import math
from collections.abc import Mapping, Sequence
from decimal import Decimal

from services.console.output import Json

NULL = "NULL"
_DECIMALS = 4


def as_text(value: object) -> str:
    """One value on one line: floats with at most four decimals, times in UTC, NULL as NULL."""
    match value:
        case None:
            return NULL
        case bool():
            return "true" if value else "false"
        case float():
            return _number(value)
        case dt.datetime():
            return f"{value:%Y-%m-%d %H:%M:%S}{' UTC' if value.tzinfo is not None else ''}"
        case dt.date() | dt.time():
            return value.isoformat()
        case bytes():
            return base64.b64encode(value).decode()
        case Mapping() | list() | tuple():
            return json.dumps(as_json(value), default=str, ensure_ascii=False)
        case str():
            return value.replace("\n", "\\n").replace("\t", "\\t")
    return str(value)


def _number(value: float) -> str:
    if not math.isfinite(value) or value == 0:
        return str(value)
    if abs(value) < 10**-_DECIMALS or abs(value) >= 1e15:
        return f"{value:.6g}"
    text = f"{value:.{_DECIMALS}f}".rstrip("0")
    return f"{text}0" if text.endswith(".") else text


def as_json(value: object) -> Json:
    """One value as BigQuery writes it in JSON: numbers as numbers, what JSON has no number for as text."""
    match value:
        case None | bool() | int() | str():
            return value
        case float():
            return value if math.isfinite(value) else str(value)
        case dt.datetime() | dt.date() | dt.time():
            return value.isoformat()
        case bytes():
            return base64.b64encode(value).decode()
        case Decimal():
            return str(value)
        case Mapping():
            return {str(key): as_json(item) for key, item in value.items()}
        case Sequence():
            return [as_json(item) for item in value]
    return str(value)


def is_number(value: object) -> bool:
    """Whether a value is shown flush right."""
    return isinstance(value, int | float | Decimal) and not isinstance(value, bool)
