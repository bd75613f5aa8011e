"""Team defense game summary: team box scores and shots of a game in, what each team allowed out."""

from __future__ import annotations

import datetime as dt

import pytest

from shared.topology.declaration import TEAM_BOX
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

FOLDER = "analytics/team_defense_game_summary"
OPENER = dt.date(2021, 10, 19)
GAME = Game("0022100001", OPENER, "BOS", "CHI")
BOSTON = Line(
    "", 14400, points=8, fgm=4, fga=9, ftm=0, fta=2, dreb=6, steals=4, blocks=2, turnovers=1, fouls=5
)
CHICAGO = Line(
    "",
    14400,
    points=5,
    fgm=2,
    fga=4,
    three_made=1,
    three_attempted=1,
    fta=1,
    oreb=2,
    dreb=4,
    assists=1,
    steals=1,
    turnovers=3,
    fouls=7,
)
# By hand from the lines above: Boston has no offensive rebound, Chicago 2 of 8.
POSSESSIONS = 0.5 * ((9 + 0.4 * 2 + 1) + (4 + 0.4 * 1 - 1.07 * 2 / 8 * 2 + 3))
ZONES = (
    "paint_attempts_allowed",
    "paint_makes_allowed",
    "mid_range_attempts_allowed",
    "mid_range_makes_allowed",
    "zone_source",
)
BLOCKS = ("paint_blocks", "mid_range_blocks", "three_pt_blocks")


def opener() -> list[RawRow]:
    """Boston 8, Chicago 5."""
    return [final_slot(GAME, 8, 5), team_box(GAME, "BOS", [BOSTON]), team_box(GAME, "CHI", [CHICAGO])]


def summarise(rows: list[RawRow], *dates: dt.date) -> Staged:
    warehouse = direct.memory_warehouse(to_tables(rows))
    staged = stage_dates(
        warehouse, processor_of(FOLDER), dates or (OPENER,), season_start=OPENER, season_year=2021
    )
    assert staged.unaccounted() == 0
    return staged


def picked(row: Row, names: tuple[str, ...]) -> list[Value]:
    return [row[name] for name in names]


