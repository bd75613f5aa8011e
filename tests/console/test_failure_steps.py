"""`nba failures retry|investigate|permanent`: the SQL does what the transition table lets a person do."""

from __future__ import annotations

import datetime as dt
import itertools
import json
from dataclasses import replace

import pytest

from services.console.failure_queries import Filters
from services.console.failure_steps import EFFECTS, Asked, Step, StepCounts, count_step, starts_of, take_step
from services.console.output import Exit
from shared.failures.model import FailureCategory, FailureType, failure_tables, failure_views
from shared.failures.transitions import LEGAL, Actor, Reason, Status
from shared.ledger.repository import ledger_tables
from shared.sql import Statement
from shared.warehouse.duckdb_warehouse import DuckDBWarehouse
from shared.warehouse.initialise import ensure_views
from shared.warehouse.port import Value, query
from tests.console.command_line import Ask
from tests.console.conftest import LostGame
from tests.console.failure_rows import DAY, row
from tests.support.derived_rows import Row, fill

ANY = Filters(None, None, None, None, None, None, None, everything=True)
NOW = dt.datetime(2022, 1, 2, tzinfo=dt.UTC)
DUE = dt.datetime(2022, 1, 3, tzinfo=dt.UTC)
ASKED = Asked("action-1", "because", "ann", NOW)
TABLES = ("analytics_failures", "precompute_failures", "prediction_failures")


def _row(status: Status, *, correctable: bool, **changes: Value) -> Row:
    return row(
        entity_id=f"{status.value}-{correctable}",
        resolution_status=status.value,
        is_correctable=correctable,
        can_retry=status in (Status.UNRESOLVED, Status.RETRYING),
        attempt_count=3,
        next_attempt_at=DUE,
        **changes,
    )


EVERY_STATUS = [_row(status, correctable=is_it) for status, is_it in itertools.product(Status, (True, False))]


def _warehouse(rows: list[Row], table: str = "precompute_failures") -> DuckDBWarehouse:
    warehouse = DuckDBWarehouse(None)
    for schema in failure_tables():
        named = schema.address.table == table
        day = schema.partition_column
        own = [{day if name == "analysis_date" else name: value for name, value in r.items()} for r in rows]
        fill(warehouse, schema, own if named else [])
    for schema in ledger_tables():
        warehouse.ensure_table(schema)
    ensure_views(warehouse, failure_views())
    return warehouse


def _now(warehouse: DuckDBWarehouse, table: str = "precompute_failures") -> dict[str, dict[str, Value]]:
    day = "prediction_date" if table == "prediction_failures" else "analysis_date"
    rows = query(
        warehouse, Statement("rows", f"SELECT * FROM nba_processing.{table} WHERE {day} > '2000-01-01'"), {}
    )
    return {str(record["entity_id"]): record for record in rows.records()}


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("step", list(Step))
def test_a_step_moves_a_failure_only_where_a_person_may(step: Step, table: str) -> None:
    warehouse = _warehouse(EVERY_STATUS, table)
    before = _now(warehouse, table)
    take_step(warehouse, step, ANY, ASKED)
    after = _now(warehouse, table)

    effect = EFFECTS[step]
    for status, correctable in itertools.product(Status, (True, False)):
        entity = f"{status.value}-{correctable}"
        moves = status in effect.starts and (correctable or not effect.only_correctable)
        if not moves:
            assert after[entity] == before[entity]
            continue
        found = after[entity]
        end = Status(str(found["resolution_status"]))
        assert end is effect.ends
        assert found["resolution_reason"] == Reason.BY_HAND.value
        assert found["can_retry"] is (end is Status.UNRESOLVED)
        if status is not end:
            assert Actor.PERSON in LEGAL[status, end]
        # They are the retry worker's own.
        assert (found["attempt_count"], found["next_attempt_at"]) == (3, DUE)


def test_what_has_an_attempt_is_retried_only_when_it_is_named() -> None:
    named = replace(ANY, status=Status.RETRYING)
    assert Status.RETRYING not in starts_of(Step.RETRY, ANY)
    assert Actor.PERSON in LEGAL[Status.RETRYING, Status.UNRESOLVED]
    warehouse = _warehouse(EVERY_STATUS)
    take_step(warehouse, Step.RETRY, named, ASKED)
    after = _now(warehouse)
    assert after["RETRYING-True"]["resolution_status"] == "UNRESOLVED"
    assert after["RETRYING-False"]["resolution_status"] == "RETRYING"
    assert after["PERMANENT-True"]["resolution_status"] == "PERMANENT"


