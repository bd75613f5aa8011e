"""Box scores of every format become the same player and team rows."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from services.ingest.source import IngestError
from tests.unit.ingest.nba_stats_answers import (
    Json,
    board_game,
    box_score_cdn,
    box_score_v2,
    box_score_v3,
    cdn_player,
    game_log,
    log_line,
    scoreboard,
    summary,
    tables,
    v2_absent,
    v2_player,
    v2_team,
    v3_player,
)

PLAYERS = "nbac_gamebook_player_stats"
TEAM_BOX = "nbac_team_boxscore"
LINE = {
    "game_id": "0022100001",
    "game_date": date(2021, 10, 19),
    "season_year": 2021,
    "team_abbr": "MIL",
    "opponent_team_abbr": "BKN",
    "is_home": True,
    "player_lookup": "adamnowherejr",
    "player_name": "Adam Nowhere Jr.",
    "player_id": 1,
    "player_status": "active",
    "dnp_reason": None,
    "starter": True,
    "minutes": "27:34",
    "minutes_decimal": 27.5667,
    "points": 8,
    "field_goals_made": 3,
    "field_goals_attempted": 7,
    "three_pointers_made": 1,
    "three_pointers_attempted": 2,
    "free_throws_made": 1,
    "free_throws_attempted": 1,
    "offensive_rebounds": 1,
    "defensive_rebounds": 2,
    "total_rebounds": 3,
    "assists": 2,
    "steals": 0,
    "blocks": 0,
    "turnovers": 1,
    "personal_fouls": 2,
    "plus_minus": -5,
}
STATISTICS = ("points", "field_goals_attempted", "assists", "plus_minus", "minutes", "minutes_decimal")
AWAY_V3 = (v3_player(2, "Bertha", "Somewhere"),)
AWAY_CDN = (cdn_player(2, "Bertha Somewhere"),)

FORMATS: dict[str, Json] = {
    "v2": box_score_v2(v2_player(1, "Adam Nowhere Jr.", START_POSITION="F")),
    "v3": box_score_v3((v3_player(1, "Adam", "Nowhere Jr.", position="F"),), AWAY_V3),
    "cdn": box_score_cdn((cdn_player(1, "Adam Nowhere Jr.", starter="1"),), AWAY_CDN),
    "log": game_log(log_line(1, "Adam Nowhere Jr.")),
}


def by_id(rows: list[dict[str, object]]) -> dict[object, dict[str, object]]:
    return {row["player_id"]: row for row in rows}


@pytest.mark.parametrize("format", ["v2", "v3", "cdn"])
def test_a_line_is_the_same_row_in_every_box_score(tmp_path: Path, format: str) -> None:
    found = tables(tmp_path, box=FORMATS[format], date=summary())

    row = by_id(found[PLAYERS])[1]
    del row["processed_at"]
    assert row == LINE


def test_a_game_log_knows_minutes_only_rounded_and_no_starters(tmp_path: Path) -> None:
    found = tables(tmp_path, log=FORMATS["log"])

    assert found[PLAYERS] == [
        LINE | {"minutes": None, "minutes_decimal": 28.0, "starter": None, "processed_at": None}
    ]
    assert TEAM_BOX not in found


def test_a_game_log_says_who_plays_at_home(tmp_path: Path) -> None:
    found = tables(
        tmp_path,
        log=game_log(log_line(2, "Bertha Somewhere", TEAM_ABBREVIATION="NJN", MATCHUP="NJN @ MIL")),
    )

    row = found[PLAYERS][0]
    assert (row["team_abbr"], row["opponent_team_abbr"], row["is_home"]) == ("BKN", "MIL", False)


@pytest.mark.parametrize(
    ("written", "text", "decimal"),
    [
        ("27:34", "27:34", 27.5667),
        ("27.000000:34", "27:34", 27.5667),
        ("0:00", "0:00", 0.0),
        ("9:05", "9:05", 9.0833),
    ],
)
def test_minutes_of_v2_in_both_spellings(tmp_path: Path, written: str, text: str, decimal: float) -> None:
    found = tables(tmp_path, box=box_score_v2(v2_player(1, "Adam Nowhere", MIN=written)), date=summary())

    assert (found[PLAYERS][0]["minutes"], found[PLAYERS][0]["minutes_decimal"]) == (text, decimal)


def test_a_player_with_zero_seconds_and_a_line_is_active(tmp_path: Path) -> None:
    nothing: Json = {"minutes": "0:00", "points": 0}
    found = tables(
        tmp_path, box=box_score_v3((v3_player(1, "Adam", "Nowhere", **nothing),), AWAY_V3), date=summary()
    )

    row = by_id(found[PLAYERS])[1]
    assert (row["player_status"], row["points"], row["minutes_decimal"]) == ("active", 0, 0.0)


def test_v2_absences_carry_their_comment_and_no_statistics(tmp_path: Path) -> None:
    absent = v2_absent(1, "Adam Nowhere", "DNP - Coach's Decision")

    row = tables(tmp_path, box=box_score_v2(absent), date=summary())[PLAYERS][0]

    assert (row["player_status"], row["dnp_reason"], row["starter"]) == (
        "dnp",
        "DNP - Coach's Decision",
        False,
    )
    assert [row[name] for name in STATISTICS] == [None] * len(STATISTICS)


def test_v3_absences_lose_the_zeros_that_the_source_writes(tmp_path: Path) -> None:
    absent = v3_player(1, "Adam", "Nowhere", comment="DND - Injury/Illness", minutes="", points=0)

    row = by_id(tables(tmp_path, box=box_score_v3((absent,), AWAY_V3), date=summary())[PLAYERS])[1]

    assert (row["player_status"], row["dnp_reason"]) == ("dnp", "DND - Injury/Illness")
    assert [row[name] for name in STATISTICS] == [None] * len(STATISTICS)


@pytest.mark.parametrize(
    ("values", "status", "reason"),
    [
        ({"status": "INACTIVE", "notPlayingReason": "INACTIVE_INJURY"}, "inactive", "INACTIVE_INJURY"),
        ({"status": "INACTIVE"}, "inactive", None),
        ({"status": "ACTIVE", "notPlayingReason": "DNP_COACH"}, "dnp", "DNP_COACH"),
    ],
)
def test_cdn_says_who_was_inactive_and_who_only_sat(
    tmp_path: Path, values: dict[str, str], status: str, reason: str | None
) -> None:
    player = cdn_player(1, "Adam Nowhere", **values, played="0")

    row = by_id(tables(tmp_path, box=box_score_cdn((player,), AWAY_CDN))[PLAYERS])[1]

    assert (row["player_status"], row["dnp_reason"]) == (status, reason)
    assert [row[name] for name in STATISTICS] == [None] * len(STATISTICS)


def test_the_summary_adds_the_inactive_players(tmp_path: Path) -> None:
    found = tables(
        tmp_path,
        box=box_score_v2(v2_player(1, "Adam Nowhere")),
        summary=summary((3, "Cyril", "Elsewhere", "BKN")),
    )

    assert {row["player_lookup"]: row["player_status"] for row in found[PLAYERS]} == {
        "adamnowhere": "active",
        "cyrilelsewhere": "inactive",
    }
    inactive = by_id(found[PLAYERS])[3]
    assert (inactive["team_abbr"], inactive["is_home"], inactive["dnp_reason"]) == ("BKN", False, "Inactive")
    assert inactive["points"] is None


def test_stronger_formats_win_field_by_field_and_weaker_ones_fill_in(tmp_path: Path) -> None:
    found = tables(
        tmp_path,
        v3=box_score_v3((v3_player(1, "Ádám", "Nowhere", points=11, plusMinusPoints=None),), AWAY_V3),
        v2=box_score_v2(v2_player(1, "Adam Nowhere", PTS=10, PLUS_MINUS=7.0, MIN="20:00")),
        log=game_log(log_line(1, "A. Nowhere", PTS=9)),
        date=summary(),
    )

    row = by_id(found[PLAYERS])[1]
    assert (row["points"], row["plus_minus"], row["minutes"]) == (11, 7, "27:34")
    assert (row["player_name"], row["player_lookup"]) == ("Ádám Nowhere", "adamnowhere")


@pytest.mark.parametrize(
    ("answers", "points"),
    [
        (("v3", "cdn", "v2", "log"), 4),
        (("cdn", "v2", "log"), 3),
        (("v2", "log"), 2),
        (("log",), 1),
    ],
)
def test_precedence_is_v3_then_cdn_then_v2_then_the_game_log(
    tmp_path: Path, answers: tuple[str, ...], points: int
) -> None:
    every: dict[str, Json] = {
        "v3": box_score_v3((v3_player(1, "Adam", "Nowhere", points=4),), AWAY_V3),
        "cdn": box_score_cdn((cdn_player(1, "Adam Nowhere", points=3),), AWAY_CDN),
        "v2": box_score_v2(v2_player(1, "Adam Nowhere", PTS=2)),
        "log": game_log(log_line(1, "Adam Nowhere", PTS=1)),
    }

    found = tables(tmp_path, date=summary(), **{name: every[name] for name in answers})

    assert by_id(found[PLAYERS])[1]["points"] == points


def test_rounded_minutes_of_the_game_log_do_not_touch_those_of_a_box_score(tmp_path: Path) -> None:
    found = tables(
        tmp_path,
        v2=box_score_v2(v2_player(1, "Adam Nowhere", MIN="27:34")),
        log=game_log(log_line(1, "Adam Nowhere", MIN=28)),
    )

    assert (found[PLAYERS][0]["minutes"], found[PLAYERS][0]["minutes_decimal"]) == ("27:34", 27.5667)


def test_a_line_in_a_box_score_outranks_the_list_of_inactive_players(tmp_path: Path) -> None:
    found = tables(
        tmp_path,
        box=box_score_v2(v2_player(1, "Adam Nowhere")),
        summary=summary((1, "Adam", "Nowhere", "MIL")),
    )

    row = found[PLAYERS][0]
    assert (row["player_status"], row["dnp_reason"], row["points"]) == ("active", None, 8)


def test_statistics_of_a_weaker_format_do_not_fill_the_row_of_an_absent_player(tmp_path: Path) -> None:
    absent = v3_player(1, "Adam", "Nowhere", comment="DNP - Coach's Decision", minutes="")

    found = tables(
        tmp_path,
        v3=box_score_v3((absent,), AWAY_V3),
        v2=box_score_v2(v2_player(1, "Adam Nowhere")),
        date=summary(),
    )

    row = by_id(found[PLAYERS])[1]
    assert (row["player_status"], row["points"], row["minutes"]) == ("dnp", None, None)


def test_team_rows_of_v2_are_without_turnovers_because_its_total_lacks_the_teams_own(tmp_path: Path) -> None:
    rows = tables(tmp_path, box=FORMATS["v2"], date=summary())[TEAM_BOX]

    assert [(row["team_abbr"], row["opponent_team_abbr"], row["is_home"]) for row in rows] == [
        ("BKN", "MIL", False),
        ("MIL", "BKN", True),
    ]
    assert (rows[0]["fg_made"], rows[0]["three_pt_attempted"], rows[0]["points"]) == (3, 2, 8)
    assert (rows[0]["minutes_decimal"], rows[0]["turnovers"], rows[0]["possessions_counted"]) == (
        240.0,
        None,
        None,
    )


@pytest.mark.parametrize("format", ["v2", "v3"])
def test_the_summary_completes_team_turnovers(tmp_path: Path, format: str) -> None:
    rows = tables(tmp_path, box=FORMATS[format], date=summary(turnovers={"MIL": 14, "BKN": 9}))[TEAM_BOX]

    assert {row["team_abbr"]: row["turnovers"] for row in rows} == {"MIL": 14, "BKN": 9}


def test_a_summary_alone_makes_no_team_rows(tmp_path: Path) -> None:
    assert TEAM_BOX not in tables(tmp_path, date=summary(turnovers={"MIL": 14, "BKN": 9}))


def test_cdn_team_rows_count_team_turnovers_but_no_team_rebounds(tmp_path: Path) -> None:
    rows = tables(tmp_path, box=FORMATS["cdn"])[TEAM_BOX]

    assert [(row["turnovers"], row["total_rebounds"], row["minutes_decimal"]) for row in rows] == [
        (4, 3, 240.0)
    ] * 2


def test_processed_at_is_the_sources_own_time_or_nothing(tmp_path: Path) -> None:
    found = tables(
        tmp_path,
        box=FORMATS["v3"],
        log=game_log(log_line(9, "Zoe Anywhere")),
        date=summary(),
    )
    rows = by_id(found[PLAYERS])

    assert rows[1]["processed_at"] == datetime(2021, 10, 20, 6, 0, 0, 500000, tzinfo=UTC)
    assert rows[9]["processed_at"] is None


def test_a_cdn_file_of_a_game_that_is_not_over_holds_its_slot_only(tmp_path: Path) -> None:
    found = tables(tmp_path, box=box_score_cdn((cdn_player(1, "Adam Nowhere"),), AWAY_CDN, status=2))

    assert list(found) == ["nbac_schedule"]
    assert found["nbac_schedule"][0]["game_status"] == 2


def test_of_two_answers_of_one_format_the_later_one_wins(tmp_path: Path) -> None:
    found = tables(
        tmp_path,
        first=box_score_v3(
            (v3_player(1, "Adam", "Nowhere", points=9),), AWAY_V3, time="2021-10-21T06:00:00Z"
        ),
        second=box_score_v3(
            (v3_player(1, "Adam", "Nowhere", points=8),), AWAY_V3, time="2021-10-20T06:00:00Z"
        ),
        date=summary(),
    )
    assert by_id(found[PLAYERS])[1]["points"] == 9


def test_two_answers_of_one_format_that_disagree_and_bear_no_time_are_refused(tmp_path: Path) -> None:
    with pytest.raises(IngestError, match=r"disagree about \[points\] of game \[0022100001\]") as caught:
        tables(
            tmp_path,
            a=box_score_v2(v2_player(1, "Adam Nowhere", PTS=8)),
            b=box_score_v2(v2_player(1, "Adam Nowhere", PTS=9)),
            date=summary(),
        )
    assert caught.value.file.endswith("b.json")
    assert "a.json" in caught.value.problem
    assert caught.value.remedy == "Keep only the newer one of the two files"


def test_the_same_answer_twice_is_one_row(tmp_path: Path) -> None:
    found = tables(tmp_path, a=FORMATS["v2"], b=FORMATS["v2"], date=summary())

    assert len(found[PLAYERS]) == 1
    assert len(found[TEAM_BOX]) == 2


def test_a_team_that_does_not_play_in_the_game_is_refused(tmp_path: Path) -> None:
    with pytest.raises(
        IngestError, match=r"\[LAL\] does not play in game \[0022100001\], \[BKN\] at \[MIL\]"
    ) as e:
        tables(tmp_path, box=box_score_v2(v2_player(1, "Adam Nowhere", "LAL")), date=summary())
    assert "Take out the file that is wrong" in e.value.remedy


def test_games_that_never_count_are_left_out_with_their_unknown_teams(tmp_path: Path) -> None:
    found = tables(
        tmp_path,
        box=box_score_v2(
            v2_player(1, "Adam Nowhere") | {"GAME_ID": "0032100001", "TEAM_ABBREVIATION": "STARS"},
            teams=(v2_team("MIL") | {"GAME_ID": "0032100001", "TEAM_ABBREVIATION": "STARS"},),
        ),
        v3=box_score_v3((), (), game_id="0012100001"),
        board=scoreboard(board_game(gameId="0032100001"), board_game()),
    )
    assert list(found) == ["nbac_schedule"]
    assert [row["game_id"] for row in found["nbac_schedule"]] == ["0022100001"]


@pytest.mark.parametrize("written", [22100001, "22100001", "0022100001"])
def test_game_ids_get_their_leading_zeros_back(tmp_path: Path, written: object) -> None:
    found = tables(tmp_path, log=game_log(log_line(1, "Adam Nowhere", GAME_ID=written)))
    assert found[PLAYERS][0]["game_id"] == "0022100001"


@pytest.mark.parametrize(
    ("values", "problem", "column"),
    [
        ({"PTS": 8.5}, "Not a whole number", "PTS"),
        ({"PTS": "many"}, "Not a number", "PTS"),
        ({"MIN": "a while"}, "Not a number", "MIN"),
        ({"PLAYER_NAME": "—"}, "Not a player's name", "PLAYER_NAME"),
        ({"PLAYER_ID": None}, "An empty field", "PLAYER_ID"),
        ({"GAME_ID": "xyz"}, "Not an NBA game id", "GAME_ID"),
        ({"GAME_ID": "0092100001"}, "Not a kind of NBA game", "GAME_ID"),
        ({"TEAM_ABBREVIATION": "XYZ"}, "Unknown team", "TEAM_ABBREVIATION"),
        ({"MATCHUP": "MIL - BKN"}, "Not a match-up", "MATCHUP"),
        ({"MATCHUP": "MIL vs. XYZ"}, "Unknown team", "MATCHUP"),
        ({"GAME_DATE": "yesterday"}, "Not a date", "GAME_DATE"),
    ],
)
def test_a_value_that_cannot_be_read_is_named_with_file_and_row(
    tmp_path: Path, values: dict[str, object], problem: str, column: str
) -> None:
    with pytest.raises(IngestError) as caught:
        tables(tmp_path, log=game_log(log_line(1, "Adam Nowhere"), log_line(2, "B. Somewhere", **values)))

    assert problem in caught.value.problem
    assert caught.value.file.endswith("log.json")
    assert (caught.value.row, caught.value.column) == (2, column)
    assert "the folder" in caught.value.remedy
