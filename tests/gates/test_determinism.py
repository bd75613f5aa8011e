"""A table is the same whether it was computed for a date or a season, today or in a year, on any threads."""

from __future__ import annotations

from pathlib import Path

import pytest

from shared.sql import Statement
from tests.gates.determinism import inexact_sums, unordered
from tests.gates.googlesql import analyse
from tests.gates.statements import PROCESSOR_FOLDERS, analysed_processor, catalog_of

every_processor = pytest.mark.parametrize("folder", PROCESSOR_FOLDERS, ids=lambda folder: folder.name)


@every_processor
def test_no_output_depends_on_the_order_of_additions_of_fractions(folder: Path) -> None:
    assert inexact_sums(analysed_processor(folder)) == []


@every_processor
def test_no_output_depends_on_chance_the_clock_or_the_order_of_rows(folder: Path) -> None:
    assert unordered(analysed_processor(folder)) == []


BOX = "FROM nba_raw.nbac_gamebook_player_stats"


@pytest.mark.parametrize(
    "expression",
    [
        "SUM(minutes_decimal)",
        "AVG(minutes_decimal)",
        "STDDEV(points + 0.5)",
        "SUM(CAST(points AS NUMERIC))",
        "SUM(SUM(minutes_decimal)) OVER ()",
        "SUM(points / 2)",
    ],
)
def test_a_sum_of_fractions_is_noticed(expression: str) -> None:
    assert inexact_sums([analyse(Statement("planted", f"SELECT {expression} {BOX}"), {}, catalog_of())])


def test_a_sum_of_whole_numbers_is_none() -> None:
    sql = f"SELECT SUM(points), AVG(CAST(ROUND(minutes_decimal * 60) AS INT64)) {BOX}"
    assert inexact_sums([analyse(Statement("exact", sql), {}, catalog_of())]) == []


@pytest.mark.parametrize(
    "sql",
    [
        f"SELECT STRING_AGG(player_lookup) {BOX}",
        f"SELECT ARRAY_AGG(points) {BOX}",
        f"SELECT ROW_NUMBER() OVER (PARTITION BY game_id) {BOX}",
        f"SELECT ANY_VALUE(team_abbr) {BOX}",
        f"SELECT APPROX_COUNT_DISTINCT(player_lookup) {BOX}",
        f"SELECT points {BOX} WHERE game_date < CURRENT_DATE()",
        f"SELECT points, RAND() {BOX}",
    ],
)
def test_what_could_come_out_different_is_noticed(sql: str) -> None:
    assert unordered([analyse(Statement("planted", sql), {}, catalog_of())])


def test_an_ordered_aggregate_is_none() -> None:
    sql = (
        "SELECT STRING_AGG(player_lookup ORDER BY player_lookup) AS names,"
        f" ARRAY_AGG(points ORDER BY player_lookup) AS points {BOX}"
    )
    assert unordered([analyse(Statement("ordered", sql), {}, catalog_of())]) == []
