"""The SQL that reconciles failures does to every kind of row what the transition table says."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import pytest

from shared.failures.model import FailureCategory, FailureType
from shared.failures.transitions import Outcome, Reason, Sighting, Status, after_run
from shared.topology.declaration import Phase, Processor
from shared.worker.commit import FailedDate
from tests.unit.failures.reconciling import (
    ABSENCE,
    ANOTHER,
    CHANGED,
    DAYS,
    GAP,
    SAME,
    commit,
    known,
    reported,
    warehouse_for,
)


@dataclass(frozen=True)
class Case:
    """A failure row as it was, and what the run has to say of it."""

    status: Status | None
    reason: Reason | None
    was_correctable: bool
    seen: Sighting

    @property
    def entity(self) -> str:
        words = (
            self.status.value if self.status else "new",
            self.reason.value if self.reason else "none",
            self.was_correctable,
            *(self.seen.present, self.seen.correctable, self.seen.expected, self.seen.withheld),
            self.seen.inputs_changed,
        )
        return "-".join(str(word) for word in words)

    @property
    def day(self) -> dt.date:
        return DAYS[self.seen.inputs_changed]


def all_cases() -> Iterator[Case]:
    for status, reason, was in itertools.product((None, *Status), (None, *Reason), (True, False)):
        if status is None and (reason is not None or not was):
            continue
        for flags in itertools.product((True, False), repeat=5):
            yield Case(status, reason, was, Sighting(*flags))


CASES = tuple(all_cases())


@pytest.mark.parametrize("phase", [Phase.ANALYTICS, Phase.PRECOMPUTE])
def test_reconcile_agrees_with_the_transition_table_in_every_case(
    tiny: Mapping[Phase, Processor], phase: Phase
) -> None:
    processor = tiny[phase]
    rows = [
        known(
            processor,
            case.entity,
            case.day,
            resolution_status=case.status.value,
            resolution_reason=case.reason.value if case.reason else None,
            is_correctable=case.was_correctable,
        )
        for case in CASES
        if case.status is not None
    ]
    warehouse = warehouse_for(processor, rows)

    found = commit(
        warehouse,
        processor,
        failures=[
            *(
                reported(
                    c.entity,
                    c.day,
                    failure_type=GAP if c.seen.correctable else ABSENCE,
                    row_written=not c.seen.withheld,
                )
                for c in CASES
                if c.seen.present
            ),
            *(
                reported(c.entity, c.day, failure_category=ANOTHER)
                for c in CASES
                if c.seen.withheld and not c.seen.present
            ),
        ],
        expected=[(c.day, c.entity) for c in CASES if c.seen.expected],
        failed=[],
        standing=[],
    )

    def outcome(case: Case) -> Outcome | None:
        row = found.get(case.entity)
        if row is None:
            return None
        reason = row["resolution_reason"]
        return Outcome(Status(str(row["resolution_status"])), Reason(str(reason)) if reason else None)

    def implied(case: Case) -> Outcome | None:
        what = after_run(case.status, case.reason, case.was_correctable, case.seen)
        if what is None and case.status is not None:
            return Outcome(case.status, case.reason)
        return what

    differing = {c.entity: (outcome(c), implied(c)) for c in CASES if outcome(c) != implied(c)}
    assert differing == {}


def test_only_open_failures_may_be_retried_in_every_case(tiny: Mapping[Phase, Processor]) -> None:
    processor = tiny[Phase.PRECOMPUTE]
    seen = [case for case in CASES if case.seen.present]
    rows = [
        known(
            processor,
            case.entity,
            case.day,
            resolution_status=case.status.value,
            resolution_reason=case.reason.value if case.reason else None,
            is_correctable=case.was_correctable,
        )
        for case in seen
        if case.status is not None
    ]

    found = commit(
        warehouse_for(processor, rows),
        processor,
        failures=[
            reported(c.entity, c.day, failure_type=GAP if c.seen.correctable else ABSENCE) for c in seen
        ],
        expected=[(c.day, c.entity) for c in seen],
        failed=[],
        standing=[],
    )

    wrong = {
        entity: row["resolution_status"]
        for entity, row in found.items()
        if row["can_retry"] != (row["resolution_status"] in ("UNRESOLVED", "RETRYING"))
    }
    assert wrong == {}


class TestDatesThatFailed:
    def test_recording_agrees_with_the_transition_table_in_every_case(
        self, tiny: Mapping[Phase, Processor]
    ) -> None:
        processor = tiny[Phase.PRECOMPUTE]
        cases = list(itertools.product(Status, (None, *Reason), (True, False)))
        days = tuple(SAME + dt.timedelta(days=number) for number in range(len(cases)))
        rows = [
            known(
                processor,
                day.isoformat(),
                day,
                failure_category="CHECK_FAILED",
                resolution_status=status.value,
                resolution_reason=reason.value if reason else None,
            )
            for day, (status, reason, _) in zip(days, cases, strict=True)
        ]

        found = commit(
            warehouse_for(processor, rows),
            processor,
            failures=[],
            expected=[],
            failed=[
                FailedDate(day, FailureCategory.CHECK_FAILED, FailureType.PROCESSING_ERROR, "new words")
                for day in days
            ],
            standing=[],
            days=days,
            changed=tuple(day for day, case in zip(days, cases, strict=True) if case[2]),
        )

        differing = {}
        for day, (status, reason, inputs_changed) in zip(days, cases, strict=True):
            sighting = Sighting(True, True, True, True, inputs_changed)
            row = found[day.isoformat()]
            is_now = (row["resolution_status"], row["resolution_reason"], row["can_retry"])
            implied = after_run(status, reason, True, sighting)
            assert implied is not None
            may_retry = implied.status in (Status.UNRESOLVED, Status.RETRYING)
            should = (implied.status.value, implied.reason.value if implied.reason else None, may_retry)
            if is_now != should:
                differing[status, reason, inputs_changed] = (is_now, should)
        assert differing == {}

    def test_new_failure_of_a_date_is_open(self, tiny: Mapping[Phase, Processor]) -> None:
        processor = tiny[Phase.ANALYTICS]
        failed = FailedDate(SAME, FailureCategory.PROCESSING_ERROR, FailureType.UNKNOWN, "words")

        row = commit(
            warehouse_for(processor, []), processor, failures=[], expected=[], failed=[failed], standing=[]
        )[SAME.isoformat()]

        assert {name: row[name] for name in ("entity_type", "failure_type", "resolution_status")} == {
            "entity_type": "DATE",
            "failure_type": "UNKNOWN",
            "resolution_status": "UNRESOLVED",
        }
        assert (row["attempt_count"], row["can_retry"], row["row_written"]) == (0, True, False)

    def test_failures_of_its_entities_are_neither_refreshed_nor_resolved(
        self, tiny: Mapping[Phase, Processor]
    ) -> None:
        processor = tiny[Phase.ANALYTICS]
        failed = FailedDate(SAME, FailureCategory.CHECK_FAILED, FailureType.PROCESSING_ERROR, "words")
        warehouse = warehouse_for(
            processor, [known(processor, "BOS", SAME), known(processor, "CHI", CHANGED)]
        )

        found = commit(
            warehouse,
            processor,
            failures=[reported("NYK", SAME)],
            expected=[(SAME, "NYK"), (CHANGED, "CHI")],
            failed=[failed],
            standing=[],
        )

        assert found["BOS"]["resolution_status"] == "UNRESOLVED"
        assert found["CHI"]["resolution_status"] == "RESOLVED"
        assert "NYK" not in found
