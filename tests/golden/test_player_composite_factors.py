"""Composite factors: contexts of player, opponent and league in, scores out.

What they are worth in points is the matter of test_composite_factor_effects.
"""

from __future__ import annotations

import datetime as dt
import json

import pytest

from shared.warehouse.port import Value, Warehouse
from tests.realdata import SHARED, requires_shared
from tests.support import direct
from tests.support.derived_rows import Row, processor_of, stage_dates
from tests.support.factors_world import (
    AHEAD,
    FOLDER,
    OTHER,
    PLAYER,
    START,
    World,
    day,
    defense,
    offense,
    upcoming,
)


def test_row_is_made_of_five_factors() -> None:
    staged = World().stage()

    assert staged.unaccounted() == 0
    assert staged.failures == []
    row = staged.row(player_lookup=PLAYER)
    context = json.loads(str(row.pop("context")))
    load = (100 / 4 + 100 * 40 / 160 + 0) / 3
    expected: Row = {
        "player_lookup": PLAYER,
        "analysis_date": AHEAD.game_date,
        "player_name": "Zachlavine",
        "team_abbr": "CHI",
        "game_id": AHEAD.game_id,
        "opponent_team_abbr": "BOS",
        "home_game": True,
        "fatigue_score": 100 - load,
        "shot_zone_mismatch_score": 50 * 2 * 0.02 - 40 * 3 * 0.005,
        "opponent_defense_score": 3.0,
        "pace_score": 1.5,
        "usage_spike_score": 6.0,
        "fatigue_adjustment": None,
        "home_adjustment": None,
        "defense_adjustment": None,
        "pace_adjustment": None,
        "usage_adjustment": None,
        "adjustment_without_absences": None,
        "total_composite_adjustment": None,
        "effects": None,
        "known_factors": 5,
        "season_year": 2021,
        "quality_tier": "bootstrap",
        "games_in_sample": 1,
        "games_missed_dnp": 0,
        "schedule_completeness_pct": 100.0,
        "data_completeness_pct": 100.0,
        "expected_games_count": 1,
        "actual_games_count": 1,
        "missing_games_count": 0,
        "season_gap_games": 0,
        "is_production_ready": True,
        "max_source_game_date": day(0),
    }
    assert set(row) == set(expected)
    for name, value in expected.items():
        assert row[name] == (pytest.approx(value, rel=1e-12) if isinstance(value, float) else value), name
    assert context == {
        "days_rest": 3,
        "back_to_back": False,
        "back_to_backs_last_14_days": 0,
        "injury_status": None,
        "team_days_rest": 3,
        "opponent_days_rest": 1,
        "primary_scoring_zone": "paint",
        "opponent_strongest_zone": "three_pt",
        "opponent_weakest_zone": "paint",
    }


def number(value: Value) -> float:
    assert isinstance(value, int | float)
    return float(value)


@pytest.mark.parametrize(
    ("fresh", "tired"),
    [
        ({"days_rest": 1}, {"days_rest": 0, "back_to_back": True}),
        ({"days_rest": 9}, {"days_rest": 1}),
        ({"minutes_last_7_days": 60.0}, {"minutes_last_7_days": 150.0}),
        ({"minutes_last_7_days": 160.0}, {"minutes_last_7_days": 230.0}),
        ({"back_to_backs_last_14_days": 0}, {"back_to_backs_last_14_days": 3}),
        ({"back_to_backs_last_14_days": 4}, {"back_to_backs_last_14_days": 6}),
    ],
)
def test_fresher_never_lowers(fresh: Row, tired: Row) -> None:
    rested = World(upcoming=[upcoming(day(2)), {**upcoming(), **fresh}]).row()
    worn = World(upcoming=[upcoming(day(2)), {**upcoming(), **tired}]).row()

    assert number(rested["fatigue_score"]) >= number(worn["fatigue_score"])


def test_fatigue_score_runs_from_0_exhausted_to_nearly_100_fresh() -> None:
    exhausted: Row = {
        "days_rest": 0,
        "back_to_back": True,
        "minutes_last_7_days": 250.0,
        "back_to_backs_last_14_days": 6,
    }
    fresh: Row = {"days_rest": 99, "minutes_last_7_days": 0.0}

    assert World(upcoming=[{**upcoming(), **exhausted}]).row()["fatigue_score"] == 0.0
    assert World(upcoming=[{**upcoming(), **fresh}]).row()["fatigue_score"] == pytest.approx(100 - 1 / 3)


