"""Everything the program can send to a warehouse, from the program's own builders, analysed.

A processor's scripts come from `worker_scripts`, so that a new folder is here by itself. What functions send
on their own is recorded while they run, on a warehouse that answers every query with no rows.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import cache, cached_property, partial
from pathlib import Path

import pyarrow as pa

from services.console.accuracy.known_inactives import absences_script
from services.console.cell_story import read_entity, read_runs, similar_in_cell
from services.console.failure_queries import Filters, read_counts, read_failures, similar_entities
from services.console.failure_steps import Asked, Step, count_step, step_script
from services.console.incidents import read_incidents
from services.console.output import InputError
from services.console.pause import read_pause
from services.console.predictions.story import read_artefact
from services.console.query import check_initialised
from services.console.report import read_grades
from services.console.tick_report import read_tick_report
from services.console.verification.facts import Facts, NothingThereError
from services.console.verification.sanity import agreements, raw_sources, table_sanity
from services.console.verification.season import SeasonDates, read_season
from services.ingest.writer import dates_in, write
from services.registry import SERVICES, discover, load_processor, processor_folders
from services.retry.dead_letters import dead_letter_script
from services.retry.incidents import Incident, IncidentChanges
from services.retry.outputs import differing_outputs
from services.retry.policy import Attempt, Evidence, OpenFailure, Repairs, Target, TargetAttempt, TargetKind
from services.retry.repository import read_open_work, tick_script
from shared.arrow import arrow_schema
from shared.clock import VirtualClock
from shared.failures.model import FailureCategory, FailureType, failure_tables
from shared.failures.transitions import Status
from shared.ledger.backfills import read_backfills, record_backfill
from shared.ledger.controls import Action, Control, record_control
from shared.ledger.quarantine import quarantine
from shared.ledger.repository import ledger_tables
from shared.messages.decode import Poison
from shared.planner.snapshot import Backfill, Reprocess
from shared.sql import Statement, read_sql
from shared.tables import ColumnType, TableAddress, TableSchema, load_schema, raw_tables
from shared.topology.declaration import Phase, Processor
from shared.warehouse.initialise import all_views
from shared.warehouse.port import Parameters, Rows, Script, Warehouse, date, query
from shared.worker.compute import artefact_table, computed_schema
from shared.worker.prepare import read_scripts, shared_scripts, worker_scripts
from shared.worker.stage import Batch, staging_bindings
from tests.gates.googlesql import Catalog, analyse
from tests.gates.resolved import ResolvedStatement

PROCESSOR_FOLDERS = processor_folders(SERVICES)
_DAY = dt.date(2021, 12, 31)
_SEASON = SeasonDates(2021, (_DAY,))
_NOW = dt.datetime(2022, 1, 1, tzinfo=dt.UTC)

_COLUMN_TYPES = {
    pa.string(): ColumnType.STRING,
    pa.int64(): ColumnType.INT64,
    pa.float64(): ColumnType.FLOAT64,
    pa.bool_(): ColumnType.BOOL,
    pa.date32(): ColumnType.DATE,
    pa.timestamp("us", tz="UTC"): ColumnType.TIMESTAMP,
}


class Recorder:
    """A warehouse that holds nothing, and keeps what it was sent."""

    def __init__(self) -> None:
        self.scripts: list[Script] = []
        self.loaded: dict[TableAddress, dict[str, ColumnType]] = {}

    def run(self, script: Script) -> Rows:
        self.scripts.append(script)
        return Rows((), [])

    def table(self, script: Script) -> pa.Table:
        self.scripts.append(script)
        return pa.table({})

    def prepare(self, statements: Sequence[Statement], parameters: Parameters) -> None:
        self.scripts.append(Script("prepared", tuple(statements), parameters, transaction=False, labels={}))

    def load(self, address: TableAddress, rows: pa.Table) -> None:
        self.loaded[address] = {field.name: _COLUMN_TYPES[field.type] for field in rows.schema}

    def ensure_table(self, schema: TableSchema) -> tuple[str, ...]:
        return (str(schema.address),)

    def lacking(self, schema: TableSchema) -> tuple[str, ...]:
        return (str(schema.address),)

    def ensure_view(self, address: TableAddress, query: Statement) -> None:
        self.scripts.append(Script(str(address), (query,), {}, transaction=False, labels={}))

    def drop(self, addresses: Sequence[TableAddress]) -> None:
        """What is not there need not be dropped."""

    def writes(self) -> None:
        """Nothing is known of what others write."""

    def close(self) -> None:
        """There is nothing to release."""


def declared_tables() -> tuple[TableSchema, ...]:
    """Every table that a file in the tree declares."""
    outputs = [load_schema(path) for path in sorted(SERVICES.glob("*/*/schema.json"))]
    return (*raw_tables().values(), *ledger_tables(), *failure_tables(), artefact_table(), *outputs)


@cache
def analysed_views() -> Mapping[TableAddress, ResolvedStatement]:
    """The views, resolved, in the order in which they are made: a later one may read an earlier."""
    catalog = Catalog.of(declared_tables())
    found = {}
    for address, path in all_views(discover()).items():
        found[address] = analyse(Statement(str(address), read_sql(path)), {}, catalog)
        catalog.add(address, found[address].output_types)
    return found


def catalog_of(*more: TableSchema) -> Catalog:
    """The declared tables and views, and `more`."""
    catalog = Catalog.of((*declared_tables(), *more))
    for address, view in analysed_views().items():
        catalog.add(address, view.output_types)
    return catalog


@cache
def analysed_processor(folder: Path) -> tuple[ResolvedStatement, ...]:
    """Every statement of a processor's runs, resolved, in the order they are sent."""
    processor = load_processor(folder)
    catalog = catalog_of(processor.schema)
    add_computed(catalog, processor)
    return tuple(
        resolved for script in all_scripts(processor) for resolved in analyse_script(script, catalog)
    )


