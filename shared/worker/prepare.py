"""What the workers will send, made ready ahead of time: the embedded engine translates each text once."""

from __future__ import annotations

import datetime as dt

from shared.failures.model import FailureCategory, FailureType
from shared.ledger.raw import record_raw_parameters, record_raw_statements
from shared.ledger.repository import snapshot_script
from shared.tables import raw_tables
from shared.topology.declaration import Processor
from shared.topology.graph import Topology
from shared.warehouse.port import Script, Warehouse
from shared.worker.commit import FailedDate, commit_script
from shared.worker.compute import Wanted, read_script
from shared.worker.context import RunContext
from shared.worker.stage import Batch, stage_script

_EPOCH = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)
_DAYS = (dt.date(2000, 1, 1), dt.date(2000, 1, 2))
_CONTEXT = RunContext("run", "correlation", "causation", None, "live", _EPOCH)


def worker_scripts(processor: Processor) -> tuple[Script, ...]:
    """The scripts of a run of this processor that has good and failed dates, with invented dates and ids."""
    failed = FailedDate(
        _DAYS[1], FailureCategory.PROCESSING_ERROR, FailureType.PROCESSING_ERROR, "an invented reason"
    )
    batch = Batch(_DAYS, 1999, _DAYS[0], previous_season_start=_DAYS[0], history_start=_DAYS[0])
    commit = commit_script(
        processor,
        batch,
        _CONTEXT,
        now=_EPOCH,
        entries=[],
        failed=[failed],
        changed_dates=[],
        standing=[],
        staged=True,
        read_back=True,
        models=bool(processor.computed_by),
        labels={},
    )
    return stage_script(processor, batch, _CONTEXT.run_id, {}), commit


def read_scripts(processor: Processor) -> tuple[Script, ...]:
    """The query of a processor with a Python step, with invented dates; none without one."""
    if not processor.computed_by:
        return ()
    batch = Batch(_DAYS, 1999, _DAYS[0], previous_season_start=_DAYS[0], history_start=_DAYS[0])
    wanted = Wanted(needed=_DAYS[:1], helpful=_DAYS[:1])
    return (read_script(processor, batch, _CONTEXT.run_id, wanted, {_DAYS[0]: "an invented key"}),)


def shared_scripts() -> tuple[Script, ...]:
    """The scripts that are the same for all workers."""
    record_raw = Script(
        name="record raw content",
        statements=record_raw_statements(tuple(raw_tables())),
        parameters=record_raw_parameters(_DAYS, _CONTEXT, now=_EPOCH),
        transaction=True,
        labels={},
    )
    return snapshot_script(start=_DAYS[0], end=_DAYS[1], request_id=None, backfill_id=None), record_raw


def prepare_workers(warehouse: Warehouse, topology: Topology) -> None:
    """Have the warehouse get ready for everything the workers of the topology will send."""
    scripts = [
        script
        for processor in topology.processors
        for script in (*read_scripts(processor), *worker_scripts(processor))
    ]
    for script in (*scripts, *shared_scripts()):
        warehouse.prepare(script.statements, script.parameters)
