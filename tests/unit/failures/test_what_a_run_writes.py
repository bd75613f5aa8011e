"""What a commit writes into failure rows besides their status, and what it leaves alone."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from shared.failures.transitions import Status
from shared.topology.declaration import Phase, Processor
from shared.warehouse.port import Value
from tests.unit.failures.reconciling import (
    ABSENCE,
    GAP,
    NEXT_ATTEMPT,
    NOW,
    OLD,
    SAME,
    Row,
    commit,
    known,
    reported,
    warehouse_for,
)


class TestWhatARunWrites:
    def test_attempts_belong_to_the_retry_worker_in_every_case(self, tiny: Mapping[Phase, Processor]) -> None:
        processor = tiny[Phase.PRECOMPUTE]
        rows = [
            known(processor, f"{status.value}-{there}", SAME, resolution_status=status.value)
            for status in Status
            for there in (True, False)
        ]

        found = commit(
            warehouse_for(processor, rows),
            processor,
            failures=[reported(f"{status.value}-True", SAME) for status in Status],
            expected=[(SAME, str(row["entity_id"])) for row in rows],
            failed=[],
            standing=[],
        )

        assert {(row["attempt_count"], row["next_attempt_at"]) for row in found.values()} == {
            (3, NEXT_ATTEMPT)
        }

    def test_refreshed_failure_keeps_its_age_and_says_what_is_known_now(
        self, tiny: Mapping[Phase, Processor]
    ) -> None:
        processor = tiny[Phase.ANALYTICS]

        row = commit(
            warehouse_for(processor, [known(processor, "BOS", SAME)]),
            processor,
            failures=[reported("BOS", SAME, failure_type="MIXED", row_written=True)],
            expected=[(SAME, "BOS")],
            failed=[],
            standing=[],
        )["BOS"]

        assert (row["first_seen_at"], row["created_at"], row["last_seen_at"]) == (OLD, OLD, NOW)
        assert (row["failure_reason"], row["failure_type"], row["row_written"]) == (
            "new words",
            "MIXED",
            True,
        )
        assert (row["run_id"], row["correlation_id"]) == ("new-run", "new-correlation")
        assert (row["expected_game_count"], row["actual_game_count"], row["actual_record_count"]) == (5, 4, 0)

    def test_resolved_failure_says_when_and_by_which_run_and_keeps_its_words(
        self, tiny: Mapping[Phase, Processor]
    ) -> None:
        processor = tiny[Phase.PRECOMPUTE]

        row = commit(
            warehouse_for(processor, [known(processor, "BOS", SAME)]),
            processor,
            failures=[],
            expected=[(SAME, "BOS")],
            failed=[],
            standing=[],
        )["BOS"]

        assert (row["resolved_at"], row["resolved_by_run_id"], row["can_retry"]) == (NOW, "new-run", False)
        assert row["failure_reason"] == "old words"

    def test_failure_that_was_resolved_before_is_not_resolved_again(
        self, tiny: Mapping[Phase, Processor]
    ) -> None:
        processor = tiny[Phase.PRECOMPUTE]
        resolved = known(
            processor,
            "BOS",
            SAME,
            resolution_status="RESOLVED",
            resolution_reason="observed",
            resolved_at=OLD,
            resolved_by_run_id="old-run",
        )

        row = commit(
            warehouse_for(processor, [resolved]),
            processor,
            failures=[],
            expected=[(SAME, "BOS")],
            failed=[],
            standing=[],
        )["BOS"]

        assert (row["resolved_at"], row["resolved_by_run_id"]) == (OLD, "old-run")

    def test_failures_of_other_processors_and_dates_are_not_touched(
        self, tiny: Mapping[Phase, Processor]
    ) -> None:
        processor = tiny[Phase.PRECOMPUTE]
        others = [
            known(processor, "BOS", SAME, processor_name="SomebodyElse"),
            known(processor, "CHI", dt.date(2021, 10, 21)),
            known(processor, "NYK", dt.date(2021, 10, 18)),
        ]

        found = commit(
            warehouse_for(processor, others),
            processor,
            failures=[],
            expected=[],
            failed=[],
            standing=[],
        )

        assert {row["resolution_status"] for row in found.values()} == {"UNRESOLVED"}

    def test_game_or_date_with_a_slot_that_has_no_failure_any_more_is_observed(
        self, tiny: Mapping[Phase, Processor]
    ) -> None:
        processor = tiny[Phase.PRECOMPUTE]
        rows = [
            known(processor, "game-1", SAME, entity_type="GAME"),
            known(processor, "game-2", SAME, entity_type="GAME"),
        ]

        found = commit(
            warehouse_for(processor, rows),
            processor,
            failures=[],
            expected=[],
            failed=[],
            standing=[(SAME, "game-1")],
        )

        assert {entity: row["resolution_reason"] for entity, row in found.items()} == {
            "game-1": "observed",
            "game-2": "no_longer_expected",
        }


class TestRowsOfTheOlderTable:
    """The table of seven columns had no status: its rows enter the life of a failure with the next run."""

    def older(self, processor: Processor, entity: str) -> Row:
        return {
            "processor_name": processor.class_name,
            "run_id": "old-run",
            "analysis_date": SAME,
            "entity_id": entity,
            "failure_category": "INCOMPLETE_DATA",
            "failure_reason": "old words",
            "can_retry": True,
        }

    def after(self, tiny: Mapping[Phase, Processor], *, kind: str) -> dict[str, tuple[Value, Value]]:
        processor = tiny[Phase.PRECOMPUTE]
        found = commit(
            warehouse_for(processor, [self.older(processor, "gone"), self.older(processor, "there")]),
            processor,
            failures=[reported("there", SAME, failure_type=kind)],
            expected=[(SAME, "gone"), (SAME, "there")],
            failed=[],
            standing=[],
        )
        return {entity: (row["resolution_status"], row["can_retry"]) for entity, row in found.items()}

    def test_what_is_gone_is_resolved_and_what_is_there_is_open(
        self, tiny: Mapping[Phase, Processor]
    ) -> None:
        assert self.after(tiny, kind=GAP) == {
            "gone": ("RESOLVED", False),
            "there": ("UNRESOLVED", True),
        }

    def test_what_is_an_absence_is_permanent(self, tiny: Mapping[Phase, Processor]) -> None:
        assert self.after(tiny, kind=ABSENCE)["there"] == ("PERMANENT", False)
