"""The embedded warehouse: one DuckDB file, no server.

Datasets are schemas of the file; the dataset `nba_staging` lives in memory, so that staging writes nothing
and a crash leaves nothing behind. DuckDB allows one writing process at a time.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import metadata
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from shared.sql import Statement
from shared.tables import TableAddress, TableSchema, check_identifier
from shared.warehouse.port import (
    Array,
    Parameter,
    Parameters,
    Rows,
    Scalar,
    Script,
    Structs,
    TableNotFoundError,
    TransientWarehouseError,
    Value,
    WarehouseError,
    WarehouseInUseError,
)
from shared.warehouse.staging_slots import StagingSlots

STAGING_DATASET = "nba_staging"
_MEMORY = ":memory:"
#: Of the engine alone; what does not fit goes to a folder beside the file. A season needs no more, and models
#: are fitted in the same process.
_MEMORY_LIMIT = "600MB"
#: Parsed texts that are kept: more than the runs of all processors send.
_MOST_PARSED = 512
_NAMED = re.compile(r"@([A-Za-z_][A-Za-z0-9_]*)")
#: A statement that only reads; comments may come first.
_READS = re.compile(r"(\s|--[^\n]*\n)*(SELECT|WITH)\b", re.IGNORECASE)
_PARAMETER = re.compile(r"\$([A-Za-z_][A-Za-z0-9_]*)")
#: A statement that fills a table only when there is none.
_CREATES_ONCE = re.compile(r"CREATE TABLE IF NOT EXISTS (?P<table>[A-Za-z0-9_.]+) AS\b")
#: A statement with a result; DuckDB answers the others with a count.
_QUERY = re.compile(r"(\s|/\*.*?\*/)*(SELECT|WITH|\()", re.DOTALL)
_NO_TABLE = re.compile(r"(Table|Schema) with name .* does not exist")
#: Stored translations are used again only by the translator that made them.
_TRANSLATOR = (
    metadata.version("sqlglot")
    + hashlib.sha256(Path(__file__).with_name("translate.py").read_bytes()).hexdigest()
)
_HOLDER = re.compile(r"Conflicting lock is held in (?P<program>.*?) \(PID (?P<pid>\d+)\)")


def _holder(message: str) -> str:
    """Who holds the file, from DuckDB's message and the process's own command line."""
    match = _HOLDER.search(message)
    if match is None:
        return "another process"
    pid = match["pid"]
    try:
        raw = Path(f"/proc/{pid}/cmdline").read_bytes()
        command = raw.replace(b"\0", b" ").decode("utf-8", "replace").strip()
    except OSError:
        command = match["program"]
    return f"process {pid} ({command})"


@contextmanager
def _mapped(name: str) -> Iterator[None]:
    """The port's errors for those of the engine."""
    try:
        yield
    except duckdb.TransactionException as error:
        raise TransientWarehouseError(f"Statement [{name}]: {error}") from error
    except duckdb.CatalogException as error:
        reason = str(error).splitlines()[0]
        if _NO_TABLE.search(reason) is None:
            raise WarehouseError(f"Statement [{name}]: {reason}") from error
        raise TableNotFoundError(
            f"Statement [{name}]: {reason} `nba init` creates what is missing."
        ) from error
    except duckdb.Error as error:
        raise WarehouseError(f"Statement [{name}]: {error}") from error


def _used(sql: str, values: dict[str, Any]) -> dict[str, Any]:
    """The parameters that a text names; the engine refuses others."""
    named = set(_PARAMETER.findall(sql))
    return {key: value for key, value in values.items() if key in named}


