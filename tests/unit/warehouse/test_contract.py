"""What every Warehouse adapter does, whatever the engine behind it: one suite for all of them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pytest

from shared.sql import Statement, bind
from shared.tables import Column, ColumnType, TableAddress, TableSchema
from shared.warehouse.port import (
    Array,
    Parameter,
    Scalar,
    Script,
    Structs,
    TableNotFoundError,
    Value,
    Warehouse,
    WarehouseError,
    date,
    dates,
    integer,
    query,
    text,
    texts,
    timestamp,
)
from tests.unit.warehouse.adapters import ADAPTERS, DEVIATIONS

DAY = dt.date(2021, 12, 31)
MOMENT = dt.datetime(2021, 12, 31, 23, 59, 58, 123456, tzinfo=dt.UTC)
NUMBERS = TableAddress("contract_data", "numbers")
DELETE_ALL = "DELETE FROM contract_data.numbers WHERE day >= '2000-01-01'"


def column(name: str, kind: ColumnType) -> Column:
    return Column(
        name=name,
        type=kind,
        required=False,
        description="",
        minimum=None,
        maximum=None,
        constant=None,
        all_null=None,
    )


def table(address: TableAddress, **columns: ColumnType) -> TableSchema:
    return TableSchema(
        address=address,
        description="a table of the contract suite",
        columns=(column("day", ColumnType.DATE), *(column(name, kind) for name, kind in columns.items())),
        key=("day",),
        partition_column="day",
        clustering=(),
        required=False,
    )


@pytest.fixture(params=sorted(ADAPTERS))
def warehouse(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Warehouse]:
    deviation = DEVIATIONS.get(str(request.param), {}).get(request.node.originalname)
    if deviation is not None:
        request.applymarker(pytest.mark.xfail(reason=deviation, strict=True))
    found = ADAPTERS[str(request.param)](tmp_path)
    yield found
    found.close()


@pytest.fixture(scope="module", params=sorted(ADAPTERS))
def reader(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warehouse]:
    """A warehouse that tests only ask."""
    found = ADAPTERS[str(request.param)](tmp_path_factory.mktemp("reader"))
    yield found
    found.close()


def ask(warehouse: Warehouse, sql: str, **parameters: Parameter) -> list[tuple[Value, ...]]:
    return query(warehouse, Statement("ask", sql), parameters).values


def run(warehouse: Warehouse, *statements: str, **parameters: Parameter) -> list[tuple[Value, ...]]:
    named = tuple(Statement(f"statement {number}", sql) for number, sql in enumerate(statements))
    return warehouse.run(Script("script", named, parameters, transaction=True, labels={})).values


@pytest.fixture
def numbers(warehouse: Warehouse) -> Warehouse:
    """A table with the numbers 1 and 2."""
    warehouse.ensure_table(table(NUMBERS, n=ColumnType.INT64))
    run(warehouse, "INSERT INTO contract_data.numbers (day, n) VALUES ('2021-12-31', 1), ('2022-01-01', 2)")
    return warehouse


def the_numbers(warehouse: Warehouse) -> list[Value]:
    sql = "SELECT n FROM contract_data.numbers WHERE day >= '2000-01-01' ORDER BY n"
    return [row[0] for row in ask(warehouse, sql)]


class TestParameters:
    @pytest.mark.parametrize(
        "parameter",
        [
            text("plain"),
            text("it's “quoted” \\ and\nbroken; -- @not_a_parameter $1"),
            text(""),
            integer(-(2**62)),
            Scalar(ColumnType.FLOAT64, 0.1),
            Scalar(ColumnType.BOOL, False),
            date(DAY),
            timestamp(MOMENT),
        ],
        ids=lambda parameter: f"{parameter.type}: {parameter.value!r}"[:30],
    )
    def test_value_comes_back_as_it_went(self, reader: Warehouse, parameter: Scalar) -> None:
        assert ask(reader, "SELECT @value AS value", value=parameter) == [(parameter.value,)]

    @pytest.mark.parametrize("kind", [k for k in ColumnType if k is not ColumnType.JSON])
    def test_null_of_every_type_is_null(self, reader: Warehouse, kind: ColumnType) -> None:
        found = ask(reader, "SELECT @value IS NULL, @value", value=Scalar(kind, None))

        assert found == [(True, None)]

    @pytest.mark.parametrize("kind", [k for k in ColumnType if k is not ColumnType.JSON])
    def test_empty_array_of_every_type_has_no_element(self, reader: Warehouse, kind: ColumnType) -> None:
        sql = "SELECT COUNT(*) FROM UNNEST(@list) AS item"

        assert ask(reader, sql, list=Array(kind, ())) == [(0,)]

    def test_elements_of_an_array_keep_their_type(self, reader: Warehouse) -> None:
        sql = "SELECT item FROM UNNEST(@list) AS item ORDER BY item"

        assert ask(reader, sql, list=dates([DAY, dt.date(2021, 1, 1)])) == [(dt.date(2021, 1, 1),), (DAY,)]
        assert ask(reader, sql, list=texts(["b", "a"])) == [("a",), ("b",)]

    def test_structs_are_rows_with_typed_columns_and_nulls(self, reader: Warehouse) -> None:
        fields = (("day", ColumnType.DATE), ("name", ColumnType.STRING), ("at", ColumnType.TIMESTAMP))
        rows = ((DAY, "it's", MOMENT), (None, None, None))

        found = ask(
            reader,
            "SELECT s.day, s.name, s.at FROM UNNEST(@structs) AS s ORDER BY s.name NULLS LAST",
            structs=Structs(fields, rows),
        )

        assert found == list(rows)

    def test_no_structs_are_no_rows(self, reader: Warehouse) -> None:
        empty = Structs((("day", ColumnType.DATE),), ())

        assert ask(reader, "SELECT s.day FROM UNNEST(@structs) AS s", structs=empty) == []

    def test_time_in_another_zone_is_the_same_moment_and_comes_back_in_utc(self, reader: Warehouse) -> None:
        eastern = MOMENT.astimezone(dt.timezone(dt.timedelta(hours=-5)))

        value = ask(reader, "SELECT @at", at=timestamp(eastern))[0][0]

        assert value == MOMENT
        assert isinstance(value, dt.datetime)
        assert value.utcoffset() == dt.timedelta(0)

    def test_parameters_nobody_uses_are_no_error(self, reader: Warehouse) -> None:
        assert ask(reader, "SELECT 1", unused=text("x")) == [(1,)]

    def test_parameter_without_a_value_is_an_error(self, reader: Warehouse) -> None:
        with pytest.raises(WarehouseError, match="missing"):
            ask(reader, "SELECT @missing")

    def test_value_cannot_become_sql(self, numbers: Warehouse) -> None:
        evil = "x'); DELETE FROM contract_data.numbers; --"

        ask(numbers, "SELECT @value", value=text(evil))

        assert the_numbers(numbers) == [1, 2]


class TestGoogleSql:
    """Texts that every engine must read the way GoogleSQL means them."""

    @pytest.mark.parametrize(
        ("sql", "expected"),
        [
            ("SELECT 2 IN UNNEST(@list)", True),
            ("SELECT 9 IN UNNEST(@list)", False),
            ("SELECT 9 NOT IN UNNEST(@list)", True),
            ("SELECT DATE_ADD(@day, INTERVAL 1 DAY)", dt.date(2022, 1, 1)),
            ("SELECT DATE_SUB(@day, INTERVAL 14 DAY)", dt.date(2021, 12, 17)),
            ("SELECT DATE_TRUNC(@day, MONTH)", dt.date(2021, 12, 1)),
            ("SELECT DATE_DIFF(@day, DATE '2021-12-01', DAY)", 30),
            ("SELECT EXTRACT(YEAR FROM @day)", 2021),
            ("SELECT CAST(@day AS STRING)", "2021-12-31"),
            ("SELECT UNIX_DATE(@day)", 18992),
            ("""SELECT JSON_VALUE('{"a": {"b": "c"}}', '$.a.b')""", "c"),
            ("""SELECT JSON_VALUE('{"a": 1}', '$.b')""", None),
            ("SELECT FORMAT('%.3f|%d|%s', 1.5, 7, 'x')", "1.500|7|x"),
            ("SELECT FORMAT('%.9g', 0.1 + 0.2)", "0.3"),
            ("SELECT ARRAY_TO_STRING(['a', 'b'], '-')", "a-b"),
            ("SELECT ARRAY_TO_STRING(['a', NULL, 'b'], '-')", "a-b"),
            ("SELECT ARRAY_TO_STRING(['a', NULL, 'b'], '-', '?')", "a-?-b"),
            ("SELECT COUNTIF(n > 1) FROM UNNEST(@list) AS n", 2),
            ("SELECT COUNTIF(n > 1) FROM UNNEST(@none) AS n", 0),
            ("SELECT SAFE_DIVIDE(1, 0)", None),
            ("SELECT DIV(7, 2)", 3),
            ("SELECT DIV(n + 1, n - 1) FROM (SELECT 3 AS n)", 2),
            ("""SELECT PARSE_JSON('{"a":[1,null,"é"]}')""", '{"a":[1,null,"é"]}'),
            ("SELECT PARSE_JSON(CAST(NULL AS STRING))", None),
            ("SELECT TO_JSON(STRUCT(t.n, t.n + 1 AS m)) FROM (SELECT 3 AS n) AS t", '{"n":3,"m":4}'),
            ("SELECT 7 / 2", 3.5),
            ("SELECT MOD(7, 4)", 3),
            ("SELECT IFNULL(NULL, 1)", 1),
            ("SELECT COALESCE(NULL, NULL, 'c')", "c"),
            ("SELECT IF(NULL, 1, 2)", 2),
            ("SELECT CONCAT('a', 'b', CAST(1 AS STRING))", "ab1"),
            ("SELECT CONCAT('a', NULL)", None),
            ("SELECT SUBSTR('0022100001', 4, 2)", "21"),
            ("SELECT TO_HEX(MD5('abc'))", "900150983cd24fb0d6963f7d28e17f72"),
            ("SELECT STRING_AGG(CAST(n AS STRING), ',' ORDER BY n DESC) FROM UNNEST(@list) AS n", "3,2,1"),
            ("SELECT LOGICAL_OR(n = 2) FROM UNNEST(@list) AS n", True),
            ("SELECT TO_JSON_STRING([1, 2])", "[1,2]"),
            ("SELECT GREATEST(1, 3, 2)", 3),
            ("SELECT ROUND(2.345, 2)", 2.35),
            ("SELECT ROUND(-2.5)", -3.0),
            ("SELECT 0.1 + 0.2", 0.1 + 0.2),
            ("SELECT 2 * 1.5", 3.0),
            ("SELECT 1e3", 1000.0),
            ("SELECT COUNT(*) FROM UNNEST(@list) AS n WHERE n > 1.5", 2),
        ],
    )  # fmt: skip
    def test_expression(self, reader: Warehouse, sql: str, expected: Value) -> None:
        numbers = Array(ColumnType.INT64, (1, 2, 3))
        none = Array(ColumnType.INT64, ())

        value = ask(reader, sql, list=numbers, none=none, day=date(DAY))[0][0]

        assert value == expected
        assert type(value) is type(expected)

    def test_newest_row_by_qualify(self, numbers: Warehouse) -> None:
        sql = (
            "SELECT n FROM contract_data.numbers WHERE day >= '2000-01-01'"
            " QUALIFY ROW_NUMBER() OVER (ORDER BY n DESC) = 1"
        )

        assert ask(numbers, sql) == [(2,)]

    def test_time_of_the_engine_is_refused(self, reader: Warehouse) -> None:
        with pytest.raises(WarehouseError, match="CURRENT_TIMESTAMP"):
            ask(reader, "SELECT CURRENT_TIMESTAMP()")

    def test_what_is_not_googlesql_is_an_error(self, reader: Warehouse) -> None:
        with pytest.raises(WarehouseError, match="statement-name"):
            query(reader, Statement("statement-name", "SELEKT 1 FRM"), {})


class TestScripts:
    def test_rows_of_the_last_statement_are_the_result(self, numbers: Warehouse) -> None:
        found = run(
            numbers,
            "DELETE FROM contract_data.numbers WHERE day >= '2000-01-01' AND n = 1",
            "SELECT n FROM contract_data.numbers WHERE day >= '2000-01-01'",
        )

        assert found == [(2,)]

    def test_script_that_ends_without_a_query_has_no_rows(self, numbers: Warehouse) -> None:
        for sql in ("INSERT INTO contract_data.numbers (day, n) VALUES ('2022-01-02', 3)", DELETE_ALL):
            found = query(numbers, Statement("change", sql), {})

            assert (found.columns, found.values) == ((), [])

    def test_columns_have_the_names_of_the_query(self, warehouse: Warehouse) -> None:
        found = query(warehouse, Statement("two", "SELECT 1 AS one, 'b' AS two"), {})

        assert found.columns == ("one", "two")
        assert list(found.records()) == [{"one": 1, "two": "b"}]

    def test_statements_see_what_those_before_them_did(self, numbers: Warehouse) -> None:
        run(
            numbers,
            "INSERT INTO contract_data.numbers (day, n) VALUES ('2022-01-02', 3)",
            "UPDATE contract_data.numbers SET n = n + 10 WHERE day >= '2000-01-01' AND n = 3",
        )

        assert the_numbers(numbers) == [1, 2, 13]

    def test_error_in_the_second_statement_takes_the_first_back(self, numbers: Warehouse) -> None:
        with pytest.raises(WarehouseError):
            run(
                numbers,
                DELETE_ALL,
                "INSERT INTO contract_data.numbers (day, n) VALUES ('2022-01-02', CAST('x' AS INT64))",
            )

        assert the_numbers(numbers) == [1, 2]

    def test_statement_that_cannot_be_read_stops_the_script_before_it_begins(
        self, numbers: Warehouse
    ) -> None:
        statements = (Statement("first", DELETE_ALL), Statement("second", "SELECT FROM WHERE ("))

        with pytest.raises(WarehouseError):
            numbers.run(Script("script", statements, {}, transaction=False, labels={}))

        assert the_numbers(numbers) == [1, 2]

    def test_warehouse_goes_on_after_an_error(self, numbers: Warehouse) -> None:
        for _ in range(2):
            with pytest.raises(WarehouseError):
                run(numbers, "SELECT CAST('x' AS INT64)")

        run(numbers, "INSERT INTO contract_data.numbers (day, n) VALUES ('2022-01-02', 3)")

        assert the_numbers(numbers) == [1, 2, 3]

    def test_error_names_the_statement(self, numbers: Warehouse) -> None:
        with pytest.raises(WarehouseError, match=r"\[statement 1\]"):
            run(numbers, "SELECT 1", "SELECT CAST('x' AS INT64)")

    def test_missing_table_is_an_error_of_its_own_and_says_the_remedy(self, warehouse: Warehouse) -> None:
        with pytest.raises(TableNotFoundError, match="nba init"):
            ask(warehouse, "SELECT 1 FROM contract_data.nowhere")

    def test_function_that_does_not_exist_is_not_called_a_missing_table(self, warehouse: Warehouse) -> None:
        with pytest.raises(WarehouseError) as caught:
            ask(warehouse, "SELECT NO_SUCH_FUNCTION(1)")

        assert not isinstance(caught.value, TableNotFoundError)

    def test_logical_tables_are_bound_when_the_script_runs(self, numbers: Warehouse) -> None:
        sql = "SELECT COUNT(*) FROM target.rows WHERE day >= '2000-01-01'"
        statement = bind("count", sql, {"target.rows": NUMBERS})

        assert query(numbers, statement, {}).values == [(2,)]

    def test_preparing_executes_nothing(self, numbers: Warehouse) -> None:
        statement = Statement("delete", "DELETE FROM contract_data.numbers WHERE day = @day")

        numbers.prepare([statement], {"day": date(DAY)})

        assert the_numbers(numbers) == [1, 2]


class TestMerge:
    def test_matched_rows_are_updated_and_new_ones_inserted(self, numbers: Warehouse) -> None:
        fields = (("day", ColumnType.DATE), ("n", ColumnType.INT64))
        rows = ((DAY, 10), (dt.date(2022, 5, 1), 20))

        run(
            numbers,
            "MERGE contract_data.numbers AS t USING (SELECT s.day, s.n FROM UNNEST(@rows) AS s"
            " WHERE s.day >= '2000-01-01') AS s"
            " ON t.day = s.day AND t.day >= '2000-01-01'"
            " WHEN MATCHED THEN UPDATE SET n = s.n"
            " WHEN NOT MATCHED THEN INSERT (day, n) VALUES (s.day, s.n)",
            rows=Structs(fields, rows),
        )

        assert the_numbers(numbers) == [2, 10, 20]


class TestTables:
    def test_table_is_created_once(self, warehouse: Warehouse) -> None:
        schema = table(NUMBERS, n=ColumnType.INT64)

        assert warehouse.ensure_table(schema) == ("created table contract_data.numbers",)
        assert warehouse.ensure_table(schema) == ()

    def test_every_column_type_takes_and_gives_back_its_values(self, warehouse: Warehouse) -> None:
        kinds = {kind.value.lower(): kind for kind in ColumnType}
        warehouse.ensure_table(table(NUMBERS, **{f"a_{name}": kind for name, kind in kinds.items()}))
        values: dict[ColumnType, Value] = {
            ColumnType.STRING: "text",
            ColumnType.INT64: 2**40,
            ColumnType.FLOAT64: 0.25,
            ColumnType.BOOL: True,
            ColumnType.DATE: DAY,
            ColumnType.TIMESTAMP: MOMENT,
        }
        names = [f"a_{kind.value.lower()}" for kind in values]

        run(
            warehouse,
            f"INSERT INTO contract_data.numbers (day, {', '.join(names)}, a_json)"
            f" VALUES (@day, {', '.join('@' + name for name in names)}, PARSE_JSON(@json))",
            day=date(DAY),
            json=text('{"a":[1,2]}'),
            **{f"a_{kind.value.lower()}": Scalar(kind, value) for kind, value in values.items()},
        )

        columns = f"{', '.join(names)}, JSON_VALUE(a_json, '$.a[1]')"
        sql = f"SELECT {columns} FROM contract_data.numbers WHERE day = @day"
        assert ask(warehouse, sql, day=date(DAY)) == [(*values.values(), "2")]

    def test_missing_columns_are_added_and_the_data_is_kept(self, numbers: Warehouse) -> None:
        wider = table(NUMBERS, n=ColumnType.INT64, note=ColumnType.STRING, seen_at=ColumnType.TIMESTAMP)

        assert numbers.ensure_table(wider) == (
            "added column contract_data.numbers.note",
            "added column contract_data.numbers.seen_at",
        )
        sql = "SELECT n, note, seen_at FROM contract_data.numbers WHERE day >= '2000-01-01' ORDER BY n"
        assert ask(numbers, sql) == [(1, None, None), (2, None, None)]

    def test_columns_that_are_not_declared_are_kept(self, numbers: Warehouse) -> None:
        assert numbers.ensure_table(table(NUMBERS, other=ColumnType.STRING)) == (
            "added column contract_data.numbers.other",
        )
        assert the_numbers(numbers) == [1, 2]

    def test_view_reads_what_is_there_when_it_is_asked(self, numbers: Warehouse) -> None:
        view = TableAddress("contract_data", "large_numbers")
        sql = "SELECT day, n FROM contract_data.numbers WHERE day >= '2000-01-01' AND n >= 2"
        numbers.ensure_view(view, Statement("view", sql))
        run(numbers, "INSERT INTO contract_data.numbers (day, n) VALUES ('2022-01-02', 3)")

        assert ask(numbers, "SELECT SUM(n) FROM contract_data.large_numbers WHERE day >= '2000-01-01'") == [
            (5,)
        ]

    def test_view_is_replaced(self, numbers: Warehouse) -> None:
        view = TableAddress("contract_data", "some_numbers")
        for expression in ("n", "n + 1 AS n"):
            sql = f"SELECT {expression} FROM contract_data.numbers WHERE day >= '2000-01-01'"
            numbers.ensure_view(view, Statement("view", sql))

        assert ask(numbers, "SELECT MIN(n) FROM contract_data.some_numbers") == [(2,)]

    def test_view_over_a_missing_table_is_an_error(self, warehouse: Warehouse) -> None:
        with pytest.raises(WarehouseError):
            warehouse.ensure_view(
                TableAddress("contract_data", "v"), Statement("view", "SELECT 1 FROM contract_data.nowhere")
            )


class TestStaging:
    STAGED = TableAddress("nba_staging", "numbers__run1")

    def rows(self, *values: int | None) -> pa.Table:
        return pa.table({"n": pa.array(values, pa.int64())})

    def test_loaded_rows_can_be_read_and_dropped(self, warehouse: Warehouse) -> None:
        warehouse.load(self.STAGED, self.rows(1, None, 3))
        assert ask(warehouse, "SELECT COUNT(*), SUM(n) FROM nba_staging.numbers__run1") == [(3, 4)]

        warehouse.drop([self.STAGED])
        with pytest.raises(TableNotFoundError):
            ask(warehouse, "SELECT 1 FROM nba_staging.numbers__run1")

    def test_loading_again_replaces(self, warehouse: Warehouse) -> None:
        warehouse.load(self.STAGED, self.rows(1, 2))
        warehouse.load(self.STAGED, self.rows(7))

        assert ask(warehouse, "SELECT n FROM nba_staging.numbers__run1") == [(7,)]

    def test_what_was_loaded_is_read_as_a_table_too(self, warehouse: Warehouse) -> None:
        warehouse.load(self.STAGED, self.rows(2, 1))
        statement = Statement(
            "numbers", "SELECT n, @day AS day FROM nba_staging.numbers__run1 WHERE n < @most ORDER BY n"
        )
        parameters = {"day": date(DAY), "most": integer(2)}

        found = warehouse.table(Script("read", (statement,), parameters, transaction=False, labels={}))

        assert found.to_pylist() == [{"n": 1, "day": DAY}]

    def test_no_rows_are_a_table_all_the_same(self, warehouse: Warehouse) -> None:
        warehouse.load(self.STAGED, self.rows())

        assert ask(warehouse, "SELECT COUNT(*) FROM nba_staging.numbers__run1") == [(0,)]

    def test_dropping_what_is_not_there_is_no_error(self, warehouse: Warehouse) -> None:
        warehouse.drop([self.STAGED, TableAddress("nba_staging", "never_was")])

    def test_moments_and_dates_survive_loading(self, warehouse: Warehouse) -> None:
        rows = pa.table(
            {
                "at": pa.array([MOMENT], pa.timestamp("us", tz="UTC")),
                "day": pa.array([DAY], pa.date32()),
            }
        )
        warehouse.load(self.STAGED, rows)

        assert ask(warehouse, "SELECT at, day FROM nba_staging.numbers__run1") == [(MOMENT, DAY)]
