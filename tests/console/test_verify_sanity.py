"""`nba verify`: what is noticed about a column, a table, two tables and a source over a whole season."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path

import pytest

from services.console.verification.sanity import (
    Finding,
    Problem,
    RawSource,
    TableSanity,
    agreements,
    raw_sources,
    sources_named,
    table_sanity,
)
from services.registry import SERVICES
from shared.tables import load_schema, raw_tables
from shared.topology.declaration import (
    GAME_LINES,
    INJURY_REPORT,
    PLAY_BY_PLAY,
    PROPS,
    SHOT_CHART,
    EntityType,
    Phase,
    Processor,
)
from shared.warehouse.duckdb_warehouse import DuckDBWarehouse
from shared.warehouse.port import Rows, Script, Value
from tests.console.season_rows import (
    PGS,
    SEASON,
    TDGS,
    TOGS,
    UPGC,
    UTGC,
    Tables,
    appearance,
    day,
    defense,
    offense,
)
from tests.support.derived_rows import fill
from tests.support.raw_rows import Game, shot

COLUMNS: tuple[dict[str, object], ...] = (
    {"name": "team_abbr", "type": "STRING", "mode": "REQUIRED"},
    {"name": "game_date", "type": "DATE", "mode": "REQUIRED"},
    {"name": "season_year", "type": "INT64", "mode": "REQUIRED", "constant": "One season."},
    {"name": "points", "type": "INT64", "minimum": 0, "maximum": 200},
    {"name": "pace", "type": "FLOAT64", "minimum": 50, "maximum": 150},
    {"name": "back_to_back", "type": "BOOL"},
    {"name": "factors", "type": "JSON"},
    {"name": "paint_makes", "type": "INT64", "all_null": "Zones come from optional sources."},
    {"name": "tier", "type": "STRING", "all_null": "A game has no tier."},
    {"name": "run_id", "type": "STRING"},
    {"name": "processed_at", "type": "TIMESTAMP"},
    {"name": "data_hash", "type": "STRING"},
)
NO_SOURCES = dict.fromkeys(raw_tables(), 0)


@pytest.fixture
def processor(tmp_path: Path) -> Processor:
    """A processor whose table has one column of every kind."""
    schema = {
        "table": "nba_analytics.tiny",
        "description": "A table of a test.",
        "partition_column": "game_date",
        "key": ["team_abbr", "game_date"],
        "columns": COLUMNS,
    }
    (tmp_path / "schema.json").write_text(json.dumps(schema), encoding="utf-8")
    return Processor(
        "tiny", "TinyProcessor", "TINY", Phase.ANALYTICS, EntityType.TEAM, "team_abbr", (), tmp_path
    )


def sane_rows() -> list[dict[str, Value]]:
    """Four rows of which nothing is wrong; everything that may be empty is."""
    at = dt.datetime(2021, 12, 31, tzinfo=dt.UTC)
    return [
        {
            "team_abbr": team,
            "game_date": day(number),
            "season_year": 2021,
            "points": 100 + number,
            "pace": 98.5 + number,
            "back_to_back": number == 1,
            "factors": json.dumps({"n": number}),
            "run_id": "one run",
            "processed_at": at,
            "data_hash": f"{team}{number}",
        }
        for team in ("CHI", "BOS")
        for number in (0, 1)
    ]


def judge(
    processor: Processor, rows: list[dict[str, Value]], raw_rows: Mapping[str, int] = NO_SOURCES
) -> TableSanity:
    warehouse = DuckDBWarehouse(None)
    fill(warehouse, processor.schema, rows)
    return table_sanity(warehouse, processor, SEASON, raw_rows)


def changed(column: str, *values: Value) -> list[dict[str, Value]]:
    """The sane rows with these values in a column, the last one in all rows that are left."""
    rows = sane_rows()
    for number, row in enumerate(rows):
        row[column] = values[min(number, len(values) - 1)]
    return rows


def test_a_table_without_a_fault_has_no_finding_and_explains_what_is_empty_or_constant(
    processor: Processor,
) -> None:
    found = judge(processor, sane_rows())
    assert (found.rows, found.columns, found.findings) == (4, len(COLUMNS), ())
    assert {(e.problem, e.column, e.reason) for e in found.explained} == {
        (Problem.CONSTANT, "season_year", "One season."),
        (Problem.ALL_NULL, "paint_makes", "Zones come from optional sources."),
        (Problem.ALL_NULL, "tier", "A game has no tier."),
    }


@pytest.mark.parametrize(
    ("column", "values", "problem", "message"),
    [
        ("points", (None,), Problem.ALL_NULL, "NULL in every row, and its schema gives no reason for that"),
        ("factors", (None,), Problem.ALL_NULL, "NULL in every row, and its schema gives no reason for that"),
        (
            "back_to_back",
            (False,),
            Problem.CONSTANT,
            "always [False], and its schema gives no reason for that",
        ),
        ("back_to_back", (None, True), Problem.CONSTANT, "always [True]"),
        ("factors", ('{"n": 1}',), Problem.CONSTANT, 'always [{"n":'),
        ("pace", (98.5,), Problem.CONSTANT, "always [98.5]"),
        ("data_hash", ("same",), Problem.CONSTANT, "always [same]"),
        ("team_abbr", (None, "CHI", "BOS"), Problem.REQUIRED_NULL, "NULL in 1 of 4 rows"),
        ("points", (-1, 100), Problem.OUT_OF_RANGE, "least [-1] is below the minimum [0]"),
        ("points", (100, 201), Problem.OUT_OF_RANGE, "greatest [201] is above the maximum [200]"),
        ("pace", (49.9, 98.0), Problem.OUT_OF_RANGE, "least [49.9] is below the minimum [50]"),
        ("pace", (float("nan"), 98.0), Problem.OUT_OF_RANGE, "[nan] is no number"),
    ],
)
def test_a_fault_of_a_column_is_found_and_no_other(
    processor: Processor, column: str, values: tuple[Value, ...], problem: Problem, message: str
) -> None:
    found = [f for f in judge(processor, changed(column, *values)).findings if f.column is not None]
    assert {(f.column, f.problem) for f in found if f.problem is problem} == {(column, problem)}
    assert {f.column for f in found} == {column}
    assert any(message in f.message for f in found)


def test_bounds_themselves_are_allowed(processor: Processor) -> None:
    assert judge(processor, changed("points", 0, 200)).findings == ()
    assert judge(processor, changed("pace", 50.0, 150.0)).findings == ()


def test_one_row_is_not_yet_constant(processor: Processor) -> None:
    assert judge(processor, sane_rows()[:1]).findings == ()


def test_rows_that_repeat_a_key_are_counted(processor: Processor) -> None:
    rows = [*sane_rows(), {**sane_rows()[0], "data_hash": "other"}]
    assert judge(processor, rows).findings == (
        Finding(Problem.DUPLICATE_KEY, None, "1 rows repeat the key (team_abbr, game_date) of another"),
    )


@pytest.mark.parametrize(
    "fault",
    [
        {"game_date": SEASON.dates[-1] + dt.timedelta(days=1)},
        {"game_date": SEASON.dates[0] - dt.timedelta(days=1)},
        {"season_year": 2020},
    ],
)
def test_rows_outside_the_season_are_counted(processor: Processor, fault: dict[str, Value]) -> None:
    rows = [*sane_rows(), {**sane_rows()[0], "team_abbr": "MIA", **fault}]
    (found,) = [f for f in judge(processor, rows).findings if f.problem is Problem.MISPLACED]
    assert found.message.startswith("1 rows have a date or a season_year that is not of 2021-22")


def test_rows_of_another_season_are_not_this_seasons_affair(processor: Processor) -> None:
    other = {**sane_rows()[0], "season_year": 2019, "game_date": dt.date(2019, 12, 25), "points": -5}
    assert judge(processor, [*sane_rows(), other]).findings == ()


def test_a_table_without_a_row_is_a_finding(processor: Processor) -> None:
    found = judge(processor, [])
    assert [f.problem for f in found.findings] == [Problem.NO_ROWS]


def test_an_empty_column_is_excused_only_while_the_source_its_schema_names_is_empty(
    processor: Processor,
) -> None:
    found = judge(processor, sane_rows(), {**NO_SOURCES, PLAY_BY_PLAY: 216_731})
    assert [(f.problem, f.column) for f in found.findings] == [(Problem.ALL_NULL, "paint_makes")]
    assert "nbac_play_by_play has 216,731 rows" in found.findings[0].message
    assert judge(processor, sane_rows(), {**NO_SOURCES, INJURY_REPORT: 11_933}).findings == ()


@pytest.mark.parametrize(
    ("reason", "tables"),
    [
        ("Play-by-play is an optional source: 2024-25 has none", (PLAY_BY_PLAY,)),
        ("Assists on makes come from an optional source.", (PLAY_BY_PLAY,)),
        ("Zones come from optional sources.", (SHOT_CHART, PLAY_BY_PLAY)),
        ("The injury report is an optional source.", (INJURY_REPORT,)),
        ("Game lines are an optional source.", (GAME_LINES,)),
        ("Lines are an optional source: 2021-22 has none", (PROPS,)),
        ("A team does not sit out its games.", ()),
    ],
)
def test_reasons_name_the_raw_tables_they_mean(reason: str, tables: tuple[str, ...]) -> None:
    assert sources_named(reason) == tables


@pytest.mark.parametrize("path", sorted(SERVICES.glob("*/*/schema.json")), ids=lambda path: path.parent.name)
def test_every_reason_that_speaks_of_an_optional_source_says_which(path: Path) -> None:
    reasons = {
        c.all_null for c in load_schema(path).columns if c.all_null and "optional source" in c.all_null
    }
    assert [reason for reason in reasons if not sources_named(reason)] == []


class _Counting(DuckDBWarehouse):
    """A warehouse in memory that counts its jobs."""

    @cached_property
    def jobs(self) -> list[str]:
        return []

    def run(self, script: Script) -> Rows:
        self.jobs.append(script.name)
        return super().run(script)


def test_a_table_is_judged_in_one_job_however_many_columns_it_has(processor: Processor) -> None:
    warehouse = _Counting(None)
    fill(warehouse, processor.schema, sane_rows())
    warehouse.jobs.clear()
    table_sanity(warehouse, processor, SEASON, NO_SOURCES)
    assert warehouse.jobs == ["columns of nba_analytics.tiny"]


@pytest.mark.parametrize(("rows", "cut_off"), [(102_400, True), (1_024, True), (102_401, False), (0, False)])
def test_a_round_number_of_rows_is_an_alarm(rows: int, cut_off: bool) -> None:
    assert RawSource("nbac_shot_chart", rows).cut_off is cut_off


def test_raw_rows_are_those_of_the_season() -> None:
    inside = Game("0022100003", day(3), "CHI", "BOS")
    outside = Game("0022100004", dt.date(2022, 5, 1), "CHI", "BOS")
    warehouse = Tables(raw=[shot(inside, "CHI", 1, "a"), shot(outside, "CHI", 1, "a")]).warehouse()
    found = {source.table: source.rows for source in raw_sources(warehouse, SEASON)}
    assert found.keys() == raw_tables().keys()
    assert found[SHOT_CHART] == 1
    assert sum(found.values()) == 1


# Two tables that state the same thing


def two_days(**wrong: Value) -> Tables:
    """One team on two days in a row, all tables at one; `wrong` changes what its name says."""
    context: dict[str, Value] = {"game_date": day(1), "game_id": "0022100001", "season_year": 2021}
    return Tables(
        {
            PGS: [appearance("a", "CHI", n, points=100) for n in (0, 1)],
            TOGS: [offense("CHI", 0), offense("CHI", 1, points=wrong.get("scored", 100))],
            TDGS: [
                defense("BOS", 0, opponent_team_abbr="CHI", points_allowed=100),
                defense("BOS", 1, opponent_team_abbr="CHI", points_allowed=wrong.get("allowed", 100)),
            ],
            UTGC: [{**context, "team_abbr": "CHI", "is_back_to_back": wrong.get("team", True)}],
            UPGC: [{**context, "player_lookup": "a", "back_to_back": wrong.get("player", True)}],
        }
    )


def compared(**wrong: Value) -> list[tuple[int, int]]:
    """Rows compared and different: players and team, offence and defence, team and player back-to-backs."""
    return [(a.compared, a.different) for a in agreements(two_days(**wrong).warehouse(), SEASON)]


def test_tables_that_agree_differ_nowhere() -> None:
    assert compared() == [(2, 0), (2, 0), (1, 0), (1, 0)]


@pytest.mark.parametrize(
    ("wrong", "expected"),
    [
        ({"scored": 101}, [1, 1, 0, 0]),
        ({"allowed": 99}, [0, 1, 0, 0]),
        ({"team": False}, [0, 0, 1, 0]),
        ({"player": False}, [0, 0, 0, 1]),
    ],
)
def test_tables_that_disagree_are_noticed(wrong: dict[str, Value], expected: list[int]) -> None:
    assert [different for _, different in compared(**wrong)] == expected
