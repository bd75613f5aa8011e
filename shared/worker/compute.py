"""Processors that compute in Python: one query in, one load out; the rest of the run is as ever.

A processor that declares `computed_by` has a query.sql that reads what the computation needs, and a Python
file whose COMPUTATION makes rows of it. Fitted models are kept in nba_predictions.model_artefacts, written in
the commit of the run that fitted them, and used again when all that they were fitted on is the same.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import importlib.util
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Protocol

import pyarrow as pa

from shared.arrow import arrow_schema
from shared.planner.snapshot import Snapshot
from shared.sql import Statement, bind, read_sql
from shared.tables import ColumnType, TableSchema, load_schema
from shared.topology.declaration import SLOTS, VOLATILE_COLUMNS, Processor, Window
from shared.warehouse.port import Script, Structs, Warehouse, date, text
from shared.worker.stage import Batch, batch_parameters, staging_bindings

_ARTEFACTS = Path(__file__).with_name("model_artefacts.json")
_SQL = Path(__file__).parent / "sql"
#: Columns of staging.computed beside those of the rows. A row is either of the output, or a model.
ROW, ARTEFACT = "row", "artefact"
_EXTRA = (
    "computed_kind",
    "model_trained_before",
    "model_training_key",
    "model_artefact_id",
    "model_versions",
    "model_payload",
)
_WANTED = (
    ("trained_before", ColumnType.DATE),
    ("training_key", ColumnType.STRING),
    ("needed", ColumnType.BOOL),
)


class ModelError(Exception):
    """A computation could not be done, and would not be with the same inputs either."""


@dataclass(frozen=True)
class Artefact:
    """A stored model: fitted on what `training_key` stands for, before `trained_before`."""

    trained_before: dt.date
    training_key: str
    artefact_id: str
    payload: str


@dataclass(frozen=True)
class Wanted:
    """Cut-offs of the models that dates need, and of those that help to fit them, all ascending."""

    needed: tuple[dt.date, ...]
    helpful: tuple[dt.date, ...]


@dataclass(frozen=True)
class Task:
    """What a computation works on: `rows` as query.sql returned them, models by cut-off, and every key."""

    dates: tuple[dt.date, ...]
    calendar: tuple[dt.date, ...]
    rows: pa.Table
    stored: Mapping[dt.date, Artefact]
    keys: Mapping[dt.date, str]


@dataclass(frozen=True)
class Computed:
    """The output rows (columns of the schema that no harness fills) and the models fitted on the way."""

    rows: pa.Table
    artefacts: tuple[Artefact, ...]


class Computation(Protocol):
    """The Python step of a processor. Deterministic, without any state or look outside."""

    def wanted(self, dates: tuple[dt.date, ...], calendar: tuple[dt.date, ...]) -> Wanted:
        """Which models the dates need; `calendar` are all loaded dates with a slot, ascending."""
        ...

    def compute(self, task: Task) -> Computed:
        """The rows of the dates. Raises ModelError."""
        ...


def artefact_table() -> TableSchema:
    """The table of fitted models."""
    return load_schema(_ARTEFACTS)


@cache
def computation_in(path: Path) -> Computation:
    """COMPUTATION of a Python file. Raises ModelError when there is none."""
    spec = importlib.util.spec_from_file_location(f"computed_{path.parent.name}", path)
    if spec is None or spec.loader is None:
        raise ModelError(f"Cannot load [{path}]")
    module = importlib.util.module_from_spec(spec)
    # Dataclasses look for their module there.
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    found = getattr(module, "COMPUTATION", None)
    if found is None:
        raise ModelError(f"[{path}] must define COMPUTATION")
    computation: Computation = found
    return computation


def compute(processor: Processor, warehouse: Warehouse, batch: Batch, run_id: str, snapshot: Snapshot) -> int:
    """Read, compute, and load staging.computed. Returns how many models were fitted.

    Two jobs. Raises ModelError for whatever goes wrong in the computation, WarehouseError for the rest.
    """
    computation = computation_in(processor.computed_by[0])
    calendar = tuple(sorted(day for day, cell in snapshot.raw[SLOTS].items() if cell.game_ids))
    wanted = computation.wanted(batch.dates, calendar)
    keys = training_keys(processor, snapshot, wanted.helpful)
    table = warehouse.table(read_script(processor, batch, run_id, wanted, keys))
    task = Task(
        dates=batch.dates,
        calendar=calendar,
        rows=_of_kind(table, ROW).drop_columns(list(_EXTRA)),
        stored=_stored(processor, _of_kind(table, ARTEFACT)),
        keys=keys,
    )
    try:
        computed = computation.compute(task)
    except ModelError:
        raise
    except Exception as error:
        # Whatever a library raises on these rows it raises again on the same rows.
        raise ModelError(f"{type(error).__name__}: {error}") from error
    address = staging_bindings(processor, run_id)["staging.computed"]
    warehouse.load(address, _as_one_table(processor, computed))
    return len(computed.artefacts)


def read_script(
    processor: Processor, batch: Batch, run_id: str, wanted: Wanted, keys: Mapping[dt.date, str]
) -> Script:
    """The query of what a computation needs: stored models, rows, and history when one is to be fitted."""
    models = tuple((day, keys[day], day in wanted.needed) for day in wanted.helpful)
    statement = bind(f"{processor.name}.query", processor.sql("query"), staging_bindings(processor, run_id))
    return Script(
        name=f"read {processor.name}",
        statements=(statement,),
        parameters={
            **batch_parameters(processor, batch),
            "models": Structs(_WANTED, models),
            "first_model": date(min(wanted.helpful, default=batch.dates[0])),
            "last_model": date(max(wanted.helpful, default=batch.dates[0])),
            "processor_name": text(processor.class_name),
        },
        transaction=False,
        labels={"processor": processor.name},
        job_key=f"{run_id}-read",
    )


def insert_artefacts_statement(processor: Processor, run_id: str) -> Statement:
    """The statement that keeps the models of a run, as part of its commit."""
    tables = staging_bindings(processor, run_id)
    return bind(f"{processor.name}.insert_artefacts", read_sql(_SQL / "insert_artefacts.sql"), tables)


def computed_schema(schema: TableSchema) -> pa.Schema:
    """The columns of staging.computed for an output table."""
    content = [column.name for column in schema.without(VOLATILE_COLUMNS)]
    fields = [arrow_schema(schema).field(name) for name in content]
    extra = [pa.field(name, pa.date32() if name.endswith("_before") else pa.string()) for name in _EXTRA]
    return pa.schema([*fields, *extra])


def library_versions(processor: Processor) -> str:
    """The versions of the libraries that a processor's results depend on, as a JSON object."""
    return json.dumps({name: metadata.version(name) for name in sorted(processor.libraries)})


