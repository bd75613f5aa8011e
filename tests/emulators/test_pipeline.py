"""All processors on BigQuery's client: the tables of the embedded engine, and no more jobs than allowed."""

from __future__ import annotations

import datetime as dt

from services.ingest.synthetic import SyntheticOptions, generate
from services.registry import discover
from tests.emulators.clients import emulated_bigquery
from tests.support.embedded import cells_of, embedded, outcomes
from tests.support.in_process import land_and_settle
from tests.support.tables import differences

SEASON, START, END = 2023, dt.date(2023, 10, 24), dt.date(2023, 10, 31)
MOST_PER_MESSAGE = 5
MOST_IN_ALL = 120


def test_raw_data_comes_to_the_same_tables_on_both_engines() -> None:
    season = generate(
        SyntheticOptions(seed=5, season_year=SEASON, start_date=START, end_date=END, faults=True, teams=6)
    )
    warehouse = emulated_bigquery()

    delivered = land_and_settle(warehouse, season.tables, jobs=lambda: warehouse.jobs)

    with embedded(season.tables) as alone:
        counts, found = differences(discover(), alone, warehouse, start=START, end=END)
        expected = outcomes(cells_of(alone, SEASON))
    assert found == []
    assert [p.name for p in discover().processors if not counts[p.schema.address]] == []
    assert outcomes(cells_of(warehouse, SEASON)) == expected
    assert max(one.after - one.before for one in delivered) <= MOST_PER_MESSAGE
    assert sum(one.after - one.before for one in delivered) <= MOST_IN_ALL
