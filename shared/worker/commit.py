"""Commit: rows, failures and ledger of a run, in one transaction."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from shared.failures.model import CORRECTABLE_TYPES, FailureCategory, FailureType, failure_table
from shared.ledger.repository import (
    LedgerEntry,
    append_statement,
    committed_statement,
    entries_parameter,
)
from shared.sql import Statement, bind, column_list, read_sql
from shared.tables import ColumnType
from shared.topology.declaration import HARNESS_COLUMNS, Phase, Processor
from shared.warehouse.port import Parameter, Script, Structs, date, dates, text, texts, timestamp
from shared.worker.compute import insert_artefacts_statement, library_versions
from shared.worker.context import RunContext
from shared.worker.stage import Batch, staging_bindings

_SQL = Path(__file__).parent / "sql"
_FAILURES_SQL = Path(__file__).parents[1] / "failures" / "sql"

#: Staged columns that only the failure table of one phase has, and their NULLs.
_EXTRA = {
    Phase.ANALYTICS: {
        "expected_record_count": "CAST(NULL AS INT64)",
        "actual_record_count": "CAST(NULL AS INT64)",
        "missing_game_ids": "CAST(NULL AS STRING)",
    },
    Phase.PREDICTIONS: {
        "missing_upstream_tables": "CAST(NULL AS STRING)",
        "cache_age_hours": "CAST(NULL AS FLOAT64)",
    },
}


@dataclass(frozen=True)
class FailedDate:
    """A date whose rows are not replaced, with category and type of the failure, and why."""

    date: dt.date
    category: FailureCategory
    type: FailureType
    reason: str


def failed_dates_parameter(failed: Sequence[FailedDate]) -> Structs:
    """Failed dates as the query parameter @failed_dates of record_failed.sql."""
    return Structs(
        (
            ("cell_date", ColumnType.DATE),
            ("failure_category", ColumnType.STRING),
            ("failure_type", ColumnType.STRING),
            ("reason", ColumnType.STRING),
        ),
        tuple((item.date, item.category.value, item.type.value, item.reason) for item in failed),
    )


def record_failed_statement(name: str, phase: Phase) -> Statement:
    """The statement that records @failed_dates as failures of a processor of this phase."""
    table = {"failures.rows": failure_table(phase).address}
    return bind(name, read_sql(_FAILURES_SQL / "record_failed.sql"), table, _failure_columns(phase))


def commit_script(
    processor: Processor,
    batch: Batch,
    context: RunContext,
    *,
    now: dt.datetime,
    entries: list[LedgerEntry],
    failed: Sequence[FailedDate],
    changed_dates: Sequence[dt.date],
    standing: Sequence[tuple[dt.date, str]],
    staged: bool,
    read_back: bool,
    models: bool,
    labels: Mapping[str, str],
) -> Script:
    """The transaction that makes a run true.

    `staged` is False when staging itself failed: then only failures and ledger are written. `standing` are
    the games (and the dates themselves) that still have a slot. `models`: whether the run fitted any. With
    `read_back` the script's result is what the commit made of the cells, as in ledger/sql/committed.sql.
    """
    failed_dates = {item.date for item in failed}
    good_dates = [day for day in batch.dates if day not in failed_dates] if staged else []
    tables = {
        **staging_bindings(processor, context.run_id),
        "failures.rows": failure_table(processor.phase).address,
    }
    statements = []
    if good_dates:
        columns = {
            "content": column_list(processor.schema.without(HARNESS_COLUMNS)),
            "partition": processor.schema.partition_column,
        }
        statements = [
            bind(f"{processor.name}.{name}", read_sql(_SQL / f"{name}.sql"), tables, columns)
            for name in ("delete_rows", "insert_rows")
        ]
    if good_dates:
        text_of = read_sql(_FAILURES_SQL / "reconcile.sql")
        columns = _failure_columns(processor.phase)
        statements.append(bind(f"{processor.name}.reconcile", text_of, tables, columns))
    if models:
        statements.append(insert_artefacts_statement(processor, context.run_id))
    if failed:
        statements.append(record_failed_statement(f"{processor.name}.record_failed", processor.phase))
    statements.append(append_statement())
    if read_back:
        statements.append(committed_statement(tables, _failure_columns(processor.phase)))
    parameters: dict[str, Parameter] = {
        "good_dates": dates(good_dates),
        "failed_dates": failed_dates_parameter(failed),
        "standing": Structs(
            (("cell_date", ColumnType.DATE), ("entity_id", ColumnType.STRING)), tuple(standing)
        ),
        "changed_dates": dates(changed_dates),
        "first_date": date(batch.dates[0]),
        "last_date": date(batch.dates[-1]),
        "processor_name": text(processor.class_name),
        "cell_name": text(processor.name),
        "correctable_types": texts(CORRECTABLE_TYPES),
        "versions": text(library_versions(processor)),
        "entries": entries_parameter(entries),
        "run_id": text(context.run_id),
        "correlation_id": text(context.correlation_id),
        "causation_id": text(context.causation_id),
        "backfill_id": text(context.backfill_id),
        "trigger_source": text(context.trigger_source),
        "started_at": timestamp(context.started_at),
        "now": timestamp(now),
    }
    return Script(
        f"commit {processor.name}",
        tuple(statements),
        parameters,
        transaction=True,
        labels=labels,
        job_key=context.run_id,
    )


def _failure_columns(phase: Phase) -> dict[str, str]:
    extra = _EXTRA.get(phase, {})
    nulls = extra.values()
    return {
        "date": failure_table(phase).partition_column,
        "extra_staged": "".join(f", {name}" for name in extra),
        "extra_null": "".join(f", {null}" for null in nulls),
        "extra_update": "".join(f", {name} = s.{name}" for name in extra),
        "extra_insert": "".join(f", {name}" for name in extra),
        "extra_values": "".join(f", s.{name}" for name in extra),
    }
