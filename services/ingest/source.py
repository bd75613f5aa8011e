"""What a raw source hands to the ingest: files, each holding rows of one raw table."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa


class IngestError(Exception):
    """Input that cannot be ingested. The message names file, row, column, value and remedy."""

    def __init__(
        self,
        problem: str,
        *,
        file: str,
        remedy: str,
        row: int | None = None,
        column: str | None = None,
        value: object | None = None,
    ) -> None:
        where = f"file [{file}]"
        if row is not None:
            where += f", row {row}"
        if column is not None:
            where += f", column [{column}]"
        if value is not None:
            where += f", value [{value}]"
        super().__init__(f"{problem}: {where}. {remedy}")
        self.problem = problem
        self.file = file
        self.row = row
        self.column = column
        self.value = value
        self.remedy = remedy


@dataclass(frozen=True)
class RawFile:
    """Rows of one raw table as read from one file, not yet validated.

    `rows` has the columns of the raw contract (types may still need a safe cast); row numbers in errors are
    1-based positions in it.
    """

    name: str
    table: str
    rows: pa.Table
