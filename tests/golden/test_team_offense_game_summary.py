"""Team offense game summary: team box scores and shots of a game in, what each team scored out."""

from __future__ import annotations

import datetime as dt
import json

import pytest

from shared.topology.declaration import PLAYER_BOX, TEAM_BOX
from shared.warehouse.port import Value
from tests.support import direct
from tests.support.derived_rows import Row, Staged, processor_of, stage_dates
from tests.support.raw_rows import (
    SCHEDULE,
    Game,
    Line,
    RawRow,
    changed,
    final_slot,
    play,
    postponed_slot,
    shot,
    slot,
    team_box,
    to_tables,
    without,
)

FOLDER = "analytics/team_offense_game_summary"
OPENER = dt.date(2021, 10, 19)
GAME = Game("0022100001", OPENER, "BOS", "CHI")
BOSTON = Line(
    "",
    14400,
    points=107,
    fgm=40,
    fga=90,
    three_made=12,
    three_attempted=35,
    ftm=15,
    fta=20,
    oreb=10,
    dreb=32,
    assists=24,
    turnovers=13,
)
CHICAGO = Line(
    "",
    14400,
    points=100,
    fgm=38,
    fga=84,
    three_made=10,
    three_attempted=30,
    ftm=14,
    fta=25,
    oreb=8,
    dreb=35,
    assists=20,
    turnovers=15,
)
# By hand from the lines above: attempts, free throws, second chances, turnovers of each team.
POSSESSIONS = 0.5 * ((90 + 8 - 1.07 * 10 / 45 * 50 + 13) + (84 + 10 - 1.07 * 8 / 40 * 46 + 15))
ZONES = ("paint_attempts", "paint_makes", "mid_range_attempts", "mid_range_makes", "zone_source")
ESTIMATES = ("possessions", "pace", "offensive_rating")
COUNTED = ("possessions_counted", "opponent_possessions_counted", "pace_counted", "offensive_rating_counted")


def opener(**values: Value) -> list[RawRow]:
    """Boston 107, Chicago 100; `values` go into both team rows."""
    return [
        final_slot(GAME, 107, 100),
        team_box(GAME, "BOS", [BOSTON], **values),
        team_box(GAME, "CHI", [CHICAGO], **values),
    ]


def of_team(rows: list[RawRow], team: str, **values: Value) -> list[RawRow]:
    """The rows with other values in one team's box score."""
    return changed(rows, TEAM_BOX, {"team_abbr": team}, **values)


def summarise(rows: list[RawRow], *dates: dt.date) -> Staged:
    warehouse = direct.memory_warehouse(to_tables(rows))
    staged = stage_dates(
        warehouse, processor_of(FOLDER), dates or (OPENER,), season_start=OPENER, season_year=2021
    )
    assert staged.unaccounted() == 0
    return staged


def picked(row: Row, names: tuple[str, ...]) -> list[Value]:
    return [row[name] for name in names]


def test_row_holds_the_box_score_and_what_follows_from_it() -> None:
    rows = of_team(of_team(opener(), "BOS", possessions_counted=98.0), "CHI", possessions_counted=100.0)

    staged = summarise(rows)

    assert staged.failures == []
    assert len(staged.rows) == 2
    row = staged.row(team_abbr="BOS")
    ratios = ("possessions", "pace", "pace_counted", "offensive_rating", "offensive_rating_counted")
    found = {name: row.pop(name) for name in (*ratios, "ts_pct", "efg_pct")}
    assert found == pytest.approx(
        {
            "possessions": POSSESSIONS,
            # Four quarters: as many per 48 minutes as there were.
            "pace": POSSESSIONS,
            "pace_counted": 99.0,
            "offensive_rating": 10700 / POSSESSIONS,
            "offensive_rating_counted": 10700 / 98,
            "ts_pct": 107 / (2 * (90 + 0.44 * 20)),
            "efg_pct": 46 / 90,
        },
        rel=1e-12,
    )
    assert row == {
        "game_id": "0022100001",
        "game_date": OPENER,
        "season_type": "regular",
        "team_abbr": "BOS",
        "opponent_team_abbr": "CHI",
        "home_game": True,
        "win_flag": True,
        "margin": 7,
        "overtime_periods": 0,
        "team_seconds": 14400,
        "points": 107,
        "fg_makes": 40,
        "fg_attempts": 90,
        "three_pt_makes": 12,
        "three_pt_attempts": 35,
        "ft_makes": 15,
        "ft_attempts": 20,
        "paint_attempts": None,
        "paint_makes": None,
        "mid_range_attempts": None,
        "mid_range_makes": None,
        "zone_source": None,
        "offensive_rebounds": 10,
        "defensive_rebounds": 32,
        "total_rebounds": 42,
        "assists": 24,
        "turnovers": 13,
        "possessions_counted": 98.0,
        "opponent_possessions_counted": 100.0,
        "data_quality_tier": "bronze",
        "primary_source_used": "nbac_gamebook",
        "season_year": 2021,
        "quality_tier": None,
        "games_in_sample": 1,
        "games_missed_dnp": 0,
        "schedule_completeness_pct": 100.0,
        "data_completeness_pct": 100.0,
        "expected_games_count": 1,
        "actual_games_count": 1,
        "missing_games_count": 0,
        "is_production_ready": True,
        "max_source_game_date": OPENER,
    }
    away = staged.row(team_abbr="CHI")
    assert picked(away, ("home_game", "win_flag", "margin")) == [False, False, -7]


