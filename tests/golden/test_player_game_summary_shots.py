"""Player game summary: shots, plays and betting lines of a game in, zones, creation and results out."""

from __future__ import annotations

import datetime as dt

import pytest

from shared.topology.declaration import TEAM_BOX
from shared.warehouse.port import Value
from tests.golden.player_games import CHICAGO, GAME, TATUM, bench, opener, picked, summarise
from tests.support.raw_rows import Line, RawRow, final_game, play, points_prop, shot, without

ZONES = ("paint_attempts", "paint_makes", "mid_range_attempts", "mid_range_makes", "zone_source")
CREATION = ("assisted_fg_makes", "unassisted_fg_makes", "and1_count")
LINE = ("points_line", "over_under_result", "margin")


def charted() -> list[RawRow]:
    """Boston's four shots: two in the paint, one from mid-range, one three."""
    return [
        shot(GAME, "BOS", 1, "jaysontatum"),
        shot(GAME, "BOS", 2, "jaysontatum", shot_zone_basic="In The Paint (Non-RA)", shot_made=True),
        shot(GAME, "BOS", 3, "jaysontatum", shot_zone_basic="Mid-Range"),
        shot(GAME, "BOS", 4, "jaysontatum", shot_type="3PT", shot_zone_basic="Backcourt", shot_made=True),
    ]


def told() -> list[RawRow]:
    """The same four shots as text: by distance, the second is no longer in the paint."""
    return [
        play(GAME, "BOS", 1, "jaysontatum", shot_distance=None),
        play(GAME, "BOS", 2, "jaysontatum", shot_distance=9, shot_made=True, and_one=True),
        play(GAME, "BOS", 3, "jaysontatum", shot_distance=8),
        play(GAME, "BOS", 4, "jaysontatum", shot_type="3PT", shot_distance=24, shot_made=True, assisted=True),
    ]


def test_zones_come_from_a_shot_chart_with_all_attempts() -> None:
    staged = summarise([*opener(), *charted(), *told()])

    tatum = staged.row(player_lookup="jaysontatum")
    assert picked(tatum, ZONES) == [2, 1, 1, 0, "shot_chart"]
    assert tatum["data_quality_tier"] == "gold"
    idle = staged.row(player_lookup="celtica")
    assert picked(idle, (*ZONES, *CREATION)) == [0, 0, 0, 0, "shot_chart", 0, 0, 0]
    assert picked(staged.row(player_lookup="zachlavine"), ZONES) == [None] * 5


def test_a_two_beyond_the_arc_by_zone_is_mid_range_and_a_three_by_zone_mid_range_is_a_three() -> None:
    odd = charted()
    odd[2] = odd[2].having(shot_zone_basic="Above the Break 3")
    odd[3] = odd[3].having(shot_zone_basic="Mid-Range")

    assert picked(summarise([*opener(), *odd]).row(player_lookup="jaysontatum"), ZONES) == [
        2,
        1,
        1,
        0,
        "shot_chart",
    ]


def test_a_chart_that_is_cut_off_is_replaced_by_the_play_by_play() -> None:
    tatum = summarise([*opener(), *charted()[:-1], *told()]).row(player_lookup="jaysontatum")

    assert picked(tatum, ZONES) == [2, 0, 1, 1, "play_by_play"]
    assert tatum["data_quality_tier"] == "silver"


@pytest.mark.parametrize("flaw", [{"shot_zone_basic": None}, {"shot_made": None}, {"shot_type": None}])
def test_a_chart_with_a_shot_it_cannot_place_is_not_used(flaw: dict[str, Value]) -> None:
    shots = charted()
    shots[1] = shots[1].having(**flaw)

    assert picked(summarise([*opener(), *shots]).row(player_lookup="jaysontatum"), ZONES) == [None] * 5


def test_a_chart_that_no_team_row_vouches_for_is_not_used() -> None:
    rows = without([*opener(), *charted(), *told()], TEAM_BOX, team_abbr="BOS")

    assert picked(summarise(rows).row(player_lookup="jaysontatum"), (*ZONES, *CREATION)) == [None] * 8


def test_a_chart_under_another_spelling_of_his_name_gives_him_no_zones() -> None:
    shots = [row.having(player_lookup="jaysontatumjr") for row in charted()]

    staged = summarise([*opener(), *shots])

    assert picked(staged.row(player_lookup="jaysontatum"), ZONES) == [None] * 5
    assert picked(staged.row(player_lookup="celtica"), ZONES) == [0, 0, 0, 0, "shot_chart"]


def with_brown() -> list[RawRow]:
    """The opener with one shot of a second Celtic."""
    brown = Line("jaylenbrown", 2880, fga=1)
    return final_game(GAME, home=[TATUM, brown, *bench("celtic", 3, 2880)], away=CHICAGO)


