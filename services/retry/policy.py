"""What repairs a failure, when it may be tried again, and when to stop. Pure.

A failure is repaired through its *targets*: raw tables of dates to re-ingest, or cells to look at again. A
target is asked for once, however many failures wait for it, and has a budget of its own beside that of every
failure: one lost date does not get a new budget with each day that needs it.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

from shared.failures.model import RULES, FailureCategory, FailureType, Repair
from shared.failures.transitions import Reason, Status
from shared.topology.declaration import REQUIRED_RAW, RESULTS, Phase, raw_table_of

#: Attempts per failure, and per repair target.
BUDGET = 5
#: Failures that one tick marks, of those tried and of those given up: what a BigQuery request holds (10 MB),
#: with room to spare. A game lost in October is felt in a hundred thousand.
MOST_MARKED = 20_000
_FIRST_PAUSE = dt.timedelta(hours=1)
_LONGEST_PAUSE = dt.timedelta(hours=48)
_FACTOR = 4
#: A pause is lengthened by up to this share, so that what failed together is not tried together for ever.
_JITTER = 0.25

#: The raw row is there and the derived one is not (evidence ladder, step 4); the source is the processor.
_DERIVED_MISSING = "DERIVED_MISSING"
#: What is wrong is the schedule itself.
_NOT_FINAL = "NOT_FINAL"
#: Verdicts that say nothing of raw data to be fetched again.
_NOT_RAW = frozenset({_DERIVED_MISSING, "PLAYER_DNP", "UPSTREAM_GAP", "UNKNOWN", "NOT_ON_ROSTER"})


class TargetKind(StrEnum):
    """What is asked for."""

    RAW = "raw"
    CELL = "cell"


@dataclass(frozen=True, order=True, slots=True)
class Target:
    """A raw table on a date, or a processor on a date."""

    kind: TargetKind
    name: str
    date: dt.date


@dataclass(frozen=True, slots=True)
class TargetState:
    """What is known of a target: its attempts, and when what it stands for last changed."""

    attempts: int
    attempted_at: dt.datetime
    next_attempt_at: dt.datetime
    changed_at: dt.datetime | None

    @property
    def renewed(self) -> bool:
        """Whether new content has come since the last attempt: the budget starts again."""
        return self.changed_at is not None and self.changed_at > self.attempted_at


@dataclass(frozen=True, slots=True)
class Lack:
    """One missing game of a failure's evidence."""

    date: dt.date
    verdict: str
    source: str


@dataclass(frozen=True)
class Evidence:
    """What failures say that they lack. One of them serves all that say it in the same words, which are tens
    of thousands when a game is lost early in a season: what follows from it is worked out once."""

    lacks: tuple[Lack, ...] = ()

    @cached_property
    def days(self) -> frozenset[dt.date]:
        """Dates of what is missing."""
        return frozenset(lack.date for lack in self.lacks)

    @cached_property
    def missing(self) -> tuple[Target, ...]:
        """Raw tables and cells that lack something."""
        found: set[Target] = set()
        for lack in self.lacks:
            if lack.verdict == _DERIVED_MISSING:
                found.add(Target(TargetKind.CELL, lack.source, lack.date))
            elif lack.verdict not in _NOT_RAW:
                found.add(Target(TargetKind.RAW, _lacking_table(lack), lack.date))
        return tuple(sorted(found))

    @cached_property
    def first_raw(self) -> Target | None:
        """The earliest of the raw tables that lack something."""
        raw = [target for target in self.missing if target.kind is TargetKind.RAW]
        return min(raw, key=lambda target: (target.date, target.name), default=None)


@dataclass(frozen=True, slots=True)
class OpenFailure:
    """A failure row that is not resolved, and is either correctable or has used its budget up."""

    phase: Phase
    processor: str
    date: dt.date
    entity_id: str
    category: FailureCategory
    type: FailureType
    reason: str
    status: Status
    status_reason: Reason | None
    attempts: int
    next_attempt_at: dt.datetime | None
    evidence: Evidence

    @property
    def may_be_tried(self) -> bool:
        """Whether the retry worker has anything to do with it at all."""
        return self.status in (Status.UNRESOLVED, Status.RETRYING)

    @property
    def by_hand(self) -> bool:
        """Whether a person asked for another try: now, and with a new budget."""
        return self.status is Status.UNRESOLVED and self.status_reason is Reason.BY_HAND

    @property
    def spent(self) -> int:
        """Attempts that count. What was given up lost the time of its next attempt, which every attempt
        sets: when a changed input has reopened it, it has its budget back."""
        return 0 if self.next_attempt_at is None or self.by_hand else self.attempts


@dataclass(frozen=True, slots=True)
class Attempt:
    """A failure to mark RETRYING: how many attempts that makes, and when it is due again."""

    failure: OpenFailure
    number: int
    next_attempt_at: dt.datetime


@dataclass(frozen=True, slots=True)
class TargetAttempt:
    """A target to ask for: how many attempts that makes, and when it may be asked for again."""

    target: Target
    number: int
    next_attempt_at: dt.datetime


