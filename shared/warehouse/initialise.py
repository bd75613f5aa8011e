"""Creates and migrates everything the pipeline stores. Idempotent; existing data is kept."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from shared.failures.model import failure_tables, failure_views
from shared.ledger.repository import ledger_tables
from shared.sql import Statement, read_sql
from shared.tables import TableAddress, TableSchema, raw_tables
from shared.topology.graph import Topology
from shared.warehouse.port import Warehouse
from shared.worker.compute import artefact_table


def all_tables(topology: Topology) -> Iterator[TableSchema]:
    """Every table of the pipeline: raw, ledger, failures, and the processors' outputs."""
    yield from raw_tables().values()
    yield from ledger_tables()
    yield from failure_tables()
    yield artefact_table()
    for processor in topology.processors:
        yield processor.schema


def all_views(topology: Topology) -> dict[TableAddress, Path]:
    """Every view, in the order to make them: those of the failures, and what processors show of outputs."""
    views = failure_views()
    for processor in topology.processors:
        views.update(processor.views)
    return views


def lacking(warehouse: Warehouse, topology: Topology) -> tuple[str, ...]:
    """What `initialise` would create and add. Nothing is changed."""
    return tuple(step for schema in all_tables(topology) for step in warehouse.lacking(schema))


def initialise(warehouse: Warehouse, topology: Topology) -> tuple[str, ...]:
    """Create what is missing and add columns that older tables lack. Returns what was done."""
    done: list[str] = []
    for schema in all_tables(topology):
        done.extend(warehouse.ensure_table(schema))
    ensure_views(warehouse, all_views(topology))
    return tuple(done)


def ensure_views(warehouse: Warehouse, views: Mapping[TableAddress, Path]) -> None:
    """Create or replace views from their files, in the given order."""
    for address, path in views.items():
        warehouse.ensure_view(address, Statement(str(address), read_sql(path)))