def training_keys(processor: Processor, snapshot: Snapshot, cutoffs: Sequence[dt.date]) -> dict[dt.date, str]:
    """For every cut-off, a hash of code, libraries and the content of all inputs of dates before it."""
    sources = sorted({item.source for item in processor.inputs if item.window is Window.EARLIER})
    outputs = sorted(
        (day, source, history.success.output_fingerprint)
        for source in sources
        for day, history in snapshot.runs.get(source, {}).items()
        if history.success is not None and history.success.record_count
    )
    running = hashlib.blake2b(digest_size=10)
    running.update(f"{processor.code_version} {library_versions(processor)}".encode())
    found = {}
    position = 0
    for cutoff in sorted(cutoffs):
        while position < len(outputs) and outputs[position][0] < cutoff:
            running.update(" ".join(map(str, outputs[position])).encode() + b"\n")
            position += 1
        # The cut-off as well: between two of them there may be no game.
        found[cutoff] = hashlib.blake2b(
            f"{cutoff} {running.hexdigest()}".encode(), digest_size=10
        ).hexdigest()
    return found


def _of_kind(table: pa.Table, kind: str) -> pa.Table:
    """Rows of one kind, in Python: Arrow's kernels take 0.1 s to load, also of who computes nothing."""
    chosen = [each == kind for each in table.column("computed_kind").to_pylist()]
    return table.filter(pa.array(chosen, pa.bool_()))


def _stored(processor: Processor, rows: pa.Table) -> dict[dt.date, Artefact]:
    versions = library_versions(processor)
    others = {row for row in rows.column("model_versions").to_pylist() if row != versions}
    if others:
        raise ModelError(f"A stored model was fitted with [{others.pop()}]; installed is [{versions}]")
    return {
        row["model_trained_before"]: Artefact(
            row["model_trained_before"],
            row["model_training_key"],
            row["model_artefact_id"],
            row["model_payload"],
        )
        for row in rows.select(list(_EXTRA)).to_pylist()
    }


def _as_one_table(processor: Processor, computed: Computed) -> pa.Table:
    schema = computed_schema(processor.schema)
    content = [name for name in schema.names if name not in _EXTRA]
    rows = computed.rows.select(content).append_column(
        "computed_kind", pa.array([ROW] * computed.rows.num_rows, pa.string())
    )
    artefacts = pa.Table.from_pylist(
        [
            {
                "computed_kind": ARTEFACT,
                "model_trained_before": one.trained_before,
                "model_training_key": one.training_key,
                "model_artefact_id": one.artefact_id,
                "model_payload": one.payload,
            }
            for one in computed.artefacts
        ],
        pa.schema([schema.field(name) for name in _EXTRA]),
    )
    return pa.concat_tables([rows, artefacts], promote_options="default").select(schema.names).cast(schema)
