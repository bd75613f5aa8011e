"""How long the results of a date are waited for: noon US Eastern of the next day, whatever UTC says."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pytest

from shared.clock import grace_ends
from shared.planner.state import State
from shared.topology.declaration import PLAYER_BOX, PROPS, RESULTS, SLOTS, TEAM_BOX, Phase, Processor, Window
from tests.unit.planner.worlds import AHEAD, FORM, SCORES, World, declared, on

PACIFIC = ZoneInfo("America/Los_Angeles")


def utc(year: int, month: int, day: int, hour: int, minute: int = 0) -> dt.datetime:
    return dt.datetime(year, month, day, hour, minute, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("game_date", "expected"),
    [
        pytest.param(dt.date(2021, 10, 19), utc(2021, 10, 20, 16), id="summer time is 4 hours behind UTC"),
        pytest.param(dt.date(2021, 12, 31), utc(2022, 1, 1, 17), id="winter time is 5 hours behind UTC"),
        pytest.param(dt.date(2021, 11, 5), utc(2021, 11, 6, 16), id="the day before clocks go back"),
        pytest.param(dt.date(2021, 11, 6), utc(2021, 11, 7, 17), id="noon of the day clocks went back"),
        pytest.param(dt.date(2022, 3, 12), utc(2022, 3, 13, 16), id="noon of the day clocks went forward"),
    ],
)
def test_grace_ends_at_noon_eastern_of_the_next_day(game_date: dt.date, expected: dt.datetime) -> None:
    assert grace_ends(game_date) == expected


def tonight(game_date: dt.date, now: dt.datetime) -> World:
    """Two games scheduled for tonight, nothing played."""
    world = World((SCORES, AHEAD, FORM), now=now)
    world.land(SLOTS, game_date, "early", "late")
    return world


def test_games_that_have_not_started_are_waited_for_not_failed() -> None:
    world = tonight(on(0), utc(2021, 10, 19, 20))

    cell = world.cell(SCORES, on(0))

    assert (cell.state, cell.reason) == (
        State.WAITING,
        "waiting for 2 of 2 games to be Final (first: early)",
    )
    assert cell.waits_for_raw


def test_one_game_still_on_keeps_the_whole_date_waiting() -> None:
    world = tonight(on(0), utc(2021, 10, 20, 3))
    world.land(RESULTS, on(0), "early")

    assert world.cell(SCORES, on(0)).reason == "waiting for 1 of 2 games to be Final (first: late)"


def test_rows_of_a_final_game_that_have_not_landed_are_waited_for() -> None:
    world = tonight(on(0), utc(2021, 10, 20, 6))
    world.land(RESULTS, on(0), "early", "late")
    world.land(TEAM_BOX, on(0), "early")

    assert world.cell(SCORES, on(0)).reason == (
        "waiting for nbac_team_boxscore rows of 1 games (first: late)"
    )


def test_date_is_ready_the_moment_its_last_required_row_lands() -> None:
    world = tonight(on(0), utc(2021, 10, 20, 6))
    world.land(RESULTS, on(0), "early", "late")
    world.land(TEAM_BOX, on(0), "early", "late")

    assert world.cell(SCORES, on(0)).state is State.MISSING


def test_postponed_game_is_not_waited_for() -> None:
    world = tonight(on(0), utc(2021, 10, 20, 6))
    world.land(SLOTS, on(0), "early", content="late is postponed")
    world.land(RESULTS, on(0), "early")
    world.land(TEAM_BOX, on(0), "early")

    assert world.cell(SCORES, on(0)).state is State.MISSING


def test_optional_rows_are_never_waited_for() -> None:
    world = tonight(on(0), utc(2021, 10, 20, 6))
    world.land(RESULTS, on(0), "early", "late")
    world.land(TEAM_BOX, on(0), "early", "late")

    assert PROPS in {item.source for item in SCORES.inputs}
    assert world.cell(SCORES, on(0)).state is State.MISSING


def test_required_rows_the_processor_does_not_read_are_not_waited_for() -> None:
    world = tonight(on(0), utc(2021, 10, 20, 6))
    world.land(RESULTS, on(0), "early", "late")
    world.land(TEAM_BOX, on(0), "early", "late")

    assert PLAYER_BOX not in SCORES.required_raw
    assert world.cell(SCORES, on(0)).state is State.MISSING


def test_one_missing_required_source_of_two_is_named() -> None:
    both = declared(
        "both",
        Phase.ANALYTICS,
        (RESULTS, Window.ON_DATE),
        (PLAYER_BOX, Window.ON_DATE),
        (TEAM_BOX, Window.ON_DATE),
    )
    world = World((both,), now=utc(2021, 10, 20, 6))
    world.play(on(0))

    assert "nbac_gamebook_player_stats" in world.cell(both, on(0)).reason


@pytest.mark.parametrize("processor", [AHEAD, FORM])
def test_what_needs_slots_only_runs_before_the_games(processor: Processor) -> None:
    world = tonight(on(0), utc(2021, 10, 19, 14))

    assert world.cell(processor, on(0)).state is State.MISSING


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        pytest.param(
            dt.datetime(2021, 10, 19, 17, tzinfo=PACIFIC),
            State.WAITING,
            id="17:00 in Los Angeles is midnight UTC, not the end of the date",
        ),
        pytest.param(utc(2021, 10, 20, 0, 1), State.WAITING, id="a minute after midnight UTC"),
        pytest.param(utc(2021, 10, 20, 4, 1), State.WAITING, id="a minute after midnight Eastern"),
        pytest.param(utc(2021, 10, 20, 15, 59), State.WAITING, id="a minute before noon Eastern"),
        pytest.param(utc(2021, 10, 20, 16), State.MISSING, id="noon Eastern"),
    ],
)
def test_results_are_waited_for_until_noon_eastern(now: dt.datetime, expected: State) -> None:
    assert tonight(on(0), now).cell(SCORES, on(0)).state is expected


def test_after_the_grace_a_date_without_any_raw_row_is_processed_so_that_its_gaps_are_recorded() -> None:
    world = tonight(on(0), utc(2021, 10, 20, 16))

    assert (world.cell(SCORES, on(0)).state, world.cell(SCORES, on(0)).reason) == (
        State.MISSING,
        "never processed",
    )


def test_backfill_of_an_old_date_never_waits_for_raw_rows() -> None:
    world = tonight(on(0), utc(2023, 1, 1, 0))

    assert not world.cell(SCORES, on(0)).waits_for_raw


def test_correction_during_the_grace_does_not_hide_the_wait_for_another_game() -> None:
    world = tonight(on(0), utc(2021, 10, 20, 6))
    world.land(RESULTS, on(0), "early", "late")
    world.land(TEAM_BOX, on(0), "early", "late")
    world.run(SCORES, on(0))
    world.land(SLOTS, on(0), "early", "late", "moved here")

    assert world.cell(SCORES, on(0)).reason == ("waiting for 1 of 3 games to be Final (first: moved here)")
