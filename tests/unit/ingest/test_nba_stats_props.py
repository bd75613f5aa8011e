"""Historical event odds become points lines of a game of the schedule."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from services.ingest.source import IngestError
from tests.unit.ingest.nba_stats_answers import (
    Json,
    board_game,
    event_odds,
    outcome,
    scoreboard,
    summary,
    tables,
)

PROPS = "odds_api_player_points_props"
SNAPSHOT = datetime(2021, 10, 19, 12, tzinfo=UTC)


def both(player: str, line: float, over: float, under: float) -> list[Json]:
    return [outcome(player, "Over", line, over), outcome(player, "Under", line, under)]


def test_one_row_per_player_and_bookmaker(tmp_path: Path) -> None:
    odds = event_odds(
        {
            "one": [*both("A.J. Nowhere", 20.5, 1.9, 1.95), *both("Bértha Somewhere", 9.5, 1.8, 2.05)],
            "two": both("A.J. Nowhere", 21.5, 2.0, 1.85),
        }
    )

    rows = tables(tmp_path, odds=odds, board=scoreboard(board_game()))[PROPS]

    assert rows[0] == {
        "game_id": "0022100001",
        "game_date": date(2021, 10, 19),
        "player_lookup": "ajnowhere",
        "player_name": "A.J. Nowhere",
        "bookmaker": "one",
        "points_line": 20.5,
        "over_price": 1.9,
        "under_price": 1.95,
        "snapshot_timestamp": SNAPSHOT,
        "commence_time": datetime(2021, 10, 19, 23, 30, tzinfo=UTC),
        "processed_at": SNAPSHOT,
    }
    assert [(row["player_lookup"], row["bookmaker"], row["points_line"]) for row in rows] == [
        ("ajnowhere", "one", 20.5),
        ("ajnowhere", "two", 21.5),
        ("berthasomewhere", "one", 9.5),
    ]


def test_a_ladder_of_lines_gives_the_one_whose_prices_are_most_even(tmp_path: Path) -> None:
    ladder = [
        *both("Adam Nowhere", 10.5, 2.65, 1.38),
        *both("Adam Nowhere", 8.5, 1.91, 1.83),
        *both("Adam Nowhere", 6.5, 1.38, 2.7),
        outcome("Adam Nowhere", "Over", 3.5, 1.05),
    ]

    rows = tables(tmp_path, odds=event_odds({"one": ladder}), board=scoreboard(board_game()))[PROPS]

    assert [(row["points_line"], row["over_price"], row["under_price"]) for row in rows] == [
        (8.5, 1.91, 1.83)
    ]


def test_a_side_that_is_not_offered_has_no_price(tmp_path: Path) -> None:
    odds = event_odds({"one": [outcome("Adam Nowhere", "Over", 8.5, 1.9)]})
    row = tables(tmp_path, odds=odds, board=scoreboard(board_game()))[PROPS][0]
    assert (row["over_price"], row["under_price"]) == (1.9, None)


def test_snapshots_of_one_event_stand_side_by_side(tmp_path: Path) -> None:
    first = event_odds({"one": both("Adam Nowhere", 8.5, 1.9, 1.9)})
    later = {**event_odds({"one": both("Adam Nowhere", 9.5, 1.9, 1.9)}), "timestamp": "2021-10-19T22:00:00Z"}

    rows = tables(tmp_path, a=first, b=later, board=scoreboard(board_game()))[PROPS]

    assert [row["points_line"] for row in rows] == [8.5, 9.5]


def test_other_markets_are_not_points_lines(tmp_path: Path) -> None:
    odds = event_odds({"one": both("Adam Nowhere", 8.5, 1.9, 1.9)}, market="player_assists")
    assert PROPS not in tables(tmp_path, odds=odds, board=scoreboard(board_game()))


@pytest.mark.parametrize(
    "values",
    [
        {"commence_time": "2021-10-20T02:30:00Z"},
        {"home_team": "Brooklyn Nets", "away_team": "Milwaukee Bucks"},
        {"commence_time": "2021-10-19T12:00:00-05:00"},
    ],
    ids=["late in UTC", "home and away swapped on a neutral court", "another zone"],
)
def test_the_game_is_found_by_eastern_date_and_teams(tmp_path: Path, values: Json) -> None:
    odds = event_odds({"one": both("Adam Nowhere", 8.5, 1.9, 1.9)}, **values)
    row = tables(tmp_path, odds=odds, summary=summary())[PROPS][0]
    assert (row["game_id"], row["game_date"]) == ("0022100001", date(2021, 10, 19))


@pytest.mark.parametrize("values", [{"commence_time": "2021-10-20T23:30:00Z"}, {"home_team": "Miami Heat"}])
def test_an_event_without_a_game_in_the_folder_is_refused_with_the_file_to_add(
    tmp_path: Path, values: Json
) -> None:
    odds = event_odds({"one": both("Adam Nowhere", 8.5, 1.9, 1.9)}, **values)

    with pytest.raises(IngestError, match="No file has the game of this event") as caught:
        tables(tmp_path, odds=odds, board=scoreboard(board_game()))

    assert caught.value.file.endswith("odds.json")
    assert "[BKN] at " in caught.value.problem
    assert "Add the scoreboard of [2021-10-" in caught.value.remedy


@pytest.mark.parametrize("price", [-110, 150, 1.0, None])
def test_prices_that_are_not_decimal_odds_are_refused(tmp_path: Path, price: float | None) -> None:
    odds = event_odds({"one": [outcome("Adam Nowhere", "Over", 8.5, price)]})

    with pytest.raises(IngestError, match=r"Not a decimal price: .*column \[price\]") as caught:
        tables(tmp_path, odds=odds, board=scoreboard(board_game()))
    assert "oddsFormat=decimal" in caught.value.remedy


@pytest.mark.parametrize(
    ("values", "problem"),
    [
        ({"home_team": "Springfield Atoms"}, "Unknown team"),
        ({"sport_key": "basketball_wnba"}, "Not NBA odds"),
        ({"commence_time": "2021-10-19T23:30:00"}, "A time without a zone"),
        ({"commence_time": "tonight"}, "Not a time"),
    ],
)
def test_an_event_that_cannot_be_read_is_refused(tmp_path: Path, values: Json, problem: str) -> None:
    odds = event_odds({"one": both("Adam Nowhere", 8.5, 1.9, 1.9)}, **values)

    with pytest.raises(IngestError, match=problem) as caught:
        tables(tmp_path, odds=odds, board=scoreboard(board_game()))
    assert caught.value.file.endswith("odds.json")


def test_preseason_events_are_left_out(tmp_path: Path) -> None:
    odds = event_odds(
        {"one": both("Adam Nowhere", 8.5, 1.9, 1.9)},
        sport_key="basketball_nba_preseason",
        away_team="Springfield Atoms",
    )
    assert PROPS not in tables(tmp_path, odds=odds, board=scoreboard(board_game()))


@pytest.mark.parametrize(
    ("bad", "problem"),
    [
        (
            {"name": "Over", "description": "Adam Nowhere", "price": 1.9, "point": None},
            "An outcome without a line",
        ),
        (
            {"name": "Yes", "description": "Adam Nowhere", "price": 1.9, "point": 8.5},
            "Neither over nor under",
        ),
    ],
)
def test_an_outcome_that_is_no_points_line_is_refused(tmp_path: Path, bad: Json, problem: str) -> None:
    with pytest.raises(IngestError, match=problem):
        tables(tmp_path, odds=event_odds({"one": [bad]}), board=scoreboard(board_game()))
