"""Casts of raw columns to their declared types that never guess.

A cast here either keeps every value exactly or names the first one that it cannot keep: no rounding of 3.5
to 3, no time of day cut off a date, no NaN taken for a number.
"""

from __future__ import annotations

from collections.abc import Callable

import pyarrow as pa
import pyarrow.compute as pc

from shared.arrow import ARROW_TYPES
from shared.tables import ColumnType

# Arrow's own parser also takes hexadecimal; tools that know no NULL integers write 3 as 3.0.
_WHOLE_NUMBER = r"^(-?[0-9]+)(\.0*)?$"
_ISO_DATE = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
_HAS_ZONE = r"(Z|[+-][0-9]{2}(:?[0-9]{2})?)$"


class UnreadableValueError(ValueError):
    """A value that a strict cast cannot keep: its 0-based position in the column, and the value."""

    def __init__(self, index: int, value: object, target: ColumnType) -> None:
        super().__init__(f"Not a {target} value at position [{index}]: [{value}]")
        self.index = index
        self.value = value
        self.target = target


def strict_cast(values: pa.ChunkedArray, target: ColumnType) -> pa.ChunkedArray:
    """Cast a column to the Arrow type of `target` without losing anything.

    Text is parsed (numbers, true/false, ISO dates and times), whole floats become integers, dates at midnight
    become dates, times without a zone are taken as UTC. Raises UnreadableValueError at the first value that
    does not survive; a column of a type that cannot be cast at all fails at its first value that is not NULL.
    """
    plain = _plain(values)
    if plain.null_count == len(plain):
        return pa.chunked_array([pa.nulls(len(plain), type=ARROW_TYPES[target])])
    cast = _CASTS[target]
    try:
        return cast(plain)
    except (ValueError, NotImplementedError) as e:
        index = _first_failure(plain, cast)
        raise UnreadableValueError(index, plain[index].as_py(), target) from e


def _first_failure(values: pa.ChunkedArray, cast: Callable[[pa.ChunkedArray], pa.ChunkedArray]) -> int:
    """Position of the first value that `cast` refuses, by bisection over prefixes of the column."""
    kept = 0
    failed = len(values)
    while failed - kept > 1:
        middle = (kept + failed) // 2
        try:
            cast(values.slice(0, middle))
            kept = middle
        except (ValueError, NotImplementedError):
            failed = middle
    if values[kept].is_valid:
        return kept
    # The type itself was refused, already for a leading NULL.
    return int(pc.index(pc.is_valid(values), value=True).as_py())


def _plain(values: pa.ChunkedArray) -> pa.ChunkedArray:
    if pa.types.is_dictionary(values.type):
        values = values.cast(values.type.value_type)
    if pa.types.is_large_string(values.type) or pa.types.is_string_view(values.type):
        values = values.cast(pa.string())
    return values


def _refused(values: pa.ChunkedArray, target: ColumnType) -> ValueError:
    return ValueError(f"Cannot cast [{values.type}] to [{target}]")


def _require(condition: pa.ChunkedArray, values: pa.ChunkedArray, target: ColumnType) -> None:
    if pc.all(condition, skip_nulls=True).as_py() is False:
        raise _refused(values, target)


def _to_text(values: pa.ChunkedArray) -> pa.ChunkedArray:
    if not pa.types.is_string(values.type):
        raise _refused(values, ColumnType.STRING)
    return values


def _to_whole_number(values: pa.ChunkedArray) -> pa.ChunkedArray:
    if pa.types.is_string(values.type):
        _require(pc.match_substring_regex(values, _WHOLE_NUMBER), values, ColumnType.INT64)
        values = pc.replace_substring_regex(values, _WHOLE_NUMBER, r"\1")
    elif not (
        pa.types.is_integer(values.type)
        or pa.types.is_floating(values.type)
        or pa.types.is_decimal(values.type)
    ):
        raise _refused(values, ColumnType.INT64)
    return values.cast(pa.int64())


def _to_number(values: pa.ChunkedArray) -> pa.ChunkedArray:
    if pa.types.is_boolean(values.type) or pa.types.is_temporal(values.type):
        raise _refused(values, ColumnType.FLOAT64)
    numbers = values.cast(pa.float64())
    _require(pc.is_finite(numbers), values, ColumnType.FLOAT64)
    return numbers


def _to_truth(values: pa.ChunkedArray) -> pa.ChunkedArray:
    if not (pa.types.is_boolean(values.type) or pa.types.is_string(values.type)):
        raise _refused(values, ColumnType.BOOL)
    return values.cast(pa.bool_())


def _to_date(values: pa.ChunkedArray) -> pa.ChunkedArray:
    if pa.types.is_string(values.type):
        _require(pc.match_substring_regex(values, _ISO_DATE), values, ColumnType.DATE)
    elif pa.types.is_timestamp(values.type):
        # An instant has no calendar date until somebody says in which zone.
        if values.type.tz is not None:
            raise _refused(values, ColumnType.DATE)
        midnight = pc.equal(values, pc.floor_temporal(values, unit="day"))
        _require(midnight, values, ColumnType.DATE)
    elif not pa.types.is_date(values.type):
        raise _refused(values, ColumnType.DATE)
    return values.cast(pa.date32())


def _to_instant(values: pa.ChunkedArray) -> pa.ChunkedArray:
    instant = ARROW_TYPES[ColumnType.TIMESTAMP]
    if pa.types.is_string(values.type):
        # BigQuery exports "2021-10-20 06:00:00 UTC".
        values = pc.replace_substring_regex(values, r" UTC$", "Z")
        zoned = pc.match_substring_regex(values, _HAS_ZONE)
        values = pc.if_else(zoned, values, pc.binary_join_element_wise(values, "Z", ""))
    elif not pa.types.is_timestamp(values.type):
        raise _refused(values, ColumnType.TIMESTAMP)
    elif values.type.tz is None:
        values = pc.assume_timezone(values, "UTC")
    return values.cast(instant)


_CASTS: dict[ColumnType, Callable[[pa.ChunkedArray], pa.ChunkedArray]] = {
    ColumnType.STRING: _to_text,
    ColumnType.INT64: _to_whole_number,
    ColumnType.FLOAT64: _to_number,
    ColumnType.BOOL: _to_truth,
    ColumnType.DATE: _to_date,
    ColumnType.TIMESTAMP: _to_instant,
    ColumnType.JSON: _to_text,
}