def test_a_team_mates_lost_shot_makes_the_whole_chart_unusable() -> None:
    whole = summarise([*with_brown(), *charted(), shot(GAME, "BOS", 5, "jaylenbrown")])
    cut_off = summarise([*with_brown(), *charted()])

    assert whole.row(player_lookup="jaysontatum")["zone_source"] == "shot_chart"
    assert picked(cut_off.row(player_lookup="jaysontatum"), ZONES) == [None] * 5


def test_a_team_mates_doubled_event_makes_the_whole_play_by_play_unusable() -> None:
    once = [*told(), play(GAME, "BOS", 5, "jaylenbrown")]
    twice = [*once, play(GAME, "BOS", 6, "jaylenbrown")]

    assert summarise([*with_brown(), *once]).row(player_lookup="jaysontatum")["zone_source"] == "play_by_play"
    tatum = summarise([*with_brown(), *twice]).row(player_lookup="jaysontatum")
    assert picked(tatum, (*ZONES, *CREATION)) == [None] * 8


def test_a_play_by_play_with_a_doubled_event_is_not_used() -> None:
    events = [*told(), play(GAME, "BOS", 5, "jaysontatum", shot_distance=2)]

    tatum = summarise([*opener(), *events]).row(player_lookup="jaysontatum")

    assert picked(tatum, (*ZONES, *CREATION)) == [None] * 8


def test_an_ambiguous_name_costs_the_zones_of_that_player_alone() -> None:
    brown = Line("jaylenbrown", 2880, points=2, fgm=1, fga=2)
    rows = final_game(GAME, home=[TATUM, brown, *bench("celtic", 3, 2880)], away=CHICAGO)
    events = [
        *told(),
        play(GAME, "BOS", 5, "jaylenbrown", shot_made=True),
        play(GAME, "BOS", 6, None, shot_distance=17),
    ]

    staged = summarise([*rows, *events])

    assert picked(staged.row(player_lookup="jaysontatum"), ZONES) == [2, 0, 1, 1, "play_by_play"]
    assert picked(staged.row(player_lookup="jaylenbrown"), (*ZONES, *CREATION)) == [None] * 8


def test_shot_creation_is_known_zero_or_unknown_but_never_a_default() -> None:
    with_text = summarise([*opener(), *told()])
    chart_alone = summarise([*opener(), *charted()])
    unmarked = [row.having(assisted=None) for row in told()]
    unmarked_text = summarise([*opener(), *unmarked])

    assert picked(with_text.row(player_lookup="jaysontatum"), CREATION) == [1, 1, 1]
    assert picked(with_text.row(player_lookup="celtica"), CREATION) == [0, 0, 0]
    assert picked(with_text.row(player_lookup="zachlavine"), CREATION) == [None] * 3
    assert picked(chart_alone.row(player_lookup="jaysontatum"), CREATION) == [None] * 3
    tatum = unmarked_text.row(player_lookup="jaysontatum")
    assert picked(tatum, ("zone_source", *CREATION)) == ["play_by_play", None, None, None]


def test_line_is_the_lower_median_of_main_lines_in_the_last_snapshots_before_the_start() -> None:
    start = dt.datetime(2021, 10, 19, 23, tzinfo=dt.UTC)
    early = start - dt.timedelta(hours=9)
    rows = [
        *opener(),
        # Replaced by a later snapshot of the same bookmaker.
        points_prop(GAME, "zachlavine", "acme", 40.5, snapshot_timestamp=early),
        points_prop(GAME, "zachlavine", "acme", 23.5),
        # Alternate lines: 25.5 is priced most alike.
        points_prop(GAME, "zachlavine", "bet", 21.5, over_price=1.4, under_price=2.6),
        points_prop(GAME, "zachlavine", "bet", 25.5, over_price=1.85, under_price=1.95),
        points_prop(GAME, "zachlavine", "bet", 29.5, over_price=2.7, under_price=1.4),
        points_prop(GAME, "zachlavine", "cash", 24.5),
        points_prop(GAME, "zachlavine", "dime", 26.5, snapshot_timestamp=early),
        # Taken when the game was on.
        points_prop(GAME, "zachlavine", "live", 60.5, snapshot_timestamp=start),
        points_prop(GAME, "jaysontatum", "acme", 5.0),
        points_prop(GAME, "nikolavucevic", "acme", 20.5),
        points_prop(GAME, "nobody", "acme", 9.5),
    ]

    staged = summarise(rows)

    assert picked(staged.row(player_lookup="zachlavine"), LINE) == [24.5, "OVER", 0.5]
    assert picked(staged.row(player_lookup="jaysontatum"), LINE) == [5.0, "PUSH", 0.0]
    assert picked(staged.row(player_lookup="nikolavucevic"), LINE) == [20.5, "UNDER", -0.5]
    assert picked(staged.row(player_lookup="celtica"), LINE) == [None, None, None]
