"""Staging tables of the embedded engine: few names, never two tables under one."""

from __future__ import annotations

from shared.warehouse.staging_slots import StagingSlots


def test_texts_of_one_run_are_those_of_the_next() -> None:
    slots = StagingSlots("nba_staging")
    first = slots.put("CREATE TABLE nba_staging.rows__run1 AS SELECT * FROM nba_raw.games")
    slots.release("rows__run1")
    assert slots.put("CREATE TABLE nba_staging.rows__run2 AS SELECT * FROM nba_raw.games") == first


def test_runs_at_the_same_time_never_share_a_table() -> None:
    slots = StagingSlots("nba_staging")
    names = {slots.slot(f"rows__run{number}") for number in range(5)}
    assert len(names) == 5
    slots.release("rows__run3")
    assert slots.slot("rows__run9") not in {slots.slot(f"rows__run{n}") for n in (0, 1, 2, 4)}


def test_a_table_keeps_its_name_as_long_as_it_is_there() -> None:
    slots = StagingSlots("nba_staging")
    name = slots.slot("rows__run1")
    slots.slot("rows__run2")
    assert slots.slot("rows__run1") == name
    assert slots.tables() == ["rows__run1", "rows__run2"]


def test_other_datasets_are_left_alone() -> None:
    sql = "SELECT 'nba_staging' FROM nba_analytics.rows__run1 JOIN my_nba_staging.rows__run1"
    assert StagingSlots("nba_staging").put(sql) == sql
