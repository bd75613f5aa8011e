"""What is appended to the ledger, and what the planner reads of it."""

from __future__ import annotations

import datetime as dt

import pytest

from shared.ledger.backfills import record_backfill, requests_of
from shared.planner.snapshot import Backfill, Failed, Reprocess, Success
from shared.topology.declaration import Phase
from shared.warehouse.port import Value
from tests.unit.ledger.ledgers import FIRST, NOW, TOPOLOGY, Ledger, context, entry, failed, on


@pytest.fixture
def ledger() -> Ledger:
    return Ledger()


def test_nothing_appended_is_no_history(ledger: Ledger) -> None:
    history = ledger.snapshot().history("scores", FIRST)

    assert (history.success, history.failed, history.open_failures) == (None, None, 0)


def test_success_comes_back_as_it_was_appended(ledger: Ledger) -> None:
    ledger.append(entry(), run=context(run_id="r1", causation_id="m1"))

    assert ledger.snapshot().history("scores", FIRST).success == Success("in", "out", 2, 1, "r1", "m1")


def test_failed_run_comes_back_as_it_was_appended(ledger: Ledger) -> None:
    ledger.append(failed(), run=context(run_id="r1", causation_id="m1"))

    found = ledger.snapshot().history("scores", FIRST)

    assert found.failed == Failed("in", 1, 1, "no such column", "r1", "m1")
    assert found.success is None


def test_run_without_rows_is_a_success_with_none(ledger: Ledger) -> None:
    ledger.append(entry(status="empty", output_fingerprint="empty", record_count=0))

    success = ledger.snapshot().history("scores", FIRST).success

    assert success is not None
    assert (success.output_fingerprint, success.record_count) == ("empty", 0)


def test_newest_success_and_newest_failure_are_kept_apart(ledger: Ledger) -> None:
    ledger.append(entry(output_fingerprint="first"))
    ledger.append(entry(output_fingerprint="second"))
    ledger.append(failed())

    found = ledger.snapshot().history("scores", FIRST)

    assert found.success is not None
    assert found.failed is not None
    assert (found.success.output_fingerprint, found.success.sequence) == ("second", 2)
    assert found.failed.sequence == 3


def test_newest_is_the_last_commit_whatever_the_clocks_say(ledger: Ledger) -> None:
    ledger.append(entry(output_fingerprint="first"), now=NOW)
    ledger.append(entry(output_fingerprint="second"), now=NOW - dt.timedelta(days=400))

    success = ledger.snapshot().history("scores", FIRST).success

    assert success is not None
    assert success.output_fingerprint == "second"


def test_commits_are_counted_per_cell(ledger: Ledger) -> None:
    ledger.append(entry(on(0)), entry(on(1)))
    ledger.append(entry(on(1)), entry(on(2)))
    ledger.append(entry(on(1), cell_name="form"))

    snapshot = ledger.snapshot(on(0), on(2))
    found = {
        (name, (day - FIRST).days): history.success.sequence
        for name, cells in snapshot.runs.items()
        for day, history in cells.items()
        if history.success is not None
    }

    assert found == {("scores", 0): 1, ("scores", 1): 2, ("scores", 2): 1, ("form", 1): 1}


class TestAttempts:
    def attempts(self, ledger: Ledger) -> list[Value]:
        rows = ledger.select(
            "SELECT attempt FROM nba_orchestration.ledger WHERE cell_date >= '2000-01-01' ORDER BY sequence"
        )
        return [row[0] for row in rows]

    def test_failed_runs_on_the_same_inputs_are_counted(self, ledger: Ledger) -> None:
        for _ in range(3):
            ledger.append(failed())

        assert self.attempts(ledger) == [1, 2, 3]

    def test_other_inputs_begin_a_new_count_and_the_old_one_is_remembered(self, ledger: Ledger) -> None:
        for fingerprint in ("a", "a", "b", "a"):
            ledger.append(failed(fingerprint=fingerprint))

        assert self.attempts(ledger) == [1, 2, 1, 3]

    def test_success_is_no_attempt(self, ledger: Ledger) -> None:
        ledger.append(failed())
        ledger.append(entry())

        assert self.attempts(ledger) == [1, 0]

    def test_other_cells_have_counts_of_their_own(self, ledger: Ledger) -> None:
        ledger.append(failed(on(0)), failed(on(1)))
        ledger.append(failed(on(1)))

        snapshot = ledger.snapshot(on(0), on(1))
        found = [snapshot.history("scores", on(n)).failed for n in (0, 1)]
        assert [run.attempt for run in found if run is not None] == [1, 2]


