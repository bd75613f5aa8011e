"""Who is expected where, in seasons small enough to judge by eye."""

from __future__ import annotations

import dataclasses

import pytest

from tests.oracle.evidence import ReasonSource, Verdict
from tests.oracle.raw import RawSeason
from tests.oracle.rosters import ExpectedPlayer, expected_players, rosters
from tests.oracle.tiny import (
    ANN,
    BOS,
    evidence,
    final,
    half_list,
    listed,
    on,
    played_daily,
    report,
    season,
    slot,
)

# Reconciling lists


@pytest.mark.parametrize(("minutes", "expected"), [(0.5, True), (-0.5, True), (0.51, False)])
def test_list_reconciles_within_half_a_minute(minutes: float, expected: bool) -> None:
    raw = final("g1", 1, CHI=ANN, BOS=BOS)
    totals = tuple(
        dataclasses.replace(row, minutes_decimal=row.minutes_decimal + minutes) for row in raw.team_rows
    )
    changed = dataclasses.replace(raw, team_rows=totals)
    assert [found.reconciles for found in rosters(changed).lists_of_game["g1"]] == [expected, expected]


def test_list_one_point_off_does_not_reconcile_and_the_other_team_s_does() -> None:
    raw = final("g1", 1, CHI=ANN, BOS=BOS)
    home, away = raw.team_rows
    changed = dataclasses.replace(raw, team_rows=(dataclasses.replace(home, points=home.points + 1), away))
    assert {found.team_abbr: found.reconciles for found in rosters(changed).lists_of_game["g1"]} == {
        "CHI": False,
        "BOS": True,
    }


def test_neither_list_reconciles_without_both_team_rows() -> None:
    raw = final("g1", 1, CHI=ANN, BOS=BOS)
    changed = dataclasses.replace(raw, team_rows=raw.team_rows[:1])
    assert not any(found.reconciles for found in rosters(changed).lists_of_game["g1"])


# Whose game counts


def test_every_status_is_listed_and_unlisted_is_not_expected() -> None:
    names = {"ann": "active", "bob": "dnp", "cyd": "inactive"}
    raw = final("g1", 1, CHI=names, BOS=BOS)
    assert [listed(raw, name, 2) for name in ("ann", "bob", "cyd", "dan")] == [[("g1", "CHI")]] * 3 + [[]]


def test_games_of_the_day_and_later_are_not_listed() -> None:
    raw = played_daily(3, CHI=ANN, BOS=BOS)
    assert listed(raw, "ann", 1) == [("g00", "CHI")]


def test_missing_list_carries_over_the_latest_earlier_reconciling_one() -> None:
    raw = season(
        final("g1", 1, CHI={"ann": "active", "bob": "active"}, BOS=BOS),
        final("g2", 2, CHI={"ann": "active"}, BOS=BOS),
        final("g3", 3, CHI={}, BOS=BOS),
    )
    assert listed(raw, "ann", 4) == [("g1", "CHI"), ("g2", "CHI"), ("g3", "CHI")]
    assert listed(raw, "bob", 4) == [("g1", "CHI")]


def test_player_listed_elsewhere_in_between_is_not_carried_over() -> None:
    raw = season(
        final("g1", 1, CHI={"ann": "active", "bob": "active"}, BOS=BOS),
        final("g2", 2, LAL={"bob": "active"}, BOS=BOS),
        final("g3", 3, CHI={}, BOS=BOS),
    )
    assert listed(raw, "bob", 4) == [("g1", "CHI"), ("g2", "LAL")]
    assert listed(raw, "ann", 4) == [("g1", "CHI"), ("g3", "CHI")]


def test_player_listed_elsewhere_on_the_date_of_the_missing_game_is_not_carried_over() -> None:
    raw = season(
        final("g1", 1, CHI={"bob": "active"}, BOS=BOS),
        final("g2", 2, CHI={}, BOS=BOS),
        final("g3", 2, LAL={"bob": "active"}, MIA={"mia": "active"}),
    )
    assert listed(raw, "bob", 4) == [("g1", "CHI"), ("g3", "LAL")]


def test_list_of_the_new_team_after_the_missing_game_leaves_it_expected() -> None:
    raw = season(
        final("g1", 1, CHI={"bob": "active"}, BOS=BOS),
        final("g2", 2, CHI={}, BOS=BOS),
        final("g3", 3, LAL={"bob": "active"}, BOS=BOS),
    )
    assert listed(raw, "bob", 4) == [("g1", "CHI"), ("g2", "CHI"), ("g3", "LAL")]


def test_lists_of_two_teams_on_one_date_both_carry_over() -> None:
    raw = season(
        final("g1", 1, CHI={"bob": "inactive"}, BOS=BOS),
        final("g2", 1, LAL={"bob": "inactive"}, MIA={"mia": "active"}),
        final("g3", 2, CHI={}, BOS=BOS),
    )
    assert listed(raw, "bob", 3) == [("g1", "CHI"), ("g2", "LAL"), ("g3", "CHI")]


def test_list_that_does_not_reconcile_is_passed_over_when_carrying() -> None:
    raw = season(
        final("g1", 1, CHI={"ann": "active", "bob": "active"}, BOS=BOS),
        half_list("g2", 2, {"bob": "active"}, CHI={"ann": "active", "new": "active"}, BOS=BOS),
        final("g3", 3, CHI={}, BOS=BOS),
    )
    assert listed(raw, "bob", 4) == [("g1", "CHI"), ("g2", "CHI"), ("g3", "CHI")]
    assert listed(raw, "new", 4) == [("g2", "CHI")]