def test_possessions_and_pace_are_the_same_for_both_teams() -> None:
    rows = {str(row["team_abbr"]): row for row in summarise(opener()).rows}

    assert picked(rows["BOS"], ("possessions", "pace")) == picked(rows["CHI"], ("possessions", "pace"))


def test_overtime_is_read_from_the_team_minutes_and_lowers_pace() -> None:
    row = summarise(opener(minutes_decimal=290.0)).row(team_abbr="BOS")

    assert picked(row, ("overtime_periods", "team_seconds")) == [2, 17400]
    assert row["pace"] == pytest.approx(POSSESSIONS * 240 / 290)


def test_counted_possessions_are_null_where_unknown_and_never_the_estimate() -> None:
    row = summarise(of_team(opener(), "BOS", possessions_counted=98.0)).row(team_abbr="BOS")

    assert picked(row, COUNTED) == [98.0, None, None, pytest.approx(10700 / 98)]
    assert row["possessions"] == pytest.approx(POSSESSIONS)


def test_team_turnovers_count_although_no_player_committed_them() -> None:
    more = summarise(of_team(opener(), "BOS", turnovers=15)).row(team_abbr="BOS")

    assert more["turnovers"] == 15
    assert more["possessions"] == pytest.approx(POSSESSIONS + 1)


def one_attempt_each() -> list[RawRow]:
    """A game in which Boston takes four shots, so that a chart can be written down."""
    boston = Line("", 14400, points=5, fgm=2, fga=4, three_made=1, three_attempted=1, dreb=1)
    chicago = Line("", 14400, fga=4, dreb=1)
    return [final_slot(GAME, 5, 0), team_box(GAME, "BOS", [boston]), team_box(GAME, "CHI", [chicago])]


def charted() -> list[RawRow]:
    return [
        shot(GAME, "BOS", 1, "a"),
        shot(GAME, "BOS", 2, "b", shot_zone_basic="In The Paint (Non-RA)", shot_made=True),
        shot(GAME, "BOS", 3, "b", shot_zone_basic="Mid-Range"),
        shot(GAME, "BOS", 4, "c", shot_type="3PT", shot_zone_basic="Mid-Range", shot_made=True),
    ]


def told() -> list[RawRow]:
    return [
        play(GAME, "BOS", 1, "a", shot_distance=None),
        play(GAME, "BOS", 2, None, shot_distance=9, shot_made=True),
        play(GAME, "BOS", 3, "b", shot_distance=8),
        play(GAME, "BOS", 4, "c", shot_type="3PT", shot_distance=24, shot_made=True),
    ]


@pytest.mark.parametrize(
    ("shots", "zones", "tier"),
    [
        ([*charted(), *told()], [2, 1, 1, 0, "shot_chart"], "gold"),
        ([*charted()[:3], *told()], [2, 0, 1, 1, "play_by_play"], "silver"),
        ([*charted()[:3], *told()[:3]], [None] * 5, "bronze"),
        ([*charted()[:3], charted()[3].having(shot_type=None)], [None] * 5, "bronze"),
        ([*told(), play(GAME, "BOS", 5, "a")], [None] * 5, "bronze"),
    ],
)
def test_zones_come_from_the_first_source_with_all_attempts_of_the_box_score(
    shots: list[RawRow], zones: list[Value], tier: str
) -> None:
    staged = summarise([*one_attempt_each(), *shots])

    boston = staged.row(team_abbr="BOS")
    assert picked(boston, (*ZONES, "data_quality_tier")) == [*zones, tier]
    assert picked(staged.row(team_abbr="CHI"), ZONES) == [None] * 5


def test_players_are_not_read() -> None:
    assert all(item.source != PLAYER_BOX for item in processor_of(FOLDER).inputs)


def test_without_the_opponents_row_estimates_are_null_and_the_gap_is_recorded_for_both() -> None:
    staged = summarise(without(opener(), TEAM_BOX, team_abbr="CHI"))

    boston = staged.row(team_abbr="BOS")
    assert picked(boston, (*ESTIMATES, "pace_counted")) == [None] * 4
    assert picked(boston, ("points", "margin", "win_flag")) == [107, 7, True]
    assert picked(boston, ("is_production_ready", "data_quality_tier")) == [False, "incomplete"]
    absent = staged.failure(entity_id="CHI")
    assert picked(absent, ("entity_type", "failure_category", "failure_type", "row_written")) == [
        "TEAM",
        "GAME_NOT_INGESTED",
        "DATA_GAP",
        False,
    ]
    present = staged.failure(entity_id="BOS")
    assert picked(present, ("failure_category", "failure_type", "row_written")) == [
        "INCOMPLETE_DATA",
        "DATA_GAP",
        True,
    ]
    assert json.loads(str(absent["missing_game_ids"])) == ["0022100001"]
    evidence = json.loads(str(absent["evidence"]))["missing"]
    assert [(e["date"], e["team"], e["verdict"], e["source"]) for e in evidence] == [
        ("2021-10-19", "CHI", "GAME_NOT_INGESTED", "nbac_team_boxscore")
    ]


