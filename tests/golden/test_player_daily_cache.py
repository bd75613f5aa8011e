"""Daily cache of players: games played, team games and upstream rows in; form and failures out."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Sequence

import pytest

from shared.tables import TableSchema
from shared.warehouse.port import Value
from tests.oracle.raw import RawSeason, without_player_rows
from tests.oracle.tiny import BOS, final, on, played_daily, season, slot
from tests.support import direct
from tests.support.completeness import missing_of, tables_of
from tests.support.derived_rows import Row, Staged, fill, processor_of, schema_of, stage_dates

FOLDER = "precompute/player_daily_cache"
SUMMARY = schema_of("analytics/player_game_summary")
OFFENSE = schema_of("analytics/team_offense_game_summary")
CONTEXT = schema_of("analytics/upcoming_player_game_context")
ZONES = schema_of("precompute/player_shot_zone_analysis")
FACTORS = schema_of("precompute/player_composite_factors")
ANN = {"ann": "active"}
#: Attempts, free throws and turnovers of a player and of his team, as in the usage formula.
PARTS: Row = {
    "fg_attempts": 10,
    "ft_attempts": 5,
    "turnovers": 2,
    "team_seconds": 14400,
    "team_field_goals_attempted": 80,
    "team_free_throws_attempted": 25,
    "team_turnovers": 14,
}


def line(player: str, game: str, day: int, points: int, seconds: int = 1200, **other: Value) -> Row:
    """A row of player_game_summary."""
    return {
        "player_lookup": player,
        "game_id": game,
        "game_date": on(day),
        "points": points,
        "seconds_played": seconds,
        **PARTS,
        **other,
    }


def team_line(team: str, game: str, day: int, points: int, **other: Value) -> Row:
    """A row of team_offense_game_summary: 100 possessions in 48 minutes."""
    return {
        "team_abbr": team,
        "game_id": game,
        "game_date": on(day),
        "points": points,
        "possessions": 100.0,
        "team_seconds": 14400,
        **other,
    }


def team_lines(raw: RawSeason) -> list[Row]:
    """100 points of both teams in every Final game."""
    return [
        team_line(team, row.game_id, (row.game_date - on(0)).days, 100)
        for row in raw.schedule
        if row.game_status == 3
        for team in (row.home_team_tricode, row.away_team_tricode)
    ]


def cache(
    raw: RawSeason,
    played: Sequence[Row],
    *days: int,
    teams: Sequence[Row] | None = None,
    without: Iterable[str] = (),
) -> Staged:
    """Stage the cache for these days; every upstream has a row for everybody, except those in `without`."""
    names = sorted({str(row["player_lookup"]) for row in played})
    warehouse = direct.memory_warehouse(tables_of(raw))
    fill(warehouse, SUMMARY, played)
    fill(warehouse, OFFENSE, team_lines(raw) if teams is None else teams)
    context: Row = {
        "games_last_7_days": 2,
        "games_last_14_days": 4,
        "minutes_last_7_days": 41.0,
        "minutes_last_14_days": 80.5,
        "back_to_backs_last_14_days": 1,
    }
    upstream: tuple[tuple[TableSchema, str, Row], ...] = (
        (CONTEXT, "game_date", context),
        (ZONES, "analysis_date", {"primary_scoring_zone": "paint", "paint_rate_last_10": 55.0}),
        (FACTORS, "analysis_date", {"fatigue_score": 71.5}),
    )
    for schema, column, values_of_row in upstream:
        missing = schema.address.table in without
        rows: list[Row] = [
            {"player_lookup": name, column: on(day), **values_of_row} for name in names for day in days
        ]
        fill(warehouse, schema, [] if missing else rows)
    return stage_dates(
        warehouse, processor_of(FOLDER), [on(day) for day in days], season_start=on(0), season_year=2021
    )


def ann_daily(scores: Sequence[int]) -> tuple[RawSeason, list[Row]]:
    """ann plays bea every day from day 0 with these points, and has a slot on the day after the last."""
    raw = season(played_daily(len(scores), CHI=ANN, BOS=BOS), slot("next", len(scores), "CHI", "BOS"))
    return raw, [
        line(name, f"g{day:02}", day, points) for name in ("ann", "bea") for day, points in enumerate(scores)
    ]


def of_ann(rows: Sequence[Row]) -> list[Row]:
    return [row for row in rows if "ann" in (row.get("player_lookup"), row.get("entity_id"))]


def values(row: Row, names: str) -> list[Value]:
    return [row[name] for name in names.split()]


def test_row_says_form_load_team_and_completeness() -> None:
    raw = season(
        final("g0", 0, CHI=ANN, BOS=BOS),
        final("g1", 1, CHI={"ann": "dnp"}, BOS=BOS),
        final("g2", 2, CHI=ANN, BOS=BOS),
        slot("g3", 3, "CHI", "BOS"),
    )
    played = [
        line("ann", "g0", 0, 10, 1200),
        line("ann", "g2", 2, 20, 1800, fg_attempts=14, ft_attempts=0, turnovers=4),
    ]
    teams = [
        team_line("CHI", "g0", 0, 100),
        team_line("CHI", "g1", 1, 110),
        team_line("CHI", "g2", 2, 120, possessions=110.0, team_seconds=15900),
        *(team_line("BOS", f"g{day}", day, 90) for day in range(3)),
    ]

    staged = cache(raw, played, 3, teams=teams)

    assert staged.unaccounted() == 0
    row = staged.row(player_lookup="ann")
    # 10 + 2.2 + 2 = 14.2 plays in 20 minutes, 14 + 4 = 18 in 30; the team 80 + 11 + 14 = 105 in each game.
    usage = 100 * 32.2 * (48 + 48) / (50 * 210)
    assert row == {
        "player_lookup": "ann",
        "cache_date": on(3),
        "player_name": None,
        "team_abbr": "CHI",
        "game_id": "g3",
        "points_avg_last_5": 15.0,
        "points_avg_last_10": 15.0,
        "points_avg_season": 15.0,
        "points_std_last_10": pytest.approx(math.sqrt(50)),
        "points_ewma_8": pytest.approx((20 + 10 * 7 / 9) / (1 + 7 / 9)),
        "minutes_avg_last_10": 25.0,
        "minutes_ewma": pytest.approx((30 + 20 * 7 / 9) / (1 + 7 / 9)),
        "usage_rate_last_10": pytest.approx(usage),
        "ts_pct_last_10": pytest.approx(30 / (2 * (24 + 0.44 * 5))),
        "player_usage_rate_season": pytest.approx(usage),
        "games_played_season": 2,
        "games_last_7_days": 2,
        "games_last_14_days": 4,
        "minutes_last_7_days": 41.0,
        "minutes_last_14_days": 80.5,
        "back_to_backs_last_14_days": 1,
        "avg_minutes_per_game_last_7": 20.5,
        "team_pace_last_10": pytest.approx(48 * 310 / (48 + 48 + 53)),
        "team_off_rating_last_10": pytest.approx(100 * 330 / 310),
        "primary_scoring_zone": "paint",
        "paint_rate_last_10": 55.0,
        "three_pt_rate_last_10": None,
        "assisted_rate_last_10": None,
        "fatigue_score": 71.5,
        "total_composite_adjustment": None,
        **{f"{window}_schedule_completeness_pct": pytest.approx(200 / 3) for window in WINDOWS},
        **{f"{window}_data_completeness_pct": 100.0 for window in WINDOWS},
        "season_year": 2021,
        "quality_tier": "bootstrap",
        "games_in_sample": 2,
        "games_missed_dnp": 1,
        "schedule_completeness_pct": pytest.approx(200 / 3),
        "data_completeness_pct": 100.0,
        "expected_games_count": 3,
        "actual_games_count": 2,
        "missing_games_count": 1,
        "season_gap_games": 0,
        "is_production_ready": True,
        "max_source_game_date": on(2),
    }


WINDOWS = ("l5", "l10", "l7d", "l14d")


def test_windows_of_games_played_hold_the_last_five_and_ten_and_the_season_holds_all() -> None:
    scores = [40, 30, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]
    raw, played = ann_daily(scores)

    row = cache(raw, played, 12).row(player_lookup="ann")

    last_10 = scores[2:]
    mean = sum(last_10) / 10
    weights = [(7 / 9) ** lag for lag in range(10)]
    assert row["points_avg_last_5"] == 10
    assert row["points_avg_last_10"] == mean
    assert row["points_avg_season"] == pytest.approx(sum(scores) / 12)
    assert row["points_std_last_10"] == pytest.approx(
        math.sqrt(sum((score - mean) ** 2 for score in last_10) / 9)
    )
    assert row["points_ewma_8"] == pytest.approx(
        sum(weight * score for weight, score in zip(weights, reversed(last_10), strict=True)) / sum(weights)
    )
    assert values(row, "minutes_avg_last_10 minutes_ewma games_played_season quality_tier") == [
        20,
        20,
        12,
        "gold",
    ]


@pytest.mark.parametrize("games", range(1, 11))
def test_the_weighted_average_of_equal_games_is_their_value_however_few(games: int) -> None:
    raw, played = ann_daily([17] * games)
    row = cache(raw, played, games).row(player_lookup="ann")
    assert values(row, "points_ewma_8 minutes_ewma") == [17, 20]


def test_one_game_has_no_deviation_and_no_attempt_has_no_percentage() -> None:
    raw = season(final("g0", 0, CHI=ANN, BOS=BOS), slot("g1", 1, "CHI", "BOS"))
    played = [line("ann", "g0", 0, 0, 0, fg_attempts=0, ft_attempts=0, turnovers=0)]
    row = cache(raw, played, 1).row(player_lookup="ann")
    assert values(row, "points_std_last_10 ts_pct_last_10 usage_rate_last_10") == [None, None, None]
    assert values(row, "points_avg_last_10 minutes_avg_last_10") == [0, 0]


def test_games_without_the_team_s_totals_are_left_out_of_the_usage_rate_and_not_counted_as_zero() -> None:
    raw, played = ann_daily([10, 20])
    unknown = {name: None for name in PARTS if name.startswith("team_")}
    known_rate = 100 * 14.2 * 48 / (20 * 105)
    one_known = cache(raw, [row | unknown if row["game_id"] == "g01" else row for row in played], 2).row(
        player_lookup="ann"
    )
    none_known = cache(raw, [row | unknown for row in played], 2).row(player_lookup="ann")
    assert one_known["usage_rate_last_10"] == pytest.approx(known_rate)
    assert values(none_known, "usage_rate_last_10 player_usage_rate_season ts_pct_last_10") == [
        None,
        None,
        pytest.approx(30 / (2 * (20 + 4.4))),
    ]


def test_the_cup_final_counts_for_windows_and_for_no_season_column() -> None:
    raw = season(
        final("g0", 0, CHI=ANN, BOS=BOS),
        final("g1", 1, "cup_final", CHI=ANN, BOS=BOS),
        slot("g2", 2, "CHI", "BOS"),
    )
    played = [line("ann", "g0", 0, 10), line("ann", "g1", 1, 40, turnovers=20)]
    row = cache(raw, played, 2).row(player_lookup="ann")
    assert values(row, "points_avg_last_10 points_avg_season games_played_season games_in_sample") == [
        25,
        10,
        1,
        2,
    ]
    assert row["player_usage_rate_season"] == pytest.approx(100 * 14.2 * 48 / (20 * 105))


def test_a_traded_player_keeps_his_games_and_gets_his_new_team_s_pace() -> None:
    raw = season(
        final("g0", 0, CHI={"ann": "active", "cyd": "active"}, BOS=BOS),
        final("g1", 1, DET={"ann": "active"}, BOS=BOS),
        slot("g2", 2, "DET", "CHI"),
    )
    played = [line("ann", "g0", 0, 10), line("ann", "g1", 1, 20), line("cyd", "g0", 0, 5)]
    teams = [
        team_line("CHI", "g0", 0, 90),
        team_line("BOS", "g0", 0, 91),
        team_line("DET", "g1", 1, 120),
        team_line("BOS", "g1", 1, 92),
    ]
    row = cache(raw, played, 2, teams=teams).row(player_lookup="ann")
    assert values(row, "team_abbr points_avg_last_10 team_off_rating_last_10") == ["DET", 15, 120]


def test_absences_leave_the_row_and_are_documented_with_their_reasons() -> None:
    raw = season(
        final("g0", 0, CHI=ANN, BOS=BOS),
        final("g1", 1, CHI={"ann": "dnp:Suspended"}, BOS=BOS),
        final("g2", 2, CHI={"ann": "inactive"}, BOS=BOS),
        slot("g3", 3, "CHI", "BOS"),
    )

    staged = cache(raw, [line("ann", "g0", 0, 10)], 3)

    assert staged.row(player_lookup="ann")["is_production_ready"] is True
    failure = staged.failure(entity_id="ann")
    names = "failure_category failure_type row_written expected_game_count actual_game_count raw_data_checked"
    assert values(failure, names) == ["INCOMPLETE_DATA", "PLAYER_DNP", True, 3, 1, True]
    assert failure["missing_game_dates"] == '["2021-11-02","2021-11-03"]'
    assert failure["missing_game_ids"] == '["g1","g2"]'
    evidence = json.loads(str(failure["evidence"]))
    assert evidence["windows"]["l5"] == [3, 1, 2]
    assert [(game["game_id"], game["reason"]) for game in evidence["missing"]] == [
        ("g1", "Suspended"),
        ("g2", "not reported"),
    ]


def test_who_has_not_played_has_no_row_and_a_permanent_reason() -> None:
    raw = season(final("g0", 0, CHI={"ann": "dnp"}, BOS=BOS), slot("g1", 1, "CHI", "BOS"))
    staged = cache(raw, [line("bea", "g0", 0, 10)], 1)
    assert [row["player_lookup"] for row in staged.rows] == ["bea"]
    assert values(staged.failure(entity_id="ann"), "failure_category failure_type row_written") == [
        "INSUFFICIENT_DATA",
        "INSUFFICIENT_HISTORY",
        False,
    ]
    assert staged.unaccounted() == 0


def test_a_gap_in_the_span_withholds_the_row_and_an_older_one_only_marks_it() -> None:
    raw, played = ann_daily([10] * 30)
    for game, written in (("g25", False), ("g02", True)):
        staged = cache(without_player_rows(raw, game), [row for row in played if row["game_id"] != game], 30)
        failure = staged.failure(entity_id="ann")
        assert values(failure, "failure_type row_written") == ["DATA_GAP", written]
        assert missing_of(failure) == [(game, "GAME_NOT_INGESTED")]
        found = [values(row, "season_gap_games is_production_ready") for row in of_ann(staged.rows)]
        assert found == ([[1, False]] if written else [])
        assert staged.unaccounted() == 0


UPSTREAM = ("player_shot_zone_analysis", "player_composite_factors", "upcoming_player_game_context")


@pytest.mark.parametrize("table", UPSTREAM)
def test_a_missing_upstream_row_of_the_day_withholds_the_row(table: str) -> None:
    raw, played = ann_daily([10] * 3)
    staged = cache(raw, played, 3, without=[table])
    assert staged.rows == []
    failure = staged.failure(entity_id="ann")
    assert values(failure, "failure_category failure_type row_written missing_game_dates failure_reason") == [
        "UPSTREAM_INCOMPLETE",
        "UPSTREAM_GAP",
        False,
        "[]",
        f"His own games are complete, no {table} of this date",
    ]


def test_an_upstream_row_missing_because_of_an_older_gap_is_recorded_as_that_gap() -> None:
    raw, played = ann_daily([10] * 30)
    rows = [row for row in played if row["game_id"] != "g02"]
    staged = cache(without_player_rows(raw, "g02"), rows, 30, without=["player_shot_zone_analysis"])
    assert staged.rows == []
    assert values(staged.failure(entity_id="ann"), "failure_type row_written") == ["DATA_GAP", False]


def test_a_team_game_without_a_summary_withholds_the_row_while_it_is_among_the_last_ten() -> None:
    raw, played = ann_daily([10] * 13)
    teams = [row for row in team_lines(raw) if (row["team_abbr"], row["game_id"]) != ("CHI", "g02")]

    staged = cache(raw, played, 12, 13, teams=teams)

    written = [(row["cache_date"], row["player_lookup"]) for row in staged.rows]
    assert written == [(on(12), "bea"), (on(13), "ann"), (on(13), "bea")]
    names = "analysis_date entity_id failure_type row_written missing_game_ids"
    assert [values(row, names) for row in staged.failures] == [
        [on(12), "ann", "UPSTREAM_GAP", False, '["g02"]']
    ]
    assert staged.unaccounted() == 0


def test_a_game_of_the_day_itself_and_later_ones_are_not_seen() -> None:
    raw, played = ann_daily([10, 20, 30])
    whole = season(played_daily(5, CHI=ANN, BOS=BOS))
    later = [line("ann", f"g{day:02}", day, 99) for day in (3, 4)]
    seen = cache(raw, played, 3)
    known = cache(whole, [*played, *later], 3)
    ignored = {"game_id"}
    assert [{k: v for k, v in row.items() if k not in ignored} for row in known.rows] == [
        {k: v for k, v in row.items() if k not in ignored} for row in seen.rows
    ]


def test_many_days_in_one_pass_give_the_rows_of_each_day_by_itself() -> None:
    names = {"ann": "active", "cyd": "active"}
    raw = season(
        *(
            final(f"g{day:02}", day, CHI=names if day % 3 else names | {"cyd": "dnp"}, BOS=BOS)
            for day in range(14)
        ),
        slot("next", 14, "CHI", "BOS"),
    )
    played = [line("ann", f"g{day:02}", day, day, 1000 + day) for day in range(14)]
    played += [line("cyd", f"g{day:02}", day, 2 * day, 900 + day) for day in range(14) if day % 3]
    together = cache(raw, played, *range(15))
    for day in (1, 7, 14):
        alone = cache(raw, played, day)
        assert alone.rows == [row for row in together.rows if row["cache_date"] == on(day)]
        assert alone.failures == [row for row in together.failures if row["analysis_date"] == on(day)]