class DuckDBWarehouse:
    """`Warehouse` on one DuckDB file (or in memory, for tests)."""

    def __init__(self, path: Path | None) -> None:
        """Open or create the file; None keeps everything in memory.

        Raises WarehouseInUseError when another process holds the file, WarehouseError when it cannot be
        opened at all.
        """
        self._path = path
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
        try:
            self._connection = duckdb.connect(_MEMORY if path is None else str(path))
        except duckdb.IOException as error:
            if "Could not set lock" in str(error):
                raise WarehouseInUseError(
                    f"The warehouse file [{path}] is in use by {_holder(str(error))}. "
                    "Wait until it ends, or stop it; an embedded file serves one process at a time."
                ) from error
            raise WarehouseError(f"Cannot open the warehouse file [{path}]: {error}") from error
        self._run("SET TimeZone = 'UTC'")
        self._run("SET enable_progress_bar = false")
        # Statements join in the order in which they should and say once what they need twice; looking for
        # something better takes a tenth of a live date.
        self._run("SET disabled_optimizers = 'join_order,common_subplan'")
        self._run(f"SET memory_limit = '{_MEMORY_LIMIT}'")
        self._run(f"ATTACH '{_MEMORY}' AS {STAGING_DATASET}")
        self._run("CREATE SCHEMA IF NOT EXISTS engine")
        self._run("CREATE TABLE IF NOT EXISTS engine.translations (key VARCHAR, sql VARCHAR)")
        self._translations: dict[str, str] = dict(
            self._run("SELECT key, sql FROM engine.translations").fetchall()
        )
        self._new_translations: list[tuple[str, str]] = []
        self._parsed_texts: dict[str, duckdb.Statement | str] = {}
        self._schemas: set[str] = {STAGING_DATASET}
        self._staging = StagingSlots(STAGING_DATASET)
        self._writes = 0

    @property
    def path(self) -> Path | None:
        """The file, or None for a warehouse in memory."""
        return self._path

    def run(self, script: Script) -> Rows:
        types = {name: _parameter_type(parameter) for name, parameter in script.parameters.items()}
        values = {name: _value(parameter) for name, parameter in script.parameters.items()}
        translated = [(s.name, self._text(s, types)) for s in script.statements]
        if not all(_READS.match(statement.text) for statement in script.statements):
            self._writes += 1
        if script.transaction:
            self._run("BEGIN TRANSACTION")
        try:
            rows = Rows((), [])
            for name, sql in translated:
                rows = Rows((), []) if self._is_done(sql) else self._statement(name, sql, values)
            if script.transaction:
                self._commit(script.name)
        except BaseException:
            if script.transaction:
                self._rollback()
            raise
        return rows

    def table(self, script: Script) -> pa.Table:
        types = {name: _parameter_type(parameter) for name, parameter in script.parameters.items()}
        (statement,) = script.statements
        values = {name: _value(parameter) for name, parameter in script.parameters.items()}
        return self._relation(statement.name, self._text(statement, types), values)

    def prepare(self, statements: Sequence[Statement], parameters: Parameters) -> None:
        types = {name: _parameter_type(parameter) for name, parameter in parameters.items()}
        for statement in statements:
            try:
                self._parsed(self._text(statement, types))
            except duckdb.Error as error:
                raise WarehouseError(f"Statement [{statement.name}]: {error}") from error
            for address in statement.tables.values():
                self._staging.release(address.table)

    def load(self, address: TableAddress, rows: pa.Table) -> None:
        self._ensure_dataset(address.dataset)
        self.drop([address])
        try:
            self._connection.from_arrow(_without_zones(rows)).create(self._staging.put(str(address)))
        except duckdb.Error as error:
            raise WarehouseError(f"Cannot load [{address}]: {error}") from error

    def ensure_table(self, schema: TableSchema) -> tuple[str, ...]:
        self._ensure_dataset(schema.address.dataset)
        existing = self._columns(schema.address)
        types = {column.name: _duckdb_type(column.type.value) for column in schema.columns}
        if not existing:
            columns = ", ".join(f"{name} {kind}" for name, kind in types.items())
            self._run(f"CREATE TABLE {schema.address} ({columns})")
            return (f"created table {schema.address}",)
        done = []
        for name, kind in types.items():
            if name not in existing:
                self._run(f"ALTER TABLE {schema.address} ADD COLUMN {name} {kind}")
                done.append(f"added column {schema.address}.{name}")
        return tuple(done)

    def lacking(self, schema: TableSchema) -> tuple[str, ...]:
        existing = self._columns(schema.address)
        if not existing:
            return (f"create table {schema.address}",)
        return tuple(f"add column {schema.address}.{n}" for n in schema.column_names if n not in existing)

    def ensure_view(self, address: TableAddress, query: Statement) -> None:
        self._ensure_dataset(address.dataset)
        sql = query.resolve(self._translated(query, {}))
        try:
            self._run(f"CREATE OR REPLACE VIEW {address} AS {sql}")
        except duckdb.Error as error:
            raise WarehouseError(f"Cannot create view [{address}]: {error}") from error

    def drop(self, addresses: Sequence[TableAddress]) -> None:
        for address in addresses:
            self._run(f"DROP TABLE IF EXISTS {self._staging.put(str(address))}")
            if address.dataset == STAGING_DATASET:
                self._staging.release(address.table)

    def writes(self) -> int:
        return self._writes

    def close(self) -> None:
        if self._new_translations:
            self._connection.executemany(
                "INSERT INTO engine.translations VALUES (?, ?)", self._new_translations
            )
            self._new_translations.clear()
        self._connection.close()

    def _run(self, sql: str) -> duckdb.DuckDBPyConnection:
        return self._connection.execute(sql)

    def _commit(self, name: str) -> None:
        try:
            self._run("COMMIT")
        except duckdb.TransactionException as error:
            raise TransientWarehouseError(f"Commit of [{name}]: {error}") from error
        except duckdb.Error as error:
            raise WarehouseError(f"Commit of [{name}]: {error}") from error

    def _rollback(self) -> None:
        try:
            self._run("ROLLBACK")
        except duckdb.TransactionException as error:
            # DuckDB has already ended a transaction whose commit failed.
            if "no transaction is active" not in str(error):
                raise

    def _statement(self, name: str, sql: str, values: dict[str, Any]) -> Rows:
        result = self._execute(name, sql, values)
        if result.description is None or not _QUERY.match(sql):
            return Rows((), [])
        columns = tuple(item[0] for item in result.description)
        stamps = [i for i, item in enumerate(result.description) if str(item[1]) == "TIMESTAMP"]
        return Rows(columns, _aware(result.fetchall(), stamps))

    def _execute(self, name: str, sql: str, values: dict[str, Any]) -> duckdb.DuckDBPyConnection:
        with _mapped(name):
            return self._connection.execute(self._parsed(sql), _used(sql, values))

    def _relation(self, name: str, sql: str, values: dict[str, Any]) -> pa.Table:
        with _mapped(name):
            return self._connection.sql(sql, params=_used(sql, values)).to_arrow_table()

    def _parsed(self, sql: str) -> duckdb.Statement | str:
        """A text that comes again, parsed: a third of the time of a small statement goes into its syntax."""
        found = self._parsed_texts.get(sql)
        if found is None:
            if len(self._parsed_texts) == _MOST_PARSED:
                self._parsed_texts.pop(next(iter(self._parsed_texts)))
            parsed = self._connection.extract_statements(sql)
            found = self._parsed_texts[sql] = parsed[0] if len(parsed) == 1 else sql
        return found

    def _text(self, statement: Statement, types: dict[str, str]) -> str:
        """A statement as the engine gets it."""
        return self._staging.put(statement.resolve(self._translated(statement, types)))

    def _is_done(self, sql: str) -> bool:
        """Whether all that a statement would do is there; the engine would plan its whole query to see it."""
        found = _CREATES_ONCE.match(sql)
        return found is not None and bool(self._columns(found["table"]))

    def _translated(self, statement: Statement, types: dict[str, str]) -> str:
        """A statement in the engine's SQL, which the file keeps unless the text will not come again."""
        named = sorted(set(_NAMED.findall(statement.text)) & types.keys())
        signature = "\0".join([_TRANSLATOR, statement.text, *(f"{name}:{types[name]}" for name in named)])
        key = hashlib.sha256(signature.encode()).hexdigest()
        found = self._translations.get(key)
        if found is None:
            # Imported only for a text that this file has not seen: sqlglot takes 0.3 s to load.
            from shared.warehouse.translate import TranslationError, translate  # noqa: PLC0415

            try:
                found = translate(statement.text, types)
            except TranslationError as error:
                raise WarehouseError(f"Statement [{statement.name}]: {error}") from error
            self._translations[key] = found
            if not statement.once:
                self._new_translations.append((key, found))
        return found

    def _ensure_dataset(self, dataset: str) -> None:
        if dataset not in self._schemas:
            self._run(f"CREATE SCHEMA IF NOT EXISTS {check_identifier(dataset)}")
            self._schemas.add(dataset)

    def _columns(self, address: TableAddress | str) -> set[str]:
        """Names of a table's columns; none without a table. information_schema takes ten times as long."""
        try:
            found = self._run(f"DESCRIBE {address}")
        except duckdb.CatalogException:
            return set()
        return {row[0] for row in found.fetchall()}


