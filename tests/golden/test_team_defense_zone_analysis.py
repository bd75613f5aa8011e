"""Team defence by zone: what teams allowed in, shares, shrunken percentages and ratings out."""

from __future__ import annotations

import datetime as dt
import json

import pytest

from shared.warehouse.port import Value, Warehouse
from tests.realdata import SHARED, requires_shared
from tests.support import direct
from tests.support.derived_rows import Row, Staged, fill, processor_of, schema_of, stage_dates
from tests.support.raw_rows import Game, RawRow, final_slot, postponed_slot, slot, to_tables

FOLDER = "precompute/team_defense_zone_analysis"
DEFENSE = schema_of("analytics/team_defense_game_summary")
START = dt.date(2021, 10, 19)
ZONES = ("paint", "mid_range", "three_pt")


def day(number: int) -> dt.date:
    """Day 0 is the first of the season."""
    return START + dt.timedelta(days=number)


def game(number: int, home: str, away: str) -> Game:
    """A game whose id names its day."""
    return Game(f"00221{number:03d}{home[0]}{away[0]}", day(number), home, away)


def final(of: Game) -> RawRow:
    return final_slot(of, 100, 90)


def allowed(of: Game, team: str, **values: Value) -> Row:
    """What a team allowed in a game: 100 points on 100 possessions, half of the shots from the paint."""
    return {
        "game_id": of.game_id,
        "game_date": of.game_date,
        "team_abbr": team,
        "is_production_ready": True,
        "points_allowed": 100,
        "possessions": 100.0,
        "team_seconds": 14400,
        "zone_source": "shot_chart",
        "paint_attempts_allowed": 40,
        "paint_makes_allowed": 24,
        "mid_range_attempts_allowed": 10,
        "mid_range_makes_allowed": 4,
        "three_pt_attempts_allowed": 30,
        "three_pt_makes_allowed": 12,
        **values,
    }


def analysis(raw: list[RawRow], results: list[Row], dates: list[dt.date]) -> Staged:
    warehouse = direct.memory_warehouse(to_tables(raw))
    fill(warehouse, DEFENSE, results)
    return stage_dates(warehouse, processor_of(FOLDER), dates, season_start=START, season_year=2021)


