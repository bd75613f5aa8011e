"""The distributed warehouse: BigQuery, through its official client.

Every call is one job, whatever the number of statements: they are sent as one script, in a transaction where
that is asked for. Retries of single requests are the client's; a job is never sent twice under one key, and
what failed for a reason that passes is left to the message that caused it.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import io
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from google.api_core import exceptions as google
from google.cloud import bigquery
from google.cloud.bigquery.table import RowIterator

from shared.sql import Statement
from shared.tables import ColumnType, TableAddress, TableSchema
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
)

#: Read in one job at most, unless settings say otherwise: a season of raw data is far below 1 GB.
DEFAULT_MAXIMUM_BYTES = 50 * 1024**3
#: A worker's soft deadline; Cloud Run allows more.
_JOB_TIMEOUT_SECONDS = 540.0
_NAMED = re.compile(r"@([A-Za-z_][A-Za-z0-9_]*)")
_NOT_IN_LABEL = re.compile(r"[^a-z0-9_-]")
_MOST_ATTEMPTS_OF_A_KEY = 20
_STAGING_EXPIRES = dt.timedelta(days=1)
_CURRENT_TIME = re.compile(r"\bCURRENT_(TIMESTAMP|DATE|DATETIME|TIME)\b", re.IGNORECASE)

#: Reasons of job errors that pass by themselves.
_PASSES = frozenset(
    {
        "backendError",
        "internalError",
        "jobBackendError",
        "jobInternalError",
        "jobRateLimitExceeded",
        "quotaExceeded",
        "rateLimitExceeded",
        "resourcesExceeded",
        "tableUnavailable",
        "timeout",
    }
)
#: Reasons that do not, though the client knows no better than to call them errors of the server.
_LASTS = frozenset(
    {
        "billingNotEnabled",
        "billingTierLimitExceeded",
        "blocked",
        "bytesBilledLimitExceeded",
        "responseTooLarge",
    }
)
#: Also: two runs make the same shared staging table at once. Who comes second finds it next time.
_CONFLICT = re.compile(
    r"concurrent (update|transaction)|transaction is aborted|could not serialize"
    r"|already exists: table \S*nba_staging",
    re.IGNORECASE,
)
_NO_TABLE = re.compile(r"not found: (table|dataset)|table .* (does not exist|was not found)", re.IGNORECASE)


class BigQueryWarehouse:
    """`Warehouse` on one BigQuery project. Datasets are created in `location` when they are missing."""

    def __init__(self, client: bigquery.Client, *, location: str, maximum_bytes_billed: int) -> None:
        self._client = client
        self._location = location
        self._maximum_bytes = maximum_bytes_billed
        self._datasets: set[str] = set()
        self.jobs = 0

    def run(self, script: Script) -> Rows:
        text = _script_text(script)
        return self._query(script.name, text, script, self._key(script, text))

    def table(self, script: Script) -> pa.Table:
        text = _script_text(script)
        result = self._result(script.name, text, script, self._key(script, text))
        try:
            # The storage API is another service, with permissions of its own.
            return result.to_arrow(create_bqstorage_client=False)
        except google.GoogleAPIError as error:
            raise _mapped(script.name, error) from error

    def bytes_read(self, script: Script) -> int:
        config = self._config(script, script.parameters)
        config.dry_run = True
        # What was answered before would be free.
        config.use_query_cache = False
        try:
            job = self._client.query(_script_text(script), job_config=config, location=self._location)
        except google.GoogleAPIError as error:
            raise _mapped(script.name, error) from error
        return int(job.total_bytes_processed or 0)

    def prepare(self, statements: Sequence[Statement], parameters: Parameters) -> None:
        """BigQuery plans by itself."""

    def load(self, address: TableAddress, rows: pa.Table) -> None:
        self._ensure_dataset(address.dataset)
        body = io.BytesIO()
        pq.write_table(rows, body)
        body.seek(0)
        config = bigquery.LoadJobConfig(
            source_format=bigquery.SourceFormat.PARQUET,
            write_disposition=bigquery.WriteDisposition.WRITE_TRUNCATE,
            schema=[bigquery.SchemaField(field.name, _type_of(field.type)) for field in rows.schema],
        )
        self.jobs += 1
        try:
            job = self._client.load_table_from_file(
                body, self._reference(address), job_config=config, location=self._location, rewind=True
            )
            job.result(timeout=_JOB_TIMEOUT_SECONDS)
        except (google.GoogleAPIError, TimeoutError) as error:
            raise _mapped(f"load {address}", error) from error

    def ensure_table(self, schema: TableSchema) -> tuple[str, ...]:
        self._ensure_dataset(schema.address.dataset)
        wanted = [
            bigquery.SchemaField(
                c.name, c.type.value, mode="REQUIRED" if c.required else "NULLABLE", description=c.description
            )
            for c in schema.columns
        ]
        table = self._table(schema.address)
        if table is None:
            table = bigquery.Table(self._reference(schema.address), schema=wanted)
            table.description = schema.description
            table.time_partitioning = bigquery.TimePartitioning(field=schema.partition_column)
            table.require_partition_filter = True
            table.clustering_fields = list(schema.clustering) or None
            self._request(
                f"create {schema.address}", lambda: self._client.create_table(table, exists_ok=True)
            )
            return (f"created table {schema.address}",)
        present = {field.name for field in table.schema}
        # A column that is added to existing rows can only be nullable.
        added = [
            bigquery.SchemaField(field.name, field.field_type, description=field.description)
            for field in wanted
            if field.name not in present
        ]
        if not added:
            return ()
        table.schema = [*table.schema, *added]
        self._request(f"widen {schema.address}", lambda: self._client.update_table(table, ["schema"]))
        return tuple(f"added column {schema.address}.{field.name}" for field in added)

    def lacking(self, schema: TableSchema) -> tuple[str, ...]:
        table = self._table(schema.address)
        if table is None:
            return (f"create table {schema.address}",)
        present = {field.name for field in table.schema}
        return tuple(f"add column {schema.address}.{n}" for n in schema.column_names if n not in present)

    def _table(self, address: TableAddress) -> bigquery.Table | None:
        """The table as it is; None when there is none (or none that one may know of)."""
        try:
            return self._client.get_table(self._reference(address))
        except (google.NotFound, google.Forbidden):
            return None
        except google.GoogleAPIError as error:
            raise _mapped(f"look at {address}", error) from error

    def ensure_view(self, address: TableAddress, query: Statement) -> None:
        self._ensure_dataset(address.dataset)
        text = f"CREATE OR REPLACE VIEW `{self._reference(address)}` AS\n{query.resolve(query.text)}"
        script = Script(str(address), (Statement(str(address), text),), {}, transaction=False, labels={})
        self._query(script.name, text, script, None)

    def drop(self, addresses: Sequence[TableAddress]) -> None:
        for address in addresses:
            reference = self._reference(address)
            self._request(
                f"drop {address}",
                lambda reference=reference: self._client.delete_table(reference, not_found_ok=True),
            )

    def writes(self) -> None:
        """Others write here as well: nothing read before is still known to be true."""

    def close(self) -> None:
        self._client.close()  # type: ignore[no-untyped-call]

    def _query(self, name: str, text: str, script: Script, key: str | None) -> Rows:
        result = self._result(name, text, script, key)
        if not _ends_with_query(script):
            return Rows((), [])
        columns = tuple(field.name for field in result.schema)
        documents = [position for position, f in enumerate(result.schema) if f.field_type == "JSON"]
        return Rows(columns, [_as_text(row.values(), documents) for row in result])

    def _result(self, name: str, text: str, script: Script, key: str | None) -> RowIterator:
        config = self._config(
            script, {n: p for n, p in script.parameters.items() if n in set(_NAMED.findall(text))}
        )
        self.jobs += 1
        try:
            job = self._submit(text, config, key)
            return job.result(timeout=_JOB_TIMEOUT_SECONDS)
        except (google.GoogleAPIError, TimeoutError) as error:
            raise _mapped(_failing(name, script, error), error) from error

    def _submit(self, text: str, config: bigquery.QueryJobConfig, key: str | None) -> bigquery.QueryJob:
        """Start a job, or attach to the one that an earlier attempt under this key left behind.

        A key names one piece of work. A job of that name which runs or has succeeded *is* that work; one that
        failed makes way for the next attempt.
        """
        if key is None:
            # Without job_retry the client does not send a job again by itself, for ten minutes.
            return self._client.query(
                text, job_config=config, location=self._location, job_id_prefix="nba-", job_retry=None
            )
        for attempt in range(1, _MOST_ATTEMPTS_OF_A_KEY + 1):
            job_id = f"nba-{key}-{attempt}"
            try:
                # Without job_retry the client sends this id exactly once.
                return self._client.query(
                    text, job_config=config, location=self._location, job_id=job_id, job_retry=None
                )
            except google.Conflict:
                job = self._client.get_job(job_id, location=self._location)
                if isinstance(job, bigquery.QueryJob) and (job.state != "DONE" or job.error_result is None):
                    return job
        raise WarehouseError(
            f"[{key}] has failed [{_MOST_ATTEMPTS_OF_A_KEY}] times: look at its jobs in BigQuery"
        )

    def _key(self, script: Script, text: str) -> str | None:
        if not script.job_key:
            return None
        digest = hashlib.sha256(f"{script.job_key}\0{script.name}\0{text}".encode()).hexdigest()
        return digest[:40]

    def _config(self, script: Script, parameters: Mapping[str, Parameter]) -> bigquery.QueryJobConfig:
        config = bigquery.QueryJobConfig(
            query_parameters=[_parameter(name, value) for name, value in sorted(parameters.items())],
            labels={_label(name): _label(value) for name, value in script.labels.items() if value},
            use_legacy_sql=False,
        )
        config.maximum_bytes_billed = self._maximum_bytes
        return config

    def _reference(self, address: TableAddress) -> str:
        return f"{self._client.project}.{address.dataset}.{address.table}"

    def _ensure_dataset(self, name: str) -> None:
        if name in self._datasets:
            return
        dataset = bigquery.Dataset(f"{self._client.project}.{name}")
        dataset.location = self._location
        if name.endswith("_staging"):
            # What a worker that died left behind goes by itself.
            dataset.default_table_expiration_ms = int(_STAGING_EXPIRES.total_seconds() * 1000)
        try:
            # A service may look at its datasets; only who deploys may create them.
            self._client.get_dataset(dataset.reference)
        except google.NotFound:
            self._request(
                f"create dataset {name}", lambda: self._client.create_dataset(dataset, exists_ok=True)
            )
        except google.GoogleAPIError as error:
            raise _mapped(f"look at dataset {name}", error) from error
        self._datasets.add(name)

    def _request(self, what: str, call: Any) -> None:
        try:
            call()
        except google.GoogleAPIError as error:
            raise _mapped(what, error) from error


def _as_text(row: Sequence[Any], documents: Sequence[int]) -> tuple[Value, ...]:
    """A row with its JSON values, which the client has parsed, as the text they are everywhere else."""
    values = list(row)
    for position in documents:
        if values[position] is not None:
            values[position] = json.dumps(values[position], separators=(",", ":"), ensure_ascii=False)
    return tuple(values)


def _script_text(script: Script) -> str:
    """The statements as one GoogleSQL script, the last query after the commit: its rows are the result."""
    texts = [_checked(statement) for statement in script.statements]
    if script.transaction:
        position = len(texts) - 1 if _ends_with_query(script) else len(texts)
        # A script that ends without its commit is rolled back by BigQuery.
        texts = ["BEGIN TRANSACTION", *texts[:position], "COMMIT TRANSACTION", *texts[position:]]
    return texts[0] if len(texts) == 1 else "".join(f"{text}\n;\n" for text in texts)


def _checked(statement: Statement) -> str:
    text = statement.resolve(statement.text)
    found = _CURRENT_TIME.search(_without_comments(text))
    if found is not None:
        raise WarehouseError(
            f"Statement [{statement.name}]: {found.group(0)}: the time comes from the Clock, as a parameter"
        )
    return text


def _without_comments(text: str) -> str:
    return re.sub(r"--[^\n]*", "", text)


def _ends_with_query(script: Script) -> bool:
    last = _without_comments(script.statements[-1].text).lstrip(" \n\t(")
    return last[:6].upper() == "SELECT" or last[:4].upper() == "WITH"


def _failing(name: str, script: Script, error: Exception) -> str:
    """The statement that an error is about, by the line that BigQuery gives; else the script."""
    if len(script.statements) == 1:
        return script.statements[0].name
    found = re.search(r"at \[(\d+):\d+\]", str(error))
    if found is None:
        return f"{name}] in one of [{'], ['.join(statement.name for statement in script.statements)}"
    line, first = int(found.group(1)), 3 if script.transaction else 1
    for statement in script.statements:
        first += statement.resolve(statement.text).count("\n") + 2
        if line < first:
            return statement.name
    return name


def _mapped(what: str, error: Exception) -> WarehouseError:
    """The error of the port that a client's error is."""
    message = f"[{what}]: {getattr(error, 'message', None) or error}"
    reasons = {str(item.get("reason")) for item in getattr(error, "errors", ()) if isinstance(item, Mapping)}
    passes = (
        isinstance(
            error,
            google.TooManyRequests
            | google.ServerError
            | google.RetryError
            | google.Aborted
            | google.DeadlineExceeded
            | TimeoutError,
        )
        or bool(reasons & _PASSES)
        or _CONFLICT.search(message) is not None
    )
    if passes and not reasons & _LASTS:
        return TransientWarehouseError(message)
    if isinstance(error, google.NotFound) or _NO_TABLE.search(message) is not None:
        return TableNotFoundError(f"{message} `nba init` creates what is missing.")
    return WarehouseError(message)


