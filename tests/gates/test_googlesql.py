"""Every statement the program can send is GoogleSQL, with the names and types of the declared tables."""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping
from pathlib import Path

import pytest

from services.registry import discover, load_processor
from shared.sql import Statement, read_sql
from shared.warehouse.initialise import all_views
from shared.warehouse.port import Parameter, integer, text, texts
from shared.worker.prepare import worker_scripts
from tests.gates.googlesql import GoogleSqlError, analyse
from tests.gates.rules import ROOT
from tests.gates.statements import (
    PROCESSOR_FOLDERS,
    all_texts,
    analyse_script,
    analysed_processor,
    analysed_recorded,
    analysed_views,
    catalog_of,
    processor_statements,
    recorded,
)

PGS = ROOT / "services" / "analytics" / "player_game_summary"


@pytest.mark.parametrize("folder", PROCESSOR_FOLDERS, ids=lambda folder: folder.name)
def test_every_statement_of_a_processors_runs_is_googlesql(folder: Path) -> None:
    assert len(analysed_processor(folder)) == len(processor_statements(load_processor(folder)))


def test_every_statement_of_ingest_ledger_and_console_is_googlesql() -> None:
    assert len(analysed_recorded()) == sum(len(script.statements) for script in recorded().scripts)


def test_every_view_is_googlesql() -> None:
    assert analysed_views().keys() == all_views(discover()).keys()


def test_no_sql_file_is_left_out() -> None:
    texts_sent = all_texts()
    files = [*(ROOT / "services").rglob("*.sql"), *(ROOT / "shared").rglob("*.sql")]
    left_out = [
        str(path.relative_to(ROOT))
        for path in sorted(files)
        if not any(_occurs(path.read_text(encoding="utf-8"), sent) for sent in texts_sent)
    ]
    assert not left_out, f"No statement that tests/gates/statements.py knows uses {left_out}"


def test_a_sql_file_that_nothing_sends_is_noticed() -> None:
    assert not any(_occurs("SELECT cell_date FROM nba_orchestration.ledger", sent) for sent in all_texts())


def _occurs(file_text: str, sent: str) -> bool:
    """Whether a file's text, whatever fills its column slots, is part of a statement."""
    position = 0
    for part in re.split(r"/\*\s*columns:[^*]*\*/", file_text.strip()):
        found = sent.find(part, position)
        if found < 0:
            return False
        position = found + len(part)
    return True


_SCHEDULE = "SELECT game_id FROM nba_raw.nbac_schedule"


@pytest.mark.parametrize(
    ("sql", "parameters", "complaint"),
    [
        ("SELECT game_idd FROM nba_raw.nbac_schedule", {}, "Unrecognized name: game_idd"),
        ("SELECT game_id FROM nba_raw.nbac_schedules", {}, "Table not found"),
        (f"{_SCHEDULE} WHERE season_year = '2021' || ''", {}, "No matching signature for operator ="),
        (f"{_SCHEDULE} WHERE season_year = @year", {"year": text("2021")}, "No matching signature"),
        (
            f"{_SCHEDULE} WHERE season_year IN UNNEST(@years)",
            {"years": texts(["2021"])},
            "No matching signature",
        ),
        (f"{_SCHEDULE} WHERE season_year = @yeer", {"year": integer(2021)}, "parameter 'yeer' not found"),
        (f"{_SCHEDULE} WHERE game_date = processed_at", {}, "No matching signature for operator ="),
        (f"{_SCHEDULE} UNION ALL SELECT season_year FROM nba_raw.nbac_schedule", {}, "incompatible types"),
        ("SELECT LIST_SUM([home_team_score]) FROM nba_raw.nbac_schedule", {}, "Function not found: LIST_SUM"),
        ("SELECT game_id::INT64 FROM nba_raw.nbac_schedule", {}, "Syntax error"),
        ("SELECT ARG_MAX(game_id, game_date) FROM nba_raw.nbac_schedule", {}, "Function not found: ARG_MAX"),
        ("SELECT EPOCH_MS(processed_at) FROM nba_raw.nbac_schedule", {}, "Function not found: EPOCH_MS"),
        ("SELECT SUM(home_team_score) FILTER (WHERE TRUE) FROM nba_raw.nbac_schedule", {}, "Syntax error"),
        (
            "INSERT INTO nba_raw.nbac_schedule (season_year) VALUES ('2021' || '')",
            {},
            "has type STRING which cannot be inserted",
        ),
    ],
)
def test_what_bigquery_would_refuse_is_refused(
    sql: str, parameters: Mapping[str, Parameter], complaint: str
) -> None:
    with pytest.raises(GoogleSqlError, match=re.escape(complaint)):
        analyse(Statement("planted", sql), parameters, catalog_of())


def test_a_staged_column_keeps_its_type_for_the_statements_after_it() -> None:
    catalog = catalog_of()
    created = (
        "CREATE OR REPLACE TABLE nba_staging.rows AS SELECT game_id, game_date FROM nba_raw.nbac_schedule"
    )
    analyse(Statement("create", created), {}, catalog)
    analyse(Statement("same", "SELECT * FROM nba_staging.rows WHERE game_id = '0022100001'"), {}, catalog)
    with pytest.raises(GoogleSqlError, match="No matching signature"):
        analyse(Statement("other", "SELECT * FROM nba_staging.rows WHERE game_id = 22100001"), {}, catalog)


@pytest.mark.parametrize(
    ("file", "right", "wrong"),
    [
        ("query.sql", "minutes_decimal", "minutes_decimals"),
        ("triage.sql", "'GAME_NOT_INGESTED'", "404"),
        ("expected.sql", "AS entity_id", "AS entity"),
        ("checks.sql", "AS detail", "AS details"),
    ],
)
def test_a_fault_in_any_file_of_a_processor_is_refused(
    tmp_path: Path, file: str, right: str, wrong: str
) -> None:
    folder = tmp_path / "services" / "analytics" / PGS.name
    shutil.copytree(PGS, folder)
    sql = read_sql(PGS / file)
    assert right in sql
    (folder / file).write_text(sql.replace(right, wrong), encoding="utf-8")
    processor = load_processor(folder)
    stage, _ = worker_scripts(processor)
    with pytest.raises(GoogleSqlError):
        analyse_script(stage, catalog_of())