def test_a_game_without_any_box_score_is_one_failure_per_team() -> None:
    staged = summarise(without(opener(), TEAM_BOX))

    assert staged.rows == []
    assert [(f["entity_id"], f["failure_category"]) for f in staged.failures] == [
        ("BOS", "GAME_NOT_INGESTED"),
        ("CHI", "GAME_NOT_INGESTED"),
    ]


def test_a_doubled_box_score_is_withheld_instead_of_counted_twice() -> None:
    staged = summarise([*opener(), team_box(GAME, "BOS", [BOSTON])])

    assert [row["team_abbr"] for row in staged.rows] == ["CHI"]
    assert staged.row(team_abbr="CHI")["possessions"] is None
    assert picked(staged.failure(entity_id="BOS"), ("failure_category", "row_written")) == [
        "INCOMPLETE_DATA",
        False,
    ]


def test_a_box_score_that_contradicts_the_final_score_is_written_and_recorded() -> None:
    rows = without(opener(), SCHEDULE)

    staged = summarise([*rows, final_slot(GAME, 107, 102)])

    assert {row["is_production_ready"] for row in staged.rows} == {False}
    assert {row["data_quality_tier"] for row in staged.rows} == {"incomplete"}
    assert [(f["entity_id"], f["failure_category"], f["row_written"]) for f in staged.failures] == [
        ("BOS", "INCOMPLETE_DATA", True),
        ("CHI", "INCOMPLETE_DATA", True),
    ]


def test_a_schedule_without_scores_contradicts_nothing() -> None:
    rows = without(opener(), SCHEDULE)

    staged = summarise([*rows, final_slot(GAME, None, None)])

    assert staged.failures == []
    assert staged.row(team_abbr="CHI")["margin"] == -7


@pytest.mark.parametrize("status", [1, 2, None])
def test_a_game_that_is_not_over_when_the_cell_runs_is_missing_raw_data(status: int | None) -> None:
    rows = without(opener(), SCHEDULE)

    staged = summarise([*rows, slot(GAME, game_status=status)])

    assert staged.rows == []
    assert [(f["entity_id"], f["failure_category"], f["failure_type"]) for f in staged.failures] == [
        ("BOS", "MISSING_RAW_DATA", "DATA_GAP"),
        ("CHI", "MISSING_RAW_DATA", "DATA_GAP"),
    ]


def test_a_postponed_slot_expects_no_team_and_the_game_counts_when_played() -> None:
    later = dt.date(2022, 1, 11)
    made_up = Game(GAME.game_id, later, "BOS", "CHI")
    rows = [
        postponed_slot(GAME),
        final_slot(made_up, 107, 100),
        team_box(made_up, "BOS", [BOSTON]),
        team_box(made_up, "CHI", [CHICAGO]),
    ]

    staged = summarise(rows, OPENER, later)

    assert staged.failures == []
    assert {row["game_date"] for row in staged.rows} == {later}


def test_preseason_never_counts_and_the_cup_final_does() -> None:
    rows = without(opener(), SCHEDULE)
    preseason = summarise([*rows, final_slot(GAME, 107, 100, season_type="preseason")])
    cup = summarise([*rows, final_slot(GAME, 107, 100, season_type="cup_final")])

    assert (preseason.rows, preseason.failures) == ([], [])
    assert len(cup.rows) == 2


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"turnovers": None}, "lacks [turnovers]"),
        ({"minutes_decimal": 120.0}, "contradicts itself in [team_seconds overtime_periods]"),
        ({"minutes_decimal": 250.0}, "contradicts itself in [team_seconds]"),
        ({"fg_made": 91}, "contradicts itself in [points fg_makes]"),
        ({"three_pt_attempted": 11}, "contradicts itself in [three_pt_makes]"),
        ({"offensive_rebounds": -1}, "contradicts itself in [counts]"),
        ({"turnovers": 1000}, "contradicts itself in [possessions]"),
    ],
)
def test_an_impossible_row_is_withheld(values: dict[str, Value], reason: str) -> None:
    staged = summarise(of_team(opener(), "BOS", **values))

    failure = staged.failure(entity_id="BOS")
    assert picked(failure, ("failure_category", "row_written")) == ["CHECK_FAILED", False]
    assert reason in str(failure["failure_reason"])
    assert "BOS" not in {row["team_abbr"] for row in staged.rows}


def test_a_minute_of_rounding_in_the_team_minutes_is_no_overtime() -> None:
    row = summarise(opener(minutes_decimal=241.0)).row(team_abbr="BOS")

    assert picked(row, ("overtime_periods", "team_seconds")) == [0, 14460]
