"""The command `nba` as a process sees it: arguments in; exit code, stdout and stderr out."""

from __future__ import annotations

import datetime as dt
import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from services.console.main import COMMANDS, GROUPS
from services.console.output import Exit, InputError, PipelinePausedError, WarehouseMissingError, explain
from services.ingest.source import IngestError
from services.registry import discover
from services.settings import BigQueryProject, Settings, SettingsError, read_settings
from shared.failures.model import failure_tables
from shared.ledger.repository import ledger_tables
from shared.topology.declaration import SLOTS
from shared.topology.graph import TopologyError
from shared.warehouse.duckdb_warehouse import DuckDBWarehouse
from shared.warehouse.initialise import initialise
from shared.warehouse.port import (
    TableNotFoundError,
    TransientWarehouseError,
    WarehouseError,
    WarehouseInUseError,
)
from shared.worker.prepare import shared_scripts
from tests.console.command_line import Ask
from tests.console.failure_rows import row
from tests.support.derived_rows import fill

ROOT = Path(__file__).parents[2]
#: With a date without games between them.
DAYS = (dt.date(2021, 12, 28), dt.date(2021, 12, 30))
RANGE = ("--start-date", "2021-12-28", "--end-date", "2021-12-30")


@pytest.fixture
def two_dates(tmp_path: Path, template: Path) -> Path:
    """The default warehouse of the folder, with two scheduled dates and one failure."""
    path = tmp_path / ".nba" / "nba.duckdb"
    path.parent.mkdir()
    return Path(shutil.copy(template, path))


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `two_dates` copies."""
    path = tmp_path_factory.mktemp("template") / "nba.duckdb"
    warehouse = DuckDBWarehouse(path)
    initialise(warehouse, discover())
    for script in shared_scripts():
        warehouse.prepare(script.statements, script.parameters)
    (ledger,) = [schema for schema in ledger_tables() if schema.address.table == "ledger"]
    at = dt.datetime(2021, 12, 31, tzinfo=dt.UTC)
    fill(
        warehouse,
        ledger,
        [
            {
                "cell_name": SLOTS,
                "cell_date": day,
                "season_year": 2021,
                "kind": "raw",
                "status": "success",
                "output_fingerprint": "slots",
                "record_count": 1,
                "game_ids": '["0022100500"]',
                "sequence": 1,
                "attempt": 0,
                "run_id": "r",
                "correlation_id": "c",
                "committed_at": at,
            }
            for day in DAYS
        ],
    )
    (failures,) = [s for s in failure_tables() if s.address.table == "precompute_failures"]
    fill(warehouse, failures, [row(analysis_date=DAYS[0])])
    warehouse.close()
    return path


# Help


def test_help_names_every_command_setting_and_exit_code(ask: Ask) -> None:
    answer = ask("--help")
    assert answer.code == Exit.OK
    for name in [name for name, _ in (*COMMANDS, *GROUPS)] + ["NBA_WAREHOUSE", "NBA_LOG", "--log-stderr"]:
        assert name in answer.out
    for code in Exit:
        assert f"\n    {code.value} " in answer.out


@pytest.mark.parametrize("name", [name for name, _ in (*COMMANDS, *GROUPS)])
def test_every_command_has_help(ask: Ask, name: str) -> None:
    answer = ask(name, "--help")
    assert answer.code == Exit.OK
    assert f"Usage: nba {name}" in answer.out


def test_help_loads_nothing_heavy() -> None:
    assert _loaded_by(["--help"]).isdisjoint(
        {
            "duckdb",
            "pyarrow",
            "sqlglot",
            "structlog",
            "pydantic",
            "flask",
            "functions_framework",
            "cloudevents",
        }
    )


def _loaded_by(arguments: list[str], cwd: Path | None = None) -> set[str]:
    script = (
        "import sys; from services.console.main import run; code = run(sys.argv[1:]);"
        "sys.stderr.write(' '.join({name.partition('.')[0] for name in sys.modules})); sys.exit(code)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, *arguments],
        capture_output=True,
        text=True,
        check=True,
        cwd=cwd,
        env={"PYTHONPATH": str(ROOT), "PATH": ""},
    )
    return set(done.stderr.split())


# What goes wrong is one line


@pytest.mark.parametrize(
    "arguments",
    [
        ("plan", *RANGE),
        ("coverage",),
        ("failures",),
        ("why", "PGS", "2021-12-28"),
        ("query", "SELECT 1"),
        ("tick",),
        ("pause", "--reason", "x"),
        ("resume",),
        ("incidents",),
        ("failures", "retry", "--all", "--reason", "x"),
        ("backfill", "status"),
        ("backfill", "cancel", "backfill-1", "--reason", "x"),
    ],
)
def test_without_a_warehouse_a_command_says_how_to_make_one_and_makes_none(
    ask: Ask, tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    answer = ask(*arguments)
    assert (answer.code, answer.out) == (Exit.WAREHOUSE, "")
    assert answer.err == (
        f"nba: There is no warehouse at [{tmp_path}/.nba/nba.duckdb]. Run `nba init` to create it, "
        "or set NBA_WAREHOUSE=duckdb:///ABSOLUTE/PATH to use another.\n"
    )
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "arguments",
    [
        ("plan", *RANGE),
        ("coverage",),
        ("failures",),
        ("why", "PGS", "2021-12-28"),
        ("query", "SELECT 1 FROM a.b"),
        ("tick",),
        ("pause", "--reason", "x"),
        ("resume",),
        ("incidents",),
        ("failures", "retry", "--all", "--reason", "x"),
        ("backfill", "status"),
    ],
)
def test_a_warehouse_without_tables_is_not_initialised(
    ask: Ask, tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    DuckDBWarehouse(tmp_path / ".nba" / "nba.duckdb").close()
    answer = ask(*arguments)
    assert (answer.code, answer.out) == (Exit.WAREHOUSE, "")
    assert "nba init" in answer.err
    assert answer.err.count("\n") == 1


@pytest.fixture
def held(tmp_path: Path) -> Iterator[int]:
    """The default warehouse, held by another process; its id."""
    path = tmp_path / ".nba" / "nba.duckdb"
    path.parent.mkdir()
    script = (
        "import duckdb, sys; c = duckdb.connect(sys.argv[1]); print('ready', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        assert process.stdout.readline() == "ready\n"
        yield process.pid
        process.stdin.close()


def test_a_warehouse_in_use_says_by_whom(ask: Ask, held: int) -> None:
    answer = ask("coverage")
    assert (answer.code, answer.out) == (Exit.IN_USE, "")
    assert f"process {held}" in answer.err
    assert answer.err.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("plan", "--start-date", "2021-02-30", "--end-date", "2021-12-31"), "[2021-02-30] is not a date"),
        (("plan", "--start-date", "today", "--end-date", "2021-12-31"), "[today] is not a date"),
        (("plan", "--start-date", "2021-12-31", "--end-date", "2021-12-30"), "[2021-12-30] is before"),
        (("coverage", "--start-date", "2021-12-31", "--end-date", "2021-12-30"), "[2021-12-30] is before"),
        (("failures", "--start-date", "2021-12-31", "--end-date", "2021-12-30"), "[2021-12-30] is before"),
        (("query", "DROP TABLE nba_raw.nbac_schedule"), "only reads"),
        (("failures", "--type", "ABSENT"), "ABSENT"),
        (("plan", "--end-date", "2021-12-30"), "--start-date"),
        (("backfill", "--end-date", "2021-12-30"), "Missing: --start-date, --reason"),
        (("backfill", "--end-date", "2021-12-30", "status"), "--end-date before [status] would not count"),
        (("failures", "--type", "DATA_GAP", "retry", "--reason", "x"), "--type before [retry]"),
        (("failures", "retry", "--reason", "x"), "Which failures?"),
        (("failures", "retry", "--all", "--reason", " "), "--reason is empty"),
        (("pause", "--reason", "x" * 2_001), "2,001 characters"),
        (("tick", "--work", "sleep"), "sleep"),
        (("plann",), "plann"),
    ],
)
def test_bad_input_names_what_is_wrong(ask: Ask, arguments: tuple[str, ...], complaint: str) -> None:
    answer = ask(*arguments)
    assert (answer.code, answer.out) == (Exit.INPUT, "")
    assert complaint in answer.err
    assert "Traceback" not in answer.err


@pytest.mark.usefixtures("two_dates")
@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("plan", *RANGE, "--processor", "XYZ"), "Unknown processor [XYZ]. Known: PGS"),
        (("failures", "--processor", "XYZ"), "Unknown processor [XYZ]"),
        (("why", "XYZ", "2021-12-28"), "Unknown processor [XYZ]"),
        (("why", "PGS", "2021-12-29"), "The nearest game dates are 2021-12-28 and 2021-12-30."),
        (("why", "PGS", "2019-12-31"), "Loaded: 2021-22"),
        (("why", "PGS", "2021-12-28", "--entity", "zachlavine"), "nothing is known of [zachlavine]"),
        (("query", "SELECT points FROM nba_raw.nbac_schedule"), "points"),
    ],
)
def test_bad_names_are_bad_input(ask: Ask, arguments: tuple[str, ...], complaint: str) -> None:
    answer = ask(*arguments)
    assert (answer.code, answer.out) == (Exit.INPUT, "")
    assert complaint in answer.err
    assert answer.err.count("\n") == 1


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (InputError("x"), Exit.INPUT),
        (IngestError("x", file="f", remedy="r"), Exit.INPUT),
        (SettingsError("x"), Exit.INPUT),
        (TopologyError("x"), Exit.INPUT),
        (WarehouseInUseError("x"), Exit.IN_USE),
        (WarehouseMissingError("x"), Exit.WAREHOUSE),
        (PipelinePausedError("x"), Exit.PAUSED),
        (TableNotFoundError("x"), Exit.WAREHOUSE),
        (TransientWarehouseError("x"), Exit.WAREHOUSE),
        (WarehouseError("x\n\nLINE 1: SELECT"), Exit.WAREHOUSE),
        (KeyError("x"), Exit.DEFECT),
    ],
)
def test_every_error_has_its_exit_code_and_one_line(error: Exception, code: Exit) -> None:
    found, text = explain(error)
    assert found is code
    assert "\n" not in text


# Answers


@pytest.mark.usefixtures("two_dates")
def test_stdout_has_the_answer_and_nothing_else(ask: Ask) -> None:
    for arguments in (
        ("plan", *RANGE),
        ("coverage",),
        ("failures",),
        ("why", "PGS", "2021-12-28"),
        ("query", "SELECT 1"),
    ):
        answer = ask(*arguments)
        assert (answer.code, answer.err) == (Exit.OK, "")
        assert answer.out
        document = json.loads(ask(*arguments, "--json").out)
        assert document


@pytest.mark.usefixtures("two_dates")
def test_the_plan_of_two_dates_holds_every_processor(ask: Ask) -> None:
    document = json.loads(ask("plan", *RANGE, "--json").out)
    cells = {(cell["processor"], cell["date"]) for cell in document["cells"]}
    assert cells == {(p.name, day.isoformat()) for p in discover().processors for day in DAYS}
    assert document["waiting"] == []


@pytest.mark.usefixtures("two_dates")
def test_processors_are_named_by_abbreviation_or_in_full(ask: Ask) -> None:
    document = json.loads(
        ask("plan", *RANGE, "--processor", "PGS", "--processor", "team_offense_game_summary", "--json").out
    )
    assert document["processors"] == ["player_game_summary", "team_offense_game_summary"]
    assert {cell["processor"] for cell in document["cells"]} == set(document["processors"])


@pytest.mark.usefixtures("two_dates")
def test_filters_of_failures_take_any_case(ask: Ask) -> None:
    document = json.loads(ask("failures", "--type", "data_gap", "--entity", "ZachLaVine", "--json").out)
    assert [item["entity_id"] for item in document["failures"]] == ["zachlavine"]


@pytest.mark.usefixtures("two_dates")
def test_an_unknown_entity_is_an_empty_answer_with_a_suggestion(ask: Ask) -> None:
    answer = ask("failures", "--entity", "lavine")
    assert (answer.code, answer.out) == (
        Exit.OK,
        "No failure names [lavine]. Did you mean [zachlavine]?\n",
    )
    assert json.loads(ask("failures", "--entity", "lavine", "--json").out)["failures"] == []


@pytest.mark.usefixtures("two_dates")
def test_a_query_prints_csv_and_json(ask: Ask) -> None:
    sql = "SELECT 1 AS a, CAST(NULL AS STRING) AS b, 'x,y' AS c"
    assert ask("query", sql, "--format", "csv").out == 'a,b,c\n1,,"x,y"\n'
    assert json.loads(ask("query", sql, "--format", "json").out)["rows"] == [{"a": 1, "b": None, "c": "x,y"}]


def test_coverage_loads_no_web_framework_and_no_translator(ask: Ask, two_dates: Path) -> None:
    ask("coverage")
    loaded = _loaded_by(["coverage"], cwd=two_dates.parents[1])
    assert "duckdb" in loaded
    assert loaded.isdisjoint({"sqlglot", "flask", "functions_framework", "cloudevents", "structlog"})


# Settings


def test_unset_settings_name_files_below_the_working_directory(tmp_path: Path) -> None:
    assert read_settings({}, tmp_path) == Settings(
        tmp_path / ".nba" / "nba.duckdb", tmp_path / ".nba" / "logs" / "nba.jsonl", None, None
    )


def test_the_log_stands_beside_the_warehouse(tmp_path: Path) -> None:
    found = read_settings({"NBA_WAREHOUSE": "duckdb:////data/season.duckdb"}, tmp_path)
    assert str(found.warehouse).endswith("/data/season.duckdb")
    assert str(found.log).endswith("/data/logs/season.jsonl")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("stderr", None),
        ("logs/mine.jsonl", "work/logs/mine.jsonl"),
        ("/var/log/nba.jsonl", "/var/log/nba.jsonl"),
    ],
)
def test_the_log_goes_where_it_is_told(value: str, expected: str | None) -> None:
    found = read_settings({"NBA_LOG": value}, Path("work"))
    assert found.log == (None if expected is None else Path(expected))


@pytest.mark.parametrize(
    ("url", "remedy"),
    [
        ("nba.duckdb", "duckdb:///folder/nba.duckdb"),
        ("/data/nba.duckdb", "duckdb:///data/nba.duckdb"),
        ("duckdb://nba.duckdb", "duckdb:///ABSOLUTE/PATH"),
        ("duckdb://", "duckdb:///ABSOLUTE/PATH"),
        ("duckdb:///", "duckdb:///ABSOLUTE/PATH"),
        ("bigquery://project", "bigquery://PROJECT/LOCATION"),
        ("duckdb:///tmp", "duckdb:///tmp/nba.duckdb"),
    ],
)
def test_a_warehouse_setting_that_names_no_file_shows_one_that_does(url: str, remedy: str) -> None:
    with pytest.raises(SettingsError) as caught:
        read_settings({"NBA_WAREHOUSE": url}, Path("/folder"))
    assert f"NBA_WAREHOUSE is [{url}]" in str(caught.value)
    assert remedy in str(caught.value)


def test_a_project_of_the_cloud_is_a_warehouse_with_a_broker(tmp_path: Path) -> None:
    cloud = {"NBA_WAREHOUSE": "bigquery://my-project/us-east1", "NBA_BROKER": "pubsub://my-project"}
    found = read_settings(cloud, tmp_path)
    assert (found.warehouse, found.broker) == (BigQueryProject("my-project", "us-east1"), "my-project")
    assert found.log == tmp_path / ".nba" / "logs" / "nba.jsonl"


@pytest.mark.parametrize(
    "alone", [{"NBA_WAREHOUSE": "bigquery://p/US"}, {"NBA_BROKER": "pubsub://p"}, {"NBA_BROKER": "pubsub:"}]
)
def test_half_a_cloud_is_an_error_that_names_both_settings(alone: dict[str, str], tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="NBA_BROKER is"):
        read_settings(alone, tmp_path)


@pytest.mark.parametrize(("value", "expected"), [("files:late", "files:late"), ("", None)])
def test_the_raw_source_is_taken_as_it_is(value: str, expected: str | None) -> None:
    assert read_settings({"NBA_RAW_SOURCE": value}, Path("work")).raw_source == expected


def test_a_log_that_is_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="NBA_LOG"):
        read_settings({"NBA_LOG": str(tmp_path)}, tmp_path)


def test_a_bad_setting_is_bad_input(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NBA_WAREHOUSE", "nba.duckdb")
    answer = ask("coverage")
    assert (answer.code, answer.out) == (Exit.INPUT, "")
    assert answer.err.startswith("nba: NBA_WAREHOUSE is [nba.duckdb]")
