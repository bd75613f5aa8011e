"""What is particular to the embedded engine: one file, one process, translations, migration."""

from __future__ import annotations

import datetime as dt
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from services.registry import topology_of
from shared.failures.model import failure_table
from shared.sql import Statement
from shared.tables import TableAddress
from shared.topology.declaration import Phase
from shared.topology.graph import Topology
from shared.warehouse.duckdb_warehouse import DuckDBWarehouse
from shared.warehouse.initialise import all_tables, all_views, initialise
from shared.warehouse.port import (
    Script,
    TransientWarehouseError,
    Value,
    WarehouseError,
    WarehouseInUseError,
    date,
    query,
)
from shared.warehouse.translate import TranslationError, translate
from tests.support.tiny_folders import CARD, FORM, SCORES, write_folder


def ask(warehouse: DuckDBWarehouse, sql: str) -> list[tuple[Value, ...]]:
    return query(warehouse, Statement("ask", sql), {}).values


def run(warehouse: DuckDBWarehouse, *statements: str, transaction: bool = True) -> None:
    parts = tuple(Statement("part", sql) for sql in statements)
    warehouse.run(Script("script", parts, {}, transaction=transaction, labels={}))


def table_of_numbers(warehouse: DuckDBWarehouse) -> None:
    run(
        warehouse,
        "CREATE TABLE engine.numbers (n INT64)",
        "INSERT INTO engine.numbers VALUES (1)",
        transaction=False,
    )


