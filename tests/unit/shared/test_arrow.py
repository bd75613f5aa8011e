"""Declared columns as Arrow types."""

from __future__ import annotations

import pyarrow as pa

from shared.arrow import arrow_schema
from shared.tables import parse_schema, raw_tables


def test_arrow_schema_maps_every_declared_type_in_declared_order() -> None:
    schema = parse_schema(
        """{"table": "d.t", "description": "", "key": ["day"], "partition_column": "day", "columns": [
            {"name": "s", "type": "STRING"}, {"name": "i", "type": "INT64"}, {"name": "f", "type": "FLOAT64"},
            {"name": "b", "type": "BOOL"}, {"name": "day", "type": "DATE", "mode": "REQUIRED"},
            {"name": "t", "type": "TIMESTAMP"}, {"name": "j", "type": "JSON"}]}""",
        "inline",
    )

    assert arrow_schema(schema) == pa.schema(
        [
            ("s", pa.string()),
            ("i", pa.int64()),
            ("f", pa.float64()),
            ("b", pa.bool_()),
            ("day", pa.date32()),
            ("t", pa.timestamp("us", tz="UTC")),
            ("j", pa.string()),
        ]
    )


def test_every_raw_table_has_an_arrow_schema_of_its_columns() -> None:
    for schema in raw_tables().values():
        assert tuple(arrow_schema(schema).names) == schema.column_names
