"""A run over a range reads every input partition once: what a statement reads, from its text.

BigQuery bills a statement for the columns that it reads of a table, in the partitions that its predicates
leave. Sizes are BigQuery's (8 bytes a number, date or time, 1 a truth value, 2 and its length a string), with
strings of a length that is usual here.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from pathlib import Path

import pytest

from services.registry import load_processor
from shared.tables import ColumnType, TableAddress, TableSchema
from shared.worker.estimate import estimate_script
from shared.worker.prepare import read_scripts, worker_scripts
from shared.worker.stage import Batch
from tests.gates.resolved import Comparison, Read, ResolvedStatement
from tests.gates.statements import (
    PROCESSOR_FOLDERS,
    analyse_script,
    analysed_processor,
    catalog_of,
    declared_tables,
)

#: Times its own size that a table may be read by the statements of a run.
_MOST = 2.0
_BYTES = {ColumnType.STRING: 14, ColumnType.BOOL: 1, ColumnType.JSON: 200}
_TABLES: Mapping[TableAddress, TableSchema] = {schema.address: schema for schema in declared_tables()}


def size(table: TableAddress, columns: Iterable[str]) -> int:
    """Bytes of a row in these columns."""
    return sum(_BYTES.get(_TABLES[table].column(name).type, 8) for name in columns)


def times_read(statements: Iterable[ResolvedStatement]) -> dict[TableAddress, float]:
    """How many times its size every table is read: by statement, the columns that the statement uses.

    The partitions of the season before are others than those of the season; the larger of the two counts.
    """
    read: dict[tuple[TableAddress, bool], int] = {}
    for statement in statements:
        used: dict[tuple[TableAddress, bool], set[str]] = {}
        for scan in statement.reads:
            if scan.table in _TABLES:
                used.setdefault((scan.table, _is_of_season_before(scan)), set()).update(scan.columns)
        for part, columns in used.items():
            read[part] = read.get(part, 0) + size(part[0], columns)
    times: dict[TableAddress, float] = {}
    for (table, _), found in read.items():
        times[table] = max(times.get(table, 0.0), found / size(table, _TABLES[table].column_names))
    return times


def _is_of_season_before(scan: Read) -> bool:
    """Whether a scan ends where the season of the run's dates starts."""
    bounds = [one for found in scan.predicates.values() for one in found]
    return any(one.comparison is Comparison.LESS and one.operands == ("@season_start",) for one in bounds)


@pytest.mark.parametrize("folder", PROCESSOR_FOLDERS, ids=lambda folder: folder.name)
def test_a_run_reads_no_table_more_than_twice(folder: Path) -> None:
    shared_sql = len(load_processor(folder).shared_sql)
    statements = analysed_processor(folder)

    # The shared ones come first; of all processors of the same dates, one pays for them.
    for part in (statements[:shared_sql], statements[shared_sql:]):
        too_often = {str(table): times for table, times in times_read(part).items() if times > _MOST}
        assert too_often == {}


def test_a_table_that_is_read_in_every_statement_is_noticed() -> None:
    statement = analysed_processor(PROCESSOR_FOLDERS[0])[0]

    once, thrice = times_read([statement]), times_read([statement] * 3)

    assert once
    assert all(thrice[table] == pytest.approx(3 * times) for table, times in once.items())


@pytest.mark.parametrize("folder", PROCESSOR_FOLDERS, ids=lambda folder: folder.name)
def test_the_query_of_an_estimate_reads_what_the_run_reads(folder: Path) -> None:
    processor = load_processor(folder)
    sent = (*read_scripts(processor), *worker_scripts(processor))[0]
    start = dt.date(2021, 10, 19)
    batch = Batch((dt.date(2021, 12, 30), dt.date(2021, 12, 31)), 2021, start, start, start)

    (estimated,) = analyse_script(estimate_script(processor, batch), catalog_of(processor.schema))

    run = analyse_script(sent, catalog_of(processor.schema))
    inputs = {scan.table for statement in run for scan in statement.reads if scan.table in _TABLES}
    assert {scan.table for scan in estimated.reads} == inputs
    for table, times in times_read([estimated]).items():
        assert times <= times_read(run)[table]
