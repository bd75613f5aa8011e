"""Where a failure stands with the retry worker, in words."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from services.console.retries import retry_state, retry_summary
from services.console.triage import Failure
from shared.failures.model import FailureCategory
from shared.failures.transitions import Status
from tests.console.failure_rows import failure

DUE = dt.datetime(2022, 1, 3, 4, 5, tzinfo=dt.UTC)
BY_HAND = "`nba failures retry --entity zachlavine --start-date 2021-12-31 --reason ...`"
UPSTREAM = FailureCategory.UPSTREAM_INCOMPLETE


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (failure(), "the next tick makes attempt 1 of 5"),
        (failure(attempts=2, next_attempt_at=DUE), "attempt 3 of 5 at 2022-01-03 04:05 UTC"),
        (
            failure(attempts=5, next_attempt_at=DUE),
            "its 5 attempts are made; given up at 2022-01-03 04:05 UTC if nothing comes",
        ),
        (
            failure(status=Status.RETRYING, attempts=2, next_attempt_at=DUE),
            "attempt 2 of 5 is made, due again at 2022-01-03 04:05 UTC",
        ),
        (
            failure(category=UPSTREAM, kind="UPSTREAM_GAP"),
            "waits for its upstream rows: it goes when they come",
        ),
        (
            failure(category=UPSTREAM, kind="UPSTREAM_GAP", resolution_reason="by_hand"),
            "asked for by hand: tried as soon as nothing upstream of it is being mended",
        ),
        (
            failure(resolution_reason="by_hand", attempts=5, next_attempt_at=DUE),
            "asked for by hand: the next tick tries it, with a new budget",
        ),
        (
            failure(status=Status.PERMANENT, resolution_reason="exhausted", attempts=5),
            f"given up after 5 attempts; changed inputs reopen it, or by hand: {BY_HAND}",
        ),
        (
            failure(status=Status.PERMANENT, resolution_reason="by_hand"),
            f"not retried; by hand: {BY_HAND}",
        ),
        (
            failure(status=Status.INVESTIGATING),
            f"not retried while somebody investigates it; {BY_HAND} ends that",
        ),
        (failure(status=Status.RESOLVED), None),
        (failure(status=Status.PERMANENT, correctable=False, kind="PLAYER_DNP"), None),
    ],
)
def test_a_failure_says_which_attempt_comes_when(found: Failure, words: str | None) -> None:
    assert retry_state(found) == words


def test_many_failures_are_put_together_by_what_happens_next() -> None:
    waiting = failure(status=Status.RETRYING, attempts=2, next_attempt_at=DUE)
    found = [
        failure(),
        waiting,
        replace(waiting, attempts=1, next_attempt_at=DUE + dt.timedelta(hours=1)),
        failure(category=UPSTREAM, kind="UPSTREAM_GAP"),
        failure(status=Status.PERMANENT, resolution_reason="exhausted"),
        failure(status=Status.PERMANENT, resolution_reason="by_hand"),
        failure(status=Status.INVESTIGATING),
        failure(status=Status.RESOLVED),
        failure(status=Status.PERMANENT, correctable=False, kind="PLAYER_DNP"),
    ]
    assert list(retry_summary(found)) == [
        "2 failures wait after 1 to 2 of 5 attempts; next one at 2022-01-03 04:05 UTC",
        "1 failure waits for upstream rows",
        "1 failure to be tried at the next tick",
        "1 failure given up; `nba failures retry` makes it open again",
        "1 failure declared permanent by hand; `nba failures retry` makes it open again",
        "1 failure not retried while somebody investigates",
    ]


def test_absences_have_nothing_to_retry() -> None:
    assert list(retry_summary([failure(status=Status.PERMANENT, correctable=False, kind="PLAYER_DNP")])) == []
