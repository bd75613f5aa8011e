"""`nba` commands on BigQuery: what a plan costs, and a dataset of an older version."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Iterator

import pytest
from google.cloud import bigquery

from services.bootstrap import new_id
from services.console.main import run
from services.ingest.synthetic import SyntheticOptions, generate
from services.ingest.writer import write
from services.registry import discover
from shared.clock import SystemClock
from shared.failures.model import failure_table
from shared.sql import Statement
from shared.tables import TableAddress
from shared.topology.declaration import Phase
from shared.warehouse.bigquery_warehouse import BigQueryWarehouse
from shared.warehouse.initialise import initialise
from shared.warehouse.port import query
from tests.emulators.clients import bigquery_endpoint, emulated_client
from tests.emulators.http_server import Answer, Request, ask, serving

TIB = 1024**4
START, END = dt.date(2023, 10, 24), dt.date(2023, 10, 26)

Nba = Callable[..., str]


@pytest.fixture
def client() -> bigquery.Client:
    """Of an empty project."""
    return emulated_client()


@pytest.fixture
def warehouse(client: bigquery.Client) -> BigQueryWarehouse:
    """On the empty project."""
    return BigQueryWarehouse(client, location="US", maximum_bytes_billed=10**9)


@pytest.fixture
def nba(
    client: bigquery.Client, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Nba]:
    """Runs one command against the project, and gives what it printed. Every dry run reads a tebibyte."""
    upstream = int(bigquery_endpoint().rpartition(":")[2])

    def answer(request: Request) -> Answer:
        found = ask(upstream, request, seconds=60)
        if b'"dryRun": true' not in request.body:
            return found
        job = json.loads(found.body)
        job.setdefault("statistics", {}).setdefault("query", {})["totalBytesProcessed"] = str(TIB)
        headers = {k: v for k, v in found.headers.items() if k.lower() != "content-encoding"}
        return Answer(found.status, headers, json.dumps(job).encode())

    def command(*arguments: str) -> str:
        code = run(arguments)
        printed = capsys.readouterr()
        assert code == 0, printed.err
        return printed.out

    with serving(answer) as port:
        monkeypatch.setenv("NBA_WAREHOUSE", f"bigquery://{client.project}/US")
        monkeypatch.setenv("NBA_BROKER", f"pubsub://{client.project}")
        monkeypatch.setenv("NBA_LOG", "stderr")
        monkeypatch.setenv("BIGQUERY_EMULATOR_HOST", f"http://127.0.0.1:{port}")
        yield command


def test_plan_with_its_cost_asks_for_a_dry_run_of_every_processor(
    warehouse: BigQueryWarehouse, nba: Nba
) -> None:
    initialise(warehouse, discover())
    season = generate(SyntheticOptions(seed=1, season_year=2023, start_date=START, end_date=END, teams=4))
    write(
        season.tables,
        warehouse=warehouse,
        clock=SystemClock(),
        run_id=new_id(),
        days=None,
        on_progress=lambda _done, _all: None,
    )
    dates = ("--start-date", str(START), "--end-date", str(END))

    cost = json.loads(nba("plan", *dates, "--cost", "--json"))["cost"]

    names = [processor.name for processor in discover().processors]
    assert [item["processor"] for item in cost["processors"]] == names
    assert {(item["runs"], item["bytes_read"], item["dollars"]) for item in cost["processors"]} == {
        (1, TIB, 6.25)
    }
    assert (cost["bytes_read"], cost["dollars"]) == (len(names) * TIB, len(names) * 6.25)
    told = nba("plan", *dates, "--cost")
    assert f"Would read {len(names)}.0 TiB: ${len(names) * 6.25:.4f}" in told
    assert json.loads(nba("plan", *dates, "--json"))["cost"] is None


OLDER = """
CREATE TABLE nba_processing.precompute_failures (
  processor_name STRING, run_id STRING, analysis_date DATE, entity_id STRING, failure_category STRING,
  failure_reason STRING, can_retry BOOL
) PARTITION BY analysis_date
"""
OLDER_ROW = """
INSERT INTO nba_processing.precompute_failures VALUES
('PlayerDailyCacheProcessor', 'r', '2021-12-31', 'zachlavine', 'INCOMPLETE_DATA', 'words', TRUE)
"""


def test_the_older_failure_table_is_planned_widened_and_keeps_its_rows(
    warehouse: BigQueryWarehouse, nba: Nba
) -> None:
    wanted = failure_table(Phase.PRECOMPUTE)
    for sql in ("CREATE SCHEMA nba_processing", OLDER, OLDER_ROW):
        query(warehouse, Statement("older", sql), {})

    planned = json.loads(nba("migrate", "--plan", "--json"))["planned"]
    ours = [step for step in planned if str(wanted.address) in step]
    assert len(ours) == len(wanted.columns) - 7
    assert all(step.startswith("add column") for step in ours)
    assert f"create table {TableAddress('nba_orchestration', 'ledger')}" in planned
    assert json.loads(nba("migrate", "--plan", "--json"))["planned"] == planned

    done = json.loads(nba("init", "--json"))["done"]
    assert len(done) == len(planned)
    assert json.loads(nba("migrate", "--plan", "--json"))["planned"] == []
    assert "nothing to do" in nba("migrate")
    rows = query(
        warehouse,
        Statement(
            "kept",
            "SELECT entity_id, failure_reason, can_retry, resolution_status, evidence"
            " FROM nba_processing.precompute_failures WHERE analysis_date >= '2021-10-01'",
        ),
        {},
    )
    assert rows.values == [("zachlavine", "words", True, None, None)]
    counted = query(
        warehouse,
        Statement(
            "as people ask",
            "SELECT analysis_date, failure_category, COUNT(*) FROM nba_processing.precompute_failures"
            " WHERE analysis_date >= '2021-10-01' GROUP BY 1,2 ORDER BY 1,2",
        ),
        {},
    )
    assert counted.values == [(dt.date(2021, 12, 31), "INCOMPLETE_DATA", 1)]