@pytest.mark.parametrize(
    "column",
    [
        "defensive_rating_last_15",
        "paint_vs_league",
        "mid_range_vs_league",
        "three_pt_vs_league",
        "opponent_pace",
    ],
)
def test_weaker_defence_and_faster_opponent_never_lower(column: str) -> None:
    now = number(defense("BOS")[column])
    steps = (0.01, 0.03) if column.endswith("vs_league") else (1.0, 12.0)
    scores = (
        "shot_zone_mismatch_score",
        "opponent_defense_score",
        "pace_score",
    )
    before = World().row()

    for step in steps:
        after = World(defense=[defense("BOS", **{column: now + step})]).stage().row(player_lookup=PLAYER)
        assert all(number(after[name]) >= number(before[name]) for name in scores)
        assert any(number(after[name]) > number(before[name]) for name in scores)
        before = after


def test_more_missing_points_never_lower() -> None:
    rows = [
        World(upcoming=[upcoming(day(2)), upcoming(missing_teammate_points=points)]).row()
        for points in (0.0, 5.0, 40.0)
    ]

    scores = [number(row["usage_spike_score"]) for row in rows]
    assert scores[0] < scores[1] < scores[2]


def test_usual_absences_are_the_players_own_dates_before_the_date() -> None:
    history = [
        upcoming(day(1), missing_teammate_points=2.0),
        upcoming(day(2), missing_teammate_points=None),
        upcoming(day(3), missing_teammate_points=6.0),
        upcoming(day(3), player=OTHER, missing_teammate_points=90.0),
        upcoming(day(5), missing_teammate_points=50.0),
    ]

    assert World(upcoming=[*history, upcoming()]).row()["usage_spike_score"] == 6.0


def test_few_games_of_the_opponent_count_for_little() -> None:
    row = World(defense=[defense("BOS", games_in_sample=5)]).row()

    assert (row["opponent_defense_score"], row["pace_score"]) == (2.0, 1.0)


def test_league_is_every_game_before_the_date_and_none_of_it() -> None:
    games = [
        offense(day(0)),
        offense(day(3), points=130, possessions=104.0, team_seconds=15900),
        offense(day(3), points=500, possessions=None),
        offense(day(4), points=999),
    ]

    staged = World(offense=games).stage((AHEAD.game_date, day(6)))

    row = staged.row(player_lookup=PLAYER)
    assert row["opponent_defense_score"] == pytest.approx((114 - 100 * 240 / 204) * 0.75)
    assert row["pace_score"] == pytest.approx((102 - 14400 * 204 / 30300) * 0.75)
    assert row["max_source_game_date"] == day(3)


ANALYTICS = (
    "player_game_summary",
    "team_offense_game_summary",
    "team_defense_game_summary",
    "upcoming_team_game_context",
    "upcoming_player_game_context",
)


@pytest.fixture(scope="module")
def season() -> Warehouse:
    """The first ten weeks of 2021-22 with everything PCF reads."""
    raw = direct.load_parquet_folder(SHARED / "data" / "raw" / "2021-22")
    warehouse = direct.memory_warehouse(raw)
    batch = direct.batch_of(warehouse, start=START, end=dt.date(2021, 12, 31))
    upstream = [*ANALYTICS, "team_defense_zone_analysis", "player_shot_zone_analysis"]
    direct.run_by_hand(warehouse, upstream, batch)
    return warehouse


@pytest.mark.realdata
@requires_shared("data", "raw", "2021-22")
def test_first_weeks_of_2021_22_have_rows_from_the_third_date_on_and_sane_points(
    season: Warehouse,
) -> None:
    dates = direct.batch_of(season, start=START, end=dt.date(2021, 12, 31)).dates

    staged = stage_dates(season, processor_of(FOLDER), dates, season_start=START, season_year=2021)

    assert staged.unaccounted() == 0
    empty = [date for date in dates if staged.summary[date]["record_count"] == 0]
    assert empty == [dt.date(2021, 10, 19), dt.date(2021, 10, 20)]
    assert {failure["failure_type"] for failure in staged.failures} == {"INSUFFICIENT_HISTORY"}
    known = [row["adjustment_without_absences"] for row in staged.rows]
    points = [number(value) for value in known if value is not None]
    mean = sum(points) / len(points)
    spread = (sum((value - mean) ** 2 for value in points) / len(points)) ** 0.5
    assert 0.1 < spread < 0.5
    for date in (dt.date(2021, 10, 23), dt.date(2021, 12, 31)):
        alone = stage_dates(season, processor_of(FOLDER), [date], season_start=START, season_year=2021)
        assert alone.rows == [row for row in staged.rows if row["analysis_date"] == date]
        assert alone.failures == [row for row in staged.failures if row["analysis_date"] == date]
