"""Shot charts and play-by-play become field-goal events."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from services.ingest.source import IngestError
from tests.unit.ingest.nba_stats_answers import (
    Json,
    Values,
    box_score_v3,
    game_log,
    log_line,
    play_by_play_v2,
    play_by_play_v3,
    shot,
    shot_chart,
    summary,
    tables,
    v2_event,
    v3_action,
    v3_player,
)

SHOTS = "nbac_shot_chart"
PLAYS = "nbac_play_by_play"
EVENT = {
    "game_id": "0022100001",
    "game_date": date(2021, 10, 19),
    "season_year": 2021,
    "event_sequence": 7,
    "period": 1,
    "seconds_remaining": 691,
    "team_abbr": "MIL",
    "event_type": "fieldgoal",
    "shot_type": "2PT",
    "shot_made": True,
    "shot_distance": 17,
    "player_1_lookup": "adamnowhere",
    "player_2_lookup": "cyrilelsewhere",
    "player_2_role": "assist",
    "assisted": True,
    "blocked": False,
    "and_one": False,
    "description": "Nowhere 17' Jump Shot (2 PTS) (Elsewhere 1 AST)",
}
TEXT = str(EVENT["description"])
NAMES = game_log(log_line(1, "Adam Nowhere"), log_line(3, "Cyril Elsewhere"))


def plays(folder: Path, answer: Json, **more: Json) -> list[dict[str, object]]:
    rows = tables(folder, answer=answer, names=NAMES, **more)[PLAYS]
    return [{name: value for name, value in row.items() if name != "processed_at"} for row in rows]


def v2(*events: Values) -> Json:
    return play_by_play_v2(*events)


def v3(*actions: Json) -> Json:
    """Actions of a game in which Elsewhere has rebounded, so that his name is known."""
    rebound = v3_action(99, "Elsewhere REBOUND (Off:0 Def:1)", personId=3, playerName="Elsewhere")
    return play_by_play_v3(*actions, rebound)


def test_shots_are_numbered_by_the_clock_then_by_event(tmp_path: Path) -> None:
    found = tables(
        tmp_path,
        away=shot_chart(
            shot(12, 2, "Bertha Somewhere", "BKN", MINUTES_REMAINING=9, SECONDS_REMAINING=0),
            shot(40, 2, "Bertha Somewhere", "BKN", PERIOD=2),
        ),
        home=shot_chart(shot(15, MINUTES_REMAINING=9, SECONDS_REMAINING=0), shot(99)),
    )

    rows = found[SHOTS]
    assert [
        (row["shot_sequence"], row["team_abbr"], row["period"], row["seconds_remaining"]) for row in rows
    ] == [
        (1, "MIL", 1, 691),
        (2, "BKN", 1, 540),
        (3, "MIL", 1, 540),
        (4, "BKN", 2, 691),
    ]


def test_a_shot_has_its_place_type_and_player(tmp_path: Path) -> None:
    row = tables(tmp_path, shots=shot_chart(shot(7, SHOT_TYPE="2PT Field Goal", SHOT_MADE_FLAG=0)))[SHOTS][0]

    assert row == {
        "game_id": "0022100001",
        "game_date": date(2021, 10, 19),
        "season_year": 2021,
        "shot_sequence": 1,
        "team_abbr": "MIL",
        "player_lookup": "adamnowhere",
        "player_id": 1,
        "period": 1,
        "seconds_remaining": 691,
        "shot_type": "2PT",
        "shot_zone_basic": "Above the Break 3",
        "shot_zone_area": "Center(C)",
        "action_type": "Jump Shot",
        "shot_distance": 25,
        "loc_x": -12,
        "loc_y": 250,
        "shot_made": False,
        "processed_at": None,
    }


def test_a_shot_that_two_files_have_is_one_shot(tmp_path: Path) -> None:
    found = tables(tmp_path, both=shot_chart(shot(7), shot(9)), one=shot_chart(shot(9)))
    assert len(found[SHOTS]) == 2


def test_shots_and_box_score_name_a_player_alike(tmp_path: Path) -> None:
    found = tables(
        tmp_path,
        shots=shot_chart(shot(7, 1, "Adam Nowhere")),
        box=box_score_v3((v3_player(1, "Addie", "Nowhere"),), (v3_player(2, "Bertha", "Somewhere"),)),
    )

    assert found[SHOTS][0]["player_lookup"] == "addienowhere"
    assert found["nbac_gamebook_player_stats"][0]["player_lookup"] == "addienowhere"


def test_a_shot_that_is_neither_two_nor_three_is_refused(tmp_path: Path) -> None:
    with pytest.raises(
        IngestError, match=r"Neither a two nor a three: .* row 1, column \[SHOT_TYPE\], value \[4PT\]"
    ):
        tables(tmp_path, shots=shot_chart(shot(7, SHOT_TYPE="4PT")))


def test_an_assisted_basket_is_the_same_event_in_v2_and_v3(tmp_path: Path) -> None:
    (tmp_path / "2").mkdir()
    (tmp_path / "3").mkdir()
    assist = {"PLAYER2_ID": 3, "PLAYER2_NAME": "Cyril Elsewhere"}

    assert plays(tmp_path / "2", v2(v2_event(7, 1, TEXT, **assist))) == [EVENT]
    assert plays(tmp_path / "3", v3(v3_action(7, TEXT, made=True, shotDistance=17))) == [EVENT]


def test_a_missed_three_that_was_blocked(tmp_path: Path) -> None:
    (tmp_path / "2").mkdir()
    (tmp_path / "3").mkdir()
    text = "MISS Nowhere 3PT Jump Shot"
    expected = EVENT | {
        "shot_type": "3PT",
        "shot_made": False,
        "shot_distance": None,
        "player_2_lookup": None,
        "player_2_role": None,
        "assisted": False,
        "blocked": True,
        "description": text,
    }
    block = {
        "VISITORDESCRIPTION": "Somewhere BLOCK (1 BLK)",
        "PLAYER3_ID": 2,
        "PLAYER3_NAME": "Bertha Somewhere",
    }
    blocker = v3_action(7, "Somewhere BLOCK (1 BLK)", personId=2, playerName="Somewhere", teamTricode="BKN")

    # Two blanks are how v2 writes a text without distance.
    assert plays(tmp_path / "2", v2(v2_event(7, 2, "MISS Nowhere  3PT Jump Shot", **block))) == [expected]
    assert plays(tmp_path / "3", v3(v3_action(7, text, made=False, shotValue=3), blocker)) == [expected]


@pytest.mark.parametrize(
    ("free_throw", "and_one"),
    [
        ({"text": "Nowhere Free Throw 1 of 1 (3 PTS)"}, True),
        ({"text": "MISS Nowhere Free Throw 1 of 1"}, True),
        ({"text": "Nowhere Free Throw Flagrant 1 of 1 (3 PTS)"}, True),
        ({"text": "Nowhere Free Throw 1 of 2 (3 PTS)"}, False),
        ({"text": "Nowhere Free Throw Technical 1 of 1 (3 PTS)"}, False),
        ({"text": "Nowhere Free Throw 1 of 1 (3 PTS)", "clock": "11:30"}, False),
        ({"text": "Nowhere Free Throw 1 of 1 (3 PTS)", "period": 2}, False),
        ({"text": "Elsewhere Free Throw 1 of 1 (3 PTS)", "player": 3}, False),
    ],
)
def test_and_one_is_a_single_free_throw_of_the_shooter_at_the_same_clock(
    tmp_path: Path, free_throw: dict[str, object], and_one: bool
) -> None:
    (tmp_path / "2").mkdir()
    (tmp_path / "3").mkdir()
    text = str(free_throw["text"])
    clock = str(free_throw.get("clock", "11:31"))
    period, player = free_throw.get("period", 1), free_throw.get("player", 1)
    shot_text = "Nowhere 1' Layup (2 PTS)"
    minutes, seconds = clock.split(":")

    of_v2 = plays(
        tmp_path / "2",
        v2(
            v2_event(7, 1, shot_text),
            v2_event(9, 3, text, PCTIMESTRING=clock, PERIOD=period, PLAYER1_ID=player),
        ),
    )
    of_v3 = plays(
        tmp_path / "3",
        v3(
            v3_action(7, shot_text, made=True, shotDistance=1),
            v3_action(9, text, clock=f"PT{minutes}M{seconds}.00S", period=period, personId=player),
        ),
    )

    assert [row["and_one"] for row in of_v2] == [and_one]
    assert of_v2 == of_v3


def test_a_missed_shot_is_never_an_and_one(tmp_path: Path) -> None:
    miss, foul = v2_event(7, 2, "MISS Nowhere Layup"), v2_event(9, 3, "Nowhere Free Throw 1 of 1 (3 PTS)")
    assert plays(tmp_path, v2(miss, foul))[0]["and_one"] is False


@pytest.mark.parametrize("nobody", [0, None])
def test_v2_writes_nobody_as_zero_or_nothing(tmp_path: Path, nobody: int | None) -> None:
    others = {"PLAYER2_ID": nobody, "PLAYER3_ID": nobody}
    basket, miss = (
        v2_event(7, 1, "Nowhere Layup (2 PTS)", **others),
        v2_event(9, 2, "MISS Nowhere Layup", **others),
    )

    rows = plays(tmp_path, v2(basket, miss))

    assert [(row["assisted"], row["blocked"]) for row in rows] == [(False, False), (False, False)]


def test_a_visitors_event_takes_the_visitors_text(tmp_path: Path) -> None:
    visitor = {
        "VISITORDESCRIPTION": "MISS Somewhere 3' Layup",
        "PERSON1TYPE": 5,
        "PLAYER1_ID": 2,
        "PLAYER1_NAME": "Bertha Somewhere",
        "PLAYER1_TEAM_ABBREVIATION": "NJN",
    }

    row = plays(tmp_path, v2(v2_event(7, 2, "Nowhere BLOCK (1 BLK)", **visitor)))[0]

    assert (row["team_abbr"], row["player_1_lookup"], row["shot_distance"]) == ("BKN", "berthasomewhere", 3)


@pytest.mark.parametrize(
    "others",
    [(), ((3, "Elsewhere"), (4, "Elsewhere"))],
    ids=["nobody of that name", "two of that name"],
)
def test_a_passer_whose_name_does_not_tell_who_he_is_stays_unknown(
    tmp_path: Path, others: tuple[tuple[int, str], ...]
) -> None:
    rebounds = [
        v3_action(90 + number, "REBOUND", personId=number, playerName=name) for number, name in others
    ]

    row = plays(tmp_path, play_by_play_v3(v3_action(7, TEXT, made=True, shotDistance=17), *rebounds))[0]

    assert row == EVENT | {"player_2_lookup": None, "player_2_role": None}


def test_a_v3_shooter_whom_no_file_names_stays_unknown(tmp_path: Path) -> None:
    found = tables(tmp_path, answer=v3(v3_action(7, "Nowhere Layup (2 PTS)", made=True)), date=summary())

    assert found[PLAYS][0]["player_1_lookup"] is None


def test_distance_zero_of_v3_means_that_it_is_not_known(tmp_path: Path) -> None:
    corner = v3_action(7, "MISS Nowhere 3PT Jump Shot", made=False, shotValue=3, shotDistance=0)
    assert plays(tmp_path, v3(corner))[0]["shot_distance"] is None


def test_tenths_of_the_last_seconds_are_cut_off(tmp_path: Path) -> None:
    last = v3_action(7, "Nowhere Layup (2 PTS)", made=True, clock="PT00M00.90S")
    assert plays(tmp_path, v3(last))[0]["seconds_remaining"] == 0


def test_only_the_strongest_format_of_a_game_is_used_for_its_events(tmp_path: Path) -> None:
    rows = plays(
        tmp_path,
        v3(v3_action(7, "Nowhere Layup (2 PTS)", made=True)),
        older=v2(v2_event(7, 1, "Nowhere Layup (2 PTS)"), v2_event(11, 1, "Nowhere Dunk (4 PTS)")),
    )
    assert [row["event_sequence"] for row in rows] == [7]


@pytest.mark.parametrize(
    "empty",
    [
        play_by_play_v3(),
        {"resultSets": [{"name": "PlayByPlay", "headers": list(v2_event(1, 1, "x")), "rowSet": []}]},
    ],
)
def test_a_play_by_play_without_events_is_refused(tmp_path: Path, empty: Json) -> None:
    with pytest.raises(IngestError, match=r"holds no rows|without actions") as caught:
        tables(tmp_path, answer=empty)
    assert "Fetch the file again" in caught.value.remedy
