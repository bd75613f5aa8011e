"""The real clients, pointed at emulators that run for as long as the process does."""

from __future__ import annotations

import atexit
import itertools
from contextlib import ExitStack
from functools import cache

import pytest
from google.api_core.client_options import ClientOptions
from google.auth.credentials import AnonymousCredentials
from google.cloud import bigquery

from shared.warehouse.bigquery_warehouse import BigQueryWarehouse
from tests.emulators.servers import EmulatorMissingError, bigquery_server

_running = ExitStack()
atexit.register(_running.close)
_projects = itertools.count(1)


@cache
def _bigquery_host() -> str:
    return _running.enter_context(bigquery_server())


def emulated_bigquery() -> BigQueryWarehouse:
    """A warehouse of a project of its own. Skips the test, saying so, where the emulator cannot run."""
    try:
        host = _bigquery_host()
    except EmulatorMissingError as missing:
        pytest.skip(f"NOT TESTED ON BIGQUERY: {missing}")
    client = bigquery.Client(
        project=f"test-{next(_projects)}",
        credentials=AnonymousCredentials(),  # type: ignore[no-untyped-call]
        client_options=ClientOptions(api_endpoint=f"http://{host}"),
    )
    return BigQueryWarehouse(client, location="US", maximum_bytes_billed=10**9)
