"""Where a failure stands with the retry worker: which attempt, when, and what a person can do. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from services.console.output import at_time, count
from services.console.triage import Failure
from services.retry.policy import BUDGET
from shared.failures.model import FailureCategory
from shared.failures.transitions import Reason, Status


def retry_state(failure: Failure) -> str | None:
    """What the retry worker has done and will do about a failure; None when it has no part in it."""
    if not failure.correctable or failure.status is Status.RESOLVED:
        return None
    again = f"`nba failures retry --entity {failure.entity_id} --start-date {failure.date} --reason ...`"
    match failure.status:
        case Status.INVESTIGATING:
            return f"not retried while somebody investigates it; {again} ends that"
        case Status.PERMANENT if failure.resolution_reason == Reason.EXHAUSTED:
            tried = count(failure.attempts, "attempt")
            return f"given up after {tried}; changed inputs reopen it, or by hand: {again}"
        case Status.PERMANENT:
            return f"not retried; by hand: {again}"
        case Status.RETRYING:
            due = (
                ""
                if failure.next_attempt_at is None
                else f", due again at {at_time(failure.next_attempt_at)}"
            )
            return f"attempt {failure.attempts} of {BUDGET} is made{due}"
    if failure.resolution_reason == Reason.BY_HAND:
        if failure.category is FailureCategory.UPSTREAM_INCOMPLETE:
            return "asked for by hand: tried as soon as nothing upstream of it is being mended"
        return "asked for by hand: the next tick tries it, with a new budget"
    if failure.category is FailureCategory.UPSTREAM_INCOMPLETE and failure.next_attempt_at is None:
        return "waits for its upstream rows: it goes when they come"
    if failure.next_attempt_at is None:
        return f"the next tick makes attempt 1 of {BUDGET}"
    if failure.attempts >= BUDGET:
        return (
            f"its {BUDGET} attempts are made; given up at {at_time(failure.next_attempt_at)} if nothing comes"
        )
    return f"attempt {failure.attempts + 1} of {BUDGET} at {at_time(failure.next_attempt_at)}"


def retry_summary(failures: Sequence[Failure]) -> Iterator[str]:
    """The same for many failures, a line per kind."""
    own = [f for f in failures if f.correctable and f.status is not Status.RESOLVED]
    tried = [f for f in own if f.status in (Status.UNRESOLVED, Status.RETRYING)]
    later = [f for f in tried if f.next_attempt_at is not None and f.resolution_reason != Reason.BY_HAND]
    if later:
        first = min(f.next_attempt_at for f in later if f.next_attempt_at is not None)
        numbers = sorted({f.attempts for f in later})
        made = f"{numbers[0]}" if len(numbers) == 1 else f"{numbers[0]} to {numbers[-1]}"
        yield f"{_many(later)} after {made} of {BUDGET} attempts; next one at {at_time(first)}"
    rest = [f for f in tried if f not in later]
    upstream = [f for f in rest if _waits_for_upstream(f)]
    if upstream:
        yield f"{_many(upstream)} for upstream rows"
    now = [f for f in rest if not _waits_for_upstream(f)]
    if now:
        yield f"{count(len(now), 'failure')} to be tried at the next tick"
    for reason, words in ((Reason.EXHAUSTED, "given up"), (Reason.BY_HAND, "declared permanent by hand")):
        given_up = [f for f in own if f.status is Status.PERMANENT and f.resolution_reason == reason]
        if given_up:
            yield f"{count(len(given_up), 'failure')} {words}; `nba failures retry` makes it open again"
    looked_at = [f for f in own if f.status is Status.INVESTIGATING]
    if looked_at:
        yield f"{count(len(looked_at), 'failure')} not retried while somebody investigates"


def _waits_for_upstream(failure: Failure) -> bool:
    return (
        failure.category is FailureCategory.UPSTREAM_INCOMPLETE
        and failure.resolution_reason != Reason.BY_HAND
    )


def _many(failures: Iterable[Failure]) -> str:
    number = sum(1 for _ in failures)
    return f"{count(number, 'failure')} {'waits' if number == 1 else 'wait'}"
