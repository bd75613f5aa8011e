"""The quick commands that people use run as they are with the real `bq` command line."""

from __future__ import annotations

import csv
import os
import re
import shlex
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from services.registry import discover
from shared.failures.model import failure_table
from shared.sql import Statement
from shared.tables import TableSchema
from shared.topology.declaration import Phase
from shared.warehouse.bigquery_warehouse import BigQueryWarehouse
from shared.warehouse.port import Script
from tests.emulators.clients import bigquery_endpoint, emulated_client
from tests.emulators.servers import ROOT

RUNBOOK = ROOT / "infra" / "terraform" / "README.md"
#: Processor, its partition column, and the dates it has rows on.
COVERED = {
    "PDC": ("cache_date", ("2021-10-20", "2022-04-10")),
    "PSZA": ("analysis_date", ("2021-10-21",)),
    "TDZA": ("analysis_date", ("2021-10-19", "2021-10-20", "2022-04-10")),
    "PCF": ("analysis_date", ()),
}
#: As they stand in people's own notes, one table each.
NOTED = "SELECT '{0}', MIN({1}), MAX({1}), COUNT(DISTINCT {1}) FROM {2} WHERE {1} >= '2021-10-01'"


@dataclass(frozen=True)
class Project:
    """Where `bq` looks."""

    endpoint: str
    name: str


@pytest.fixture(scope="module")
def bq() -> Project:
    """A project with rows on some dates, and with failures. Skips, saying so, without the command."""
    if shutil.which("bq") is None:
        pytest.skip("NOT TESTED WITH BQ: the Google Cloud SDK is not installed")
    client = emulated_client()
    warehouse = BigQueryWarehouse(client, location="US", maximum_bytes_billed=10**9)
    for name, (column, days) in COVERED.items():
        schema = discover().processor(name).schema
        warehouse.ensure_table(schema)
        for day in days:
            insert(warehouse, schema, {column: day}, times=2)
    failures = failure_table(Phase.PRECOMPUTE)
    warehouse.ensure_table(failures)
    for day, category in (
        ("2021-12-31", "INCOMPLETE_DATA"),
        ("2021-12-31", "PLAYER_DNP"),
        ("2021-09-30", "X"),
    ):
        insert(warehouse, failures, {"analysis_date": day, "failure_category": category}, times=3)
    return Project(bigquery_endpoint(), str(client.project))


def insert(warehouse: BigQueryWarehouse, schema: TableSchema, values: dict[str, str], *, times: int) -> None:
    """Rows with these values; whatever else the table requires is something."""
    something = {"STRING": "'x'", "DATE": "DATE '2021-10-19'", "TIMESTAMP": "TIMESTAMP '2021-10-19'"}
    row = {
        column.name: f"DATE '{values[column.name]}'"
        if column.name == schema.partition_column
        else f"'{values[column.name]}'"
        if column.name in values
        else something.get(column.type.value, "0")
        for column in schema.columns
        if column.required or column.name in values or column.name == schema.partition_column
    }
    sql = (
        f"INSERT INTO {schema.address} ({', '.join(row)}) SELECT {', '.join(row.values())}"
        f" FROM UNNEST([{', '.join('1' * times)}]) AS n"
    )
    warehouse.run(Script("insert", (Statement("insert", sql),), {}, transaction=False, labels={}))


def run(bq: Project, home: Path, *arguments: str) -> list[list[str]]:
    """The rows that `bq --api http://127.0.0.1:PORT ARGUMENTS` prints."""
    token = home / "token"
    # The command wants an account; the server does not look at it.
    token.write_text("emulator", encoding="utf-8")
    done = subprocess.run(
        ["bq", "--api", bq.endpoint, "--format=csv", *arguments],
        env={
            **os.environ,
            "HOME": str(home),
            "CLOUDSDK_CONFIG": str(home / "gcloud"),
            "CLOUDSDK_AUTH_ACCESS_TOKEN_FILE": str(token),
            "CLOUDSDK_CORE_PROJECT": bq.name,
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return list(csv.reader(done.stdout.split()))[1:]


def commands(section: str) -> list[list[str]]:
    """The arguments of every `bq` command in a section of the runbook."""
    text = RUNBOOK.read_text(encoding="utf-8")
    block = re.search(rf"^## {section}$.*?^```$(.*?)^```$", text, re.M | re.S)
    assert block is not None
    words = shlex.split(block.group(1))
    starts = [position for position, word in enumerate(words) if word == "bq"]
    ends = [*starts[1:], len(words)]
    return [words[start + 1 : end] for start, end in zip(starts, ends, strict=True)]


def expected(name: str) -> list[str]:
    """What coverage says of a processor."""
    _, days = COVERED[name]
    return [name, min(days, default=""), max(days, default=""), str(len(days))]


def test_coverage_of_the_runbook(bq: Project, tmp_path: Path) -> None:
    coverage, _ = commands("Read coverage")

    assert sorted(run(bq, tmp_path, *coverage)) == sorted(expected(name) for name in COVERED)


def test_failures_of_the_runbook(bq: Project, tmp_path: Path) -> None:
    _, failures = commands("Read coverage")

    assert run(bq, tmp_path, *failures) == [
        ["2021-12-31", "INCOMPLETE_DATA", "3"],
        ["2021-12-31", "PLAYER_DNP", "3"],
    ]


def test_coverage_as_people_have_noted_it(bq: Project, tmp_path: Path) -> None:
    (column, _), table = COVERED["PDC"], discover().processor("PDC").schema.address

    found = run(bq, tmp_path, "query", "--use_legacy_sql=false", NOTED.format("PDC", column, table))

    assert found == [expected("PDC")]
