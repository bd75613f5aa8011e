"""Arrow types of declared columns."""

from __future__ import annotations

import pyarrow as pa

from shared.tables import ColumnType, TableSchema

ARROW_TYPES: dict[ColumnType, pa.DataType] = {
    ColumnType.STRING: pa.string(),
    ColumnType.INT64: pa.int64(),
    ColumnType.FLOAT64: pa.float64(),
    ColumnType.BOOL: pa.bool_(),
    ColumnType.DATE: pa.date32(),
    ColumnType.TIMESTAMP: pa.timestamp("us", tz="UTC"),
    ColumnType.JSON: pa.string(),
}


def arrow_schema(schema: TableSchema) -> pa.Schema:
    """Return the Arrow schema of a declared table, in declared column order.

    Times are in UTC with microseconds. NULL-ability is not part of it: whoever validates checks it.
    """
    return pa.schema([pa.field(column.name, ARROW_TYPES[column.type]) for column in schema.columns])
