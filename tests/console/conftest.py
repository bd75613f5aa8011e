"""Command lines, and warehouses for them to work on."""

from __future__ import annotations

import datetime as dt
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from services.console.main import run
from services.console.output import Exit
from services.ingest.synthetic import SyntheticOptions, generate
from shared.sql import Statement
from shared.warehouse.duckdb_warehouse import DuckDBWarehouse
from shared.warehouse.port import Value, query
from tests.console.command_line import Answer, Ask
from tests.console.small_season import RANGE, write_source, write_with_a_lost_game
from tests.season.kit import open_pipeline


@pytest.fixture
def ask(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Ask:
    """Run one command line in an empty folder, with the settings it starts with."""
    monkeypatch.chdir(tmp_path)
    for name in ("NBA_WAREHOUSE", "NBA_LOG", "NBA_RAW_SOURCE"):
        monkeypatch.delenv(name, raising=False)

    def answer(*arguments: str) -> Answer:
        code = run(arguments)
        captured = capsys.readouterr()
        return Answer(code, captured.out, captured.err)

    return answer


@dataclass(frozen=True)
class LostGame:
    """A week that has been run although one game was lost; `source` is a folder that has it by now."""

    warehouse: Path
    source: Path
    day: dt.date
    backfill_id: str

    def select(self, sql: str) -> list[tuple[Value, ...]]:
        """Rows of one GoogleSQL query."""
        warehouse = DuckDBWarehouse(self.warehouse)
        try:
            return query(warehouse, Statement("select", sql), {}).values
        finally:
            warehouse.close()


@pytest.fixture(scope="package")
def predicted_month(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A warehouse file with a synthetic month, everything run and graded. Not to be changed."""
    path = tmp_path_factory.mktemp("predictions") / "month.duckdb"
    first, last = dt.date(2023, 10, 24), dt.date(2023, 11, 26)
    options = SyntheticOptions(seed=5, season_year=2023, start_date=first, end_date=last, teams=6)
    with open_pipeline(path) as pipeline:
        pipeline.ingest(generate(options).tables)
        pipeline.backfill(first, last)
    return path


@pytest.fixture(scope="package")
def lost_game_template(tmp_path_factory: pytest.TempPathFactory) -> LostGame:
    """What `lost_game` copies. It is made by command lines, in a folder of its own."""
    root = tmp_path_factory.mktemp("lost-game")
    tables = write_source(root / "source")
    day = write_with_a_lost_game(root / "first", tables)
    before = Path.cwd()
    os.chdir(root)
    try:
        assert run(("ingest", "files", "first", "--json")) == Exit.OK
        assert run(("backfill", *RANGE, "--reason", "first load", "--json")) == Exit.OK
    finally:
        os.chdir(before)
    made = LostGame(root / ".nba" / "nba.duckdb", root / "source", day, "")
    ((backfill_id,),) = made.select("SELECT backfill_id FROM nba_orchestration.backfills")
    return LostGame(made.warehouse, made.source, day, str(backfill_id))


@pytest.fixture
def lost_game(tmp_path: Path, lost_game_template: LostGame) -> LostGame:
    """The default warehouse of the folder: a week of which one game was lost."""
    path = tmp_path / ".nba" / "nba.duckdb"
    path.parent.mkdir()
    shutil.copy(lost_game_template.warehouse, path)
    return LostGame(path, lost_game_template.source, lost_game_template.day, lost_game_template.backfill_id)