class TestOpenFailures:
    def failure(self, status: str, entity: str = "BOS", **values: Value) -> dict[str, Value]:
        return {
            "processor_name": "ScoresProcessor",
            "run_id": "r",
            "analysis_date": FIRST,
            "entity_id": entity,
            "failure_category": "INCOMPLETE_DATA",
            "resolution_status": status,
            **values,
        }

    def test_open_are_those_that_something_may_still_mend(self, ledger: Ledger) -> None:
        statuses = ["UNRESOLVED", "RETRYING", "RESOLVED", "PERMANENT", "INVESTIGATING"]
        ledger.failures(Phase.ANALYTICS, [self.failure(status, entity=status) for status in statuses])

        assert ledger.snapshot().history("scores", FIRST).open_failures == 2

    def test_they_are_found_by_the_name_failure_rows_use_and_by_date(self, ledger: Ledger) -> None:
        ledger.failures(Phase.ANALYTICS, [self.failure("UNRESOLVED")])
        ledger.failures(
            Phase.PRECOMPUTE,
            [
                self.failure("UNRESOLVED", processor_name="FormProcessor"),
                self.failure("UNRESOLVED", processor_name="FormProcessor", analysis_date=on(1)),
            ],
        )
        prediction = self.failure("RETRYING", processor_name="CardProcessor", prediction_date=FIRST)
        del prediction["analysis_date"]
        ledger.failures(Phase.PREDICTIONS, [prediction])

        snapshot = ledger.snapshot(on(0), on(1))
        found = {
            (name, (day - FIRST).days): history.open_failures
            for name, cells in snapshot.runs.items()
            for day, history in cells.items()
        }

        assert found == {("scores", 0): 1, ("form", 0): 1, ("form", 1): 1, ("card", 0): 1}


class TestRequests:
    def ran_for(self, ledger: Ledger, request_id: str | None) -> bool:
        return ledger.snapshot(request_id=request_id).history("scores", FIRST).ran_for_request

    def test_run_is_known_by_its_correlation_id(self, ledger: Ledger) -> None:
        ledger.append(entry(), run=context(correlation_id="c1"))

        assert self.ran_for(ledger, "c1")
        assert not self.ran_for(ledger, "c2")
        assert not self.ran_for(ledger, None)

    def test_run_is_known_by_its_backfill(self, ledger: Ledger) -> None:
        ledger.append(entry(), run=context(correlation_id="c1", backfill_id="b1"))

        assert self.ran_for(ledger, "b1")

    def test_failed_run_counts_as_well(self, ledger: Ledger) -> None:
        ledger.append(failed(), run=context(correlation_id="c1"))

        assert self.ran_for(ledger, "c1")

    def test_later_runs_for_somebody_else_do_not_hide_it(self, ledger: Ledger) -> None:
        ledger.append(entry(), run=context(correlation_id="c1"))
        ledger.append(entry(), run=context(correlation_id="c2"))

        assert self.ran_for(ledger, "c1")


class TestSeasons:
    def test_whole_season_around_the_dates_is_read(self, ledger: Ledger) -> None:
        longest = 355
        ledger.append(entry(on(0)), entry(on(longest)))

        assert set(ledger.snapshot(on(0), on(0)).runs["scores"]) == {on(0), on(longest)}
        assert set(ledger.snapshot(on(longest), on(longest)).runs["scores"]) == {on(0), on(longest)}

    def test_other_decades_are_not_read(self, ledger: Ledger) -> None:
        ledger.append(entry(on(0)))

        assert ledger.snapshot(dt.date(2031, 1, 1), dt.date(2031, 1, 1)).runs == {}

    @pytest.mark.parametrize(
        "day", [dt.date(1946, 1, 1), dt.date(1947, 3, 1), dt.date(2199, 12, 31), dt.date.max]
    )
    def test_dates_at_the_ends_of_history_are_no_accident(self, ledger: Ledger, day: dt.date) -> None:
        assert ledger.snapshot(day, day).runs == {}


class TestBackfills:
    ASKED = Backfill(
        "b1", on(0), on(9), ("scores", "form"), Reprocess.ALL, "a 'reason' with quotes", "somebody"
    )

    def test_backfill_comes_back_as_it_was_recorded(self, ledger: Ledger) -> None:
        record_backfill(ledger.warehouse, self.ASKED, now=NOW)

        assert ledger.snapshot(backfill_id="b1").backfills == {"b1": self.ASKED}

    def test_it_bounds_messages_of_any_date(self, ledger: Ledger) -> None:
        record_backfill(ledger.warehouse, self.ASKED, now=NOW)

        found = ledger.snapshot(dt.date(2035, 1, 1), dt.date(2035, 1, 1), backfill_id="b1")

        assert found.backfills == {"b1": self.ASKED}

    def test_other_backfills_are_not_read(self, ledger: Ledger) -> None:
        record_backfill(ledger.warehouse, self.ASKED, now=NOW)

        assert ledger.snapshot(backfill_id="b2").backfills == {}
        assert ledger.snapshot(backfill_id=None).backfills == {}

    def test_its_messages_carry_its_bounds_one_per_phase(self) -> None:
        messages = list(requests_of(self.ASKED, TOPOLOGY))

        assert [message.phase for message in messages] == [Phase.ANALYTICS, Phase.PRECOMPUTE]
        for message in messages:
            assert (message.start_date, message.end_date) == (on(0), on(9))
            assert (message.backfill_id, message.correlation_id) == ("b1", "b1")
            assert (message.processors, message.reprocess) == (("scores", "form"), Reprocess.ALL)

    def test_phases_of_which_it_names_nobody_hear_nothing(self) -> None:
        asked = Backfill("b1", on(0), on(9), ("scores",), Reprocess.STALE, "why", "somebody")

        assert [message.phase for message in requests_of(asked, TOPOLOGY)] == [Phase.ANALYTICS]
