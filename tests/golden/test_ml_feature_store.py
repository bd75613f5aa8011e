"""Feature store: upstream rows and games before D in; one column per feature out, NULL when unknown."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence

import pytest

from shared.feature_contract import (
    FEATURE_NAMES,
    FEATURE_VERSION,
    FeatureContractError,
    check_reader,
    check_writer,
)
from shared.tables import TableSchema
from shared.warehouse.port import Value
from shared.worker.stage import Batch
from tests.oracle.raw import RawSeason
from tests.oracle.tiny import on, played_daily, season, slot
from tests.support import direct
from tests.support.completeness import tables_of
from tests.support.derived_rows import Row, fill, processor_of, schema_of

FOLDER = "precompute/ml_feature_store"
SUMMARY = schema_of("analytics/player_game_summary")
OFFENSE = schema_of("analytics/team_offense_game_summary")
PLAYERS = ("ann", "bea")
LAST_SEASON = dt.date(2020, 12, 25)


def game(player: str, day: dt.date, points: int, **other: Value) -> Row:
    """A row of player_game_summary: 20 minutes, started."""
    return {
        "player_lookup": player,
        "game_id": f"g{(day - on(0)).days:02}",
        "game_date": day,
        "points": points,
        "seconds_played": 1200,
        "fg_attempts": 10,
        "ft_attempts": 4,
        "starter_flag": True,
        "season_year": 2021,
        "season_type": "regular",
        **other,
    }


def features(
    scores: Sequence[int], more: Iterable[Row] = (), *, without: str = ""
) -> tuple[list[Row], list[Row]]:
    """Rows and failures of the day after ann and bea played on consecutive days, ann with these scores."""
    days = len(scores)
    raw: RawSeason = season(
        played_daily(days, CHI={"ann": "active"}, BOS={"bea": "active"}), slot("next", days, "CHI", "BOS")
    )
    warehouse = direct.memory_warehouse(tables_of(raw))
    played = [game(name, on(day), points) for name in PLAYERS for day, points in enumerate(scores)]
    fill(warehouse, SUMMARY, [*played, *more])
    fill(
        warehouse,
        OFFENSE,
        [
            {"team_abbr": team, "game_id": f"g{day:02}", "game_date": on(day), "win_flag": team == "CHI"}
            for team in ("CHI", "BOS")
            for day in range(days)
        ],
    )
    before: Row = {
        "max_source_game_date": on(days - 1),
        "is_production_ready": True,
        "quality_tier": "bronze",
    }
    upstream: tuple[tuple[TableSchema, str, Row], ...] = (
        (schema_of("precompute/player_daily_cache"), "cache_date", {**before, "points_ewma_8": 7.0}),
        (
            schema_of("precompute/player_composite_factors"),
            "analysis_date",
            {**before, "opponent_team_abbr": "BOS", "pace_score": 1.5},
        ),
        (schema_of("precompute/player_shot_zone_analysis"), "analysis_date", {"paint_rate_last_10": 40.0}),
        (
            schema_of("analytics/upcoming_player_game_context"),
            "game_date",
            {"injury_report_available": True, "injury_status": "questionable", "days_rest": 0},
        ),
    )
    for schema, column, values in upstream:
        rows: list[Row] = [{"player_lookup": name, column: on(days), **values} for name in PLAYERS]
        fill(warehouse, schema, [] if schema.address.table == without else rows)
    fill(warehouse, schema_of("precompute/team_defense_zone_analysis"), [])
    fill(warehouse, schema_of("analytics/upcoming_team_game_context"), [])
    batch = Batch((on(days),), 2021, on(0), LAST_SEASON, LAST_SEASON)
    summary = direct.stage(warehouse, processor_of(FOLDER), batch)
    assert [(row["untracked"], row["contradicted"], row["unexpected"]) for row in summary.records()] == [
        (0, 0, 0)
    ]
    staged = (
        direct.select(warehouse, f"SELECT * FROM nba_staging.{name}__test")
        for name in ("good_rows", "failures")
    )
    rows_found, failures = (list(found.records()) for found in staged)
    return rows_found, failures


def of_ann(rows: Sequence[Row]) -> Row:
    (row,) = (row for row in rows if row["player_lookup"] == "ann")
    return row


def test_own_features_come_from_his_games_before_the_date() -> None:
    rows, failures = features([10, 20, 30])

    assert failures == []
    row = of_ann(rows)
    ratio = 11 / 13
    weighted = (30 + 20 * ratio + 10 * ratio**2) / (1 + ratio + ratio**2)
    assert row["points_ewma_12"] == pytest.approx(weighted, abs=1e-6)
    assert (row["points_avg_last_20"], row["points_per_minute_last_20"]) == (20.0, 1.0)
    assert (row["minutes_last_game"], row["minutes_std_last_10"], row["started_last_game"]) == (20.0, 0.0, 1)
    assert (row["shots_avg_last_10"], row["free_throws_avg_last_10"]) == (10.0, 4.0)
    assert (row["team_win_pct_last_10"], row["injury_doubt"], row["pace_score"]) == (1.0, 2, 1.5)
    assert row["feature_version"] == FEATURE_VERSION


def test_what_is_unknown_is_null_and_counted() -> None:
    row = of_ann(features([10, 20])[0])

    unknown = [name for name in FEATURE_NAMES if row[name] is None]
    assert {"team_spread", "previous_season_points_avg", "fatigue_score", "opponent_pace_last_15"} <= set(
        unknown
    )
    assert row["missing_feature_count"] == len(unknown)


def test_a_thin_season_is_shrunk_to_the_previous_one() -> None:
    last = {"season_year": 2020, "seconds_played": 1800}
    older = [
        game("ann", LAST_SEASON + dt.timedelta(days=n), 30, game_id=f"old{n}", **last) for n in range(20)
    ]
    cup = game("ann", LAST_SEASON, 90, game_id="cup", season_type="cup_final", **last)

    row = of_ann(features([10, 14], [*older, cup])[0])

    assert row["points_avg_shrunk"] == pytest.approx((24 + 8 * 30) / 10)
    assert (row["previous_season_points_avg"], row["previous_season_minutes_avg"]) == (30.0, 30.0)
    assert of_ann(features([10, 14])[0])["points_avg_shrunk"] == 12.0


@pytest.mark.parametrize("planted", [0, 1])
def test_the_game_of_the_date_and_later_ones_are_never_seen(planted: int) -> None:
    clean = of_ann(features([10, 20])[0])
    later = game("ann", on(2 + planted), 60, game_id="next")

    assert of_ann(features([10, 20], [later])[0]) == clean


@pytest.mark.parametrize(
    "table", ["player_daily_cache", "player_composite_factors", "player_shot_zone_analysis"]
)
def test_without_an_upstream_row_nothing_is_made_up(table: str) -> None:
    rows, failures = features([10, 20], without=table)

    assert rows == []
    assert {row["failure_type"] for row in failures} == {"UPSTREAM_GAP"}
    assert all(table in str(row["failure_reason"]) for row in failures)


def test_writer_and_reader_refuse_what_the_contract_does_not_say() -> None:
    schema = schema_of(FOLDER)
    check_writer(schema)
    check_reader(FEATURE_NAMES, [FEATURE_VERSION])
    with pytest.raises(FeatureContractError, match="points_ewma_12"):
        check_writer(schema_of("precompute/player_daily_cache"))
    with pytest.raises(FeatureContractError, match="pace_score"):
        check_reader([name for name in FEATURE_NAMES if name != "pace_score"], [FEATURE_VERSION])
    with pytest.raises(FeatureContractError, match="version"):
        check_reader(FEATURE_NAMES, [FEATURE_VERSION, FEATURE_VERSION + 1])
