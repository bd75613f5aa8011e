"""Scoreboards, summaries and game headers become schedule rows, and date the games of other files."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from services.ingest.source import IngestError
from tests.unit.ingest.nba_stats_answers import (
    Json,
    board_game,
    box_score_cdn,
    box_score_v2,
    cdn_player,
    game_log,
    log_line,
    play_by_play_v2,
    play_by_play_v3,
    scoreboard,
    shot,
    shot_chart,
    summary,
    tables,
    v2_event,
    v2_player,
    v3_action,
)

SCHEDULE = "nbac_schedule"
FINAL = {
    "game_id": "0022100001",
    "game_date": date(2021, 10, 19),
    "season_year": 2021,
    "season_type": "regular",
    "game_status": 3,
    "game_status_text": "Final",
    "home_team_tricode": "MIL",
    "away_team_tricode": "BKN",
    "home_team_score": 101,
    "away_team_score": 99,
}
CDN = box_score_cdn((cdn_player(1, "Adam Nowhere"),), (cdn_player(2, "Bertha Somewhere"),))


@pytest.mark.parametrize(
    ("answer", "more"),
    [
        (
            scoreboard(board_game()),
            {"start_time_et": "19:30", "neutral_site_flag": False, "arena_name": None},
        ),
        (CDN, {"start_time_et": "19:30", "neutral_site_flag": None, "arena_name": "Hall of Tests"}),
        (summary(), {"start_time_et": None, "neutral_site_flag": None, "arena_name": None}),
    ],
)
def test_a_final_game_is_the_same_slot_in_every_source(tmp_path: Path, answer: Json, more: Json) -> None:
    rows = tables(tmp_path, answer=answer)[SCHEDULE]

    assert [{k: v for k, v in row.items() if k != "processed_at"} for row in rows] == [FINAL | more]


def test_sources_complete_each_others_slots(tmp_path: Path) -> None:
    rows = tables(tmp_path, board=scoreboard(board_game(isNeutral=True)), box=CDN, summary=summary())[
        SCHEDULE
    ]

    assert len(rows) == 1
    assert (rows[0]["neutral_site_flag"], rows[0]["arena_name"]) == (True, "Hall of Tests")


@pytest.mark.parametrize(
    ("status", "text", "stored", "shown"),
    [
        (1, "7:30 pm ET", 1, "Scheduled"),
        (2, "Q3 5:22", 2, "Live"),
        (1, "PPD", 1, "Postponed"),
        (3, "PPD", 1, "Postponed"),
    ],
)
def test_a_game_that_is_not_over_has_no_score(
    tmp_path: Path, status: int, text: str, stored: int, shown: str
) -> None:
    game = board_game(
        gameStatus=status,
        gameStatusText=text,
        homeTeam={"teamTricode": "MIL", "score": 0},
        awayTeam={"teamTricode": "BKN", "score": 0},
    )

    row = tables(tmp_path, board=scoreboard(game))[SCHEDULE][0]

    assert (row["game_status"], row["game_status_text"]) == (stored, shown)
    assert (row["home_team_score"], row["away_team_score"]) == (None, None)


@pytest.mark.parametrize(
    ("game_id", "season_type"),
    [
        ("0022100001", "regular"),
        ("0042100001", "playoffs"),
        ("0052100001", "play_in"),
        ("0062100001", "cup_final"),
    ],
)
def test_the_kind_of_game_is_in_its_id(tmp_path: Path, game_id: str, season_type: str) -> None:
    row = tables(tmp_path, board=scoreboard(board_game(gameId=game_id)))[SCHEDULE][0]
    assert (row["game_id"], row["season_type"], row["season_year"]) == (game_id, season_type, 2021)


def test_of_one_slot_the_furthest_state_holds_whatever_the_format(tmp_path: Path) -> None:
    early = board_game(gameStatus=1, gameStatusText="7:30 pm ET")

    row = tables(tmp_path, board=scoreboard(early), summary=summary())[SCHEDULE][0]

    assert (row["game_status"], row["home_team_score"]) == (3, 101)
    assert row["start_time_et"] == "19:30"


def test_a_postponement_that_one_source_has_not_heard_of_holds(tmp_path: Path) -> None:
    unaware = board_game(gameStatus=1, gameStatusText="7:30 pm ET")

    row = tables(tmp_path, board=scoreboard(unaware), summary=summary(status=1, text="PPD"))[SCHEDULE][0]

    assert row["game_status_text"] == "Postponed"


def test_a_postponed_game_keeps_its_slot_and_its_rows_are_dated_by_the_replay(tmp_path: Path) -> None:
    postponed = board_game(gameStatus=1, gameStatusText="PPD")
    replay = board_game(gameEt="2021-12-01T20:00:00Z")

    found = tables(
        tmp_path,
        box=box_score_v2(v2_player(1, "Adam Nowhere")),
        first=scoreboard(postponed),
        second=scoreboard(replay),
    )

    assert [(row["game_date"], row["game_status_text"]) for row in found[SCHEDULE]] == [
        (date(2021, 10, 19), "Postponed"),
        (date(2021, 12, 1), "Final"),
    ]
    assert found["nbac_gamebook_player_stats"][0]["game_date"] == date(2021, 12, 1)


def test_the_date_is_eastern_whatever_the_hour_in_utc(tmp_path: Path) -> None:
    late = board_game(gameEt="2021-10-19T22:30:00Z", gameTimeUTC="2021-10-20T02:30:00Z")
    row = tables(tmp_path, board=scoreboard(late))[SCHEDULE][0]
    assert (row["game_date"], row["start_time_et"]) == (date(2021, 10, 19), "22:30")


@pytest.mark.parametrize(
    "dating",
    [
        summary(),
        scoreboard(board_game()),
        shot_chart(shot(7)),
        CDN,
        game_log(log_line(9, "Zoe Anywhere")),
    ],
    ids=["summary", "scoreboard", "shots", "cdn", "game log"],
)
def test_any_file_that_knows_the_date_dates_the_box_score(tmp_path: Path, dating: Json) -> None:
    found = tables(tmp_path, box=box_score_v2(v2_player(1, "Adam Nowhere")), dating=dating)

    rows = {row["player_lookup"]: row for row in found["nbac_gamebook_player_stats"]}
    assert rows["adamnowhere"]["game_date"] == date(2021, 10, 19)
    assert rows["adamnowhere"]["is_home"] is True


@pytest.mark.parametrize(
    "undated",
    [
        box_score_v2(v2_player(1, "Adam Nowhere")),
        play_by_play_v2(v2_event(7, 1, "Nowhere Layup (2 PTS)")),
        play_by_play_v3(v3_action(7, "Nowhere Layup (2 PTS)", made=True)),
    ],
    ids=["box score", "play-by-play v2", "play-by-play v3"],
)
def test_rows_that_no_file_dates_are_refused_with_the_file_to_add(tmp_path: Path, undated: Json) -> None:
    with pytest.raises(IngestError) as caught:
        tables(tmp_path, undated=undated)

    assert "No file says the date of game [0022100001]" in caught.value.problem
    assert caught.value.file.endswith("undated.json")
    assert caught.value.remedy == "Add the boxscoresummaryv2 or scoreboard of game [0022100001] to the folder"


@pytest.mark.parametrize("written", ["tonight", "2021-13-40T19:30:00Z", ""])
def test_a_start_that_is_no_time_is_named(tmp_path: Path, written: str) -> None:
    with pytest.raises(IngestError) as caught:
        tables(tmp_path, board=scoreboard(board_game(), board_game(gameEt=written)))

    assert (caught.value.row, caught.value.column, caught.value.value) == (2, "gameEt", written)
    assert caught.value.file.endswith("board.json")
    assert "Fetch the file again" in caught.value.remedy


def test_a_postponed_slot_alone_does_not_date_a_box_score(tmp_path: Path) -> None:
    with pytest.raises(IngestError, match="No file says the date"):
        tables(
            tmp_path,
            box=box_score_v2(v2_player(1, "Adam Nowhere")),
            board=scoreboard(board_game(gameStatus=1, gameStatusText="PPD")),
        )


def test_files_that_disagree_about_the_date_of_a_played_game_are_refused(tmp_path: Path) -> None:
    with pytest.raises(IngestError, match=r"Game \[0022100001\] has several dates") as caught:
        tables(
            tmp_path,
            box=box_score_v2(v2_player(1, "Adam Nowhere")),
            one=summary(date="2021-10-19"),
            other=summary(date="2021-10-20"),
        )
    assert "one.json: 2021-10-19" in caught.value.problem
    assert "other.json: 2021-10-20" in caught.value.problem
    assert "Take out the file that is wrong" in caught.value.remedy
