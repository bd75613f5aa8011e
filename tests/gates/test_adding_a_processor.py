"""Adding a SQL processor is adding a folder: subscriptions, plan, runs and coverage follow from it."""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from services.bootstrap import AppEndpoint, Runtime, new_id, use
from services.console.coverage import coverage_document, coverage_of
from services.ingest.writer import completions, write
from services.registry import SERVICES, load_processor, processor_folders, topology_of
from shared.broker.local import LocalBroker
from shared.clock import VirtualClock
from shared.ledger.repository import read_snapshot
from shared.planner.plan import Scope, make_plan
from shared.planner.snapshot import Reprocess
from shared.planner.state import Grid, State, evaluate
from shared.sql import Statement
from shared.topology.declaration import Phase
from shared.topology.graph import COMPLETION_TOPICS, TRIGGER_TOPICS, Topology
from shared.warehouse.duckdb_warehouse import DuckDBWarehouse
from shared.warehouse.initialise import initialise
from shared.warehouse.port import Value, query
from shared.worker.harness import Ports
from shared.worker.prepare import worker_scripts
from shared.worker.run import RunReport
from tests.gates.lookback import source_reads, undeclared, unread
from tests.gates.rules import PROCESSOR_FILES, ROOT, sources
from tests.gates.statements import analyse_script, catalog_of
from tests.support.raw_rows import Game, Line, RawRow, final_game, scorer, slot, to_tables

NAME = "team_points_so_far"
INVENTED = Path(__file__).parent / "invented" / NAME
OPENING, SECOND, THIRD = (dt.date(2021, 10, 19), dt.date(2021, 10, 21), dt.date(2021, 10, 23))
NOW = dt.datetime(2021, 10, 23, 18, tzinfo=dt.UTC)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The invented folder, below a services folder of its own."""
    target = tmp_path_factory.mktemp("tree") / "services" / "precompute" / NAME
    shutil.copytree(INVENTED, target, ignore=shutil.ignore_patterns("__pycache__"))
    return target


@pytest.fixture(scope="module")
def topology(folder: Path) -> Topology:
    """Every real processor and the added one."""
    return topology_of((*processor_folders(SERVICES), *processor_folders(folder.parents[1])))


@dataclass(frozen=True)
class Pipeline:
    """A warehouse with workers around it."""

    topology: Topology
    warehouse: DuckDBWarehouse
    broker: LocalBroker
    clock: VirtualClock
    runs: list[RunReport]

    def land(self, rows: list[RawRow]) -> None:
        """Ingest rows, announce them, and let everything run that follows."""
        report = write(
            to_tables(rows),
            warehouse=self.warehouse,
            clock=self.clock,
            run_id=new_id(),
            days=None,
            on_progress=lambda _done, _all: None,
        )
        for message in completions(report, self.clock):
            self.broker.publish(COMPLETION_TOPICS[Phase.RAW], message)
        assert self.broker.run_until_idle(lambda: False)

    def select(self, googlesql: str) -> list[tuple[Value, ...]]:
        """Rows of one query."""
        return query(self.warehouse, Statement("select", googlesql), {}).values

    def grid(self) -> Grid:
        """The state of every cell."""
        snapshot = read_snapshot(
            self.warehouse, self.topology, start=OPENING, end=THIRD, request_id=None, backfill_id=None
        )
        return evaluate(self.topology, snapshot, self.clock.now())


@contextmanager
def pipeline_of(topology: Topology) -> Iterator[Pipeline]:
    """A pipeline whose broker pushes into the main.py of every processor."""
    warehouse = DuckDBWarehouse(None)
    clock = VirtualClock(NOW)
    runs: list[RunReport] = []

    @cache
    def endpoint(name: str) -> AppEndpoint:
        return AppEndpoint(topology.processor(name).folder / "main.py", name)

    broker = LocalBroker(
        subscriptions=topology.subscriptions(), endpoints=endpoint, clock=clock, new_id=new_id
    )
    use(Runtime(topology, Ports(warehouse, broker, clock, new_id, runs.append), None))
    try:
        initialise(warehouse, topology)
        yield Pipeline(topology, warehouse, broker, clock, runs)
    finally:
        use(None)
        warehouse.close()


def two_games_and_a_slot() -> list[RawRow]:
    """BOS and NYK play twice, 100 to 90 and 95 to 105, and have a third date."""
    games = [
        Game(f"002210000{n}", day, "NYK", "BOS") for n, day in enumerate((OPENING, SECOND, THIRD), start=1)
    ]
    rows = []
    for game, home, away in ((games[0], 100, 90), (games[1], 95, 105)):
        rows += final_game(game, home=side("n", home), away=side("b", away))
    return [*rows, slot(games[2])]


def side(prefix: str, points: int) -> list[Line]:
    """Five players, one of whom scores."""
    return [scorer(f"{prefix}{letter}", points if letter == "a" else 0) for letter in "abcde"]


@pytest.fixture(scope="module")
def landed(topology: Topology) -> Iterator[Pipeline]:
    """A pipeline after the games' raw rows have landed and everything has run."""
    with pipeline_of(topology) as pipeline:
        pipeline.land(two_games_and_a_slot())
        yield pipeline


