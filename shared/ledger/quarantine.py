"""Poison messages: kept byte for byte, with the reason, and acknowledged."""

from __future__ import annotations

import base64
import datetime as dt
import json
from collections.abc import Mapping
from pathlib import Path

from shared.messages.decode import Poison
from shared.sql import Statement, read_sql
from shared.warehouse.port import Warehouse, date, query, text, timestamp

_SQL = Path(__file__).parent / "sql"


def quarantine(
    warehouse: Warehouse,
    processor_name: str,
    poison: Poison,
    attributes: Mapping[str, str],
    *,
    now: dt.datetime,
) -> None:
    """Write one poison message to nba_orchestration.quarantine."""
    query(
        warehouse,
        Statement("quarantine", read_sql(_SQL / "quarantine.sql")),
        {
            "message_id": text(poison.message_id),
            "processor_name": text(processor_name),
            "received_date": date(now.date()),
            "now": timestamp(now),
            "reason": text(poison.reason),
            "body_base64": text(base64.b64encode(poison.body).decode()),
            "attributes": text(json.dumps(dict(attributes), sort_keys=True)),
        },
    )
