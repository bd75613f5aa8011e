"""Writes validated raw rows into nba_raw, one date atomically at a time, and records their content.

For every table of a delivery, exactly the dates it speaks for are replaced: the dates that occur in its rows,
or, when a range is given, every date of that range (a date of the range without rows loses the rows it had).
Rows and their ledger entries are committed together, so a date is never half-written. A delivery that changes
nothing writes nothing new to the ledger.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from services.ingest.source import IngestError, RawFile
from services.ingest.validate import validate
from shared.clock import Clock
from shared.ledger.raw import record_raw_parameters, record_raw_statements
from shared.log import get_logger
from shared.messages.models import CompletionStatus, PhaseCompleted, TriggerSource
from shared.sql import Statement, bind, column_list, read_sql
from shared.tables import TableAddress, raw_tables
from shared.topology.declaration import Phase
from shared.topology.graph import RAW_INGEST
from shared.warehouse.port import Script, Warehouse, date, dates, query, text
from shared.worker.context import RunContext
from shared.worker.stage import STAGING_DATASET

_SQL = Path(__file__).parent / "sql"

#: Dates committed in one transaction; what a reader can see between two commits is whole dates only.
_DATES_PER_COMMIT = 60


@dataclass(frozen=True)
class IngestReport:
    """What a delivery came to: rows by table, dates it spoke for, and those whose content changed."""

    run_id: str
    rows: Mapping[str, int]
    dates: tuple[dt.date, ...]
    changed_dates: tuple[dt.date, ...]


def tables_of(files: Sequence[RawFile]) -> dict[str, pa.Table]:
    """Validate files and put those of one table together. Raises IngestError; nothing is written before."""
    parts: dict[str, list[pa.Table]] = {}
    for file in files:
        parts.setdefault(file.table, []).append(validate(file))
    merged = {}
    for table, pieces in parts.items():
        whole = pa.concat_tables(pieces)
        if len(pieces) > 1:
            names = ", ".join(file.name for file in files if file.table == table)
            validate(RawFile(name=names, table=table, rows=whole))
        merged[table] = whole
    return merged


def within(file: RawFile, start: dt.date, end: dt.date) -> RawFile:
    """The rows of a file whose game_date lies in a range; rows without a usable date stay, to be named."""
    try:
        day = file.rows.column("game_date").cast(pa.date32())
    except (KeyError, pa.ArrowException):
        return file
    inside = pc.and_(
        pc.greater_equal(day, pa.scalar(start, pa.date32())), pc.less_equal(day, pa.scalar(end, pa.date32()))
    )
    return replace(file, rows=file.rows.filter(pc.fill_null(inside, True)))


def dates_in(
    warehouse: Warehouse, tables: Mapping[str, pa.Table], start: dt.date, end: dt.date
) -> tuple[dt.date, ...]:
    """Every date of a range that the tables have rows of, or that raw rows were ever seen of."""
    seen = query(
        warehouse,
        Statement("raw dates in range", read_sql(_SQL / "dates_in_range.sql")),
        {"start_date": date(start), "end_date": date(end)},
    )
    known = {row[0] for row in seen.values if isinstance(row[0], dt.date)}
    found = {day for rows in tables.values() for day in _dates_of(rows) if start <= day <= end}
    return tuple(sorted(known | found))


def write(
    tables: Mapping[str, pa.Table],
    *,
    warehouse: Warehouse,
    clock: Clock,
    run_id: str,
    days: Sequence[dt.date] | None,
    on_progress: Callable[[int, int], None],
) -> IngestReport:
    """Replace the dates the tables speak for (`days` when given) and record what changed.

    `on_progress` is called with dates done and dates in all. Raises IngestError when there is nothing to
    write, and the warehouse's errors; dates not yet committed are then as they were.
    """
    spoken = {
        name: sorted(set(days) if days is not None else _dates_of(rows)) for name, rows in tables.items()
    }
    everything = sorted({day for found in spoken.values() for day in found})
    if not everything:
        raise IngestError(
            "Nothing to ingest",
            file=", ".join(sorted(tables)) or "(none)",
            remedy="Check the dates asked for.",
        )
    staging = {name: TableAddress(STAGING_DATASET, f"incoming_{name}__{run_id}") for name in tables}
    context = RunContext(run_id, run_id, run_id, None, TriggerSource.LIVE.value, clock.now())
    try:
        for name, rows in tables.items():
            warehouse.load(staging[name], rows)
        for position in range(0, len(everything), _DATES_PER_COMMIT):
            chunk = everything[position : position + _DATES_PER_COMMIT]
            warehouse.run(_replace(staging, spoken, chunk, context, clock.now()))
            on_progress(position + len(chunk), len(everything))
    finally:
        warehouse.drop(list(staging.values()))
    report = IngestReport(
        run_id=run_id,
        rows={name: rows.num_rows for name, rows in tables.items()},
        dates=tuple(everything),
        changed_dates=_changed(warehouse, run_id, everything),
    )
    get_logger().info(
        "raw_ingested",
        run_id=run_id,
        start_date=everything[0].isoformat(),
        end_date=everything[-1].isoformat(),
        dates=len(everything),
        changed_dates=len(report.changed_dates),
        record_count=sum(report.rows.values()),
    )
    return report


def completions(report: IngestReport, clock: Clock) -> tuple[PhaseCompleted, ...]:
    """The phase-2 completion of a delivery: one message for the range that changed; none when nothing did."""
    if not report.changed_dates:
        return ()
    return (
        PhaseCompleted(
            phase=Phase.RAW,
            processor_name=RAW_INGEST,
            start_date=report.changed_dates[0],
            end_date=report.changed_dates[-1],
            status=CompletionStatus.SUCCESS,
            run_id=report.run_id,
            record_count=sum(report.rows.values()),
            failure_count=0,
            correlation_id=report.run_id,
            causation_id=None,
            trigger_source=TriggerSource.LIVE,
            backfill_id=None,
            published_at=clock.now(),
        ),
    )


def _dates_of(rows: pa.Table) -> set[dt.date]:
    return set(pc.unique(rows.column("game_date")).to_pylist())


def _replace(
    staging: Mapping[str, TableAddress],
    spoken: Mapping[str, Sequence[dt.date]],
    chunk: Sequence[dt.date],
    context: RunContext,
    now: dt.datetime,
) -> Script:
    statements: list[Statement] = []
    parameters = dict(record_raw_parameters(chunk, context, now=now))
    in_chunk = set(chunk)
    for name, address in staging.items():
        schema = raw_tables()[name]
        mine = [day for day in spoken[name] if day in in_chunk]
        if not mine:
            continue
        parameters[f"dates_of_{name}"] = dates(mine)
        tables = {"target.rows": schema.address, "staging.rows": address}
        slots = {"content": column_list(schema.columns), "dates": f"@dates_of_{name}"}
        statements.extend(
            bind(f"{step} {name}", read_sql(_SQL / f"{step}.sql"), tables, slots)
            for step in ("delete_dates", "insert_dates")
        )
    statements.extend(record_raw_statements(tuple(staging)))
    return Script(
        name="replace raw dates",
        statements=tuple(statements),
        parameters=parameters,
        transaction=True,
        labels={"purpose": "ingest", "run_id": context.run_id},
    )


def _changed(warehouse: Warehouse, run_id: str, days: Sequence[dt.date]) -> tuple[dt.date, ...]:
    rows = query(
        warehouse,
        Statement("changed raw dates", read_sql(_SQL / "changed_dates.sql")),
        {"run_id": text(run_id), "dates": dates(days)},
    )
    return tuple(row[0] for row in rows.values if isinstance(row[0], dt.date))
