"""`nba coverage`: a heat map that tells the truth at every width, with and without colour."""

from __future__ import annotations

import datetime as dt

import pytest

from services.console.coverage import Coverage, coverage_document, coverage_of, render_coverage
from shared.planner.state import State
from shared.topology.declaration import TEAM_BOX
from tests.console.screen import block, screen
from tests.unit.planner.worlds import AHEAD, FORM, SCORES, World, on

DAYS = [on(number) for number in range(8)]
#: How each state looks, as the legend says.
SYMBOLS = {
    State.CURRENT: "█",
    State.PARTIAL: "P",
    State.STALE: "S",
    State.MISSING: "·",
    State.WAITING: "w",
    State.EMPTY: "-",
    State.FAILED: "X",
}


def every_state() -> World:
    """Eight dates on which SCORES has each of the seven states."""
    world = World((SCORES, AHEAD, FORM))
    world.play(*DAYS[:7])
    world.schedule(DAYS[7])
    world.postpone(DAYS[2])
    world.run(SCORES, DAYS[0], DAYS[6], rows=20)
    world.run(SCORES, DAYS[1], rows=20, open_failures=2)
    world.fail(SCORES, DAYS[3])
    world.run(SCORES, DAYS[4], rows=20)
    world.land(TEAM_BOX, DAYS[4], "g", content="corrected")
    world.now = dt.datetime.combine(DAYS[7], dt.time(23), tzinfo=dt.UTC)
    world.run(AHEAD, *(day for day in DAYS if day != DAYS[2]), rows=2)
    return world


def seasons(world: World, start: dt.date | None = None, end: dt.date | None = None) -> tuple[Coverage, ...]:
    return coverage_of(world.topology, world.grid(), start, end)


def shown(world: World, *, width: int = 80, unicode: bool = True) -> str:
    (season,) = seasons(world)
    return screen(render_coverage(season, width=width, unicode=unicode), width=width)


def whole_season(number_of_days: int = 240) -> World:
    world = World((SCORES, FORM))
    world.play(*(on(number) for number in range(number_of_days)))
    world.run_everything()
    return world


def test_every_state_can_be_told_without_colour() -> None:
    assert shown(every_state(), width=110) == block(
        """
        Season 2021-22: 8 game dates, 2021-10-19..2021-10-26

                Oct 2021
                19   24
        AHEAD   ██-█████
        SCORES  █P-XS·█w
        FORM    ··-··www

        █ current  P partial  S stale  · missing  w waiting  - empty  X failed

                current  partial  stale  missing  waiting  empty  failed  rows  dates with rows
        AHEAD         7                                        1            14  2021-10-19..2021-10-26
        SCORES        2        1      1        1        1      1       1    80  2021-10-19..2021-10-25
        FORM                                   4        3      1             0  none
        all           9        1      1        5        4      3       1    94

        1 failed cell: nba why SCORES 2021-10-22
        1 partial cell: nba failures --start-date 2021-10-19 --end-date 2021-10-26
        6 cells to run: nba plan --start-date 2021-10-19 --end-date 2021-10-26
        """
    )


def test_the_symbols_are_as_many_as_the_cells_of_each_state() -> None:
    world = every_state()
    (season,) = seasons(world)
    rows = [line for line in shown(world).splitlines() if line[:8].strip() in ("AHEAD", "SCORES", "FORM")][:3]
    drawn = "".join(line[8:] for line in rows)

    assert {state: drawn.count(symbol) for state, symbol in SYMBOLS.items()} == {
        state: season.states()[state] for state in State
    }


def test_a_terminal_without_unicode_gets_ascii() -> None:
    text = shown(every_state(), unicode=False)
    assert text.isascii()
    assert "SCORES  #P-XS.#w" in text


@pytest.mark.parametrize("width", [30, 50, 80, 120, 160, 400])
def test_a_season_fits_every_terminal_and_shows_every_date_once(width: int) -> None:
    text = shown(whole_season(), width=width)
    heat_map = text.partition("█ current")[0].partition("\n")[2]

    assert max(map(len, heat_map.splitlines())) <= width
    drawn = "".join(line[8:] for line in heat_map.splitlines() if line.startswith("SCORES"))
    assert drawn.count("█") == 240


def test_months_are_named_once_with_the_year_where_it_changes() -> None:
    heat_map = shown(whole_season(), width=400).partition("█ current")[0]
    (names,) = [line for line in heat_map.splitlines() if "Nov" in line]
    assert names.split() == ["Oct", "2021", "Nov", "Dec", "Jan", "2022", "Feb", "Mar", "Apr", "May", "Jun"]


def test_day_numbers_stand_above_their_dates() -> None:
    heat_map = shown(whole_season(), width=400)
    lines = heat_map.splitlines()
    numbers = next(line for line in lines if line.lstrip().startswith("19"))
    scores = next(line for line in lines if line.startswith("SCORES"))
    november = lines[lines.index(numbers) - 1].index("Nov")

    assert numbers[november : november + 17] == "1    6    11   16"
    assert scores[november - 1] == " "
    assert scores[november : november + 30] == "█" * 30


def test_a_range_shows_its_dates_only() -> None:
    (season,) = seasons(whole_season(), on(10), on(12))
    assert [day.isoformat() for day in season.dates] == ["2021-10-29", "2021-10-30", "2021-10-31"]
    text = screen(render_coverage(season, width=80, unicode=True))
    assert "SCORES  ███\n" in text
    assert "3 game dates, 2021-10-29..2021-10-31" in text


def test_a_range_outside_every_season_has_no_map() -> None:
    assert seasons(whole_season(), dt.date(2020, 1, 1), dt.date(2020, 12, 31)) == ()


def test_two_seasons_are_two_maps() -> None:
    world = whole_season(3)
    world.play(dt.date(2022, 10, 18), season=2022)
    assert [season.season.season_year for season in seasons(world)] == [2021, 2022]


def test_all_is_well_leaves_nothing_to_do() -> None:
    assert shown(whole_season(3)).endswith("all           6     6")


def test_waiting_cells_lead_to_what_they_wait_for() -> None:
    world = World((SCORES, FORM))
    world.schedule(DAYS[0])
    world.now = dt.datetime.combine(DAYS[0], dt.time(20), tzinfo=dt.UTC)
    world.run(FORM, DAYS[0], rows=0)
    assert shown(world).endswith("1 waiting cell: nba why SCORES 2021-10-19")


def test_json_has_every_cell_and_its_totals() -> None:
    document = coverage_document(seasons(every_state()), None)

    assert isinstance(document, dict)
    (season,) = document["seasons"]
    assert (season["season_year"], season["game_dates"]) == (2021, 8)
    assert season["states"]["current"] == 9
    assert season["processors"][1] == {
        "processor": "scores",
        "abbreviation": "SCORES",
        "states": {
            "current": 2,
            "partial": 1,
            "stale": 1,
            "missing": 1,
            "waiting": 1,
            "empty": 1,
            "failed": 1,
        },
        "rows": 80,
        "first_date": DAYS[0],
        "last_date": DAYS[6],
    }
    assert len(season["cells"]) == 24
    assert season["cells"][9] == {
        "processor": "scores",
        "date": DAYS[1],
        "state": "partial",
        "reason": "2 correctable failures are open",
        "rows": 20,
        "open_failures": 2,
    }
