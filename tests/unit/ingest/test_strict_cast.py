"""Casts to declared types keep every value exactly, or name the first one that they cannot keep."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.ingest.strict_cast import UnreadableValueError, strict_cast
from shared.tables import ColumnType

NOON = datetime(2021, 10, 20, 12, 0, tzinfo=UTC)


def column(values: list[object], type: pa.DataType | None = None) -> pa.ChunkedArray:
    return pa.chunked_array([pa.array(values, type)])


@pytest.mark.parametrize(
    ("values", "target", "expected"),
    [
        (column(["7", "-3", "12.0", None]), ColumnType.INT64, [7, -3, 12, None]),
        (column([7.0, None]), ColumnType.INT64, [7, None]),
        (column([7], pa.uint8()), ColumnType.INT64, [7]),
        (column(["7.25", "1e3"]), ColumnType.FLOAT64, [7.25, 1000.0]),
        (column([7]), ColumnType.FLOAT64, [7.0]),
        (column(["true", "FALSE", "1", "0"]), ColumnType.BOOL, [True, False, True, False]),
        (column(["2021-10-20"]), ColumnType.DATE, [date(2021, 10, 20)]),
        (column([datetime(2021, 10, 20)]), ColumnType.DATE, [date(2021, 10, 20)]),  # noqa: DTZ001
        (column([date(2021, 10, 20)], pa.date64()), ColumnType.DATE, [date(2021, 10, 20)]),
        (column(["2021-10-20 12:00:00"]), ColumnType.TIMESTAMP, [NOON]),
        (column(["2021-10-20 12:00:00 UTC"]), ColumnType.TIMESTAMP, [NOON]),
        (column(["2021-10-20T08:00:00-04:00", None]), ColumnType.TIMESTAMP, [NOON, None]),
        (column([datetime(2021, 10, 20, 12)]), ColumnType.TIMESTAMP, [NOON]),  # noqa: DTZ001
        (column([NOON], pa.timestamp("ns", tz="America/New_York")), ColumnType.TIMESTAMP, [NOON]),
        (column(["x"], pa.large_string()), ColumnType.STRING, ["x"]),
        (column(["x", "x"]).dictionary_encode(), ColumnType.STRING, ["x", "x"]),
        (column([None, None], pa.null()), ColumnType.BOOL, [None, None]),
    ],
)
def test_values_that_can_be_kept_exactly_are_cast(
    values: pa.ChunkedArray, target: ColumnType, expected: list[object]
) -> None:
    assert strict_cast(values, target).to_pylist() == expected


@pytest.mark.parametrize(
    ("values", "target", "index"),
    [
        (column(["1", None, "abc", "def"]), ColumnType.INT64, 2),
        (column(["1", "3.5"]), ColumnType.INT64, 1),
        (column(["0x1F"]), ColumnType.INT64, 0),
        (column(["9223372036854775808"]), ColumnType.INT64, 0),
        (column([1.0, 2.0, 3.5, 4.5]), ColumnType.INT64, 2),
        (column([1.0, float("nan")]), ColumnType.INT64, 1),
        (column([None, True]), ColumnType.INT64, 1),
        (column(["1", "nan"]), ColumnType.FLOAT64, 1),
        (column([1.0, float("inf")]), ColumnType.FLOAT64, 1),
        (column(["1", "many"]), ColumnType.FLOAT64, 1),
        (column(["true", "yes"]), ColumnType.BOOL, 1),
        (column([1]), ColumnType.BOOL, 0),
        (column(["2021-10-20", "2021-13-01"]), ColumnType.DATE, 1),
        (column(["20.10.2021"]), ColumnType.DATE, 0),
        (column([datetime(2021, 10, 20, 3)]), ColumnType.DATE, 0),  # noqa: DTZ001
        (column([NOON]), ColumnType.DATE, 0),
        (column(["noon"]), ColumnType.TIMESTAMP, 0),
        (column([None, 22100001]), ColumnType.STRING, 1),
    ],
)
def test_the_first_value_that_cannot_be_kept_is_named(
    values: pa.ChunkedArray, target: ColumnType, index: int
) -> None:
    with pytest.raises(UnreadableValueError) as caught:
        strict_cast(values, target)

    assert caught.value.index == index
    assert str(caught.value.value) == str(values[index].as_py())
    assert caught.value.target is target


@given(good=st.lists(st.integers(-(2**63), 2**63 - 1) | st.none(), max_size=20), tail=st.integers(0, 3))
def test_the_first_bad_value_is_found_wherever_it_stands(good: list[int | None], tail: int) -> None:
    text = [None if value is None else str(value) for value in good]

    with pytest.raises(UnreadableValueError) as caught:
        strict_cast(column([*text, "bad", *["worse"] * tail], pa.string()), ColumnType.INT64)

    assert (caught.value.index, caught.value.value) == (len(good), "bad")
    assert strict_cast(column(text, pa.string()), ColumnType.INT64).to_pylist() == good  # type: ignore[arg-type]
