"""The life of a failure row: which status may follow which, and who may say so.

`reconcile.sql` applies the run's part of this table to all failures of the dates of a run; a test holds the
two against each other, case by case.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Status(StrEnum):
    """Where a failure stands."""

    UNRESOLVED = "UNRESOLVED"
    RETRYING = "RETRYING"
    RESOLVED = "RESOLVED"
    PERMANENT = "PERMANENT"
    INVESTIGATING = "INVESTIGATING"


class Reason(StrEnum):
    """Why a status was reached."""

    OBSERVED = "observed"
    RECLASSIFIED = "reclassified"
    NO_LONGER_EXPECTED = "no_longer_expected"
    EXHAUSTED = "exhausted"
    BY_HAND = "by_hand"


class Actor(StrEnum):
    """Who changes a failure row."""

    RUN = "run"
    RETRY_WORKER = "retry worker"
    PERSON = "person"


@dataclass(frozen=True)
class Sighting:
    """What a run has to say of a failure it knows or finds.

    `present`: the run still reports it; `correctable`: by its type now; `expected`: the entity is still
    expected; `withheld`: its row is not written, as another failure says when this one is gone;
    `inputs_changed`: the cell's inputs differ from those of its last run.
    """

    present: bool
    correctable: bool
    expected: bool
    withheld: bool
    inputs_changed: bool


@dataclass(frozen=True)
class Outcome:
    """The status after a run, and why; `reason` is None where the status says it all."""

    status: Status
    reason: Reason | None


#: Every legal step between two different statuses, by who may take it.
LEGAL: dict[tuple[Status, Status], frozenset[Actor]] = {
    (Status.UNRESOLVED, Status.RESOLVED): frozenset({Actor.RUN}),
    (Status.UNRESOLVED, Status.RETRYING): frozenset({Actor.RETRY_WORKER}),
    (Status.UNRESOLVED, Status.PERMANENT): frozenset({Actor.RUN, Actor.RETRY_WORKER, Actor.PERSON}),
    (Status.RETRYING, Status.UNRESOLVED): frozenset({Actor.RUN, Actor.PERSON}),
    (Status.RETRYING, Status.RESOLVED): frozenset({Actor.RUN}),
    (Status.RETRYING, Status.PERMANENT): frozenset({Actor.RUN, Actor.RETRY_WORKER, Actor.PERSON}),
    (Status.PERMANENT, Status.RESOLVED): frozenset({Actor.RUN}),
    (Status.PERMANENT, Status.UNRESOLVED): frozenset({Actor.RUN, Actor.PERSON}),
    (Status.RESOLVED, Status.UNRESOLVED): frozenset({Actor.RUN}),
    (Status.RESOLVED, Status.PERMANENT): frozenset({Actor.RUN}),
    **{(status, Status.INVESTIGATING): frozenset({Actor.PERSON}) for status in Status},
    **{
        (Status.INVESTIGATING, status): frozenset({Actor.PERSON, Actor.RUN})
        if status is Status.RESOLVED
        else frozenset({Actor.PERSON})
        for status in Status
    },
}
del LEGAL[Status.INVESTIGATING, Status.INVESTIGATING]


def after_run(
    before: Status | None, before_reason: Reason | None, was_correctable: bool | None, seen: Sighting
) -> Outcome | None:
    """What a run makes of a failure; None when there is nothing to write.

    `before` is None for a failure seen for the first time. A permanent failure that is reported again stays
    permanent, unless its budget had run out and its inputs changed, or it was not correctable and now is.
    """
    if not seen.present:
        if before in (None, Status.RESOLVED):
            return None
        if seen.withheld:
            return Outcome(Status.RESOLVED, Reason.RECLASSIFIED)
        return Outcome(Status.RESOLVED, Reason.OBSERVED if seen.expected else Reason.NO_LONGER_EXPECTED)
    match before:
        case None | Status.RESOLVED:
            return Outcome(Status.UNRESOLVED if seen.correctable else Status.PERMANENT, None)
        case Status.UNRESOLVED | Status.RETRYING:
            if seen.correctable:
                return Outcome(Status.UNRESOLVED, None)
            return Outcome(Status.PERMANENT, Reason.RECLASSIFIED)
        case Status.PERMANENT:
            exhausted = before_reason is Reason.EXHAUSTED
            if seen.correctable and not was_correctable:
                return Outcome(Status.UNRESOLVED, Reason.RECLASSIFIED)
            if seen.correctable and exhausted and seen.inputs_changed:
                return Outcome(Status.UNRESOLVED, None)
            if not seen.correctable and was_correctable:
                return Outcome(Status.PERMANENT, Reason.RECLASSIFIED)
            return Outcome(Status.PERMANENT, before_reason)
        case Status.INVESTIGATING:
            return Outcome(Status.INVESTIGATING, before_reason)
