"""Writes what Terraform has to know of the topology: `python -m infra.terraform.generate`.

Everything here is derived from the declarations of processors and tables. A test fails when the file that is
checked in is not what they imply.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from infra.terraform.filters import filter_of
from services.registry import discover
from shared.tables import TableSchema, raw_tables
from shared.topology.declaration import RAW_SOURCES, Phase, Processor
from shared.topology.graph import (
    COMPLETION_TOPICS,
    DEAD_LETTERS,
    INGEST,
    RAW_REQUESTED_TOPIC,
    RETRY,
    RETRY_TICK_TOPIC,
    TRIGGER_TOPICS,
    Topology,
    dead_letter_topic,
)
from shared.warehouse.initialise import all_tables
from shared.worker.stage import STAGING_DATASET

TARGET = Path(__file__).parent / "topology.auto.tfvars.json"

Json: TypeAlias = "str | int | bool | Sequence[Json] | Mapping[str, Json]"

#: Where every run writes besides its output.
_BOOKS = ("nba_orchestration", "nba_processing")
_RAW = next(iter(raw_tables().values())).address.dataset
_DESCRIPTIONS = {
    _RAW: "Phase 2: raw rows as they landed.",
    "nba_analytics": "Phase 3: what happened on a date, and what is about to happen.",
    "nba_precompute": "Phase 4: features as of a date.",
    "nba_predictions": "Phase 5: predictions, and what became of them.",
    "nba_processing": "Failures: what could not be done, and why.",
    "nba_orchestration": "The ledger and everything that people and workers told each other.",
    STAGING_DATASET: "Rows of runs in progress; they expire by themselves.",
}


@dataclass(frozen=True)
class Access:
    """What a service may do: datasets it reads and edits, topics it publishes to."""

    reads: frozenset[str]
    edits: frozenset[str]
    publishes: frozenset[str]


def document(topology: Topology) -> dict[str, Json]:
    """The values of the generated variables, by name."""
    subscriptions = (*topology.subscriptions(), *topology.service_subscriptions())
    tables = tuple(all_tables(topology))
    datasets = {table.address.dataset for table in tables} | {STAGING_DATASET}
    return {
        "services": _services(topology),
        "topics": sorted(
            {
                *COMPLETION_TOPICS.values(),
                *TRIGGER_TOPICS.values(),
                RAW_REQUESTED_TOPIC,
                RETRY_TICK_TOPIC,
            }
        ),
        "dead_letter_topics": {
            subscription.topic: dead_letter_topic(subscription.topic)
            for subscription in subscriptions
            if not subscription.wrapped
        },
        "subscriptions": {
            subscription.name: {
                "topic": subscription.topic,
                "service": _kebab(subscription.endpoint),
                "filter": filter_of(subscription.processors),
                "wrapped": subscription.wrapped,
            }
            for subscription in subscriptions
        },
        "tick_topic": RETRY_TICK_TOPIC,
        "datasets": {
            name: {"description": _DESCRIPTIONS[name], "staging": name == STAGING_DATASET}
            for name in sorted(datasets)
        },
        "tables": {str(table.address): _table(table) for table in tables},
    }


def text_of(topology: Topology) -> str:
    """The generated file."""
    return json.dumps(document(topology), indent=2, sort_keys=True) + "\n"


def _services(topology: Topology) -> dict[str, Json]:
    found: dict[str, Json] = {
        _kebab(processor.name): _service(
            processor.name, processor.abbreviation.lower(), "1Gi", access_of(processor, topology)
        )
        for processor in topology.processors
    }
    outputs = frozenset(processor.schema.address.dataset for processor in topology.processors)
    books = frozenset(_BOOKS)
    triggers = frozenset(TRIGGER_TOPICS[processor.phase] for processor in topology.processors)
    around = {
        # The reconciler compares all outputs and raw data with the ledger, and asks for what differs.
        RETRY: ("1Gi", Access(outputs | {_RAW}, books, triggers | {RAW_REQUESTED_TOPIC})),
        DEAD_LETTERS: ("512Mi", Access(frozenset(), books, frozenset())),
        # A season of raw files is read into memory before it is loaded.
        INGEST: (
            "2Gi",
            Access(
                frozenset(),
                frozenset({_RAW, STAGING_DATASET, "nba_orchestration"}),
                frozenset({COMPLETION_TOPICS[Phase.RAW]}),
            ),
        ),
    }
    for name, (memory, access) in around.items():
        found[_kebab(name)] = _service(name, _kebab(name), memory, access)
    return found


def access_of(processor: Processor, topology: Topology) -> Access:
    """What a processor may do: read what it declares, write its output, and say that it is done."""
    own = processor.schema.address.dataset
    edits = frozenset({own, STAGING_DATASET, *_BOOKS})
    upstream = {
        topology.processor(item.source).schema.address.dataset
        for item in processor.inputs
        if item.source not in RAW_SOURCES
    }
    publishes = frozenset({COMPLETION_TOPICS[processor.phase], TRIGGER_TOPICS[processor.phase]})
    # Raw data always: whoever hears of a raw completion first hashes what has landed.
    return Access(frozenset({_RAW, *upstream}) - edits, edits, publishes)


def _service(target: str, account: str, memory: str, access: Access) -> Json:
    return {
        "function_target": target,
        "account": account,
        "memory": memory,
        "timeout_seconds": 600,
        "reads": sorted(access.reads),
        "edits": sorted(access.edits),
        "publishes": sorted(access.publishes),
        "reads_raw_source": target == INGEST,
    }


def _table(table: TableSchema) -> Json:
    return {
        "dataset": table.address.dataset,
        "table": table.address.table,
        "description": table.description,
        "partition_column": table.partition_column,
        "clustering": list(table.clustering),
        "schema": [
            {
                "name": column.name,
                "type": column.type.value,
                "mode": "REQUIRED" if column.required else "NULLABLE",
                "description": column.description,
            }
            for column in table.columns
        ],
    }


def _kebab(name: str) -> str:
    return name.replace("_", "-")


def main() -> None:
    """Write the file."""
    TARGET.write_text(text_of(discover()), encoding="utf-8")
    sys.stdout.write(f"{TARGET.name} written\n")


if __name__ == "__main__":
    main()
