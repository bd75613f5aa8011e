"""Team context: schedule slots and played games in, rest, density and form out."""

from __future__ import annotations

import datetime as dt
import json

import pytest

from shared.warehouse.port import Warehouse
from tests.realdata import SHARED, requires_shared
from tests.support import direct
from tests.support.derived_rows import Row, Staged, fill, processor_of, schema_of, stage_dates
from tests.support.raw_rows import Game, RawRow, final_slot, game_line, postponed_slot, slot, to_tables

FOLDER = "analytics/upcoming_team_game_context"
OFFENSE = schema_of("analytics/team_offense_game_summary")
DEFENSE = schema_of("analytics/team_defense_game_summary")
START = dt.date(2021, 10, 19)


def day(number: int) -> dt.date:
    """Day 0 is the first of the season."""
    return START + dt.timedelta(days=number)


def game(number: int, home: str, away: str, *, postponed_to: int | None = None) -> Game:
    """A game whose id names its day, or the day on which it is played in the end."""
    played = number if postponed_to is None else postponed_to
    return Game(f"00221{played:03d}{home[0]}{away[0]}", day(number), home, away)


def played(of: Game, home_margin: int | None) -> list[Row]:
    """Both teams' rows of a summary."""
    sides = ((of.home, home_margin), (of.away, None if home_margin is None else -home_margin))
    return [
        {"game_id": of.game_id, "game_date": of.game_date, "team_abbr": team, "margin": margin}
        for team, margin in sides
    ]


def context(
    raw: list[RawRow], results: list[Row], dates: list[dt.date], *, defense: list[Row] | None = None
) -> Staged:
    warehouse = direct.memory_warehouse(to_tables(raw))
    fill(warehouse, OFFENSE, results)
    fill(warehouse, DEFENSE, results if defense is None else defense)
    return stage_dates(warehouse, processor_of(FOLDER), dates, season_start=START, season_year=2021)


def test_row_says_rest_density_form_and_lines_of_the_game_ahead() -> None:
    opener = game(0, "BOS", "CHI")
    second = game(1, "CHI", "DET")
    ahead = game(4, "CHI", "BOS")
    raw = [
        final_slot(opener, 110, 100),
        final_slot(second, 103, 100),
        slot(ahead),
        slot(game(6, "CHI", "DET")),
        slot(game(11, "BOS", "CHI")),
        slot(game(12, "CHI", "DET")),
        game_line(ahead, -3.5, 210.5),
    ]

    staged = context(raw, [*played(opener, 10), *played(second, 3)], [day(4)])

    assert staged.unaccounted() == 0
    assert staged.failures == []
    assert staged.row(team_abbr="CHI") == {
        "team_abbr": "CHI",
        "game_id": ahead.game_id,
        "game_date": day(4),
        "opponent_team_abbr": "BOS",
        "home_game": True,
        "season_type": "regular",
        "game_number_in_season": 3,
        "days_rest": 2,
        "is_back_to_back": False,
        "games_last_7_days": 2,
        "games_last_14_days": 2,
        "games_next_7_days": 2,
        "win_streak": 1,
        "loss_streak": 0,
        "last_game_margin": 3,
        "opponent_days_rest": 3,
        "team_spread": -3.5,
        "game_total": 210.5,
        "season_year": 2021,
        "quality_tier": "bootstrap",
        "games_in_sample": 2,
        "games_missed_dnp": None,
        "schedule_completeness_pct": 100.0,
        "data_completeness_pct": 100.0,
        "expected_games_count": 2,
        "actual_games_count": 2,
        "missing_games_count": 0,
        "season_gap_games": 0,
        "is_production_ready": True,
        "max_source_game_date": day(1),
    }
    boston = staged.row(team_abbr="BOS")
    assert (boston["home_game"], boston["team_spread"], boston["days_rest"]) == (False, 3.5, 3)
    assert (boston["win_streak"], boston["loss_streak"], boston["last_game_margin"]) == (1, 0, 10)


