"""Rows of derived tables made by hand, and what one processor makes of them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from services.registry import SERVICES, load_processor
from shared.arrow import arrow_schema
from shared.tables import SchemaError, TableSchema, load_schema
from shared.topology.declaration import VOLATILE_COLUMNS, Processor
from shared.warehouse.port import Value, Warehouse
from shared.worker.stage import Batch
from tests.support import direct

Row = dict[str, Value]


def schema_of(folder: str) -> TableSchema:
    """The declared output of a processor folder such as `analytics/player_game_summary`."""
    return load_schema(SERVICES / folder / "schema.json")


def processor_of(folder: str) -> Processor:
    """The processor of that folder."""
    return load_processor(Path(SERVICES / folder))


def fill(warehouse: Warehouse, schema: TableSchema, rows: Sequence[Mapping[str, Value]]) -> None:
    """Create the table and append the rows; columns that a row leaves out are NULL.

    Raises SchemaError for a column that the table does not have.
    """
    warehouse.ensure_table(direct.nullable(schema))
    unknown = sorted({name for row in rows for name in row} - set(schema.column_names))
    if unknown:
        raise SchemaError(f"Table [{schema.address}] has no column {unknown}")
    if rows:
        complete = [{name: row.get(name) for name in schema.column_names} for row in rows]
        direct.insert(warehouse, schema.address, pa.Table.from_pylist(complete, schema=arrow_schema(schema)))


@dataclass(frozen=True)
class Staged:
    """What staging one processor gave: its good rows, its failures, and the summary by date."""

    rows: list[Row]
    failures: list[Row]
    summary: dict[dt.date, Row]

    def row(self, **key: Value) -> Row:
        """The one row whose columns have these values. Raises LookupError when there is none, or several."""
        return _only(self.rows, key)

    def failure(self, **key: Value) -> Row:
        """The one failure whose columns have these values. Raises LookupError like `row`."""
        return _only(self.failures, key)

    def unaccounted(self) -> int:
        """Entities that break the rule rows + failures without row = expected; 0 is right."""
        broken = ("untracked", "contradicted", "unexpected")
        counts = [day[name] for day in self.summary.values() for name in broken]
        return sum(count for count in counts if isinstance(count, int))


def stage_dates(
    warehouse: Warehouse,
    processor: Processor,
    dates: Iterable[dt.date],
    *,
    season_start: dt.date,
    season_year: int,
) -> Staged:
    """Stage the processor for these dates in one batch."""
    batch = Batch(tuple(sorted(set(dates))), season_year, season_start, season_start, season_start)
    summary = direct.stage(warehouse, processor, batch)
    partition = processor.schema.partition_column
    order = ", ".join([partition, *processor.schema.key])
    content = ", ".join(c.name for c in processor.schema.without(VOLATILE_COLUMNS))
    rows = direct.select(
        warehouse,
        f"SELECT {content} FROM nba_staging.good_rows__test ORDER BY {order}",
    )
    failures = direct.select(
        warehouse,
        "SELECT * FROM nba_staging.failures__test ORDER BY analysis_date, entity_id, failure_category",
    )
    by_date = {record["cell_date"]: record for record in summary.records()}
    return Staged(list(rows.records()), list(failures.records()), by_date)  # type: ignore[arg-type]


def _only(rows: list[Row], key: Mapping[str, Value]) -> Row:
    found = [row for row in rows if all(row[name] == value for name, value in key.items())]
    if len(found) != 1:
        raise LookupError(f"Expected one row with {dict(key)}, found [{len(found)}]")
    return found[0]