_TYPES = {
    "STRING": "VARCHAR",
    "INT64": "BIGINT",
    "FLOAT64": "DOUBLE",
    "BOOL": "BOOLEAN",
    "DATE": "DATE",
    # Stored without a zone, always UTC: DuckDB's zoned type needs an extra module to be read from Python.
    "TIMESTAMP": "TIMESTAMP",
    "JSON": "JSON",
}


def _duckdb_type(name: str) -> str:
    return _TYPES[name]


def _parameter_type(parameter: Parameter) -> str:
    """DuckDB's type of a parameter, for the cast that gives empty arrays and NULLs their type."""
    match parameter:
        case Scalar(type=kind):
            return _duckdb_type(kind)
        case Array(type=kind):
            return f"{_duckdb_type(kind)}[]"
        case Structs(fields=fields):
            inner = ", ".join(f"{check_identifier(name)} {_duckdb_type(kind)}" for name, kind in fields)
            return f"STRUCT({inner})[]"


def _naive(value: Value) -> Value:
    if isinstance(value, dt.datetime):
        return value.astimezone(dt.UTC).replace(tzinfo=None)
    return value


def _value(parameter: Parameter) -> Any:
    match parameter:
        case Scalar(value=value):
            return _naive(value)
        case Array(values=values):
            return [_naive(value) for value in values]
        case Structs(fields=fields, rows=rows):
            names = [name for name, _ in fields]
            return [dict(zip(names, map(_naive, row), strict=True)) for row in rows]


def _without_zones(rows: pa.Table) -> pa.Table:
    """Times as this engine keeps them: without a zone, in UTC."""
    fields = [
        pa.field(field.name, pa.timestamp(field.type.unit)) if pa.types.is_timestamp(field.type) else field
        for field in rows.schema
    ]
    return rows.cast(pa.schema(fields))


def _aware(rows: list[tuple[Any, ...]], stamps: list[int]) -> list[tuple[Value, ...]]:
    if not stamps:
        return rows
    result = []
    for row in rows:
        values = list(row)
        for index in stamps:
            if values[index] is not None:
                values[index] = values[index].replace(tzinfo=dt.UTC)
        result.append(tuple(values))
    return result