@pytest.mark.parametrize(
    ("step", "counts"),
    [
        (Step.RETRY, StepCounts(changed=3, resolved=2, not_correctable=4, retrying=1, as_asked=0)),
        (Step.INVESTIGATE, StepCounts(changed=6, resolved=2, not_correctable=0, retrying=0, as_asked=2)),
        (Step.PERMANENT, StepCounts(changed=6, resolved=2, not_correctable=0, retrying=0, as_asked=2)),
    ],
)
def test_what_changes_and_what_is_left_is_counted_before_and_kept_after(
    step: Step, counts: StepCounts
) -> None:
    warehouse = _warehouse(EVERY_STATUS)
    assert count_step(warehouse, step, ANY) == counts
    before = _now(warehouse)
    assert take_step(warehouse, step, ANY, ASKED) == counts
    assert sum(before[entity] != after for entity, after in _now(warehouse).items()) == counts.changed


def test_an_action_is_kept_with_who_asked_and_why() -> None:
    warehouse = _warehouse(EVERY_STATUS)
    filters = replace(ANY, start=DAY, processor="PlayerDailyCacheProcessor", everything=False)
    take_step(warehouse, Step.PERMANENT, filters, ASKED)
    sql = "SELECT * FROM nba_orchestration.failure_actions WHERE created_date > '2000-01-01'"
    (kept,) = query(warehouse, Statement("kept", sql), {}).records()
    assert (kept["action"], kept["reason"], kept["requested_by"]) == ("permanent", "because", "ann")
    assert (kept["created_at"], kept["rows_changed"]) == (NOW, 6)
    assert json.loads(str(kept["filters"])) == {
        "start_date": "2021-12-31",
        "processor_name": "PlayerDailyCacheProcessor",
    }


@pytest.mark.parametrize(
    "filters",
    [
        replace(ANY, start=DAY + dt.timedelta(days=1)),
        replace(ANY, end=DAY - dt.timedelta(days=1)),
        replace(ANY, processor="PlayerGameSummaryProcessor"),
        replace(ANY, type=FailureType.MIXED),
        replace(ANY, category=FailureCategory.GAME_NOT_INGESTED),
        replace(ANY, status=Status.INVESTIGATING),
        replace(ANY, entity="somebodyelse"),
    ],
)
def test_every_filter_keeps_others_out(filters: Filters) -> None:
    warehouse = _warehouse([row()])
    assert count_step(warehouse, Step.RETRY, filters).matching == 0
    before = _now(warehouse)
    take_step(warehouse, Step.RETRY, filters, ASKED)
    assert _now(warehouse) == before


def test_a_row_of_the_older_table_without_a_status_is_open() -> None:
    warehouse = _warehouse([row(resolution_status=None)])
    assert count_step(warehouse, Step.INVESTIGATE, ANY).changed == 1
    take_step(warehouse, Step.INVESTIGATE, ANY, ASKED)
    assert _now(warehouse)["zachlavine"]["resolution_status"] == "INVESTIGATING"


# The command line


def test_a_failure_is_taken_by_hand_through_its_whole_life(ask: Ask, lost_game: LostGame) -> None:
    one = ("--processor", "PGS", "--type", "data_gap")
    show = ("failures", *one, "--json")

    assert "1 failure is under investigation" in ask("failures", "investigate", *one, "--reason", "odd").out
    (found,) = ask(*show).document["failures"]
    assert (found["resolution_status"], found["resolution_reason"]) == ("INVESTIGATING", "by_hand")
    assert "somebody investigates" in found["retry"]

    assert "1 failure is permanent" in ask("failures", "permanent", *one, "--reason", "no data").out
    (found,) = ask(*show).document["failures"]
    assert found["next_action"].startswith("nothing: declared permanent by hand")
    assert "Left alone: 1 so already." in ask("failures", "permanent", *one, "--reason", "again").out

    assert "`nba tick` tries them now." in ask("failures", "retry", *one, "--reason", "it came").out
    (found,) = ask(*show).document["failures"]
    assert found["retry"] == "asked for by hand: the next tick tries it, with a new budget"
    actions = "SELECT action, reason, rows_changed FROM nba_orchestration.failure_actions ORDER BY created_at"
    assert lost_game.select(actions) == [
        ("investigate", "odd", 1),
        ("permanent", "no data", 1),
        ("retry", "it came", 1),
    ]


def test_a_dry_run_changes_and_records_nothing(ask: Ask, lost_game: LostGame) -> None:
    answer = ask("failures", "permanent", "--all", "--reason", "x", "--dry-run", "--json")
    assert answer.code == Exit.OK
    assert answer.document["rows_changed"] == 58
    assert answer.document["filters"] == {}
    assert lost_game.select("SELECT COUNT(*) FROM nba_orchestration.failure_actions") == [(0,)]
    assert ask("failures", "--json").document["failures"][0]["resolution_status"] == "UNRESOLVED"


@pytest.mark.usefixtures("lost_game")
def test_filters_that_match_nothing_are_bad_input(ask: Ask) -> None:
    answer = ask("failures", "retry", "--entity", "nobody", "--reason", "x")
    assert (answer.code, answer.out) == (Exit.INPUT, "")
    assert "No failure matches these filters ([nobody])" in answer.err
    unknown = ask("failures", "retry", "--processor", "XYZ", "--reason", "x")
    assert (unknown.code, unknown.err.count("\n")) == (Exit.INPUT, 1)