def test_row_holds_what_the_opponent_did_and_what_the_team_did_about_it() -> None:
    rows = changed(opener(), TEAM_BOX, {"team_abbr": "BOS"}, possessions_counted=9.0)
    rows = changed(rows, TEAM_BOX, {"team_abbr": "CHI"}, possessions_counted=8.0)

    staged = summarise(rows)

    assert staged.failures == []
    assert len(staged.rows) == 2
    row = staged.row(team_abbr="BOS")
    ratios = ("possessions", "opponent_pace", "pace_counted", "defensive_rating", "defensive_rating_counted")
    found = {name: row.pop(name) for name in (*ratios, "ts_pct_allowed", "efg_pct_allowed")}
    assert found == pytest.approx(
        {
            "possessions": POSSESSIONS,
            "opponent_pace": POSSESSIONS,
            "pace_counted": 8.5,
            "defensive_rating": 500 / POSSESSIONS,
            "defensive_rating_counted": 500 / 8,
            "ts_pct_allowed": 5 / (2 * 4.44),
            "efg_pct_allowed": 2.5 / 4,
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
        "margin": 3,
        "overtime_periods": 0,
        "team_seconds": 14400,
        "points_allowed": 5,
        "fg_makes_allowed": 2,
        "fg_attempts_allowed": 4,
        "three_pt_makes_allowed": 1,
        "three_pt_attempts_allowed": 1,
        "ft_makes_allowed": 0,
        "ft_attempts_allowed": 1,
        "paint_attempts_allowed": None,
        "paint_makes_allowed": None,
        "mid_range_attempts_allowed": None,
        "mid_range_makes_allowed": None,
        "zone_source": None,
        "offensive_rebounds_allowed": 2,
        "defensive_rebounds": 6,
        "assists_allowed": 1,
        "turnovers_forced": 3,
        "steals": 4,
        "blocks": 2,
        "paint_blocks": None,
        "mid_range_blocks": None,
        "three_pt_blocks": None,
        "personal_fouls": 5,
        "possessions_counted": 9.0,
        "opponent_possessions_counted": 8.0,
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
    names = ("home_game", "win_flag", "margin", "points_allowed", "steals", "turnovers_forced")
    assert picked(away, names) == [False, False, -3, 8, 1, 1]


def charted() -> list[RawRow]:
    """Chicago's four shots."""
    return [
        shot(GAME, "CHI", 1, "a", shot_made=True),
        shot(GAME, "CHI", 2, "b", shot_zone_basic="Mid-Range"),
        shot(GAME, "CHI", 3, "b", shot_zone_basic="In The Paint (Non-RA)"),
        shot(GAME, "CHI", 4, "c", shot_type="3PT", shot_zone_basic="Above the Break 3", shot_made=True),
    ]


def told() -> list[RawRow]:
    """The same shots as text; Boston blocked the second and the third."""
    return [
        play(GAME, "CHI", 1, "a", shot_distance=None, shot_made=True),
        play(GAME, "CHI", 2, None, shot_distance=15, blocked=True),
        play(GAME, "CHI", 3, "b", shot_distance=9, blocked=True),
        play(GAME, "CHI", 4, "c", shot_type="3PT", shot_distance=25, shot_made=True),
    ]


@pytest.mark.parametrize(
    ("shots", "zones", "tier"),
    [
        ([*charted(), *told()], [2, 1, 1, 0, "shot_chart"], "gold"),
        ([*charted()[:3], *told()], [1, 1, 2, 0, "play_by_play"], "silver"),
        ([*charted()[:3], *told()[:3]], [None] * 5, "bronze"),
        ([*charted()[:3], charted()[3].having(shot_made=None)], [None] * 5, "bronze"),
    ],
)
def test_zones_allowed_come_from_the_first_source_with_all_attempts_of_the_opponent(
    shots: list[RawRow], zones: list[Value], tier: str
) -> None:
    staged = summarise([*opener(), *shots])

    assert picked(staged.row(team_abbr="BOS"), (*ZONES, "data_quality_tier")) == [*zones, tier]
    assert picked(staged.row(team_abbr="CHI"), ZONES) == [None] * 5


def test_blocks_by_zone_are_those_of_the_opponents_misses_in_the_play_by_play() -> None:
    staged = summarise([*opener(), *charted(), *told()])

    assert picked(staged.row(team_abbr="BOS"), BLOCKS) == [0, 2, 0]


@pytest.mark.parametrize(
    "events",
    [
        told()[:3],
        [*told()[:2], told()[2].having(blocked=False), told()[3]],
        [*told()[:3], told()[3].having(blocked=None)],
    ],
    ids=["an attempt is missing", "a block is missing", "a block is unknown"],
)
def test_blocks_by_zone_are_null_when_the_play_by_play_does_not_show_them_all(events: list[RawRow]) -> None:
    row = summarise([*opener(), *charted(), *events]).row(team_abbr="BOS")

    assert picked(row, BLOCKS) == [None] * 3
    assert row["blocks"] == 2


def test_overtime_is_read_from_the_team_minutes() -> None:
    rows = [row.having(minutes_decimal=265.0) if row.table == TEAM_BOX else row for row in opener()]

    row = summarise(rows).row(team_abbr="BOS")

    assert picked(row, ("overtime_periods", "team_seconds")) == [1, 15900]
    assert row["opponent_pace"] == pytest.approx(POSSESSIONS * 240 / 265)


@pytest.mark.parametrize("absent", ["BOS", "CHI"])
def test_without_either_box_score_neither_team_has_a_row(absent: str) -> None:
    staged = summarise(without(opener(), TEAM_BOX, team_abbr=absent))

    assert staged.rows == []
    present = GAME.opponent_of(absent)
    found = {
        f["entity_id"]: (f["entity_type"], f["failure_category"], f["failure_type"], f["row_written"])
        for f in staged.failures
    }
    assert found == {
        absent: ("TEAM", "GAME_NOT_INGESTED", "DATA_GAP", False),
        present: ("TEAM", "INCOMPLETE_DATA", "DATA_GAP", False),
    }


def test_a_doubled_box_score_is_withheld_for_both() -> None:
    staged = summarise([*opener(), team_box(GAME, "BOS", [BOSTON])])

    assert staged.rows == []
    assert {f["failure_category"] for f in staged.failures} == {"INCOMPLETE_DATA"}


def test_a_box_score_that_contradicts_the_final_score_is_written_and_recorded() -> None:
    staged = summarise([*without(opener(), SCHEDULE), final_slot(GAME, 9, 5)])

    assert {row["is_production_ready"] for row in staged.rows} == {False}
    assert [(f["entity_id"], f["failure_category"], f["row_written"]) for f in staged.failures] == [
        ("BOS", "INCOMPLETE_DATA", True),
        ("CHI", "INCOMPLETE_DATA", True),
    ]


@pytest.mark.parametrize("status", [1, 2, None])
def test_a_game_that_is_not_over_when_the_cell_runs_is_missing_raw_data(status: int | None) -> None:
    staged = summarise([*without(opener(), SCHEDULE), slot(GAME, game_status=status)])

    assert staged.rows == []
    assert [(f["entity_id"], f["failure_category"]) for f in staged.failures] == [
        ("BOS", "MISSING_RAW_DATA"),
        ("CHI", "MISSING_RAW_DATA"),
    ]


def test_a_postponed_slot_expects_no_team() -> None:
    staged = summarise([*without(opener(), SCHEDULE), postponed_slot(GAME)])

    assert (staged.rows, staged.failures) == ([], [])


@pytest.mark.parametrize(
    ("values", "reason", "withheld"),
    [
        ({"turnovers": None}, "lacks [turnovers_forced]", "BOS"),
        ({"fg_attempted": 1}, "contradicts itself in [fg_makes_allowed]", "BOS"),
        ({"steals": -1}, "contradicts itself in [counts]", "CHI"),
    ],
)
def test_an_impossible_number_withholds_the_row_that_would_show_it(
    values: dict[str, Value], reason: str, withheld: str
) -> None:
    staged = summarise(changed(opener(), TEAM_BOX, {"team_abbr": "CHI"}, **values))

    assert [row["team_abbr"] for row in staged.rows] == [GAME.opponent_of(withheld)]
    failure = staged.failure(entity_id=withheld)
    assert picked(failure, ("failure_category", "row_written")) == ["CHECK_FAILED", False]
    assert reason in str(failure["failure_reason"])