def all_scripts(processor: Processor) -> tuple[Script, ...]:
    """Everything a run of the processor sends, in order."""
    return (*read_scripts(processor), *worker_scripts(processor))


def add_computed(catalog: Catalog, processor: Processor) -> None:
    """Declare what a processor with a Python step loads before it stages."""
    if processor.computed_by:
        columns = {f.name: _COLUMN_TYPES[f.type] for f in computed_schema(processor.schema)}
        catalog.add_declared(staging_bindings(processor, "run")["staging.computed"], columns)


def analyse_script(script: Script, catalog: Catalog) -> tuple[ResolvedStatement, ...]:
    """The statements of a script, each knowing the tables that those before it created."""
    return tuple(analyse(statement, script.parameters, catalog) for statement in script.statements)


def processor_statements(processor: Processor) -> tuple[Statement, ...]:
    """The statements of a processor's runs."""
    return tuple(statement for script in all_scripts(processor) for statement in script.statements)


@cache
def recorded() -> Recorder:
    """What ingest, backfills, quarantine and the commands of the console send."""
    warehouse = Recorder()
    for script in shared_scripts():
        warehouse.run(script)
    _ingest(warehouse)
    record_backfill(
        warehouse, Backfill("b", _DAY, _DAY, (), Reprocess.STALE, "a reason", "somebody"), now=_NOW
    )
    read_backfills(warehouse, None)
    record_control(warehouse, Control("c", "b", Action.PAUSE, "a reason", "somebody"), now=_NOW)
    quarantine(warehouse, "a worker", Poison("m", b"\xff", "not JSON"), {}, now=_NOW)
    _retry(warehouse)
    _console(warehouse)
    _verification(warehouse)
    return warehouse


