"""`nba incidents`: a line per processor below each cause, open ones first of all."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

from services.console.incidents import Incident, render_incidents
from services.console.output import Exit
from services.registry import SERVICES, topology_of
from tests.console.command_line import Ask
from tests.console.conftest import LostGame
from tests.console.screen import block, screen

TOPOLOGY = topology_of([SERVICES / "analytics" / "player_game_summary"])
OPENED = dt.datetime(2022, 1, 5, 10, tzinfo=dt.UTC)
PGS = Incident(
    incident_id="i",
    processor="PlayerGameSummaryProcessor",
    type="DATA_GAP",
    cause="nbac_team_boxscore of 2021-12-26 is missing or incomplete",
    first_date=dt.date(2021, 12, 26),
    last_date=dt.date(2021, 12, 26),
    cells=1,
    failures=2,
    opened_at=OPENED,
    closed_at=None,
)
GONE = replace(
    PGS, processor="OldProcessor", type="MIXED", last_date=dt.date(2022, 1, 4), cells=4, failures=12
)
OVER = replace(PGS, cause="another cause", closed_at=OPENED + dt.timedelta(hours=6))


def test_incidents_stand_below_their_cause() -> None:
    assert screen(render_incidents(TOPOLOGY, [PGS, GONE, OVER], closed=1)) == block(
        """
        2 open incidents; 1 closed

        nbac_team_boxscore of 2021-12-26 is missing or incomplete
          since 2022-01-05 10:00 UTC
          PGS           DATA_GAP  2021-12-26               2 failures   1 date
          OldProcessor  MIXED     2021-12-26..2022-01-04  12 failures  4 dates

        another cause
          since 2022-01-05 10:00 UTC, closed 2022-01-05 16:00 UTC
          PGS  DATA_GAP  2021-12-26  2 failures  1 date

        The failures of one: nba failures --processor NAME --start-date ... --end-date ...
        """
    )


def test_what_is_over_is_counted_and_listed_on_demand() -> None:
    assert screen(render_incidents(TOPOLOGY, [], closed=3)) == "0 open incidents; 3 closed (--all lists them)"


def test_an_incident_opens_with_a_tick_and_closes_when_it_heals(ask: Ask, lost_game: LostGame) -> None:
    assert ask("incidents").out.startswith("0 open incidents; 0 closed\n")
    ask("tick")
    opened = ask("incidents", "--json").document["incidents"]
    assert {item["closed_at"] for item in opened} == {None}
    assert f"nbac_team_boxscore of {lost_game.day} is missing" in ask("incidents").out

    ask("failures", "retry", "--status", "RETRYING", "--reason", "it is there now")
    ask("tick", "--source", f"files:{lost_game.source}")
    assert ask("incidents", "--json").document["incidents"] == []
    everything = ask("incidents", "--all", "--json")
    assert everything.code == Exit.OK
    assert {item["incident_id"] for item in everything.document["incidents"]} == {
        item["incident_id"] for item in opened
    }
    assert all(item["closed_at"] for item in everything.document["incidents"])
