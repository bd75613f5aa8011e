"""Files of a folder are recognised by content, and everything else is refused by name."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from services.ingest.nba_stats import read_folder
from services.ingest.source import IngestError
from tests.unit.ingest.nba_stats_answers import (
    Json,
    board_game,
    box_score_v2,
    game_log,
    log_line,
    scoreboard,
    summary,
    tables,
    v2_player,
    v2_team,
    write,
)


def refusal(folder: Path) -> IngestError:
    with pytest.raises(IngestError) as caught:
        read_folder(folder)
    return caught.value


def test_names_and_sub_folders_of_files_do_not_matter(tmp_path: Path) -> None:
    deep = tmp_path / "2021" / "10"
    deep.mkdir(parents=True)
    write(tmp_path, scoreboard=box_score_v2(v2_player(1, "Adam Nowhere")))
    write(deep, box_score=scoreboard(board_game()))
    (tmp_path / "notes.txt").write_text("not JSON, and not looked at")

    found = {raw_file.table: raw_file for raw_file in read_folder(tmp_path)}

    assert set(found) == {"nbac_schedule", "nbac_gamebook_player_stats", "nbac_team_boxscore"}
    assert all(tmp_path.as_posix() in raw_file.name for raw_file in found.values())


def test_reading_twice_gives_the_same_rows(tmp_path: Path) -> None:
    answers = {
        "box": box_score_v2(v2_player(1, "Adam Nowhere"), v2_player(2, "B. Somewhere")),
        "date": summary(),
    }
    assert tables(tmp_path, **answers) == tables(tmp_path)


def test_a_single_result_set_is_read_like_a_list_of_them(tmp_path: Path) -> None:
    answer = game_log(log_line(1, "Adam Nowhere"))
    single = {"resource": answer["resource"], "resultSet": answer["resultSets"][0]}  # type: ignore[index]
    assert len(tables(tmp_path, log=single)["nbac_gamebook_player_stats"]) == 1


def test_a_day_without_games_is_no_error(tmp_path: Path) -> None:
    assert tables(tmp_path, board=scoreboard()) == {}


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "The file is empty"),
        (b" \n", "The file is empty"),
        (b"<html>Access denied</html>", "The file is not JSON"),
        (b'{"resultSets": [', "The file is not JSON"),
        (b"\xff\xfe\x00", "The file cannot be read"),
        (b"[1, 2]", "The file is not a JSON object"),
        (b'{"resultSets": [{"name": "PlayerStats"}]}', "A result set without name, headers or rowSet"),
        (
            b'{"resultSet": {"name": "PlayerStats", "headers": null, "rowSet": []}}',
            "A result set without name, headers or rowSet",
        ),
        (
            b'{"resultSets": [{"name": "X", "headers": ["a", "b"], "rowSet": [[1]]}]}',
            "has a row of another length than its headers",
        ),
    ],
)
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, content: bytes, problem: str) -> None:
    (tmp_path / "broken.json").write_bytes(content)

    error = refusal(tmp_path)

    assert problem in error.problem
    assert error.file == (tmp_path / "broken.json").as_posix()
    assert error.remedy == "Fetch the file again from its source, or take it out of the folder"


@pytest.mark.parametrize(
    "content",
    [
        {},
        {
            "resultSets": [
                {"name": "PlayerStats", "headers": ["PLAYER_ID", "OFF_RATING"], "rowSet": [[1, 99.0]]}
            ]
        },
        {"resultSets": [{"name": "LeagueGameLog", "headers": ["TEAM_ID", "GAME_ID"], "rowSet": []}]},
        {"game": {"gameId": "0022100001", "actions": [{"actionNumber": 1, "orderNumber": 1}]}},
        {"events": []},
    ],
    ids=["nothing", "advanced box score", "game log of teams", "cdn play-by-play", "another site"],
)
def test_a_format_that_is_not_read_is_refused_with_those_that_are(
    tmp_path: Path, content: dict[str, object]
) -> None:
    (tmp_path / "other.json").write_text(json.dumps(content))

    error = refusal(tmp_path)

    assert error.problem == "The file's format is not known"
    assert error.file.endswith("/other.json")
    for name in ("boxscoretraditionalv3", "cdn live box score", "playbyplayv2", "The Odds API"):
        assert name in error.remedy


def test_a_folder_without_json_files_is_refused(tmp_path: Path) -> None:
    error = refusal(tmp_path)

    assert error.problem == "The folder holds no *.json files"
    assert error.file == tmp_path.as_posix()
    assert "boxscoresummaryv2" in error.remedy


def test_a_box_score_without_lines_is_refused(tmp_path: Path) -> None:
    empty: Json = {
        "resultSets": [
            {"name": "PlayerStats", "headers": list(v2_player(1, "x")), "rowSet": []},
            {"name": "TeamStats", "headers": list(v2_team("MIL")), "rowSet": []},
        ]
    }
    write(tmp_path, box=empty)

    error = refusal(tmp_path)

    assert error.problem == "Result set [PlayerStats] holds no rows"
    assert "Fetch the file again" in error.remedy


def test_a_missing_field_is_named(tmp_path: Path) -> None:
    player = v2_player(1, "Adam Nowhere")
    del player["STL"]
    write(tmp_path, box=box_score_v2(player), date=summary())

    error = refusal(tmp_path)

    assert (error.problem, error.column, error.row) == ("A field is missing", "STL", 1)
