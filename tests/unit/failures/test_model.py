"""Categories, types and what repairs them: closed lists, one table."""

from __future__ import annotations

import pytest

from shared.failures.model import (
    CORRECTABLE_TYPES,
    RULES,
    FailureCategory,
    FailureType,
    Repair,
    failure_table,
    failure_tables,
    failure_views,
)
from shared.topology.declaration import Phase

COMMON = {
    *("processor_name", "run_id", "entity_id", "entity_type", "failure_category", "failure_reason"),
    *("failure_type", "is_correctable", "expected_game_count", "actual_game_count", "missing_game_dates"),
    *("raw_data_checked", "can_retry", "row_written", "resolution_status", "resolved_at", "created_at"),
    *("first_seen_at", "last_seen_at", "attempt_count", "next_attempt_at", "resolved_by_run_id"),
    *("resolution_reason", "correlation_id", "evidence"),
}
OF_PHASE_3 = {"expected_record_count", "actual_record_count", "missing_game_ids"}
OF_PHASE_5 = {"missing_upstream_tables", "cache_age_hours"}


def test_every_category_has_a_rule() -> None:
    assert set(RULES) == set(FailureCategory)


def test_every_type_belongs_to_some_category() -> None:
    assert {kind for rule in RULES.values() for kind in rule.types} == set(FailureType)


@pytest.mark.parametrize(
    ("category", "types"),
    [
        ("INCOMPLETE_DATA", {"DATA_GAP", "PLAYER_DNP", "MIXED", "UNKNOWN"}),
        ("GAME_NOT_INGESTED", {"DATA_GAP"}),
        ("MISSING_RAW_DATA", {"DATA_GAP"}),
        ("NAME_UNRESOLVED", {"DATA_GAP"}),
        ("INSUFFICIENT_DATA", {"INSUFFICIENT_HISTORY"}),
        ("UPSTREAM_INCOMPLETE", {"UPSTREAM_GAP"}),
        ("CHECK_FAILED", {"PROCESSING_ERROR"}),
        ("PROCESSING_ERROR", {"PROCESSING_ERROR"}),
        ("POISON_MESSAGE", {"PROCESSING_ERROR"}),
        ("DEAD_LETTERED", {"PROCESSING_ERROR"}),
        ("MODEL_ERROR", {"PROCESSING_ERROR"}),
    ],
)
def test_types_of_a_category(category: str, types: set[str]) -> None:
    assert {kind.value for kind in RULES[FailureCategory(category)].types} == types


def test_only_an_absence_and_a_first_game_cannot_be_mended() -> None:
    assert {kind for kind in FailureType if not kind.correctable} == {
        FailureType.PLAYER_DNP,
        FailureType.INSUFFICIENT_HISTORY,
    }
    assert set(CORRECTABLE_TYPES) == {kind.value for kind in FailureType if kind.correctable}


def test_nothing_repairs_exactly_what_cannot_be_mended() -> None:
    for rule in RULES.values():
        can_be_mended = any(kind.correctable for kind in rule.types)
        assert (rule.repair is Repair.NOTHING) == (not can_be_mended)


@pytest.mark.parametrize(
    ("phase", "name", "day", "own"),
    [
        (Phase.ANALYTICS, "analytics_failures", "analysis_date", OF_PHASE_3),
        (Phase.PRECOMPUTE, "precompute_failures", "analysis_date", set()),
        (Phase.PREDICTIONS, "prediction_failures", "prediction_date", OF_PHASE_5),
    ],
)
def test_failure_tables_have_the_columns_others_rely_on(
    phase: Phase, name: str, day: str, own: set[str]
) -> None:
    table = failure_table(phase)

    assert str(table.address) == f"nba_processing.{name}"
    assert set(table.column_names) == COMMON | own | {day}
    assert table.partition_column == day
    assert table.clustering == ("processor_name", "failure_category", "can_retry")
    assert table.key == ("processor_name", day, "entity_id", "failure_category")


def test_raw_phase_has_no_failure_table() -> None:
    with pytest.raises(KeyError):
        failure_table(Phase.RAW)


def test_there_are_three_tables_and_four_views() -> None:
    assert len(failure_tables()) == 3
    assert {str(address) for address in failure_views()} == {
        "nba_processing.all_failures",
        "nba_processing.correctable_failures",
        "nba_processing.permanent_failures",
        "nba_processing.failure_summary",
    }
