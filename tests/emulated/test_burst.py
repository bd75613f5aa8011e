"""Two hundred live messages and a season's backfill at once, through services that do one thing at a time."""

from __future__ import annotations

import datetime as dt
from itertools import cycle, islice, product

import pytest

from services.registry import discover
from shared.messages.models import CompletionStatus, PhaseCompleted, TriggerSource
from shared.tables import raw_tables
from shared.topology.declaration import Phase
from shared.topology.graph import COMPLETION_TOPICS, DEAD_LETTERS
from tests.emulated.seasons import Season, assert_as_embedded, land
from tests.emulators.cloud import Cloud

pytestmark = pytest.mark.emulated

LIVE_MESSAGES = 200
TOPIC = COMPLETION_TOPICS[Phase.RAW]


def test_a_burst_and_a_backfill_end_with_every_cell_settled(in_the_cloud: Cloud) -> None:
    season = Season(2017, dt.date(2017, 10, 17), days=30, teams=4)
    report = land(in_the_cloud, season)
    front, broker = in_the_cloud.front, in_the_cloud.broker()
    dead_letters = front.statuses(DEAD_LETTERS)
    # Every table of every date speaks for itself, as they do when another team writes them.
    live = list(islice(cycle(product(report.changed_dates, raw_tables())), LIVE_MESSAGES))
    wanted = {
        subscription.name: front.answers[subscription.name, 200]
        + sum(table in subscription.processors for _, table in live)
        for subscription in discover().subscriptions()
        if subscription.topic == TOPIC
    }

    in_the_cloud.nba(
        *("backfill", "--start-date", str(season.start), "--end-date", str(season.end)),
        *("--reason", "the season from raw"),
    )
    for day, table in live:
        broker.publish(TOPIC, _landed(day, table, report.run_id))
    front.wait_until(
        lambda: all(front.answers[name, 200] >= times for name, times in wanted.items()),
        seconds=2400,
        what=f"{LIVE_MESSAGES} live messages taken by {len(wanted)} services",
    )

    assert_as_embedded(in_the_cloud, season, seconds=900)
    assert front.statuses(DEAD_LETTERS) == dead_letters


def _landed(day: dt.date, table: str, run_id: str) -> PhaseCompleted:
    return PhaseCompleted(
        phase=Phase.RAW,
        processor_name=table,
        start_date=day,
        end_date=day,
        status=CompletionStatus.SUCCESS,
        run_id=run_id,
        record_count=1,
        failure_count=0,
        correlation_id=f"live-{day}-{table}",
        causation_id=None,
        trigger_source=TriggerSource.LIVE,
        backfill_id=None,
        published_at=dt.datetime.now(dt.UTC),
    )
