"""Smoke test of a deployment: a request goes in, and its completion must come back.

`python -m infra.smoke --correlation-id ID` publishes a request to run one date of one processor again, and
listens to completions until one carries the id. A run again changes nothing: what comes out is what was
there, so nothing follows from it.
"""

from __future__ import annotations

import argparse
import datetime as dt
import os
import sys
import time
from pathlib import Path

from google.api_core.exceptions import DeadlineExceeded
from google.cloud import pubsub_v1  # type: ignore[attr-defined]

from services.adapters import open_broker, open_warehouse
from services.registry import discover
from services.settings import SettingsError, read_settings
from shared.broker.port import Broker
from shared.messages.decode import Received, decode
from shared.messages.models import CompletionStatus, PhaseCompleted, ProcessRequested
from shared.planner.snapshot import Reprocess
from shared.sql import Statement, read_sql
from shared.topology.declaration import Processor
from shared.topology.graph import COMPLETION_TOPICS, TRIGGER_TOPICS
from shared.warehouse.port import Warehouse, date, query, text

_PULL_SECONDS = 10.0
#: The shortest life that Pub/Sub gives a subscription; a smoke test that died leaves none behind for longer.
_EXPIRES = dt.timedelta(days=1)


class SmokeError(Exception):
    """The deployment does not answer, or answers that it failed."""


def main() -> None:
    """Run the smoke test that the command line describes; exit code 1 when nothing comes back."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--correlation-id", required=True)
    parser.add_argument("--processor", default="team_defense_zone_analysis")
    parser.add_argument("--seconds", type=float, default=600.0, help="how long to wait")
    options = parser.parse_args()
    settings = read_settings(os.environ, Path.cwd())
    if settings.broker is None:
        raise SettingsError("NBA_BROKER is not set. The smoke test is of a deployment.")
    processor = discover().processor(options.processor)
    day = newest_date(open_warehouse(settings), processor)
    if day is None:
        sys.stdout.write(
            f"SKIPPED: [{processor.name}] has not run on any date yet. Ingest, then run this again.\n"
        )
        return
    try:
        with pubsub_v1.SubscriberClient() as subscriber:
            done = run_again(
                subscriber,
                open_broker(settings),
                project=settings.broker,
                processor=processor,
                day=day,
                correlation_id=options.correlation_id,
                seconds=options.seconds,
            )
    except SmokeError as error:
        sys.exit(f"FAILED: {error}")
    sys.stdout.write(f"[{processor.name}] ran [{day}] again: {done.status.value}, {done.record_count} rows\n")


def newest_date(warehouse: Warehouse, processor: Processor) -> dt.date | None:
    """The newest date that the processor has run on; None when there is none."""
    rows = query(
        warehouse,
        Statement("newest date", read_sql(Path(__file__).parent / "newest_date.sql")),
        {
            "first_date": date(dt.date.min),
            "last_date": date(dt.date.max),
            "cell_name": text(processor.name),
        },
    )
    ((found,),) = rows.values
    return found if isinstance(found, dt.date) else None


def run_again(
    subscriber: pubsub_v1.SubscriberClient,
    broker: Broker,
    *,
    project: str,
    processor: Processor,
    day: dt.date,
    correlation_id: str,
    seconds: float,
) -> PhaseCompleted:
    """Ask for one date, and return its completion. Raises SmokeError when none comes, or it says failed."""
    topic = subscriber.topic_path(project, COMPLETION_TOPICS[processor.phase])
    subscription = subscriber.subscription_path(project, f"smoke--{correlation_id}")
    # There before the request is, so that the answer cannot be missed.
    subscriber.create_subscription(
        request={
            "name": subscription,
            "topic": topic,
            "filter": f'attributes.processor = "{processor.name}"',
            "expiration_policy": {"ttl": _EXPIRES},
            "message_retention_duration": _EXPIRES,
        }
    )
    try:
        broker.publish(
            TRIGGER_TOPICS[processor.phase],
            ProcessRequested(
                phase=processor.phase,
                processors=(processor.name,),
                start_date=day,
                end_date=day,
                reprocess=Reprocess.ALL,
                reason="smoke test of a deployment",
                requested_by="infra.smoke",
                correlation_id=correlation_id,
            ),
        )
        done = _answer(subscriber, subscription, correlation_id, time.monotonic() + seconds)
    finally:
        subscriber.delete_subscription(request={"subscription": subscription})
    if done is None:
        raise SmokeError(f"no completion of [{processor.name}] for [{day}] within {seconds:.0f} s")
    if done.status is CompletionStatus.FAILED:
        raise SmokeError(f"[{processor.name}] failed on [{day}]; its failures say why")
    return done


def _answer(
    subscriber: pubsub_v1.SubscriberClient, subscription: str, correlation_id: str, ends: float
) -> PhaseCompleted | None:
    while time.monotonic() < ends:
        try:
            pulled = subscriber.pull(
                request={"subscription": subscription, "max_messages": 100}, timeout=_PULL_SECONDS
            )
        except DeadlineExceeded:
            # Nothing yet; whoever waits decides for how long.
            continue
        for item in pulled.received_messages:
            found = decode(item.message.message_id, item.message.data)
            message = found.message if isinstance(found, Received) else None
            if isinstance(message, PhaseCompleted) and message.correlation_id == correlation_id:
                return message
        if pulled.received_messages:
            subscriber.acknowledge(
                request={
                    "subscription": subscription,
                    "ack_ids": [item.ack_id for item in pulled.received_messages],
                }
            )
    return None


if __name__ == "__main__":
    main()