def test_first_game_has_no_rest_and_no_margin_instead_of_zero() -> None:
    staged = context([slot(game(0, "BOS", "CHI"))], [], [day(0)])

    row = staged.row(team_abbr="BOS")
    unknown = ("days_rest", "opponent_days_rest", "last_game_margin", "team_spread", "game_total")
    assert [row[name] for name in unknown] == [None] * 5
    assert [row[name] for name in ("quality_tier", "schedule_completeness_pct", "max_source_game_date")] == [
        None,
        None,
        None,
    ]
    counts = ("games_last_7_days", "games_last_14_days", "win_streak", "loss_streak", "games_in_sample")
    assert [row[name] for name in counts] == [0] * 5
    assert row["is_back_to_back"] is False
    assert row["game_number_in_season"] == 1
    assert staged.failures == []


def test_back_to_back_is_a_game_on_the_day_before() -> None:
    games = [game(0, "BOS", "CHI"), game(1, "CHI", "DET")]
    raw = [final_slot(games[0], 110, 100), slot(games[1])]

    staged = context(raw, played(games[0], 10), [day(1)])

    assert staged.row(team_abbr="CHI")["is_back_to_back"] is True
    assert staged.row(team_abbr="CHI")["days_rest"] == 0
    assert staged.row(team_abbr="DET")["opponent_days_rest"] == 0


def test_postponed_slot_is_neither_expected_nor_rest_nor_ahead() -> None:
    opener = game(0, "BOS", "CHI")
    lost = game(2, "BOS", "CHI", postponed_to=30)
    lost_later = game(5, "BOS", "DET", postponed_to=31)
    raw = [
        final_slot(opener, 110, 100),
        postponed_slot(lost),
        slot(game(4, "BOS", "DET")),
        postponed_slot(lost_later),
        slot(game(30, "BOS", "CHI")),
    ]

    staged = context(raw, played(opener, 10), [day(2), day(4)])

    assert staged.unaccounted() == 0
    assert [row["game_date"] for row in staged.rows] == [day(4), day(4)]
    assert staged.failures == []
    boston = staged.row(team_abbr="BOS")
    assert (boston["days_rest"], boston["games_next_7_days"]) == (3, 0)
    assert (boston["game_number_in_season"], boston["expected_games_count"]) == (2, 1)


@pytest.mark.parametrize(("ago", "in_7", "in_14"), [(7, 1, 1), (8, 0, 1), (14, 0, 1), (15, 0, 0)])
def test_day_windows_are_half_open(ago: int, in_7: int, in_14: int) -> None:
    before = game(0, "BOS", "CHI")
    raw = [final_slot(before, 110, 100), slot(game(ago, "BOS", "CHI"))]

    row = context(raw, played(before, 10), [day(ago)]).row(team_abbr="BOS")

    assert (row["games_last_7_days"], row["games_last_14_days"]) == (in_7, in_14)


@pytest.mark.parametrize(("ahead", "counted"), [(7, 1), (8, 0)])
def test_next_week_ends_on_the_seventh_day(ahead: int, counted: int) -> None:
    raw = [slot(game(0, "BOS", "CHI")), slot(game(ahead, "BOS", "CHI"))]

    assert context(raw, [], [day(0)]).row(team_abbr="BOS")["games_next_7_days"] == counted


def test_streaks_count_back_to_the_last_other_result() -> None:
    margins = [5, -1, 2, 3, 4]
    games = [game(2 * n, "BOS", "CHI") for n in range(len(margins))]
    raw = [final_slot(g, 100 + m, 100) for g, m in zip(games, margins, strict=True)]
    raw.append(slot(game(10, "BOS", "CHI")))
    results = [row for g, m in zip(games, margins, strict=True) for row in played(g, m)]

    staged = context(raw, results, [day(2), day(4), day(10)])

    streaks = {
        (row["game_date"], row["team_abbr"]): (row["win_streak"], row["loss_streak"]) for row in staged.rows
    }
    assert streaks == {
        (day(2), "BOS"): (1, 0),
        (day(2), "CHI"): (0, 1),
        (day(4), "BOS"): (0, 1),
        (day(4), "CHI"): (1, 0),
        (day(10), "BOS"): (3, 0),
        (day(10), "CHI"): (0, 3),
    }


def test_game_without_winner_ends_both_streaks() -> None:
    games = [game(0, "BOS", "CHI"), game(2, "BOS", "CHI")]
    raw = [*(final_slot(g, 100, 100) for g in games), slot(game(4, "BOS", "CHI"))]

    staged = context(raw, [*played(games[0], 5), *played(games[1], 0)], [day(4)])

    assert {(row["win_streak"], row["loss_streak"]) for row in staged.rows} == {(0, 0)}


