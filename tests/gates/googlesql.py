"""The real GoogleSQL analyzer against the declared schemas: what BigQuery would refuse is refused here.

The analyzer is Google's own, compiled to WebAssembly (package `zetasql`, development only). The embedded
engine is no judge of GoogleSQL: it takes functions and implicit casts that BigQuery does not have.
"""

from __future__ import annotations

import ctypes
import hashlib
import os
import re
import zlib
from collections.abc import Mapping
from functools import cache
from importlib import metadata
from pathlib import Path

import wasmtime
from zetasql.core import wasm_client
from zetasql.core.exceptions import ServerError
from zetasql.wasi import get_wasm_path
from zetasql.wasi._pb2.zetasql.local_service import local_service_pb2 as service
from zetasql.wasi._pb2.zetasql.proto import options_pb2 as options
from zetasql.wasi._pb2.zetasql.proto import simple_catalog_pb2 as catalogs
from zetasql.wasi._pb2.zetasql.public import type_pb2 as types

from shared.sql import Statement
from shared.tables import ColumnType, TableAddress, TableSchema
from shared.warehouse.port import Array, Parameter, Scalar, Structs
from tests.gates.resolved import Node, ResolvedStatement

#: Compiled module and finished analyses; ignored by git, removed by `make clean`.
CACHE = Path(__file__).parents[2] / "build" / "googlesql"

_KINDS = {
    ColumnType.STRING: types.TYPE_STRING,
    ColumnType.INT64: types.TYPE_INT64,
    ColumnType.FLOAT64: types.TYPE_DOUBLE,
    ColumnType.BOOL: types.TYPE_BOOL,
    ColumnType.DATE: types.TYPE_DATE,
    ColumnType.TIMESTAMP: types.TYPE_TIMESTAMP,
    ColumnType.JSON: types.TYPE_JSON,
}

#: The analyzer has more dialects than BigQuery's: switched off, so that their texts are refused.
_NOT_IN_BIGQUERY = (
    "FEATURE_AGGREGATE_FILTERING",
    "FEATURE_ARRAY_EQUALITY",
    "FEATURE_ARRAY_FIND_FUNCTIONS",
    "FEATURE_ARRAY_GREATEST_LEAST",
    "FEATURE_BARE_ARRAY_ACCESS",
    "FEATURE_DML_RETURNING",
    "FEATURE_FOR_UPDATE",
    "FEATURE_INSERT_ON_CONFLICT_CLAUSE",
    "FEATURE_LATERAL_JOIN",
    "FEATURE_LIMIT_OFFSET_EXPRESSIONS",
    "FEATURE_MULTILEVEL_AGGREGATION",
    "FEATURE_NULLIFZERO_ZEROIFNULL",
    "FEATURE_WITH_EXPRESSION",
)
_TABLE_NAME = re.compile(r"\b([A-Za-z_][A-Za-z0-9_]*)\.([A-Za-z_][A-Za-z0-9_]*)\b")
_PARAMETER = re.compile(r"@([A-Za-z_][A-Za-z0-9_]*)")


class GoogleSqlError(Exception):
    """A statement that BigQuery would refuse, with the analyzer's own words and position."""


class Catalog:
    """The tables a statement may name. What a script creates is known to the statements after it."""

    def __init__(self, schemas: Mapping[TableAddress, Mapping[str, Node]]) -> None:
        self._tables = dict(schemas)

    @classmethod
    def of(cls, schemas: tuple[TableSchema, ...]) -> Catalog:
        """The catalog of declared tables."""
        catalog = cls({})
        for schema in schemas:
            catalog.add_declared(schema.address, {column.name: column.type for column in schema.columns})
        return catalog

    def copy(self) -> Catalog:
        """A catalog that can learn further tables without this one knowing them."""
        return Catalog(self._tables)

    def add(self, address: TableAddress, columns: Mapping[str, Node]) -> None:
        """Make a table known; column types are the analyzer's own."""
        self._tables[address] = dict(columns)

    def add_declared(self, address: TableAddress, columns: Mapping[str, ColumnType]) -> None:
        """Make a table known by the project's own column types."""
        self.add(address, {name: types.TypeProto(type_kind=_KINDS[kind]) for name, kind in columns.items()})

    def proto_for(self, text: str) -> catalogs.SimpleCatalogProto:
        """The part of the catalog whose tables `text` names."""
        root = catalogs.SimpleCatalogProto(name="root")
        root.builtin_function_options.language_options.CopyFrom(_language())
        datasets: dict[str, catalogs.SimpleCatalogProto] = {}
        named = {TableAddress(*match) for match in _TABLE_NAME.findall(text)}
        for address in sorted(named & self._tables.keys()):
            if address.dataset not in datasets:
                datasets[address.dataset] = root.catalog.add(name=address.dataset)
            table = datasets[address.dataset].table.add(name=address.table, full_name=str(address))
            for name, kind in self._tables[address].items():
                table.column.add(name=name, is_writable_column=True).type.CopyFrom(kind)
        return root