def _label(value: str) -> str:
    """A label may hold lower-case letters, digits, - and _, 63 of them."""
    return _NOT_IN_LABEL.sub("-", value.lower())[:63]


def _parameter(
    name: str, parameter: Parameter
) -> bigquery.ScalarQueryParameter | bigquery.ArrayQueryParameter:
    match parameter:
        case Scalar(type=kind, value=value):
            return bigquery.ScalarQueryParameter(name, kind.value, value)
        case Array(type=kind, values=values):
            return bigquery.ArrayQueryParameter(name, kind.value, list(values))
        case Structs(fields=fields, rows=rows):
            kind_of_row = bigquery.StructQueryParameterType(  # type: ignore[no-untyped-call]
                *(_typed(field, kind) for field, kind in fields)
            )
            return bigquery.ArrayQueryParameter(name, kind_of_row, [_struct(fields, row) for row in rows])


def _typed(name: str, kind: ColumnType) -> bigquery.ScalarQueryParameterType:
    return bigquery.ScalarQueryParameterType(kind.value, name=name)  # type: ignore[no-untyped-call]


def _struct(fields: Sequence[tuple[str, ColumnType]], row: Sequence[Value]) -> bigquery.StructQueryParameter:
    values = (
        bigquery.ScalarQueryParameter(name, kind.value, value)
        for (name, kind), value in zip(fields, row, strict=True)
    )
    return bigquery.StructQueryParameter(None, *values)


_LOADED = (
    (pa.types.is_string, "STRING"),
    (pa.types.is_integer, "INT64"),
    (pa.types.is_floating, "FLOAT64"),
    (pa.types.is_boolean, "BOOL"),
    (pa.types.is_date, "DATE"),
    (pa.types.is_timestamp, "TIMESTAMP"),
)


def _type_of(kind: pa.DataType) -> str:
    for is_kind, name in _LOADED:
        if is_kind(kind):
            return name
    raise WarehouseError(f"Rows with a column of type [{kind}] cannot be loaded")
