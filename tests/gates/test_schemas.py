"""What a processor's SQL returns is what its schema declares, and what the harness expects of all."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from services.registry import load_processor
from shared.tables import TableSchema, load_schema
from shared.topology.declaration import HARNESS_COLUMNS, Phase
from shared.worker.prepare import worker_scripts
from tests.gates.resolved import ResolvedStatement
from tests.gates.rules import ROOT
from tests.gates.statements import (
    PROCESSOR_FOLDERS,
    analyse_script,
    analysed_processor,
    catalog_of,
    declared_tables,
)

PGS = ROOT / "services" / "analytics" / "player_game_summary"
every_processor = pytest.mark.parametrize("folder", PROCESSOR_FOLDERS, ids=lambda folder: folder.name)
every_table = pytest.mark.parametrize("schema", declared_tables(), ids=lambda schema: str(schema.address))

#: What every output says of itself, whatever it is about (domain rules, processors).
COMMON_COLUMNS = {
    "season_year": "INT64",
    "run_id": "STRING",
    "processed_at": "TIMESTAMP",
    "data_hash": "STRING",
    "quality_tier": "STRING",
    "games_in_sample": "INT64",
    "games_missed_dnp": "INT64",
    "schedule_completeness_pct": "FLOAT64",
    "data_completeness_pct": "FLOAT64",
    "expected_games_count": "INT64",
    "actual_games_count": "INT64",
    "missing_games_count": "INT64",
    "is_production_ready": "BOOL",
    "max_source_game_date": "DATE",
}
#: Failures of phase 5 say which tables they lack.
MORE_OF_PHASE_5 = {"missing_upstream_tables": "STRING", "cache_age_hours": "FLOAT64"}
#: What grading makes is called accuracy by those who read it. No shared statement reads such a table.
TABLES_OF_ANOTHER_NAME = {"prediction_grading": "prediction_accuracy"}
#: What the harness takes from the three other queries of a processor.
EXPECTED_COLUMNS = {"cell_date": "DATE", "entity_id": "STRING", "entity_type": "STRING"}
CHECK_COLUMNS = {
    "check_name": "STRING",
    "analysis_date": "DATE",
    "entity_id": "STRING",
    "detail": "STRING",
}
TRIAGE_COLUMNS = {
    "analysis_date": "DATE",
    "entity_id": "STRING",
    "entity_type": "STRING",
    "failure_category": "STRING",
    "failure_type": "STRING",
    "failure_reason": "STRING",
    "expected_game_count": "INT64",
    "actual_game_count": "INT64",
    "missing_game_dates": "STRING",
    "raw_data_checked": "BOOL",
    "row_written": "BOOL",
    "evidence": "STRING",
    "expected_record_count": "INT64",
    "actual_record_count": "INT64",
    "missing_game_ids": "STRING",
}


def statement(statements: tuple[ResolvedStatement, ...], name: str) -> ResolvedStatement:
    """The statement made from `name`.sql."""
    return next(found for found in statements if found.name.endswith(f".{name}"))


def declared_outputs(schema: TableSchema) -> dict[str, str]:
    """Names and types of the columns a query returns."""
    return {column.name: column.type.value for column in schema.without(HARNESS_COLUMNS)}


@every_processor
def test_a_query_returns_exactly_the_declared_columns_with_their_types(folder: Path) -> None:
    processor = load_processor(folder)
    name = "computed_rows" if processor.computed_by else "query"
    assert statement(analysed_processor(folder), name).outputs == declared_outputs(processor.schema)


@every_processor
@pytest.mark.parametrize(
    ("file", "columns"),
    [("expected", EXPECTED_COLUMNS), ("triage", TRIAGE_COLUMNS), ("checks", CHECK_COLUMNS)],
    ids=["expected", "triage", "checks"],
)
def test_the_other_queries_return_what_the_harness_reads(
    folder: Path, file: str, columns: dict[str, str]
) -> None:
    returned = statement(analysed_processor(folder), file).outputs
    more = MORE_OF_PHASE_5 if file == "triage" and load_processor(folder).phase is Phase.PREDICTIONS else {}
    assert list(returned.items()) == list({**columns, **more}.items())


@every_processor
def test_every_output_has_the_common_columns(folder: Path) -> None:
    schema = load_processor(folder).schema
    found = {column.name: column.type.value for column in schema.columns}
    assert {name: found.get(name) for name in COMMON_COLUMNS} == COMMON_COLUMNS


@every_processor
def test_an_output_is_keyed_by_its_entity_and_a_row_always_has_its_key(folder: Path) -> None:
    processor = load_processor(folder)
    schema = processor.schema
    assert processor.entity_column in schema.key
    assert processor.name == folder.name
    assert schema.address.table == TABLES_OF_ANOTHER_NAME.get(processor.name, processor.name)
    not_required = [n for n in (*schema.key, schema.partition_column) if not schema.column(n).required]
    assert not_required == []


@pytest.mark.parametrize(
    "schema",
    [schema for schema in declared_tables() if schema.address.dataset != "nba_raw"],
    ids=lambda schema: str(schema.address),
)
def test_every_table_we_write_and_every_column_of_it_is_described(schema: TableSchema) -> None:
    assert schema.description.strip()
    assert [column.name for column in schema.columns if not column.description.strip()] == []


@every_table
def test_every_table_fits_bigquery(schema: TableSchema) -> None:
    # BigQuery clusters by four columns at most.
    assert len(schema.clustering) <= 4
    lower = [name.lower() for name in schema.column_names]
    assert len(set(lower)) == len(lower)
    bounded = [
        column for column in schema.columns if column.minimum is not None or column.maximum is not None
    ]
    assert [column.name for column in bounded if column.type.value not in ("INT64", "FLOAT64")] == []


def test_no_two_files_declare_the_same_table() -> None:
    addresses = [schema.address for schema in declared_tables()]
    assert len(set(addresses)) == len(addresses)


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ('{"name": "points", "type": "INT64"', '{"name": "points", "type": "FLOAT64"'),
        ('{"name": "assists", "type"', '{"name": "assist_count", "type"'),
    ],
    ids=["another type", "another name"],
)
def test_a_query_that_drifts_from_its_schema_is_noticed(tmp_path: Path, right: str, wrong: str) -> None:
    schema_text = (PGS / "schema.json").read_text(encoding="utf-8")
    assert right in schema_text
    drifted = tmp_path / "schema.json"
    drifted.write_text(schema_text.replace(right, wrong), encoding="utf-8")
    returned = statement(analysed_processor(PGS), "query").outputs
    assert returned != declared_outputs(load_schema(drifted))


def test_a_triage_without_a_column_the_harness_reads_is_noticed(tmp_path: Path) -> None:
    folder = tmp_path / "services" / "analytics" / PGS.name
    shutil.copytree(PGS, folder)
    (folder / "expected.sql").write_text(
        "SELECT CAST(NULL AS DATE) AS cell_date, 1 AS entity_id, 'PLAYER' AS entity_type", encoding="utf-8"
    )
    stage, _ = worker_scripts(load_processor(folder))
    catalog = catalog_of()
    # The three statements before triage are enough to see it.
    first = [s for s in stage.statements if s.name.endswith((".query", ".expected"))]
    resolved = analyse_script(
        type(stage)(stage.name, tuple(first), stage.parameters, transaction=False, labels={}), catalog
    )
    assert statement(resolved, "expected").outputs != EXPECTED_COLUMNS