@pytest.mark.parametrize(
    ("games_before", "tier"),
    [
        (1, "bootstrap"),
        (2, "bootstrap"),
        (3, "bronze"),
        (4, "bronze"),
        (5, "silver"),
        (9, "silver"),
        (10, "gold"),
    ],
)
def test_quality_tier_counts_the_games_before(games_before: int, tier: str) -> None:
    games = [game(n, "BOS", "CHI") for n in range(games_before)]
    raw = [*(final_slot(g, 101, 100) for g in games), slot(game(games_before, "BOS", "CHI"))]

    staged = context(raw, [row for g in games for row in played(g, 1)], [day(games_before)])

    assert {row["quality_tier"] for row in staged.rows} == {tier}


def test_cup_final_is_a_game_to_rest_from_but_has_no_number_in_the_season() -> None:
    games = [game(0, "BOS", "CHI"), game(2, "BOS", "DET"), game(4, "BOS", "CHI")]
    raw = [
        final_slot(games[0], 110, 100),
        final_slot(games[1], 110, 100, season_type="cup_final"),
        slot(games[2]),
    ]
    results = [*played(games[0], 10), *played(games[1], 10)]

    staged = context(raw, results, [day(2), day(4)])

    assert staged.unaccounted() == 0
    assert staged.row(team_abbr="BOS", game_date=day(2))["game_number_in_season"] is None
    after = staged.row(team_abbr="BOS", game_date=day(4))
    assert (after["game_number_in_season"], after["days_rest"], after["games_last_7_days"]) == (2, 1, 2)


def test_cup_final_without_summary_is_a_gap_like_any_game() -> None:
    final = game(2, "BOS", "DET")
    raw = [final_slot(final, 110, 100, season_type="cup_final"), slot(game(4, "BOS", "CHI"))]

    staged = context(raw, [], [day(4)])

    assert staged.unaccounted() == 0
    assert staged.failure(entity_id="BOS")["missing_game_ids"] == f'["{final.game_id}"]'


def test_preseason_and_all_star_slots_do_not_exist() -> None:
    raw = [slot(game(0, "BOS", "CHI"), season_type="preseason"), slot(game(1, "BOS", "CHI"))]

    staged = context(raw, [], [day(0), day(1)])

    assert {row["game_date"] for row in staged.rows} == {day(1)}
    assert {row["game_number_in_season"] for row in staged.rows} == {1}


def test_latest_game_without_summary_withholds_the_row_and_says_which_game() -> None:
    games = [game(0, "BOS", "CHI"), game(2, "BOS", "DET")]
    raw = [final_slot(games[0], 110, 100), final_slot(games[1], 110, 100), slot(game(30, "BOS", "CHI"))]

    staged = context(raw, played(games[0], 10), [day(30)])

    assert staged.unaccounted() == 0
    assert [row["team_abbr"] for row in staged.rows] == ["CHI"]
    assert staged.row(team_abbr="CHI")["opponent_days_rest"] is None
    failure = staged.failure(entity_id="BOS")
    assert (failure["failure_category"], failure["failure_type"]) == ("UPSTREAM_INCOMPLETE", "UPSTREAM_GAP")
    assert failure["row_written"] is False
    assert (failure["expected_game_count"], failure["actual_game_count"]) == (2, 1)
    assert failure["missing_game_dates"] == '["2021-10-21"]'
    assert failure["missing_game_ids"] == f'["{games[1].game_id}"]'
    assert json.loads(str(failure["evidence"])) == {
        "missing": [
            {
                "date": "2021-10-21",
                "game_id": games[1].game_id,
                "team": "BOS",
                "verdict": "UPSTREAM_GAP",
                "source": "nbac_schedule",
                "reason": "in the window read",
            }
        ]
    }


