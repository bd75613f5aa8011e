"""Histories with a name: what simulated histories, or thinking about them, brought to light."""

from __future__ import annotations

import datetime as dt

import pytest

from shared.messages.models import TickWork
from shared.planner.state import State
from tests.simulation.bench import START
from tests.simulation.league import BREAKS_THE_QUERY, DAYS, TABLES, Box, Stage, on
from tests.simulation.system import CALM, System


@pytest.fixture
def season() -> System:
    """Every game of the season is over, landed and processed; one box breaks the query."""
    system = System(CALM)
    system.clock.sleep_until(START + dt.timedelta(days=DAYS))
    for found in system.league.standing(Stage.SCHEDULED):
        system.league.set_stage(found, Stage.FINAL)
        for team in (found.game.home, found.game.away):
            breaks = found.game.game_date == on(1) and team == "BOS"
            system.league.put_box(Box(found.game, team, 90, BREAKS_THE_QUERY if breaks else 20))
    system.ingest(TABLES, [on(number) for number in range(DAYS)])
    system.deliver_all()
    return system


def days_go_by(system: System, days: int) -> None:
    for _ in range(days):
        system.clock.sleep_until(system.clock.now() + dt.timedelta(days=1))
        system.tick(TickWork.RECONCILE)
        system.tick(TickWork.RETRY)
        system.deliver_all()


def failed(system: System) -> list[dt.date]:
    cells = system.checker.grid(system.clock.now()).cells["sim_scores"]
    return [day for day, cell in cells.items() if cell.state is State.FAILED]


def test_date_that_no_query_survives_does_not_take_the_others_with_it_for_ever(season: System) -> None:
    together = failed(season)
    days_go_by(season, 7)

    assert together == [on(0), on(1), on(2), on(3)]
    assert failed(season) == [on(1)]


def test_corrected_after_every_attempt_was_used_up_the_date_heals(season: System) -> None:
    days_go_by(season, 12)
    season.come_to_rest()

    assert failed(season) == []


def test_date_that_lost_its_last_slot_keeps_no_failures() -> None:
    system = System(CALM)
    system.deliver_all()
    for found in system.league.standing(Stage.SCHEDULED):
        if found.game.game_date == on(0):
            system.league.postpone(found, on(4))
    system.ingest(TABLES, [on(0), on(4)])
    system.deliver_all()

    statuses = system.bench.select(
        "SELECT DISTINCT resolution_status, resolution_reason FROM nba_processing.precompute_failures"
        f" WHERE analysis_date = DATE '{on(0).isoformat()}'"
    )
    assert statuses == [("RESOLVED", "no_longer_expected")]
