"""The SQL that reconciles failures does to every kind of row what the transition table says."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pyarrow as pa
import pytest

from services.registry import topology_of
from shared.arrow import arrow_schema
from shared.failures.model import FailureCategory, FailureType, failure_table
from shared.failures.transitions import Outcome, Reason, Sighting, Status, after_run
from shared.ledger.repository import ledger_tables
from shared.sql import Statement
from shared.topology.declaration import Phase, Processor
from shared.warehouse.duckdb_warehouse import DuckDBWarehouse
from shared.warehouse.port import Value, query
from shared.worker.commit import FailedDate, commit_script
from shared.worker.context import RunContext
from shared.worker.stage import Batch, staging_bindings
from tests.support import direct
from tests.support.tiny_folders import FORM, SCORES, write_folder

OLD = dt.datetime(2022, 1, 1, tzinfo=dt.UTC)
NOW = dt.datetime(2022, 9, 1, tzinfo=dt.UTC)
NEXT_ATTEMPT = dt.datetime(2022, 2, 1, tzinfo=dt.UTC)
SAME, CHANGED = dt.date(2021, 10, 19), dt.date(2021, 10, 20)
DAYS = {False: SAME, True: CHANGED}
GAP = "DATA_GAP"
ABSENCE = "PLAYER_DNP"
ANOTHER = "CHECK_FAILED"

Row = dict[str, Value]


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


@cache
def processors(root: Path) -> tuple[Processor, ...]:
    return topology_of([write_folder(root, folder) for folder in (SCORES, FORM)]).processors


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Mapping[Phase, Processor]:
    found = processors(tmp_path_factory.mktemp("services"))
    return {processor.phase: processor for processor in found}


def warehouse_for(processor: Processor, rows: list[Row]) -> DuckDBWarehouse:
    """An embedded warehouse in memory whose failure table of the phase holds `rows`."""
    warehouse = DuckDBWarehouse(None)
    table = failure_table(processor.phase)
    for schema in (table, processor.schema, *ledger_tables()):
        warehouse.ensure_table(schema)
    full = [{**dict.fromkeys(table.column_names), **row} for row in rows]
    direct.insert(warehouse, table.address, pa.Table.from_pylist(full, schema=arrow_schema(table)))
    return warehouse


def known(processor: Processor, entity: str, day: dt.date, **values: Value) -> Row:
    """A failure row as an earlier run and the retry worker left it."""
    return {
        "processor_name": processor.class_name,
        "run_id": "old-run",
        "analysis_date": day,
        "entity_id": entity,
        "entity_type": "TEAM",
        "failure_category": "INCOMPLETE_DATA",
        "failure_type": GAP,
        "failure_reason": "old words",
        "is_correctable": True,
        "resolution_status": "UNRESOLVED",
        "created_at": OLD,
        "first_seen_at": OLD,
        "last_seen_at": OLD,
        "attempt_count": 3,
        "next_attempt_at": NEXT_ATTEMPT,
        "correlation_id": "old-correlation",
        **values,
    }


def reported(entity: str, day: dt.date, **values: Value) -> Row:
    """A row of staging.failures."""
    return {
        "analysis_date": day,
        "entity_id": entity,
        "entity_type": "TEAM",
        "failure_category": "INCOMPLETE_DATA",
        "failure_type": GAP,
        "failure_reason": "new words",
        "expected_game_count": 5,
        "actual_game_count": 4,
        "missing_game_dates": "[]",
        "raw_data_checked": True,
        "row_written": False,
        "evidence": "[]",
        "expected_record_count": 1,
        "actual_record_count": 0,
        "missing_game_ids": "[]",
        **values,
    }


_REPORTED = pa.schema(
    [
        ("analysis_date", pa.date32()),
        *((name, pa.string()) for name in ("entity_id", "entity_type", "failure_category")),
        *((name, pa.string()) for name in ("failure_type", "failure_reason")),
        *((name, pa.int64()) for name in ("expected_game_count", "actual_game_count")),
        ("missing_game_dates", pa.string()),
        *((name, pa.bool_()) for name in ("raw_data_checked", "row_written")),
        ("evidence", pa.string()),
        *((name, pa.int64()) for name in ("expected_record_count", "actual_record_count")),
        ("missing_game_ids", pa.string()),
    ]
)


def commit(
    warehouse: DuckDBWarehouse,
    processor: Processor,
    *,
    failures: list[Row],
    expected: list[tuple[dt.date, str]],
    failed: list[FailedDate],
    standing: list[tuple[dt.date, str]],
    days: tuple[dt.date, ...] = (SAME, CHANGED),
    changed: tuple[dt.date, ...] = (CHANGED,),
) -> dict[str, Row]:
    """Commit a run of the dates that staged these failures; return the failure rows by entity."""
    context = RunContext("new-run", "new-correlation", "cause", None, "live", NOW)
    staged = staging_bindings(processor, context.run_id)
    warehouse.load(staged["staging.failures"], pa.Table.from_pylist(failures, schema=_REPORTED))
    entities = [{"cell_date": day, "entity_id": entity} for day, entity in expected]
    warehouse.load(
        staged["staging.expected"],
        pa.Table.from_pylist(
            entities, schema=pa.schema([("cell_date", pa.date32()), ("entity_id", pa.string())])
        ),
    )
    no_rows = [c for c in processor.schema.columns if c.name not in ("run_id", "processed_at")]
    fields = [f for f in arrow_schema(processor.schema) if f.name in {c.name for c in no_rows}]
    warehouse.load(staged["staging.good_rows"], pa.schema(fields).empty_table())
    warehouse.run(
        commit_script(
            processor,
            Batch(days, 2021, SAME),
            context,
            now=NOW,
            entries=[],
            failed=failed,
            changed_dates=changed,
            standing=standing,
            staged=True,
            labels={},
        )
    )
    return rows_of(warehouse, processor.phase)


def rows_of(warehouse: DuckDBWarehouse, phase: Phase) -> dict[str, Row]:
    sql = f"SELECT * FROM {failure_table(phase).address} WHERE analysis_date >= '2000-01-01'"
    every = query(warehouse, Statement("failures", sql), {}).records()
    rows = [row for row in every if row["first_seen_at"] != NOW or row["failure_category"] != ANOTHER]
    assert len({row["entity_id"] for row in rows}) == len(rows)
    return {str(row["entity_id"]): row for row in rows}


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