@pytest.mark.parametrize(("ago", "written"), [(14, False), (15, True)])
def test_gap_withholds_inside_fourteen_days_and_is_recorded_beyond(ago: int, written: bool) -> None:
    missing = game(1, "BOS", "DET")
    known = [game(0, "BOS", "CHI"), game(ago, "BOS", "CHI")]
    raw = [final_slot(g, 110, 100) for g in (*known, missing)] + [slot(game(ago + 1, "BOS", "CHI"))]

    staged = context(raw, [row for g in known for row in played(g, 10)], [day(ago + 1)])

    assert staged.unaccounted() == 0
    failure = staged.failure(entity_id="BOS")
    assert failure["row_written"] is written
    counts = (failure["expected_game_count"], failure["actual_game_count"])
    assert counts == ((3, 2) if written else (2, 1))
    assert [row["team_abbr"] for row in staged.rows] == (["BOS", "CHI"] if written else ["CHI"])
    if written:
        row = staged.row(team_abbr="BOS")
        assert (row["is_production_ready"], row["season_gap_games"]) == (False, 1)
        assert row["schedule_completeness_pct"] == pytest.approx(200 / 3)
        assert row["game_number_in_season"] == 4


def test_defence_row_is_proof_enough_that_a_game_was_played() -> None:
    before = game(0, "BOS", "CHI")
    raw = [final_slot(before, 110, 100), slot(game(2, "BOS", "CHI"))]

    staged = context(raw, [], [day(2)], defense=played(before, 10))

    assert staged.failures == []
    assert staged.row(team_abbr="BOS")["last_game_margin"] == 10


def test_game_without_known_result_is_a_gap() -> None:
    before = game(0, "BOS", "CHI")
    raw = [final_slot(before, None, None), slot(game(2, "BOS", "CHI"))]

    staged = context(raw, played(before, None), [day(2)])

    assert staged.rows == []
    assert {failure["failure_type"] for failure in staged.failures} == {"UPSTREAM_GAP"}


def test_two_slots_of_a_team_on_one_date_are_withheld_not_guessed() -> None:
    raw = [slot(game(0, "BOS", "CHI")), slot(game(0, "BOS", "DET"))]

    staged = context(raw, [], [day(0)])

    assert staged.unaccounted() == 0
    assert {row["team_abbr"] for row in staged.rows} == {"CHI", "DET"}
    assert staged.failure(entity_id="BOS")["failure_category"] == "CHECK_FAILED"


def test_impossible_line_withholds_both_teams() -> None:
    ahead = game(0, "BOS", "CHI")

    staged = context([slot(ahead), game_line(ahead, 350.0, 210.0)], [], [day(0)])

    assert staged.rows == []
    assert [failure["entity_id"] for failure in staged.failures] == ["BOS", "CHI"]


def test_games_of_the_date_and_later_change_nothing() -> None:
    games = [game(2 * n, "BOS", "CHI") for n in range(4)]
    raw = [final_slot(g, 110, 100) for g in games]
    results = [played(g, 10) for g in games]
    dates = [g.game_date for g in games]

    whole = context(raw, [row for rows in results for row in rows], dates)

    for number, date in enumerate(dates):
        before = [row for rows in results[:number] for row in rows]
        alone = context(raw, before, [date])
        assert alone.rows == [row for row in whole.rows if row["game_date"] == date]


@pytest.fixture(scope="module")
def season() -> Warehouse:
    """2021-22, with the team summaries of every date."""
    raw = direct.load_parquet_folder(SHARED / "data" / "raw" / "2021-22")
    warehouse = direct.memory_warehouse(raw)
    batch = direct.batch_of(warehouse, start=START, end=dt.date(2022, 6, 30))
    direct.run_by_hand(warehouse, ["team_offense_game_summary", "team_defense_game_summary"], batch)
    return warehouse


@pytest.mark.realdata
@requires_shared("data", "raw", "2021-22")
def test_season_2021_22_has_423_team_back_to_backs_and_no_gap(season: Warehouse) -> None:
    dates = direct.batch_of(season, start=START, end=dt.date(2022, 4, 10)).dates

    staged = stage_dates(season, processor_of(FOLDER), dates, season_start=START, season_year=2021)

    assert staged.unaccounted() == 0
    assert staged.failures == []
    assert len(staged.rows) == 2460
    assert sum(row["is_back_to_back"] is True for row in staged.rows) == 423
    assert {row["game_number_in_season"] for row in staged.rows} == set(range(1, 83))
    assert all(row["team_spread"] is not None for row in staged.rows if row["game_total"] is not None)