def test_first_missing_game_of_a_team_carries_nobody_over() -> None:
    raw = season(final("g1", 1, CHI={}, BOS=BOS), final("g2", 2, CHI=ANN, BOS=BOS))
    assert listed(raw, "ann", 3) == [("g2", "CHI")]


def test_traded_player_is_expected_from_each_team_for_its_own_dates() -> None:
    raw = season(
        final("g1", 1, CHI={"bob": "active"}, BOS=BOS),
        final("g2", 2, CHI=ANN, BOS=BOS),
        final("g3", 3, LAL={"bob": "active"}, BOS=BOS),
        final("g4", 4, CHI=ANN, LAL={"bob": "active"}),
    )
    assert listed(raw, "bob", 5) == [("g1", "CHI"), ("g3", "LAL"), ("g4", "LAL")]
    judged = evidence(raw, "bob", 5)
    assert (judged.missing_in_span, judged.failure_type) == ((), None)
    assert [(game.game_id, game.verdict) for game in judged.not_on_roster_in_span] == [
        ("g2", Verdict.NOT_ON_ROSTER)
    ]


# Expected players of a date


def test_expected_players_come_from_the_latest_list_of_teams_with_a_slot() -> None:
    raw = season(
        final("g1", 1, CHI={"ann": "active", "old": "active"}, BOS=BOS),
        final("g2", 2, CHI={"ann": "inactive"}, LAL={"lou": "active"}),
        slot("g3", 3, "CHI", "BOS"),
    )
    assert expected_players(raw, on(3)) == {
        "ann": ExpectedPlayer("CHI", "g3"),
        "bea": ExpectedPlayer("BOS", "g3"),
    }


def test_nobody_is_expected_from_a_postponed_slot() -> None:
    raw = season(final("g1", 1, CHI=ANN, BOS=BOS), slot("g2", 2, "CHI", "BOS", "Postponed"))
    assert expected_players(raw, on(2)) == {}


def test_nobody_is_expected_from_lists_of_the_date_itself() -> None:
    assert expected_players(final("g1", 1, CHI=ANN, BOS=BOS), on(1)) == {}


def test_later_list_that_does_not_reconcile_adds_its_names_and_removes_none() -> None:
    raw = season(
        final("g1", 1, CHI={"ann": "active", "bob": "active"}, BOS=BOS),
        half_list("g2", 2, {"bob": "active"}, CHI={"ann": "active", "new": "active"}, BOS=BOS),
        slot("g3", 3, "CHI", "LAL"),
    )
    assert sorted(expected_players(raw, on(3))) == ["ann", "bob", "new"]


def test_injury_report_of_the_date_adds_names_and_that_of_another_date_does_not() -> None:
    raw = season(
        final("g1", 1, CHI=ANN, BOS=BOS),
        slot("g2", 2, "CHI", "BOS"),
        report(2, "CHI", "ira"),
        report(1, "CHI", "yesterday"),
        report(2, "LAL", "noslot"),
    )
    assert sorted(expected_players(raw, on(2))) == ["ann", "bea", "ira"]


def test_report_published_earlier_is_not_the_report_of_the_date() -> None:
    early = dataclasses.replace(report(2, "CHI", "ira").injury_rows[0], report_date=on(1))
    raw = season(
        final("g1", 1, CHI=ANN, BOS=BOS),
        final("g2", 2, CHI={"ann": "active", "ira": "dnp"}, BOS=BOS),
        RawSeason((), (), (), (early,)),
    )
    (missing,) = evidence(raw, "ira", 3).missing_in_span
    assert "ira" not in expected_players(raw, on(2))
    assert missing.reason is not None
    assert missing.reason.source == ReasonSource.NOWHERE


def test_listed_by_two_teams_belongs_to_the_newer_list() -> None:
    raw = season(
        final("g1", 1, CHI={"bob": "active"}, BOS=BOS),
        final("g2", 2, LAL={"bob": "active"}, BOS=BOS),
        slot("g3", 3, "CHI", "LAL"),
    )
    assert expected_players(raw, on(3)) == {"bob": ExpectedPlayer("LAL", "g3")}


def test_listed_by_two_teams_belongs_to_the_team_of_the_injury_report() -> None:
    raw = season(
        final("g1", 1, CHI={"bob": "active"}, BOS=BOS),
        final("g2", 2, LAL={"bob": "active"}, BOS=BOS),
        slot("g3", 3, "CHI", "MIA"),
        slot("g4", 3, "LAL", "DEN"),
        report(3, "CHI", "bob"),
    )
    assert expected_players(raw, on(3)) == {"bob": ExpectedPlayer("CHI", "g3")}


def test_old_team_does_not_expect_a_player_whose_new_team_has_no_slot() -> None:
    raw = season(
        final("g1", 1, CHI={"ann": "active", "bob": "active"}, BOS=BOS),
        final("g2", 2, LAL={"bob": "active"}, BOS=BOS),
        slot("g3", 3, "CHI", "MIA"),
    )
    assert sorted(expected_players(raw, on(3))) == ["ann"]


def test_lists_of_one_date_do_not_rule_each_other_out() -> None:
    raw = season(
        final("g1", 1, CHI={"bob": "inactive"}, BOS=BOS),
        final("g2", 1, LAL={"bob": "inactive"}, MIA={"mia": "active"}),
        slot("g3", 2, "CHI", "DEN"),
        slot("g4", 3, "LAL", "CHI"),
    )
    assert expected_players(raw, on(2)) == {"bob": ExpectedPlayer("CHI", "g3")}
    assert expected_players(raw, on(3))["bob"] == ExpectedPlayer("LAL", "g4")