def test_its_subscriptions_follow_from_its_declaration(topology: Topology) -> None:
    mine = {s.topic: s.processors for s in topology.subscriptions() if s.endpoint == NAME}
    assert mine == {
        TRIGGER_TOPICS[Phase.PRECOMPUTE]: (NAME, topology.processor(NAME).class_name, "*"),
        COMPLETION_TOPICS[Phase.RAW]: ("nbac_schedule", "raw_ingest"),
        COMPLETION_TOPICS[Phase.ANALYTICS]: ("team_offense_game_summary",),
    }


def test_nothing_of_the_others_changes(topology: Topology) -> None:
    without = topology_of(processor_folders(SERVICES))
    assert {s.name for s in topology.subscriptions() if s.endpoint != NAME} == {
        s.name for s in without.subscriptions()
    }
    assert [p.code_version for p in topology.processors if p.name != NAME] == [
        p.code_version for p in without.processors
    ]


def test_the_machinery_names_no_processor(topology: Topology) -> None:
    machinery = [
        s for s in sources(ROOT) if s.is_python and s.below("shared", "services") and s.path.count("/") < 3
    ]
    knows = {"shared/topology/declaration.py", *(f"services/{name}.py" for name in ("bootstrap", "registry"))}
    assert knows <= {source.path for source in machinery}
    names = [processor.name for processor in topology.processors]
    naming = [f"{s.path}: {name}" for s in machinery for name in names if f'"{name}"' in s.text]
    assert naming == []


def test_the_planner_gives_it_cells_behind_their_upstreams(topology: Topology, landed: Pipeline) -> None:
    plan = make_plan(topology, landed.grid(), Scope(OPENING, THIRD, Reprocess.ALL))
    waves = {item.cell.date: item.wave for item in plan.planned if item.cell.processor == NAME}
    assert waves == {OPENING: 1, SECOND: 2, THIRD: 2}


def test_it_runs_from_raw_data_to_rows_through_its_own_entry_point(landed: Pipeline) -> None:
    rows = landed.select(
        "SELECT analysis_date, team_abbr, points_so_far, games_in_sample, max_source_game_date"
        " FROM nba_precompute.team_points_so_far WHERE analysis_date >= DATE '2021-10-01'"
        " ORDER BY analysis_date, team_abbr"
    )
    assert rows == [
        (SECOND, "BOS", 90, 1, OPENING),
        (SECOND, "NYK", 100, 1, OPENING),
        (THIRD, "BOS", 195, 2, SECOND),
        (THIRD, "NYK", 195, 2, SECOND),
    ]
    assert {report.dates for report in landed.runs if report.processor == NAME}


def test_what_it_cannot_do_is_recorded_by_the_harness(landed: Pipeline) -> None:
    failures = landed.select(
        "SELECT analysis_date, entity_id, failure_type, resolution_status"
        " FROM nba_processing.precompute_failures"
        " WHERE analysis_date >= DATE '2021-10-01' AND processor_name = 'TeamPointsSoFarProcessor'"
        " ORDER BY entity_id"
    )
    assert failures == [
        (OPENING, "BOS", "INSUFFICIENT_HISTORY", "PERMANENT"),
        (OPENING, "NYK", "INSUFFICIENT_HISTORY", "PERMANENT"),
    ]


def test_coverage_shows_it(topology: Topology, landed: Pipeline) -> None:
    (season,) = coverage_of(topology, landed.grid(), None, None)
    states = {cell.date: cell.state for cell in season.of(topology.processor(NAME))}
    assert states == dict.fromkeys((OPENING, SECOND, THIRD), State.CURRENT)
    assert NAME in str(coverage_document([season], None))


def test_the_gates_judge_it_without_knowing_it(topology: Topology, folder: Path) -> None:
    processor = load_processor(folder)
    catalog = catalog_of(processor.schema)
    stage, commit = worker_scripts(processor)
    statements = analyse_script(stage, catalog)
    analyse_script(commit, catalog)
    own = [s for s in statements if s.name.endswith((".query", ".expected", ".triage", ".checks"))]
    reads = source_reads(own, {p.schema.address: p for p in topology.processors})
    assert undeclared(processor, reads) == []
    assert unread(processor, reads) == []


def test_the_folder_has_the_files_every_processor_has(folder: Path) -> None:
    assert {path.name for path in folder.iterdir()} == {*PROCESSOR_FILES, "__init__.py"}