def test_one_game_gives_shares_percentages_and_ratings() -> None:
    opener = game(0, "BOS", "CHI")
    raw = [final(opener), slot(game(2, "BOS", "CHI"))]
    boston = allowed(
        opener,
        "BOS",
        points_allowed=98,
        possessions=99.5,
        paint_makes_allowed=20,
        three_pt_makes_allowed=13,
    )

    staged = analysis(raw, [boston, allowed(opener, "CHI")], [day(2)])

    assert staged.unaccounted() == 0
    assert staged.failures == []
    row = staged.row(team_abbr="BOS")
    # League: 44 of 80 in the paint, 8 of 20 from mid-range, 25 of 60 threes.
    expected: Row = {
        "team_abbr": "BOS",
        "analysis_date": day(2),
        "paint_frequency_allowed": 50.0,
        "paint_pct_allowed": 0.5,
        "paint_pct_allowed_shrunk": (20 + 811 * 0.55) / (40 + 811),
        "paint_reliability": 40 / 851,
        "paint_league_pct": 0.55,
        "paint_vs_league": (20 + 811 * 0.55) / 851 - 0.55,
        "paint_attempts_allowed_per_game": 40.0,
        "paint_points_allowed_per_game": 40.0,
        "mid_range_frequency_allowed": 12.5,
        "mid_range_pct_allowed": 0.4,
        "mid_range_pct_allowed_shrunk": 0.4,
        "mid_range_reliability": 10 / 1516,
        "mid_range_league_pct": 0.4,
        "mid_range_vs_league": 0.0,
        "mid_range_attempts_allowed_per_game": 10.0,
        "mid_range_points_allowed_per_game": 8.0,
        "three_pt_frequency_allowed": 37.5,
        "three_pt_pct_allowed": 13 / 30,
        "three_pt_pct_allowed_shrunk": (13 + 7786 * 25 / 60) / 7816,
        "three_pt_reliability": 30 / 7816,
        "three_pt_league_pct": 25 / 60,
        "three_pt_vs_league": 0.5 / 7816,
        "three_pt_attempts_allowed_per_game": 30.0,
        "three_pt_points_allowed_per_game": 39.0,
        "zone_games_count": 1,
        "defensive_rating_last_15": 100 * 98 / 99.5,
        "opponent_points_per_game": 98.0,
        "opponent_pace": 99.5,
        "strongest_zone": "paint",
        "weakest_zone": "three_pt",
        "season_year": 2021,
        "quality_tier": "bootstrap",
        "games_in_sample": 1,
        "games_missed_dnp": None,
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
    assert row["mid_range_vs_league"] == 0.0


def test_overtime_raises_possessions_but_not_pace_or_rating() -> None:
    opener = game(0, "BOS", "CHI")
    raw = [final(opener), slot(game(2, "BOS", "CHI"))]
    overtime = {"team_seconds": 14400 + 1500, "possessions": 100 * 53 / 48, "points_allowed": 106}

    row = analysis(raw, [allowed(opener, "BOS", **overtime), allowed(opener, "CHI")], [day(2)]).row(
        team_abbr="BOS"
    )

    assert row["opponent_pace"] == pytest.approx(100.0, abs=1e-6)
    assert row["defensive_rating_last_15"] == pytest.approx(96.0, abs=1e-6)


def test_window_is_the_last_fifteen_games_strictly_before_the_date() -> None:
    games = [game(n, "BOS", "CHI") for n in range(18)]
    points = [100 + n for n in range(18)]
    raw = [final(g) for g in games]
    results = [
        allowed(g, team, points_allowed=p)
        for g, p in zip(games, points, strict=True)
        for team in ("BOS", "CHI")
    ]

    staged = analysis(raw, results, [day(15), day(17)])

    assert staged.row(team_abbr="BOS", analysis_date=day(15))["opponent_points_per_game"] == 107.0
    last = staged.row(team_abbr="BOS", analysis_date=day(17))
    assert last["opponent_points_per_game"] == sum(points[2:17]) / 15
    assert (last["games_in_sample"], last["expected_games_count"]) == (15, 17)
    assert last["max_source_game_date"] == day(16)


def test_zone_columns_use_only_games_with_zones() -> None:
    games = [game(0, "BOS", "CHI"), game(1, "BOS", "CHI")]
    hidden: Row = {
        "zone_source": None,
        "paint_attempts_allowed": None,
        "paint_makes_allowed": None,
        "mid_range_attempts_allowed": None,
        "mid_range_makes_allowed": None,
        "three_pt_attempts_allowed": 90,
    }
    raw = [*map(final, games), slot(game(3, "BOS", "CHI"))]
    results = [
        allowed(games[0], "BOS"),
        allowed(games[1], "BOS", **hidden),
        allowed(games[0], "CHI", **hidden),
        allowed(games[1], "CHI", **hidden),
    ]

    staged = analysis(raw, results, [day(3)])

    boston = staged.row(team_abbr="BOS")
    assert (boston["zone_games_count"], boston["games_in_sample"]) == (1, 2)
    assert boston["three_pt_frequency_allowed"] == 37.5
    assert boston["paint_attempts_allowed_per_game"] == 40.0
    chicago = staged.row(team_abbr="CHI")
    assert chicago["zone_games_count"] == 0
    own = ("frequency_allowed", "pct_allowed", "pct_allowed_shrunk", "reliability", "vs_league")
    assert {chicago[f"{zone}_{name}"] for zone in ZONES for name in own} == {None}
    assert (chicago["strongest_zone"], chicago["weakest_zone"]) == (None, None)
    assert chicago["paint_league_pct"] == 0.6
    assert chicago["opponent_points_per_game"] == 100.0


def test_zone_without_attempt_is_a_share_of_zero_and_no_percentage() -> None:
    opener = game(0, "BOS", "CHI")
    raw = [final(opener), slot(game(2, "BOS", "CHI"))]
    none_from_mid = {"mid_range_attempts_allowed": 0, "mid_range_makes_allowed": 0}

    row = analysis(raw, [allowed(opener, "BOS", **none_from_mid), allowed(opener, "CHI")], [day(2)]).row(
        team_abbr="BOS"
    )

    assert row["mid_range_frequency_allowed"] == 0.0
    assert row["mid_range_pct_allowed"] is None
    assert row["mid_range_pct_allowed_shrunk"] == pytest.approx(0.4)
    assert row["mid_range_reliability"] == 0.0


def test_equal_zones_are_named_in_the_order_of_the_columns() -> None:
    opener = game(0, "BOS", "CHI")
    raw = [final(opener), slot(game(2, "BOS", "CHI"))]

    row = analysis(raw, [allowed(opener, "BOS"), allowed(opener, "CHI")], [day(2)]).row(team_abbr="BOS")

    assert (row["strongest_zone"], row["weakest_zone"]) == ("paint", "paint")


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
def test_quality_tier_counts_the_games_of_the_window(games_before: int, tier: str) -> None:
    games = [game(n, "BOS", "CHI") for n in range(games_before)]
    raw = [*map(final, games), slot(game(games_before, "BOS", "CHI"))]

    staged = analysis(raw, [allowed(g, t) for g in games for t in (g.home, g.away)], [day(games_before)])

    assert {row["quality_tier"] for row in staged.rows} == {tier}


def test_cup_final_is_a_game_of_the_window_and_a_date_to_prepare() -> None:
    cup = game(2, "BOS", "CHI")
    raw = [
        final(game(0, "BOS", "CHI")),
        final_slot(cup, 100, 90, season_type="cup_final"),
        slot(game(4, "BOS", "CHI")),
    ]
    known = [allowed(game(0, "BOS", "CHI"), team) for team in ("BOS", "CHI")]

    whole = analysis(raw, [*known, *(allowed(cup, team) for team in ("BOS", "CHI"))], [day(2), day(4)])
    without = analysis(raw, known, [day(4)])

    assert (whole.unaccounted(), without.unaccounted()) == (0, 0)
    assert [row["games_in_sample"] for row in whole.rows] == [1, 1, 2, 2]
    assert without.failure(entity_id="BOS")["missing_game_ids"] == f'["{cup.game_id}"]'


def test_first_game_of_the_season_may_be_the_cup_final() -> None:
    cup = game(0, "BOS", "CHI")
    raw = [final_slot(cup, 100, 90, season_type="cup_final"), slot(game(2, "BOS", "DET"))]

    staged = analysis(raw, [allowed(cup, team) for team in ("BOS", "CHI")], [day(2)])

    assert staged.unaccounted() == 0
    assert [row["team_abbr"] for row in staged.rows] == ["BOS", "CHI"]


def test_game_of_the_date_itself_is_no_gap() -> None:
    opener, own = game(0, "BOS", "CHI"), game(2, "BOS", "CHI")
    raw = [final(opener), final(own), slot(game(4, "BOS", "CHI"))]

    staged = analysis(raw, [allowed(opener, "BOS"), allowed(opener, "CHI")], [day(2), day(4)])

    assert staged.unaccounted() == 0
    assert {failure["analysis_date"] for failure in staged.failures} == {day(4)}
    failure = staged.failure(entity_id="BOS")
    assert (failure["expected_game_count"], failure["actual_game_count"]) == (2, 1)


def test_gap_counts_hold_only_games_before_the_date() -> None:
    games = [game(2 * n, "BOS", "CHI") for n in range(4)]
    results = [allowed(g, team) for g in games[1:] for team in ("BOS", "CHI")]

    staged = analysis([final(g) for g in games], results, [day(4), day(6)])

    failure = staged.failure(entity_id="BOS", analysis_date=day(4))
    assert (failure["expected_game_count"], failure["actual_game_count"]) == (2, 1)


def test_team_whose_only_slot_was_never_played_is_not_expected_elsewhere() -> None:
    opener = game(0, "BOS", "CHI")
    raw = [final(opener), slot(game(1, "DET", "NYK")), slot(game(2, "BOS", "CHI"))]

    staged = analysis(raw, [allowed(opener, "BOS"), allowed(opener, "CHI")], [day(2)])

    assert staged.unaccounted() == 0
    assert staged.failures == []
    assert [row["team_abbr"] for row in staged.rows] == ["BOS", "CHI"]


def test_every_team_of_the_season_has_a_row_also_without_a_game_on_the_date() -> None:
    games = [game(0, "BOS", "CHI"), game(1, "DET", "NYK")]
    raw = [*map(final, games), slot(game(2, "BOS", "CHI"))]
    results = [allowed(g, team) for g in games for team in (g.home, g.away)]

    staged = analysis(raw, results, [day(1), day(2)])

    assert staged.unaccounted() == 0
    by_date = [(row["analysis_date"], row["team_abbr"]) for row in staged.rows]
    first = [(day(1), "BOS"), (day(1), "CHI")]
    assert by_date == [*first, *((day(2), team) for team in ("BOS", "CHI", "DET", "NYK"))]


def test_team_without_earlier_game_has_no_row_and_says_why() -> None:
    games = [game(0, "BOS", "CHI"), game(1, "DET", "BOS")]
    raw = [final(games[0]), slot(games[1])]

    staged = analysis(raw, [allowed(games[0], "BOS"), allowed(games[0], "CHI")], [day(0), day(1)])

    assert staged.unaccounted() == 0
    assert [(f["analysis_date"], f["entity_id"], f["failure_type"]) for f in staged.failures] == [
        (day(0), "BOS", "INSUFFICIENT_HISTORY"),
        (day(0), "CHI", "INSUFFICIENT_HISTORY"),
        (day(1), "DET", "INSUFFICIENT_HISTORY"),
    ]
    assert {f["row_written"] for f in staged.failures} == {False}
    assert [row["team_abbr"] for row in staged.rows] == ["BOS", "CHI"]


def test_date_whose_only_slot_is_postponed_expects_nobody() -> None:
    opener = game(0, "BOS", "CHI")
    raw = [final(opener), postponed_slot(game(2, "BOS", "CHI"))]

    staged = analysis(raw, [allowed(opener, "BOS"), allowed(opener, "CHI")], [day(2)])

    assert (staged.rows, staged.failures, staged.unaccounted()) == ([], [], 0)


def test_postponed_slot_is_no_game_of_the_window() -> None:
    opener = game(0, "BOS", "CHI")
    raw = [final(opener), postponed_slot(game(1, "BOS", "CHI")), slot(game(2, "BOS", "CHI"))]

    staged = analysis(raw, [allowed(opener, "BOS"), allowed(opener, "CHI")], [day(2)])

    assert staged.failures == []
    assert staged.row(team_abbr="BOS")["expected_games_count"] == 1


@pytest.mark.parametrize(("later_games", "written"), [(14, False), (15, True)])
def test_gap_withholds_inside_the_last_fifteen_and_is_recorded_beyond(
    later_games: int, written: bool
) -> None:
    games = [game(n, "BOS", "CHI") for n in range(later_games + 1)]
    target = slot(game(later_games + 1, "BOS", "CHI"))
    results = [allowed(g, "BOS") for g in games[1:]] + [allowed(g, "CHI") for g in games]

    staged = analysis([*map(final, games), target], results, [day(later_games + 1)])

    assert staged.unaccounted() == 0
    failure = staged.failure(entity_id="BOS")
    assert (failure["failure_type"], failure["row_written"]) == ("UPSTREAM_GAP", written)
    assert failure["missing_game_dates"] == '["2021-10-19"]'
    gap = json.loads(str(failure["evidence"]))["missing"]
    assert [(item["date"], item["game_id"], item["team"]) for item in gap] == [
        ("2021-10-19", games[0].game_id, "BOS")
    ]
    assert (failure["expected_game_count"], failure["actual_game_count"]) == (
        (16, 15) if written else (15, 14)
    )
    assert [row["team_abbr"] for row in staged.rows] == (["BOS", "CHI"] if written else ["CHI"])
    if written:
        row = staged.row(team_abbr="BOS")
        assert (row["season_gap_games"], row["is_production_ready"]) == (1, False)
    assert staged.row(team_abbr="CHI")["is_production_ready"] is True


def test_row_made_from_a_contradictory_game_is_not_production_ready() -> None:
    opener = game(0, "BOS", "CHI")
    raw = [final(opener), slot(game(2, "BOS", "CHI"))]
    results = [allowed(opener, "BOS", is_production_ready=False), allowed(opener, "CHI")]

    staged = analysis(raw, results, [day(2)])

    assert staged.row(team_abbr="BOS")["is_production_ready"] is False
    assert staged.failures == []


def test_makes_beyond_attempts_withhold_the_row() -> None:
    opener = game(0, "BOS", "CHI")
    raw = [final(opener), slot(game(2, "BOS", "CHI"))]
    results = [allowed(opener, "BOS", paint_makes_allowed=41), allowed(opener, "CHI")]

    staged = analysis(raw, results, [day(2)])

    assert staged.unaccounted() == 0
    assert [row["team_abbr"] for row in staged.rows] == ["CHI"]
    assert staged.failure(entity_id="BOS")["failure_category"] == "CHECK_FAILED"


def test_games_of_the_date_and_later_change_nothing() -> None:
    games = [game(2 * n, "BOS", "CHI") for n in range(4)]
    results = [
        allowed(g, team, points_allowed=100 + n, paint_makes_allowed=20 + n)
        for n, g in enumerate(games)
        for team in (g.home, g.away)
    ]
    dates = [g.game_date for g in games]

    whole = analysis([final(g) for g in games], results, dates)

    for number, date in enumerate(dates):
        raw = [final(g) if n < number else slot(g) for n, g in enumerate(games)]
        alone = analysis(raw, results[: 2 * number], [date])
        assert alone.rows == [row for row in whole.rows if row["analysis_date"] == date]


@pytest.fixture(scope="module")
def season() -> Warehouse:
    """2021-22, with the defence summaries of every date."""
    raw = direct.load_parquet_folder(SHARED / "data" / "raw" / "2021-22")
    warehouse = direct.memory_warehouse(raw)
    batch = direct.batch_of(warehouse, start=START, end=dt.date(2022, 6, 30))
    direct.run_by_hand(warehouse, ["team_defense_game_summary"], batch)
    return warehouse


@pytest.mark.realdata
@requires_shared("data", "raw", "2021-22")
def test_season_2021_22_has_thirty_teams_on_every_date_but_the_first_four(season: Warehouse) -> None:
    dates = direct.batch_of(season, start=START, end=dt.date(2022, 4, 10)).dates

    staged = stage_dates(season, processor_of(FOLDER), dates, season_start=START, season_year=2021)

    assert staged.unaccounted() == 0
    counts = [staged.summary[date]["record_count"] for date in dates]
    assert counts[0] == 0
    assert counts[1] == 4
    assert set(counts[4:]) == {30}
    assert {failure["failure_type"] for failure in staged.failures} == {"INSUFFICIENT_HISTORY"}
    assert all(row["max_source_game_date"] < row["analysis_date"] for row in staged.rows)  # type: ignore[operator]


@pytest.mark.realdata
@requires_shared("data", "raw", "2021-22")
def test_season_2021_22_opponent_ratings_are_those_of_the_last_fifteen_games(season: Warehouse) -> None:
    date = dt.date(2022, 4, 10)
    staged = stage_dates(season, processor_of(FOLDER), [date], season_start=START, season_year=2021)
    games = direct.select(
        season,
        "SELECT points_allowed, possessions FROM nba_analytics.team_defense_game_summary"
        " WHERE team_abbr = 'BOS' AND game_date < DATE '2022-04-10' ORDER BY game_date DESC LIMIT 15",
    )

    points = sum(row[0] for row in games.values)  # type: ignore[misc]
    possessions = sum(row[1] for row in games.values)  # type: ignore[misc]
    found = staged.row(team_abbr="BOS")["defensive_rating_last_15"]
    assert found == pytest.approx(100 * points / possessions, abs=1e-6)