def analyse(statement: Statement, parameters: Mapping[str, Parameter], catalog: Catalog) -> ResolvedStatement:
    """What the statement resolves to. A table it creates is added to the catalog.

    Raises GoogleSqlError when BigQuery would refuse the statement: unknown names, wrong types, parameters
    that are not given.
    """
    text = statement.resolve(statement.text)
    request = service.AnalyzeRequest(sql_statement=text)
    request.simple_catalog.CopyFrom(catalog.proto_for(text))
    request.options.MergeFrom(
        options.AnalyzerOptionsProto(
            language_options=_language(),
            prune_unused_columns=True,
            error_message_mode="ERROR_MESSAGE_ONE_LINE",
        )
    )
    for name in sorted(set(_PARAMETER.findall(text)) & parameters.keys()):
        request.options.query_parameters.add(name=name, type=_type_of(parameters[name]))
    response = service.AnalyzeResponse.FromString(
        _analysis(request.SerializeToString(deterministic=True), statement.name)
    )
    resolved = ResolvedStatement(statement.name, response.resolved_statement)
    if resolved.creates is not None:
        catalog.add(resolved.creates, resolved.output_types)
    return resolved


def _analysis(request: bytes, name: str) -> bytes:
    """The analyzer's answer, from disk when it has given it before."""
    key = hashlib.sha256(metadata.version("zetasql").encode() + b"\0" + request).hexdigest()
    path = CACHE / f"{key[:40]}.bin"
    if path.exists():
        return zlib.decompress(path.read_bytes())
    try:
        answer: bytes = _client()._call_grpc_method("ZetaSqlLocalService_Analyze", request)
    except ServerError as error:
        raise GoogleSqlError(f"Statement [{name}]: {error.message}") from error
    _store(path, zlib.compress(answer, 1))
    return answer


def _store(path: Path, content: bytes) -> None:
    """Write a file of the cache so that a process beside this one never sees half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(f".{os.getpid()}")
    partial.write_bytes(content)
    partial.replace(path)


def _type_of(parameter: Parameter) -> types.TypeProto:
    match parameter:
        case Scalar(type=kind):
            return types.TypeProto(type_kind=_KINDS[kind])
        case Array(type=kind):
            return _array(types.TypeProto(type_kind=_KINDS[kind]))
        case Structs(fields=fields):
            struct = types.TypeProto(type_kind=types.TYPE_STRUCT)
            for name, kind in fields:
                struct.struct_type.field.add(field_name=name).field_type.type_kind = _KINDS[kind]
            return _array(struct)


def _array(element: types.TypeProto) -> types.TypeProto:
    array = types.TypeProto(type_kind=types.TYPE_ARRAY)
    array.array_type.element_type.CopyFrom(element)
    return array


class _Client(wasm_client.WasmClient):  # type: ignore[misc]
    """The package's client, with memory copied in one piece: it copies byte by byte, in Python."""

    def write_bytes(self, ptr: int, data: bytes) -> None:
        ctypes.memmove(ctypes.addressof(self.memory.data_ptr().contents) + ptr, data, len(data))

    def read_bytes(self, ptr: int, size: int) -> bytes:
        return ctypes.string_at(ctypes.addressof(self.memory.data_ptr().contents) + ptr, size)


def _cached_config() -> wasmtime.Config:
    """A configuration that keeps the compiled module on disk: compiling takes a quarter of a minute."""
    settings = CACHE / "wasmtime.toml"
    _store(settings, f"[cache]\ndirectory = '{(CACHE / 'modules').resolve()}'\n".encode())
    config = wasmtime.Config()
    config.cache = str(settings)
    return config


@cache
def _client() -> _Client:
    # The package offers no way to hand it a configuration.
    wasm_client.Config = _cached_config
    return _Client(get_wasm_path())


@cache
def _language() -> options.LanguageOptionsProto:
    """BigQuery's dialect: external product mode, QUALIFY reserved, every kind of statement."""
    path = CACHE / f"language-{metadata.version('zetasql')}.bin"
    if not path.exists():
        answer = _client().call_grpc_func(
            "ZetaSqlLocalService_GetLanguageOptions",
            service.LanguageOptionsRequest(maximum_features=True),
            options.LanguageOptionsProto,
        )
        _store(path, answer.SerializeToString())
    found = options.LanguageOptionsProto.FromString(path.read_bytes())
    left_out = set(
        options.LanguageOptionsProto(enabled_language_features=_NOT_IN_BIGQUERY).enabled_language_features
    )
    kept = sorted(set(found.enabled_language_features) - left_out)
    return options.LanguageOptionsProto(
        enabled_language_features=kept, product_mode="PRODUCT_EXTERNAL", reserved_keywords=["QUALIFY"]
    )
