"""Starts local-bigquery on plain DuckDB files, in an environment of its own, without any download.

Run by the interpreter of that environment: `python bigquery_server.py --host 127.0.0.1 --port N
--data-dir D`. Put right on the way: projects live in plain files instead of a catalog that needs an
extension; MERGE works inside a transaction (a second BEGIN would abort it), and the statements that it is
expanded into are not asked for a partition filter, which only the MERGE as it was written can have;
DIV(a + 1, 2) is not a + 1 / 2; a field of STRUCT(t.a) is called a; and of two that make a table at once, the
second hears that it is there.
A query that comes again is not translated again, as long as its project's tables are the same: that is most
of what a question costs, and every delivery asks the same one.
"""

from __future__ import annotations

import functools
import re
import sys
from contextvars import ContextVar
from typing import Any

import duckdb
from local_bigquery.engine import database
from local_bigquery.errors import BigQueryError
from local_bigquery.jobs import merge, query
from local_bigquery.settings import settings
from local_bigquery.sql import native, rules, script
from local_bigquery.sql.rules import tables
from sqlglot import exp

_SUFFIX = ".proj.duckdb"
_in_merge: ContextVar[bool] = ContextVar("_in_merge", default=False)


def _attach(connection: Any, project: str) -> None:
    path = settings.data_dir / f"{project}{_SUFFIX}"
    connection.execute(f"ATTACH IF NOT EXISTS '{path}' AS {database.quote(project)}")
    database._attached.add(project)


@functools.cache
def _connect() -> Any:
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    connection = duckdb.connect()
    connection.execute("SET TimeZone='UTC'")
    connection.execute("SET threads = 1")
    connection.execute(f"ATTACH '{settings.data_dir / 'emulator.duckdb'}' AS emulator")
    connection.execute(database.EMULATOR_SCHEMA)
    connection.execute("ATTACH ':memory:' AS bq")
    native.register(connection)
    for path in database.FUNCTIONS:
        if path.stem != "geography":
            connection.execute(database.MACRO.sub(r"CREATE MACRO bq.main.\1", path.read_text()))
    stored = {path.name.removesuffix(_SUFFIX) for path in settings.data_dir.glob(f"*{_SUFFIX}")}
    for project in stored | {settings.default_project_id}:
        _attach(connection, project)
    home = database.quote(settings.default_project_id, settings.default_dataset_id)
    connection.execute(f"CREATE SCHEMA IF NOT EXISTS {home}")
    return connection


class _InTransaction:
    """A cursor that refuses BEGIN by itself when a transaction is open, and leaves the transaction alone."""

    def __init__(self, cursor: Any) -> None:
        self._cursor = cursor

    def execute(self, sql: str, *arguments: Any) -> Any:
        if sql == "BEGIN" and self._is_open():
            raise duckdb.TransactionException("a transaction is open")
        return self._cursor.execute(sql, *arguments)

    def _is_open(self) -> bool:
        """Outside of a transaction every statement is one of its own."""
        first, second = (self._cursor.execute("SELECT txid_current()").fetchone() for _ in range(2))
        return bool(first == second)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._cursor, name)


def _merge(cursor: Any, tree: Any, context: Any) -> Any:
    token = _in_merge.set(True)
    try:
        return _original_merge(_InTransaction(cursor), tree, context)
    finally:
        _in_merge.reset(token)


def _check(tree: Any, table: Any, is_target: bool) -> None:
    try:
        _original_check(tree, table, is_target)
    except BigQueryError as error:
        if not _in_merge.get() or "partition elimination" not in str(error):
            raise


@functools.lru_cache(maxsize=512)
def _parsed(sql: str) -> list[Any]:
    return list(_original_parse(sql))


def _parse(sql: str) -> list[Any]:
    trees = [tree.copy() for tree in _parsed(sql)]
    if len(trees) == 1:
        trees[0].meta["text"] = sql
    return trees


def _tables_of(project: str) -> Any:
    """A number that changes with every table and column of a project that is not just a run's staging."""
    return database.fetch(
        "SELECT hash(list((schema_name, table_name, column_name, data_type) ORDER BY ALL))"
        " FROM duckdb_columns() WHERE database_name = ? AND schema_name <> 'nba_staging'",
        [project],
    )[0][0]


def _translate(tree: Any, context: Any) -> tuple[str, Any]:
    text = tree.meta.get("text", "")
    local = context.temporary or context.functions or context.variables or context.settings
    if not isinstance(tree, exp.Query) or not text or "nba_staging" in text or local:
        found: tuple[str, Any] = _original_translate(tree, context)
        return found
    where = (context.project_id, context.dataset_id)
    key = (text, *where, *sorted(context.parameters.items()), _tables_of(context.project_id))
    if key not in _translations:
        sql, bound = _original_translate(tree, context)
        _translations[key] = sql, frozenset(bound), frozenset(context.referenced)
    sql, names, referenced = _translations[key]
    context.referenced.update(referenced)
    return sql, {name: context.values[name] for name in names}


def _divided(node: Any, context: Any) -> Any:
    """DIV becomes an operator: what stood between commas needs parentheses of its own."""
    if isinstance(node, exp.IntDiv):
        for side in ("this", "expression"):
            if isinstance(node.args[side], exp.Binary):
                node.set(side, exp.paren(node.args[side]))
    return node


def _named(tree: Any, context: Any) -> Any:
    """A field of STRUCT(t.a, ...) has the name of its column."""
    for struct in tree.find_all(exp.Struct):
        fields = [
            exp.PropertyEQ(this=exp.to_identifier(field.name), expression=field)
            if isinstance(field, exp.Column)
            else field
            for field in struct.expressions
        ]
        struct.set("expressions", fields)
    return tree


def _from_duckdb(error: Exception, context: Any, tree: Any) -> Any:
    """Two that make a table at once: the second is told what BigQuery would tell it."""
    if isinstance(tree, exp.Create) and _AT_ONCE.search(str(error)):
        table: Any = tree.find(exp.Table)
        return BigQueryError(
            "duplicate", f"Already Exists: Table {context.project_id}:{table.db}.{table.name}"
        )
    return _original_from_duckdb(error, context, tree)


_AT_ONCE = re.compile("write-write conflict on create|violates primary key constraint")
_translations: dict[Any, tuple[str, frozenset[str], frozenset[Any]]] = {}
_original_merge, _original_check = merge.run, tables._check
_original_parse, _original_translate = script.parse, query.translate
_original_from_duckdb = query.from_duckdb
script.parse, query.translate, query.from_duckdb = _parse, _translate, _from_duckdb
# The very lists that the translation goes through.
rules.NODE_RULES.insert(0, _divided)
rules.STATEMENT_RULES.insert(0, _named)
merge.run, tables._check = _merge, _check
database._connect, database._attach = _connect, _attach

if __name__ == "__main__":
    from local_bigquery.cli import main

    main(sys.argv[1:])
