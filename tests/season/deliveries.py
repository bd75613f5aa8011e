"""Messages delivered again, and what a warehouse file holds byte for byte."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path

import duckdb
import pyarrow as pa

from services.bootstrap import AppEndpoint
from shared.broker.local import LocalBroker
from tests.season.damage import only_dates
from tests.season.growing import Evening, known_by
from tests.season.kit import Message, Pipeline


def live_day(pipeline: Pipeline, tables: Mapping[str, pa.Table], day: dt.date) -> None:
    """Take the games of `day` back to what is known before them, then let them be played and arrive."""
    morning = known_by(tables, Evening(day - dt.timedelta(days=1), day))
    for state in (morning, tables):
        pipeline.announce(pipeline.ingest(only_dates(state, (day,)), (day,)))


def deliver_again(pipeline: Pipeline, messages: Sequence[Message], *, seed: int) -> int:
    """Deliver every message twice more, in random order, and all that follows. Returns the deliveries.

    Once it comes as a broker that is not sure sends it, under its own id, and once as a publisher that is not
    sure publishes it, under a new one.
    """

    @cache
    def endpoint(name: str) -> AppEndpoint:
        return AppEndpoint(pipeline.topology.processor(name).folder / "main.py", name)

    again = [*messages, *messages]
    random.Random(seed).shuffle(again)
    before = pipeline.broker.deliveries
    repeated = 0
    done: set[str] = set()
    for message in again:
        if message.message_id in done:
            pipeline.broker.publish_raw(message.topic, message.body, message.attributes)
        else:
            repeated += _deliver(pipeline, message, endpoint)
        done.add(message.message_id)
        pipeline.settle()
    return repeated + pipeline.broker.deliveries - before


def _deliver(pipeline: Pipeline, message: Message, endpoint: Callable[[str], AppEndpoint]) -> int:
    """Deliver one message under its own id, to everybody who subscribes to it."""
    broker = LocalBroker(
        subscriptions=pipeline.topology.subscriptions(),
        endpoints=endpoint,
        clock=pipeline.clock,
        new_id=lambda: message.message_id,
    )
    broker.publish_raw(message.topic, message.body, message.attributes)
    if not broker.run_until_idle(lambda: False):
        raise AssertionError("The broker stopped with messages left")
    return broker.deliveries


def contents(path: Path) -> dict[str, tuple[int, int]]:
    """Of every table of a closed warehouse file, the number of rows and a hash of all their columns."""
    with duckdb.connect(str(path), read_only=True) as file:
        tables = file.execute(
            "SELECT table_schema, table_name FROM information_schema.tables"
            " WHERE table_type = 'BASE TABLE' AND table_schema <> 'engine'"
        ).fetchall()
        found = {}
        for dataset, table in tables:
            row = file.execute(
                f"SELECT COUNT(*), SUM(hash(t)::HUGEINT) FROM {dataset}.{table} AS t"
            ).fetchone()
            assert row is not None
            found[f"{dataset}.{table}"] = (row[0], int(row[1] or 0))
        return found
