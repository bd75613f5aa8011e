"""One run: stage, check and commit the chosen cells of one processor."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from shared.clock import Clock
from shared.failures.model import FailureCategory, FailureType
from shared.ledger.repository import LedgerEntry
from shared.log import get_logger
from shared.planner.snapshot import EMPTY_FINGERPRINT, CellHistory, Failed, Snapshot, Success
from shared.planner.state import Cell, Season, seasons_of
from shared.topology.declaration import SLOTS, Processor
from shared.warehouse.port import (
    Rows,
    TableNotFoundError,
    TransientWarehouseError,
    Value,
    Warehouse,
    WarehouseError,
)
from shared.worker.commit import FailedDate, commit_script
from shared.worker.compute import ModelError, compute
from shared.worker.context import RunContext
from shared.worker.memory import Memory, shared_table_names
from shared.worker.stage import Batch, batch_parameters, own_staging, stage_script, staging_bindings

#: A job label or error text longer than this says nothing more.
_LONGEST_ERROR = 1500


@dataclass(frozen=True)
class RunReport:
    """What one run did: dates, rows, failures it reported, dates it could not do, and how long it took."""

    processor: str
    run_id: str
    dates: tuple[dt.date, ...]
    record_count: int
    failure_count: int
    failed: tuple[FailedDate, ...]
    changed: int
    seconds: float


@dataclass(frozen=True)
class _DateSummary:
    """One row of summary.sql."""

    record_count: int
    fingerprint: str
    failure_count: int
    problem: str | None


def execute_run(
    processor: Processor,
    warehouse: Warehouse,
    clock: Clock,
    context: RunContext,
    snapshot: Snapshot,
    season: Season,
    cells: Sequence[Cell],
    memory: Memory,
    *,
    forced_by: str,
) -> RunReport:
    """Process the cells in one set-based pass and commit what came out.

    `forced_by`: the id of the request that wants cells to run although they are current, else empty.

    Raises TransientWarehouseError when another attempt may succeed; every other failure of the warehouse is
    recorded as a failure of the dates.
    """
    batch = batch_of(snapshot, season, cells)
    labels = _labels(processor, batch, context)
    parameters = batch_parameters(processor, batch)
    shared = shared_table_names(processor, parameters, snapshot, forced_by=forced_by)
    fitted, broken = _compute(processor, warehouse, batch, context, snapshot)
    summaries, failed = (
        ({}, broken) if broken else _stage(processor, warehouse, batch, context, labels, shared)
    )
    entries = [_entry(cell, season, summaries, failed) for cell in cells]
    committed = warehouse.run(
        commit_script(
            processor,
            batch,
            context,
            now=clock.now(),
            entries=entries,
            failed=failed,
            changed_dates=[cell.date for cell in cells if _inputs_changed(cell)],
            standing=_standing(snapshot, batch),
            staged=bool(summaries),
            read_back=warehouse.writes() is not None,
            models=bool(summaries) and fitted > 0,
            labels=labels,
        )
    )
    # Reading for a computation writes nothing; where it broke, nothing was staged.
    histories = _histories(cells, entries, committed, context)
    memory.learn(warehouse, processor.name, histories, scripts=1 if broken else 2)
    # Only now: an attempt that comes again after a failed commit finds what this one has staged.
    addresses = staging_bindings(processor, context.run_id, shared)
    spare = [t for name in shared for t in memory.keep_table(addresses[f"staging.{name}"])]
    if warehouse.writes() is None:
        # Another process may be reading what is shared; there, staging goes by itself.
        spare = []
    warehouse.drop([*own_staging(processor, context.run_id), *spare])
    report = RunReport(
        processor=processor.name,
        run_id=context.run_id,
        dates=batch.dates,
        record_count=sum(entry.record_count or 0 for entry in entries),
        failure_count=sum(entry.failure_count or 0 for entry in entries) + len(failed),
        failed=tuple(failed),
        changed=sum(
            1
            for cell, entry in zip(cells, entries, strict=True)
            if cell.history.success is None
            or cell.history.success.output_fingerprint != entry.output_fingerprint
        ),
        seconds=(clock.now() - context.started_at).total_seconds(),
    )
    get_logger().info(
        "run_committed",
        run_id=report.run_id,
        dates=len(report.dates),
        record_count=report.record_count,
        failure_count=report.failure_count,
        failed_dates=len(report.failed),
        changed_dates=report.changed,
        seconds=report.seconds,
    )
    return report


def batch_of(snapshot: Snapshot, season: Season, cells: Sequence[Cell]) -> Batch:
    """The cells of a season as the dates of one run."""
    starts = {other.season_year: other.start for other in seasons_of(snapshot)}
    return Batch(
        tuple(cell.date for cell in cells),
        season.season_year,
        season.start,
        previous_season_start=starts.get(season.season_year - 1, season.start),
        history_start=min(*starts.values(), season.start),
    )


def _labels(processor: Processor, batch: Batch, context: RunContext) -> Mapping[str, str]:
    return {
        "processor": processor.name,
        "first_date": batch.dates[0].isoformat(),
        "last_date": batch.dates[-1].isoformat(),
        "correlation_id": context.correlation_id,
        "backfill_id": context.backfill_id or "",
    }


def _compute(
    processor: Processor, warehouse: Warehouse, batch: Batch, context: RunContext, snapshot: Snapshot
) -> tuple[int, list[FailedDate]]:
    """The Python step, when there is one: how many models it fitted, or why every date failed."""
    if not processor.computed_by:
        return 0, []
    try:
        return compute(processor, warehouse, batch, context.run_id, snapshot), []
    except TransientWarehouseError:
        raise
    except ModelError as error:
        get_logger().error("model_failed", run_id=context.run_id, error=str(error)[:_LONGEST_ERROR])
        category, kind, reason = FailureCategory.MODEL_ERROR, FailureType.PROCESSING_ERROR, str(error)
        return 0, [FailedDate(day, category, kind, reason[:_LONGEST_ERROR]) for day in batch.dates]
    except WarehouseError as error:
        return 0, _refused(batch, context, error)


def _refused(batch: Batch, context: RunContext, error: WarehouseError) -> list[FailedDate]:
    """Every date of a batch that the warehouse could not do, with its reason."""
    get_logger().error("stage_failed", run_id=context.run_id, error=str(error)[:_LONGEST_ERROR])
    reason = str(error)[:_LONGEST_ERROR]
    category, kind = FailureCategory.PROCESSING_ERROR, FailureType.PROCESSING_ERROR
    if isinstance(error, TableNotFoundError):
        # What cannot be read cannot tell an absence from a gap: look again, decide nothing.
        category, kind = FailureCategory.INCOMPLETE_DATA, FailureType.UNKNOWN
    return [FailedDate(day, category, kind, reason) for day in batch.dates]


def _stage(
    processor: Processor,
    warehouse: Warehouse,
    batch: Batch,
    context: RunContext,
    labels: Mapping[str, str],
    shared: Mapping[str, str],
) -> tuple[dict[dt.date, _DateSummary], list[FailedDate]]:
    """Run the stage script. A permanent error fails every date of the batch, recorded, not raised."""
    try:
        rows = warehouse.run(stage_script(processor, batch, context.run_id, labels, shared))
    except TransientWarehouseError:
        raise
    except WarehouseError as error:
        return {}, _refused(batch, context, error)
    summaries = _summaries(rows)
    failed = [
        FailedDate(day, FailureCategory.CHECK_FAILED, FailureType.PROCESSING_ERROR, summary.problem)
        for day, summary in summaries.items()
        if summary.problem is not None
    ]
    return summaries, failed


def _summaries(rows: Rows) -> dict[dt.date, _DateSummary]:
    found = {}
    for record in rows.records():
        problems = []
        for what in ("untracked", "contradicted", "unexpected"):
            if record[what]:
                problems.append(f"{record[what]} entities are {what} (such as [{record['example']}])")
        if record["problems"]:
            problems.append(str(record["problems"]))
        day, count, failures = record["cell_date"], record["record_count"], record["failure_count"]
        if not isinstance(day, dt.date) or not isinstance(count, int) or not isinstance(failures, int):
            raise TypeError(f"Unexpected summary row: [{record}]")
        fingerprint = record["output_fingerprint"]
        found[day] = _DateSummary(
            record_count=count,
            fingerprint=EMPTY_FINGERPRINT if fingerprint is None else str(fingerprint),
            failure_count=failures,
            problem="; ".join(problems)[:_LONGEST_ERROR] or None,
        )
    return found


def _entry(
    cell: Cell, season: Season, summaries: Mapping[dt.date, _DateSummary], failed: Sequence[FailedDate]
) -> LedgerEntry:
    reasons = [item.reason for item in failed if item.date == cell.date]
    summary = None if reasons else summaries[cell.date]
    status = "failed" if summary is None else "success" if summary.record_count else "empty"
    return LedgerEntry(
        cell_name=cell.processor,
        cell_date=cell.date,
        season_year=season.season_year,
        kind="processor",
        status=status,
        input_fingerprint=cell.input_fingerprint,
        output_fingerprint=None if summary is None else summary.fingerprint,
        record_count=None if summary is None else summary.record_count,
        failure_count=None if summary is None else summary.failure_count,
        game_ids=None,
        error=reasons[0] if reasons else None,
    )


def _histories(
    cells: Sequence[Cell], entries: Sequence[LedgerEntry], committed: Rows, context: RunContext
) -> dict[dt.date, CellHistory]:
    """The cells as the commit has left them; empty when it was not read back."""
    runs = {row[0]: row[1:] for row in committed.values}
    found: dict[dt.date, CellHistory] = {}
    for cell, entry in zip(cells, entries, strict=True):
        if cell.date not in runs:
            continue
        sequence, attempt, open_failures = map(_count, runs[cell.date])
        causation = context.causation_id or ""
        history = replace(cell.history, open_failures=open_failures, ran_for_request=True)
        fingerprint = entry.input_fingerprint or ""
        if entry.status == "failed":
            failed = Failed(fingerprint, sequence, attempt, entry.error or "", context.run_id, causation)
            found[cell.date] = replace(history, failed=failed)
        else:
            output, count = entry.output_fingerprint or "", entry.record_count or 0
            success = Success(fingerprint, output, count, sequence, context.run_id, causation)
            found[cell.date] = replace(history, success=success)
    return found


def _count(value: Value) -> int:
    if not isinstance(value, int):
        raise TypeError(f"Expected a number of a commit, found [{value}]")
    return value


def _inputs_changed(cell: Cell) -> bool:
    last = cell.history.failed
    success = cell.history.success
    if success is not None and (last is None or success.sequence > last.sequence):
        return success.input_fingerprint != cell.input_fingerprint
    return last is None or last.input_fingerprint != cell.input_fingerprint


def _standing(snapshot: Snapshot, batch: Batch) -> list[tuple[dt.date, str]]:
    """Games with a slot on the dates, and the dates that have one: entities that cannot just disappear."""
    slots = snapshot.raw[SLOTS]
    return [
        (day, entity)
        for day in batch.dates
        if slots[day].game_ids
        for entity in (day.isoformat(), *sorted(slots[day].game_ids))
    ]
