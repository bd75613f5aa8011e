"""Opens the adapters that the settings name. The clients of the cloud are loaded only when they are."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from services.settings import BigQueryProject, Settings, SettingsError

if TYPE_CHECKING:
    from shared.broker.port import Broker
    from shared.warehouse.port import Warehouse

#: Where the client of BigQuery looks for an emulator, which wants no credentials.
_BIGQUERY_EMULATOR = "BIGQUERY_EMULATOR_HOST"
_MAXIMUM_BYTES = "NBA_MAXIMUM_BYTES_BILLED"


def open_warehouse(settings: Settings) -> Warehouse:
    """The warehouse of the settings. Raises WarehouseInUseError, WarehouseError, SettingsError."""
    if isinstance(settings.warehouse, BigQueryProject):
        return _bigquery(settings.warehouse)
    from shared.warehouse.duckdb_warehouse import DuckDBWarehouse  # noqa: PLC0415

    return DuckDBWarehouse(settings.warehouse)


def open_broker(settings: Settings) -> Broker:
    """The broker of the cloud. Raises SettingsError when the settings name none."""
    from shared.broker.pubsub import PubSubBroker, publisher_client  # noqa: PLC0415

    if settings.broker is None:
        raise SettingsError("NBA_BROKER is not set. A service publishes to pubsub://PROJECT.")
    return PubSubBroker(project=settings.broker, publisher=publisher_client())


def _bigquery(address: BigQueryProject) -> Warehouse:
    from google.auth.credentials import AnonymousCredentials  # noqa: PLC0415
    from google.cloud import bigquery  # noqa: PLC0415

    from shared.warehouse.bigquery_warehouse import (  # noqa: PLC0415
        DEFAULT_MAXIMUM_BYTES,
        BigQueryWarehouse,
    )

    emulated = bool(os.environ.get(_BIGQUERY_EMULATOR))
    credentials = AnonymousCredentials() if emulated else None  # type: ignore[no-untyped-call]
    limit = os.environ.get(_MAXIMUM_BYTES, str(DEFAULT_MAXIMUM_BYTES))
    if not limit.isdigit():
        raise SettingsError(f"{_MAXIMUM_BYTES} is [{limit}]. Write a number of bytes.")
    client = bigquery.Client(project=address.project, credentials=credentials, location=address.location)
    return BigQueryWarehouse(client, location=address.location, maximum_bytes_billed=int(limit))
