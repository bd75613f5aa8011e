"""What a delivery came to, and the HTTP status that says so to Pub/Sub. One total function."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Decision(StrEnum):
    """Everything a worker can make of a delivery without asking for it again."""

    RAN = "ran"
    NOTHING_TO_DO = "nothing_to_do"
    NOT_READY = "not_ready"
    PUBLISHED_AGAIN = "published_again"
    RECORDED_FAILURE = "recorded_failure"
    QUARANTINED = "quarantined"
    PAUSED = "paused"
    HALTED = "halted"


@dataclass(frozen=True)
class Outcome:
    """A decision, and how many cells ran."""

    decision: Decision
    cells: int


class TransientError(Exception):
    """May be otherwise next time: the delivery is not acknowledged, and Pub/Sub brings it again."""


def http_status(result: Outcome | BaseException) -> int:
    """The status of a delivery's answer.

    What was decided is acknowledged (2xx), also when the decision is a recorded failure: asking again would
    change nothing. Everything raised is answered 503, so that Pub/Sub redelivers with back-off and finally
    dead-letters.
    """
    if isinstance(result, Outcome):
        return 200
    return 503