@dataclass(frozen=True)
class Repairs:
    """What a tick does: failures to try, the targets that repair them, and failures to give up."""

    attempts: tuple[Attempt, ...]
    targets: tuple[TargetAttempt, ...]
    exhausted: tuple[OpenFailure, ...]


def targets_of(failure: OpenFailure) -> tuple[Target, ...]:
    """What repairs a failure; none for a gap of an upstream cell, which is repaired up there."""
    own = Target(TargetKind.CELL, failure.processor, failure.date)
    if failure.category is FailureCategory.UPSTREAM_INCOMPLETE:
        return ()
    if RULES[failure.category].repair is Repair.RUN_AGAIN or failure.type is FailureType.UNKNOWN:
        return (own,)
    missing = failure.evidence.missing
    if not missing:
        return (own,)
    # What is missing of another cell is read by the own one when it is there.
    reads_a_cell = any(target.kind is TargetKind.CELL for target in missing)
    return tuple(sorted({own, *missing})) if reads_a_cell else missing


def _lacking_table(lack: Lack) -> str:
    """The raw table that lacks a game. The schedule tells of a lost game, it does not lack it."""
    told_by_schedule = lack.source == raw_table_of(RESULTS) and lack.verdict != _NOT_FINAL
    return REQUIRED_RAW[0] if told_by_schedule else lack.source


def plan_repairs(
    failures: Iterable[OpenFailure],
    states: Mapping[Target, TargetState],
    now: dt.datetime,
    *,
    most_marked: int = MOST_MARKED,
) -> Repairs:
    """What to do now about the failures, given what was tried before.

    Every target that is due is asked for. Of the failures that it repairs, the first `most_marked` count the
    attempt; the others are open as before, and are given up in turn when their targets' budget is used up.
    """
    failures = tuple(failures)
    roots = [f for f in failures if f.category is not FailureCategory.UPSTREAM_INCOMPLETE]
    in_repair = {f.date for f in roots if f.status is not Status.PERMANENT}
    given_up = {f.date for f in roots if f.status is Status.PERMANENT}
    attempts: list[tuple[OpenFailure, int, tuple[Target, ...]]] = []
    forced: set[Target] = set()
    exhausted: list[OpenFailure] = []
    for failure in failures:
        if not failure.may_be_tried or not _due(failure, now):
            continue
        targets = targets_of(failure)
        if not targets:
            # A gap of an upstream cell goes when that cell's rows come, and is given up with it. Only when
            # nothing upstream is known to be missing is its own cell worth another look.
            days = failure.evidence.days | {failure.date}
            if days & in_repair:
                continue
            if days & given_up and not failure.by_hand:
                exhausted.append(failure)
                continue
            targets = (Target(TargetKind.CELL, failure.processor, failure.date),)
        # What changed since it was asked for is another gap, also for a failure that was mended meanwhile.
        renewed = any(states[target].renewed for target in targets if target in states)
        spent = 0 if renewed else failure.spent
        if spent >= BUDGET:
            exhausted.append(failure)
            continue
        if failure.by_hand:
            forced.update(targets)
            ready = targets
        elif all(_used_up(states.get(target), now) for target in targets):
            exhausted.append(failure)
            continue
        else:
            ready = tuple(t for t in targets if _ready(states.get(t), now))
        if ready:
            attempts.append((failure, spent + 1, ready))
    wanted = {target for _, _, ready in attempts for target in ready}
    chosen = {
        target: _attempt(target, None if target in forced else states.get(target), now) for target in wanted
    }
    return Repairs(
        attempts=tuple(
            Attempt(failure, number, max(chosen[target].next_attempt_at for target in ready))
            for failure, number, ready in attempts[:most_marked]
        ),
        targets=tuple(chosen[target] for target in sorted(chosen)),
        exhausted=tuple(exhausted[:most_marked]),
    )


def _attempt(target: Target, before: TargetState | None, now: dt.datetime) -> TargetAttempt:
    number = 1 if before is None or before.renewed else before.attempts + 1
    return TargetAttempt(target, number, now + pause(number, now))


def pause(attempt: int, now: dt.datetime) -> dt.timedelta:
    """How long to wait after an attempt: 1, 4, 16, 48, 48 hours, lengthened by up to a quarter.

    What is tried together stays together, since one request then serves all of it; so the part that is left
    to chance belongs to the moment, not to the target.
    """
    times: int = _FACTOR ** (attempt - 1)
    plain = min(_FIRST_PAUSE * times, _LONGEST_PAUSE)
    digest = hashlib.blake2b(f"{now.isoformat()} {attempt}".encode(), digest_size=2).digest()
    share: float = int.from_bytes(digest) / 65536
    return plain + plain * (_JITTER * share)


def _due(failure: OpenFailure, now: dt.datetime) -> bool:
    return failure.by_hand or failure.next_attempt_at is None or failure.next_attempt_at <= now


def _ready(state: TargetState | None, now: dt.datetime) -> bool:
    if state is None or state.renewed:
        return True
    return state.attempts < BUDGET and state.next_attempt_at <= now


def _used_up(state: TargetState | None, now: dt.datetime) -> bool:
    """Whether the last attempt was made and has had its time."""
    return (
        state is not None and not state.renewed and state.attempts >= BUDGET and state.next_attempt_at <= now
    )
