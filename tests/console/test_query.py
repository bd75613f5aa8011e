"""`nba query`: reads and nothing else, GoogleSQL as it is, and every value readable."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal

import pytest

from services.console.output import InputError
from services.console.query import (
    check_initialised,
    named,
    parse_query,
    query_document,
    run_query,
    table_lines,
)
from services.console.values import as_json, as_text
from services.registry import SERVICES
from shared.tables import load_schema
from shared.topology.graph import Topology
from shared.warehouse.duckdb_warehouse import DuckDBWarehouse
from shared.warehouse.initialise import initialise
from shared.warehouse.port import Rows, TableNotFoundError
from tests.console.failure_rows import ABSENCE, DAY, row, warehouse_with
from tests.support.derived_rows import fill

NOTHING = DuckDBWarehouse(None)


def ask(sql: str, warehouse: DuckDBWarehouse = NOTHING) -> Rows:
    return named(parse_query(sql), run_query(warehouse, sql))


# Reading only


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT 1",
        "WITH a AS (SELECT 1 AS x) SELECT x FROM a",
        "SELECT 1 UNION ALL SELECT 2",
        "(SELECT 1)",
        "SELECT 1;",
        "-- why\nSELECT 1",
    ],
)
def test_one_query_is_taken(sql: str) -> None:
    parse_query(sql)


@pytest.mark.parametrize(
    ("sql", "kind"),
    [
        ("INSERT INTO a.b SELECT 1", "INSERT"),
        ("UPDATE a.b SET x = 1 WHERE TRUE", "UPDATE"),
        ("DELETE FROM a.b WHERE TRUE", "DELETE"),
        ("MERGE a.b USING (SELECT 1) ON FALSE WHEN MATCHED THEN DELETE", "MERGE"),
        ("CREATE TABLE a.b AS SELECT 1", "CREATE"),
        ("DROP TABLE a.b", "DROP"),
        ("ALTER TABLE a.b ADD COLUMN x INT64", "ALTER"),
        ("TRUNCATE TABLE a.b", "TRUNCATETABLE"),
        ("-- SELECT\nDROP TABLE a.b", "DROP"),
        ("EXECUTE IMMEDIATE 'DROP TABLE a.b'", "EXECUTE"),
        ("CALL a.b()", "CALL"),
        ("SELECT 1 AS x INTO a.b", "SELECT"),
        ("WITH a AS (DELETE FROM a.b WHERE TRUE RETURNING x) SELECT x FROM a", "SELECT"),
        ("COPY (SELECT 1) TO '/tmp/x'", "COPY"),
    ],
)
def test_everything_that_writes_is_refused_by_its_name(sql: str, kind: str) -> None:
    with pytest.raises(InputError, match=rf"only reads.*\[{kind}\]"):
        parse_query(sql)


@pytest.mark.parametrize(
    ("sql", "found"), [("", 0), ("SELECT 1; SELECT 2", 2), ("SELECT 1; DROP TABLE a.b", 2)]
)
def test_exactly_one_statement_is_taken(sql: str, found: int) -> None:
    with pytest.raises(InputError, match=rf"one statement.*\[{found}\]"):
        parse_query(sql)


def test_what_is_not_googlesql_says_where() -> None:
    with pytest.raises(InputError, match=r"line 1, column 17, near \[WHERE\]"):
        parse_query("SELECT FROM WHERE")


# The queries that people have


def test_the_existing_query_of_failures_runs_unchanged() -> None:
    sql = (
        "SELECT analysis_date, failure_category, COUNT(*) FROM nba_processing.precompute_failures "
        "WHERE analysis_date >= '2021-10-01' GROUP BY 1,2 ORDER BY 1,2"
    )
    rows = ask(
        sql, warehouse_with([row(), row(entity_id="a", **ABSENCE), row(analysis_date=dt.date(2020, 1, 1))])
    )

    assert rows.columns == ("analysis_date", "failure_category", "f0_")
    assert rows.values == [(DAY, "INCOMPLETE_DATA", 2)]


@pytest.mark.parametrize(
    ("abbreviation", "folder", "column"),
    [
        ("PDC", "player_daily_cache", "cache_date"),
        ("PSZA", "player_shot_zone_analysis", "analysis_date"),
        ("TDZA", "team_defense_zone_analysis", "analysis_date"),
        ("PCF", "player_composite_factors", "analysis_date"),
    ],
)
def test_the_existing_query_of_coverage_runs_unchanged(abbreviation: str, folder: str, column: str) -> None:
    schema = load_schema(SERVICES / "precompute" / folder / "schema.json")
    warehouse = DuckDBWarehouse(None)
    fill(warehouse, schema, [{column: DAY}, {column: DAY}, {column: dt.date(2021, 12, 1)}])
    sql = (
        f"SELECT '{abbreviation}', MIN({column}), MAX({column}), COUNT(DISTINCT {column}) "
        f"FROM {schema.address} WHERE {column} >= '2021-10-01'"
    )

    rows = ask(sql, warehouse)

    assert rows.columns == ("f0_", "f1_", "f2_", "f3_")
    assert rows.values == [(abbreviation, dt.date(2021, 12, 1), DAY, 2)]


def test_columns_without_a_name_are_named_as_googlesql_names_them() -> None:
    assert ask("SELECT 1, 2 AS two, 'x', 3 + 4").columns == ("f0_", "two", "f1_", "f2_")
    assert ask("SELECT a.x, b.x AS y FROM (SELECT 1 AS x) a, (SELECT 2 AS x) b").columns == ("x", "y")


def test_two_columns_of_one_name_are_refused() -> None:
    with pytest.raises(InputError, match=r"\[a\].*AS"):
        ask("SELECT 1 AS a, 2 AS a")


# What cannot run


def initialised() -> DuckDBWarehouse:
    warehouse = DuckDBWarehouse(None)
    initialise(warehouse, Topology(()))
    return warehouse


@pytest.mark.parametrize(
    ("sql", "complaint"),
    [
        ("SELECT * FROM nba_raw.nbac_schedul", r"nbac_schedul does not exist.*Did you mean.*nbac_schedule"),
        ("SELECT game_idd FROM nba_raw.nbac_schedule", r'"game_idd" not found.*game_id'),
        ("SELECT CAST('x' AS INT64)", "'x'"),
        ("SELECT @day", r"Parameter \[@day\] has no value"),
    ],
)
def test_a_query_that_cannot_run_is_bad_input_in_one_line(sql: str, complaint: str) -> None:
    with pytest.raises(InputError, match=complaint) as caught:
        ask(sql, initialised())
    assert "\n" not in str(caught.value)
    assert "LINE 1" not in str(caught.value)


def test_a_warehouse_without_ledger_is_not_the_querys_fault() -> None:
    with pytest.raises(TableNotFoundError):
        ask("SELECT * FROM nba_raw.nbac_schedule")
    check_initialised(initialised())


# What people see


def test_numbers_stand_right_texts_left_and_null_is_null() -> None:
    rows = Rows(
        ("player", "points", "ts_pct"), [("lavine", 34, 0.61234567), ("ball", None, None), ("x", 5, 1.0)]
    )
    assert table_lines(rows, width=None) == [
        "player  points  ts_pct",
        "------  ------  ------",
        "lavine      34  0.6123",
        "ball      NULL    NULL",
        "x            5     1.0",
        "3 rows",
    ]


def test_truth_values_and_all_null_columns_stand_left() -> None:
    rows = Rows(("flag", "nothing_known"), [(True, None), (False, None)])
    assert table_lines(rows, width=None)[2:4] == ["true   NULL", "false  NULL"]


def test_no_rows_still_show_the_columns() -> None:
    assert table_lines(Rows(("a", "b"), []), width=80) == ["a  b", "-  -", "0 rows"]


def test_rows_wider_than_the_terminal_are_shown_one_below_the_other() -> None:
    rows = Rows(("player", "reason"), [("lavine", "x" * 80), ("ball", "y")])
    assert table_lines(rows, width=80) == [
        "-- row 1",
        "player  lavine",
        f"reason  {'x' * 80}",
        "-- row 2",
        "player  ball",
        "reason  y",
        "2 rows",
    ]
    assert table_lines(rows, width=88)[0] == "player  reason"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "NULL"),
        (True, "true"),
        (0.0, "0.0"),
        (25.25, "25.25"),
        (1 / 3, "0.3333"),
        (0.00001234, "1.234e-05"),
        (1e20, "1e+20"),
        (float("nan"), "nan"),
        (dt.date(2021, 12, 31), "2021-12-31"),
        (dt.datetime(2021, 12, 31, 1, 2, 3, tzinfo=dt.UTC), "2021-12-31 01:02:03 UTC"),
        ([1, None], "[1, null]"),
        ({"a": dt.date(2021, 12, 31)}, '{"a": "2021-12-31"}'),
        ("two\nlines", "two\\nlines"),
        (b"\x00\x01", "AAE="),
        (Decimal("1.50"), "1.50"),
    ],
)
def test_every_value_is_one_readable_line(value: object, text: str) -> None:
    assert as_text(value) == text


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (1 / 3, 1 / 3),
        (float("inf"), "inf"),
        (Decimal("1.50"), "1.50"),
        (dt.date(2021, 12, 31), "2021-12-31"),
        ((1, {"a": b"\x00"}), [1, {"a": "AA=="}]),
    ],
)
def test_json_keeps_numbers_and_has_no_value_it_cannot_write(value: object, expected: object) -> None:
    assert as_json(value) == expected
    json.dumps(as_json(value), allow_nan=False)


def test_json_has_columns_rows_and_their_number() -> None:
    assert query_document(Rows(("a", "b"), [(1, None), (2, dt.date(2021, 12, 31))])) == {
        "columns": ["a", "b"],
        "row_count": 2,
        "rows": [{"a": 1, "b": None}, {"a": 2, "b": "2021-12-31"}],
    }