def _retry(warehouse: Warehouse) -> None:
    topology = discover()
    read_open_work(warehouse, topology)
    differing_outputs(warehouse, topology)
    query(
        warehouse,
        Statement("game dates", read_sql(SERVICES / "retry" / "sql" / "game_dates.sql")),
        {"first_date": date(_DAY), "last_date": date(_DAY)},
    )
    incident = Incident("i", "PGS", FailureType.DATA_GAP, "a cause", _DAY, _DAY, 1, 1, _NOW, None)
    for phase in (Phase.ANALYTICS, Phase.PRECOMPUTE, Phase.PREDICTIONS):
        failure = OpenFailure(
            phase=phase,
            processor="a processor",
            date=_DAY,
            entity_id="somebody",
            category=FailureCategory.GAME_NOT_INGESTED,
            type=FailureType.DATA_GAP,
            reason="a reason",
            status=Status.UNRESOLVED,
            status_reason=None,
            attempts=0,
            next_attempt_at=None,
            evidence=Evidence(),
        )
        target = TargetAttempt(Target(TargetKind.RAW, "nbac_schedule", _DAY), 1, _NOW)
        repairs = Repairs((Attempt(failure, 1, _NOW),), (target,), (failure,))
        changes = IncidentChanges((incident,), (), ())
        warehouse.run(tick_script(topology, repairs, changes, correlation_id="c", now=_NOW))
    for processor in topology.processors:
        warehouse.run(
            dead_letter_script(
                message_id="m",
                subscription="a subscription",
                processor=processor,
                days=(_DAY,),
                reason="a reason",
                body=b"{}",
                attributes={},
                now=_NOW,
            )
        )


def _console(warehouse: Warehouse) -> None:
    filters = Filters(None, None, None, None, None, None, None, everything=True)
    read_failures(warehouse, filters)
    read_counts(warehouse, filters)
    similar_entities(warehouse, "lavine")
    check_initialised(warehouse)
    read_pause(warehouse)
    read_incidents(warehouse, closed=True)
    read_tick_report(warehouse, {}, _NOW)
    for step in Step:
        warehouse.run(step_script(step, filters, Asked("a", "a reason", "somebody", _NOW)))
        with suppress(IndexError):
            count_step(warehouse, step, filters)
    with suppress(InputError):
        read_grades(warehouse, _SEASON, _DAY, _DAY)
    context = discover().processor("upcoming_player_game_context")
    warehouse.table(absences_script(context, Batch((_DAY,), 2021, _DAY, _DAY, _DAY)))
    for processor in discover().processors:
        read_artefact(warehouse, processor, {"trained_before": _DAY, "artefact_id": "a model"})
        read_runs(warehouse, processor, _DAY)
        read_entity(warehouse, processor, _DAY, "zachlavine")
        similar_in_cell(warehouse, processor, _DAY, "lavine")


def _verification(warehouse: Warehouse) -> None:
    with suppress(InputError):
        read_season(warehouse, _SEASON.season_year)
    raw_sources(warehouse, _SEASON)
    agreements(warehouse, _SEASON)
    facts = Facts(warehouse, _SEASON)
    asked: list[Callable[[], object]] = [
        *(partial(table_sanity, warehouse, processor, _SEASON, {}) for processor in discover().processors),
        *(
            partial(getattr, facts, name)
            for name, of in vars(Facts).items()
            if isinstance(of, cached_property)
        ),
        partial(facts.player_and_team_games, "zachlavine", _DAY, _DAY),
    ]
    for ask in asked:
        # Each asks first and finds that nothing is there afterwards.
        with suppress(NothingThereError, StopIteration):
            ask()


def _ingest(warehouse: Warehouse) -> None:
    tables = {name: arrow_schema(schema).empty_table() for name, schema in raw_tables().items()}
    dates_in(warehouse, tables, _DAY, _DAY)
    write(
        tables,
        warehouse=warehouse,
        clock=VirtualClock(_NOW),
        run_id="run",
        days=[_DAY],
        on_progress=lambda _done, _all: None,
    )


@cache
def analysed_recorded() -> tuple[ResolvedStatement, ...]:
    """The recorded statements, resolved."""
    catalog = catalog_of()
    for address, columns in recorded().loaded.items():
        catalog.add_declared(address, columns)
    return tuple(resolved for script in recorded().scripts for resolved in analyse_script(script, catalog))


def all_texts() -> tuple[str, ...]:
    """The text of every statement that is analysed, before its tables are bound."""
    ours = [s.text for folder in PROCESSOR_FOLDERS for s in processor_statements(load_processor(folder))]
    # What a query of one piece has inlined stands in its file by the table that a script makes of it.
    others = [
        s.text.replace("inlined_", "staging.") for script in recorded().scripts for s in script.statements
    ]
    return (*ours, *others, *(read_sql(path) for path in all_views(discover()).values()))