class TestOneFile:
    def test_data_is_there_when_it_is_opened_again(self, tmp_path: Path) -> None:
        path = tmp_path / "folder" / "that" / "is new" / "x.duckdb"
        first = DuckDBWarehouse(path)
        table_of_numbers(first)
        first.close()

        second = DuckDBWarehouse(path)
        assert ask(second, "SELECT n FROM engine.numbers") == [(1,)]
        second.close()

    def test_staging_leaves_nothing_in_the_file(self, tmp_path: Path) -> None:
        path = tmp_path / "x.duckdb"
        first = DuckDBWarehouse(path)
        run(first, "CREATE TABLE nba_staging.rows__r1 AS SELECT 1 AS n", transaction=False)
        first.close()

        second = DuckDBWarehouse(path)
        with pytest.raises(WarehouseError):
            ask(second, "SELECT n FROM nba_staging.rows__r1")
        second.close()

    def test_second_process_says_that_the_file_is_in_use_and_by_whom(self, tmp_path: Path) -> None:
        path = tmp_path / "blocked" / "x.duckdb"
        path.parent.mkdir()
        holder = subprocess.Popen(
            [
                sys.executable,
                "-c",
                "import sys; from pathlib import Path;"
                " from shared.warehouse.duckdb_warehouse import DuckDBWarehouse;"
                " w = DuckDBWarehouse(Path(sys.argv[1])); print('open', flush=True); sys.stdin.read()",
                str(path),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=Path(__file__).parents[3],
            text=True,
        )
        try:
            assert holder.stdout is not None
            assert holder.stdout.readline() == "open\n"

            with pytest.raises(WarehouseInUseError) as caught:
                DuckDBWarehouse(path)
        finally:
            holder.communicate()

        message = str(caught.value)
        assert f"process {holder.pid}" in message
        assert "DuckDBWarehouse(Path" in message
        assert str(path) in message

    def test_file_is_free_when_its_process_has_ended(self, tmp_path: Path) -> None:
        path = tmp_path / "x.duckdb"
        script = (
            "import os, sys; from pathlib import Path;"
            " from shared.warehouse.duckdb_warehouse import DuckDBWarehouse;"
            " DuckDBWarehouse(Path(sys.argv[1])); os._exit(1)"
        )
        subprocess.run([sys.executable, "-c", script, str(path)], cwd=Path(__file__).parents[3], check=False)

        DuckDBWarehouse(path).close()

    def test_something_else_under_the_name_is_not_called_in_use(self, tmp_path: Path) -> None:
        path = tmp_path / "locked.duckdb"
        path.mkdir()

        with pytest.raises(WarehouseError) as caught:
            DuckDBWarehouse(path)

        assert not isinstance(caught.value, WarehouseInUseError)

    def test_file_that_is_no_database_is_an_error(self, tmp_path: Path) -> None:
        path = tmp_path / "x.duckdb"
        path.write_text("not a database at all " * 1000, encoding="utf-8")

        with pytest.raises(WarehouseError, match="Cannot open"):
            DuckDBWarehouse(path)


class TestConflicts:
    def test_concurrent_change_of_the_same_rows_is_transient(self, tmp_path: Path) -> None:
        warehouse = DuckDBWarehouse(tmp_path / "x.duckdb")
        table_of_numbers(warehouse)
        somebody_else = duckdb.connect(str(tmp_path / "x.duckdb"))
        somebody_else.execute("BEGIN")
        somebody_else.execute("UPDATE engine.numbers SET n = 2")

        with pytest.raises(TransientWarehouseError):
            run(warehouse, "UPDATE engine.numbers SET n = 3 WHERE TRUE")

        somebody_else.execute("COMMIT")
        assert ask(warehouse, "SELECT n FROM engine.numbers") == [(2,)]
        somebody_else.close()
        warehouse.close()

    def test_transaction_that_the_engine_has_ended_is_transient(self) -> None:
        warehouse = DuckDBWarehouse(None)
        table_of_numbers(warehouse)

        with pytest.raises(TransientWarehouseError):
            run(warehouse, "INSERT INTO engine.numbers VALUES (2)", "ROLLBACK")

        assert ask(warehouse, "SELECT n FROM engine.numbers") == [(1,)]


class TestTranslation:
    def test_statement_is_translated_once_for_all_runs_and_processes(self, tmp_path: Path) -> None:
        path = tmp_path / "x.duckdb"
        statement = Statement(
            "count",
            "SELECT COUNT(*) FROM staging.rows WHERE day = @day",
            {"staging.rows": TableAddress("nba_staging", "rows__r1")},
        )
        first = DuckDBWarehouse(path)
        first.prepare([statement], {"day": date(dt.date(2021, 1, 1))})
        first.close()
        stored = DuckDBWarehouse(path)
        other_run = Statement(
            statement.name, statement.text, {"staging.rows": TableAddress("nba_staging", "rows__r2")}
        )
        run(stored, "CREATE TABLE nba_staging.rows__r2 AS SELECT DATE '2021-01-01' AS day", transaction=False)
        before = ask(stored, "SELECT COUNT(*) FROM engine.translations")

        found = query(stored, other_run, {"day": date(dt.date(2021, 1, 1))})

        assert found.values == [(1,)]
        stored.close()
        after = DuckDBWarehouse(path)
        grown = ask(after, "SELECT COUNT(*) FROM engine.translations WHERE sql LIKE '%$day%'")
        assert before != []
        assert grown == [(1,)]
        after.close()

    def test_translations_are_kept_for_other_processes_but_not_those_of_questions(
        self, tmp_path: Path
    ) -> None:
        path = tmp_path / "x.duckdb"
        first = DuckDBWarehouse(path)
        first.ensure_view(TableAddress("engine", "seven"), Statement("view", "SELECT 7 AS n"))
        assert query(first, Statement("program", "SELECT n FROM engine.seven"), {}).values == [(7,)]
        assert query(
            first, Statement("question", "SELECT n + 1 FROM engine.seven", once=True), {}
        ).values == [(8,)]
        first.close()

        second = DuckDBWarehouse(path)
        kept = query(second, Statement("kept", "SELECT sql FROM engine.translations ORDER BY sql"), {})
        assert kept.values == [("SELECT 7 AS n",), ("SELECT n FROM engine.seven",)]
        second.close()

    def test_table_that_is_there_is_not_even_planned_again(self) -> None:
        warehouse = DuckDBWarehouse(None)
        create = "CREATE TABLE IF NOT EXISTS nba_staging.shared__1 AS SELECT"
        run(warehouse, f"{create} 1 AS n", transaction=False)

        run(warehouse, f"{create} not_a_column", transaction=False)

        assert ask(warehouse, "SELECT n FROM nba_staging.shared__1") == [(1,)]
        warehouse.drop([TableAddress("nba_staging", "shared__1")])
        with pytest.raises(WarehouseError, match="not_a_column"):
            run(warehouse, f"{create} not_a_column", transaction=False)

    def test_text_that_comes_again_is_about_the_tables_of_now(self) -> None:
        warehouse = DuckDBWarehouse(None)
        question = "SELECT * FROM nba_staging.rows__r1"
        for value in ("1 AS n", "'a' AS word, 2 AS n"):
            run(
                warehouse,
                f"CREATE OR REPLACE TABLE nba_staging.rows__r1 AS SELECT {value}",
                transaction=False,
            )
            assert ask(warehouse, question) == ask(warehouse, f"SELECT {value}")

    def test_parameters_get_their_types_by_name(self) -> None:
        assert translate("SELECT @n", {"n": "BIGINT"}) == "SELECT CAST($n AS BIGINT)"

    def test_list_of_dates_is_searched_by_a_join_not_row_by_row(self) -> None:
        found = translate("SELECT 1 FROM t WHERE d IN UNNEST(@days)", {"days": "DATE[]"})

        assert found == "SELECT 1 FROM t WHERE d IN (SELECT UNNEST(CAST($days AS DATE[])))"

    @pytest.mark.parametrize("text", ["SELECT CURRENT_TIMESTAMP()", "SELECT CURRENT_TIMESTAMP"])
    def test_time_comes_from_the_clock(self, text: str) -> None:
        with pytest.raises(TranslationError, match="Clock"):
            translate(text, {})

    def test_two_statements_are_not_one(self) -> None:
        with pytest.raises(TranslationError):
            translate("SELECT 1; SELECT 2", {})


@pytest.fixture(scope="module")
def topology(tmp_path_factory: pytest.TempPathFactory) -> Topology:
    root = tmp_path_factory.mktemp("services")
    return topology_of([write_folder(root, folder) for folder in (SCORES, FORM, CARD)])


class TestInitialise:
    def test_everything_is_created_and_a_second_time_nothing(self, topology: Topology) -> None:
        warehouse = DuckDBWarehouse(None)

        assert len(initialise(warehouse, topology)) == len(list(all_tables(topology)))
        assert initialise(warehouse, topology) == ()

    def test_every_table_and_view_can_be_queried(self, topology: Topology) -> None:
        warehouse = DuckDBWarehouse(None)
        initialise(warehouse, topology)

        for address in (*(schema.address for schema in all_tables(topology)), *all_views(topology)):
            assert ask(warehouse, f"SELECT COUNT(*) FROM {address}") == [(0,)]

    def test_older_failure_table_of_seven_columns_is_widened_and_keeps_its_rows(
        self, topology: Topology
    ) -> None:
        warehouse = DuckDBWarehouse(None)
        run(
            warehouse,
            "CREATE SCHEMA nba_processing",
            "CREATE TABLE nba_processing.precompute_failures (processor_name STRING, run_id STRING,"
            " analysis_date DATE, entity_id STRING, failure_category STRING, failure_reason STRING,"
            " can_retry BOOL)",
            "INSERT INTO nba_processing.precompute_failures VALUES ('PlayerDailyCacheProcessor', 'r',"
            " '2021-12-31', 'zachlavine', 'INCOMPLETE_DATA', 'words', TRUE)",
            transaction=False,
        )

        done = initialise(warehouse, topology)

        wanted = failure_table(Phase.PRECOMPUTE).column_names
        assert sum("precompute_failures" in step for step in done) == len(wanted) - 7
        assert ask(
            warehouse,
            "SELECT entity_id, failure_reason, resolution_status FROM nba_processing.precompute_failures"
            " WHERE analysis_date = '2021-12-31'",
        ) == [("zachlavine", "words", None)]

    def test_query_that_people_use_runs_unchanged_on_the_widened_table(self, topology: Topology) -> None:
        warehouse = DuckDBWarehouse(None)
        initialise(warehouse, topology)

        assert (
            ask(
                warehouse,
                "SELECT analysis_date, failure_category, COUNT(*) FROM nba_processing.precompute_failures"
                " WHERE analysis_date >= '2021-10-01' GROUP BY 1,2 ORDER BY 1,2",
            )
            == []
        )

    def test_views_split_failures_by_what_can_still_be_done(self, topology: Topology) -> None:
        warehouse = DuckDBWarehouse(None)
        initialise(warehouse, topology)
        for table, day in (
            ("analytics_failures", "analysis_date"),
            ("precompute_failures", "analysis_date"),
            ("prediction_failures", "prediction_date"),
        ):
            rows = ", ".join(
                f"('P', 'r', '2021-12-31', '{status}', 'INCOMPLETE_DATA', {correctable}, '{status}', FALSE)"
                for status, correctable in (
                    ("UNRESOLVED", True),
                    ("RETRYING", True),
                    ("RESOLVED", True),
                    ("PERMANENT", False),
                    ("INVESTIGATING", True),
                )
            )
            run(
                warehouse,
                f"INSERT INTO nba_processing.{table} (processor_name, run_id, {day}, entity_id,"
                f" failure_category, is_correctable, resolution_status, row_written) VALUES {rows}",
            )

        def statuses(view: str) -> list[tuple[Value, ...]]:
            return ask(
                warehouse,
                f"SELECT resolution_status, COUNT(*) FROM nba_processing.{view}"
                " WHERE analysis_date >= '2000-01-01' GROUP BY 1 ORDER BY 1",
            )

        assert statuses("correctable_failures") == [("RETRYING", 3), ("UNRESOLVED", 3)]
        assert statuses("permanent_failures") == [("PERMANENT", 3)]
        assert ask(
            warehouse,
            "SELECT SUM(failures), SUM(rows_missing) FROM nba_processing.failure_summary"
            " WHERE analysis_date = '2021-12-31'",
        ) == [(15, 15)]
