"""Windows that reach into earlier seasons: what makes a cell stale, what it waits for, how far news goes."""

from __future__ import annotations

import datetime as dt

import pytest

from shared.planner.plan import Scope, affected_scope, make_plan, reach_of
from shared.planner.snapshot import Reprocess
from shared.planner.state import Cell, Grid, State
from shared.topology.declaration import TEAM_BOX, Phase, Processor, Window
from shared.topology.graph import TopologyError, build_topology
from tests.unit.planner.worlds import SCORES, World, declared

#: Three seasons of two dates each.
DATES = {year: (dt.date(year, 10, 20), dt.date(year, 10, 22)) for year in (2019, 2020, 2021)}
LAST_YEAR = declared("last_year", Phase.PRECOMPUTE, ("scores", Window.PREVIOUS_SEASON))
HISTORY = declared("history", Phase.PREDICTIONS, ("scores", Window.EARLIER))
TODAY = declared("today", Phase.PRECOMPUTE, ("scores", Window.BEFORE))
PROCESSORS = (SCORES, LAST_YEAR, HISTORY, TODAY)
EVERYTHING = Scope(dt.date(2019, 1, 1), dt.date(2022, 12, 31), Reprocess.STALE)


def world() -> World:
    """Three seasons played, nothing processed."""
    found = World(PROCESSORS)
    for year, days in DATES.items():
        found.play(*days, season=year)
    return found


def settled() -> World:
    """Everything current."""
    found = world()
    found.run_everything()
    assert {cell.state for cell in cells(found.grid())} == {State.CURRENT}
    return found


def cells(grid: Grid) -> list[Cell]:
    """Every cell of the grid."""
    return [cell for by_date in grid.cells.values() for cell in by_date.values()]


def not_current(found: World, processor: Processor) -> set[dt.date]:
    """Dates of a processor that are not right."""
    by_date = found.grid().cells[processor.name]
    return {day for day, cell in by_date.items() if cell.state is not State.CURRENT}


@pytest.mark.parametrize("year", sorted(DATES))
def test_a_changed_season_concerns_the_next_one_or_all_later_dates_as_declared(year: int) -> None:
    found = settled()
    first, second = DATES[year]
    found.run(SCORES, first, output="another")

    everything = {day for days in DATES.values() for day in days}
    assert not_current(found, HISTORY) == {day for day in everything if day > first}
    assert not_current(found, LAST_YEAR) == set(DATES.get(year + 1, ()))
    assert not_current(found, TODAY) == {second}


def test_a_season_that_is_not_loaded_in_between_is_no_previous_season() -> None:
    found = settled()
    for source in found.raw.values():
        for day in DATES[2020]:
            source.pop(day)
    before = found.grid().cells["last_year"][DATES[2021][0]].input_fingerprint
    found.run(SCORES, DATES[2019][0], output="another")

    assert found.grid().cells["last_year"][DATES[2021][0]].input_fingerprint == before


def test_without_an_earlier_season_all_dates_before_are_those_of_the_season() -> None:
    found = world()
    found.run(SCORES, *(day for days in DATES.values() for day in days))
    grid = found.grid()

    def parts(name: str) -> list[str]:
        return [grid.cells[name][day].input_fingerprint.split(":")[1] for day in DATES[2019]]

    assert parts("history") == parts("today")
    assert parts("last_year") == ["-", "-"]


def test_cells_wait_for_unsettled_dates_of_the_seasons_they_read() -> None:
    found = world()
    found.run(SCORES, *DATES[2020], *DATES[2021])
    states = found.grid().cells

    assert [states["history"][day].state for day in DATES[2021]] == [State.WAITING, State.WAITING]
    assert states["history"][DATES[2021][0]].reason == "waiting for scores of 2019-10-20"
    assert [states["last_year"][day].state for day in DATES[2021]] == [State.MISSING, State.MISSING]
    assert [states["last_year"][day].state for day in DATES[2020]] == [State.WAITING, State.WAITING]


def test_a_plan_follows_what_changes_into_later_seasons() -> None:
    found = settled()
    found.land(TEAM_BOX, DATES[2019][0], "corrected", season=2019)

    plan = make_plan(found.topology, found.grid(), EVERYTHING)

    planned = {(item.cell.processor, item.cell.date) for item in plan.planned}
    later = {day for days in DATES.values() for day in days} - {DATES[2019][0]}
    assert {day for name, day in planned if name == "history"} == later
    assert {day for name, day in planned if name == "last_year"} == set(DATES[2020])


def test_news_of_a_season_reaches_later_ones_only_through_windows_that_do() -> None:
    found = settled()
    end = DATES[2019][1]

    assert reach_of(TODAY, ("scores",), found.grid(), end) == DATES[2019][1]
    # A date that a message can name: what is left of two seasons goes on in one.
    assert reach_of(HISTORY, ("scores",), found.grid(), end) == DATES[2021][1]
    scope = affected_scope(HISTORY, ("scores",), end, end)
    assert scope is not None
    assert scope.end == dt.date.max


@pytest.mark.parametrize("window", [Window.EARLIER, Window.PREVIOUS_SEASON])
def test_raw_data_of_earlier_seasons_cannot_be_declared(window: Window) -> None:
    with pytest.raises(TopologyError, match="earlier seasons"):
        build_topology([declared("greedy", Phase.PRECOMPUTE, (TEAM_BOX, window))])


#: A season that goes on: the last date that opens it, and the first that does not.
OPENING = (dt.date(2021, 10, 20), dt.date(2021, 11, 2))
LATER = dt.date(2021, 11, 3)
NEWCOMERS = declared("newcomers", Phase.PRECOMPUTE, (TEAM_BOX, Window.OPENING), ("scores", Window.OPENING))


def opened(*, processed: bool) -> World:
    """Two seasons played, the second beyond its opening."""
    found = World((SCORES, NEWCOMERS))
    found.play(*DATES[2020], season=2020)
    found.play(*OPENING, LATER, season=2021)
    if processed:
        found.run_everything()
    return found


@pytest.mark.parametrize("of_processor", [False, True])
def test_a_change_of_the_season_before_concerns_the_dates_that_open_a_season_only(of_processor: bool) -> None:
    found = opened(processed=True)
    if of_processor:
        found.run(SCORES, DATES[2020][1], output="another")
    else:
        found.land(TEAM_BOX, DATES[2020][1], "corrected", season=2020)

    assert not_current(found, NEWCOMERS) == set(OPENING)


def test_dates_that_open_a_season_wait_for_the_season_before_and_later_ones_do_not() -> None:
    found = opened(processed=False)
    cells = found.grid().cells["newcomers"]

    assert [cells[day].state for day in OPENING] == [State.WAITING, State.WAITING]
    assert cells[OPENING[0]].reason == "waiting for scores of 2020-10-20"
    assert cells[LATER].state is State.MISSING


def test_a_plan_of_a_correction_ends_with_the_dates_that_open_the_next_season() -> None:
    found = opened(processed=True)
    found.land(TEAM_BOX, DATES[2020][0], "corrected", season=2020)

    planned = make_plan(found.topology, found.grid(), EVERYTHING).planned

    assert {(item.cell.processor, item.cell.date) for item in planned} == {
        ("scores", DATES[2020][0]),
        *(("newcomers", day) for day in OPENING),
    }
