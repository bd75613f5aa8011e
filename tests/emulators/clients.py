"""The real clients, pointed at emulators that run for as long as the process does."""

from __future__ import annotations

import atexit
import itertools
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import cache

import pytest
from google.api_core.client_options import ClientOptions
from google.auth.credentials import AnonymousCredentials
from google.cloud import bigquery

from shared.warehouse.bigquery_warehouse import BigQueryWarehouse
from tests.emulators.servers import EmulatorMissingError, bigquery_server, pubsub_server

_running = ExitStack()
atexit.register(_running.close)
_projects = itertools.count(1)


@cache
def _bigquery_host() -> str:
    return _running.enter_context(bigquery_server())


@cache
def _pubsub_host() -> str:
    return _running.enter_context(pubsub_server())


@contextmanager
def pubsub_environment() -> Iterator[str]:
    """The official clients made in the block find the emulator; yields its host and port.

    Skips the test, saying so, where the emulator cannot run.
    """
    try:
        host = _pubsub_host()
    except EmulatorMissingError as missing:
        pytest.skip(f"NOT TESTED ON PUB/SUB: {missing}")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PUBSUB_EMULATOR_HOST", host)
        yield host


def bigquery_endpoint() -> str:
    """The address of the emulated BigQuery. Skips the test, saying so, where it cannot run."""
    try:
        return f"http://{_bigquery_host()}"
    except EmulatorMissingError as missing:
        pytest.skip(f"NOT TESTED ON BIGQUERY: {missing}")


def emulated_client() -> bigquery.Client:
    """The real client, of a project of its own."""
    return bigquery.Client(
        project=f"test-{next(_projects)}",
        credentials=AnonymousCredentials(),  # type: ignore[no-untyped-call]
        client_options=ClientOptions(api_endpoint=bigquery_endpoint()),
    )


def emulated_bigquery() -> BigQueryWarehouse:
    """A warehouse of a project of its own."""
    return BigQueryWarehouse(emulated_client(), location="US", maximum_bytes_billed=10**9)
