"""Processes die in the middle of their work, and messages are lost: every cell ends as if nothing was."""

from __future__ import annotations

import datetime as dt

import pytest

from shared.planner.state import State
from tests.emulated.seasons import Season, announce, assert_as_embedded, land
from tests.emulators.cloud import Cloud
from tests.support.embedded import cells_of

pytestmark = pytest.mark.emulated

PLAYERS = "player_game_summary"
OFFENSE = "team_offense_game_summary"
ZONES = "player_shot_zone_analysis"
STAGING = "CREATE OR REPLACE TABLE nba_staging.rows__"
COMMITTING = "COMMIT TRANSACTION"


def season(year: int) -> Season:
    """Five days of four teams."""
    return Season(year, dt.date(year, 11, 1), days=5, teams=4)


@pytest.mark.parametrize(
    ("year", "processor", "at"),
    [(2010, ZONES, STAGING), (2011, OFFENSE, STAGING), (2012, OFFENSE, COMMITTING)],
)
def test_killed_in_mid_work_heals_by_redelivery_alone(
    in_the_cloud: Cloud, year: int, processor: str, at: str
) -> None:
    report = land(in_the_cloud, season(year))
    held = in_the_cloud.gate.hold_next(at, f'"processor": "{processor}"')
    announce(in_the_cloud, report)
    held.wait(180)

    in_the_cloud.kill(processor)
    # What the dead process asked for happens all the same.
    held.let_through()
    in_the_cloud.start(processor)

    assert_as_embedded(in_the_cloud, season(year), seconds=600)


def test_told_to_end_in_mid_work_finishes_it(in_the_cloud: Cloud) -> None:
    wanted = season(2013)
    report = land(in_the_cloud, wanted)
    before = in_the_cloud.front.statuses(OFFENSE)
    held = in_the_cloud.gate.hold_next(COMMITTING, f'"processor": "{OFFENSE}"')
    # One service alone: with all others at work on two cores ten seconds may be too few for the end of a run.
    in_the_cloud.nba(
        *("backfill", "--start-date", str(wanted.start), "--end-date", str(wanted.end)),
        *("--processor", OFFENSE, "--reason", "one run that is told to end"),
    )
    held.wait(180)

    ending = in_the_cloud.terminate(OFFENSE)
    held.let_through()

    assert ending.wait(timeout=30) == 0
    # Nobody has to do it again.
    in_the_cloud.front.wait_until(
        lambda: in_the_cloud.front.statuses(OFFENSE)[200] == before[200] + 1, seconds=60, what="its answer"
    )
    assert states(in_the_cloud, 2013, OFFENSE) <= {State.CURRENT, State.PARTIAL}
    in_the_cloud.start(OFFENSE)
    announce(in_the_cloud, report)
    assert_as_embedded(in_the_cloud, wanted, seconds=600)


def test_told_to_end_and_cut_short_loses_nothing(in_the_cloud: Cloud) -> None:
    report = land(in_the_cloud, season(2014))
    held = in_the_cloud.gate.hold_next(STAGING, f'"processor": "{OFFENSE}"')
    announce(in_the_cloud, report)
    held.wait(180)

    # It waits for its request for the ten seconds that the platform allows.
    in_the_cloud.terminate(OFFENSE).wait(timeout=30)
    held.let_through()
    in_the_cloud.start(OFFENSE)

    assert_as_embedded(in_the_cloud, season(2014), seconds=600)


def test_deliveries_that_are_lost_are_found_by_the_reconciler(in_the_cloud: Cloud) -> None:
    report = land(in_the_cloud, season(2015))
    with in_the_cloud.front.losing(f"{PLAYERS.replace('_', '-')}--nba-phase2-raw-complete"):
        announce(in_the_cloud, report)
        in_the_cloud.front.wait_until(
            lambda: states(in_the_cloud, 2015, OFFENSE) <= {State.CURRENT, State.PARTIAL},
            seconds=300,
            what="the processors that heard of the data",
        )
    assert states(in_the_cloud, 2015, PLAYERS) == {State.MISSING}

    in_the_cloud.nba("tick", "--work", "reconcile")

    assert_as_embedded(in_the_cloud, season(2015), seconds=600)


def test_messages_that_die_with_pubsub_are_found_by_the_reconciler(in_the_cloud: Cloud) -> None:
    report = land(in_the_cloud, season(2016))
    in_the_cloud.kill(PLAYERS)
    announce(in_the_cloud, report)
    in_the_cloud.front.wait_until(
        lambda: in_the_cloud.front.statuses(PLAYERS)[503] > 0, seconds=180, what="a delivery to nobody"
    )

    in_the_cloud.restart_pubsub()
    in_the_cloud.start(PLAYERS)
    assert states(in_the_cloud, 2016, PLAYERS) == {State.MISSING}
    in_the_cloud.nba("tick", "--work", "reconcile")

    assert_as_embedded(in_the_cloud, season(2016), seconds=600)


def states(cloud: Cloud, year: int, processor: str) -> set[State]:
    """The states that cells of a processor are in."""
    return {cell.state for (name, _), cell in cells_of(cloud.warehouse, year).items() if name == processor}
