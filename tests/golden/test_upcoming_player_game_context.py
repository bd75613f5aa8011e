"""Player context: lists, reports and games played in; rest, load and missing team-mates out."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from shared.warehouse.port import Value
from tests.oracle.raw import RawSeason, without_player_rows
from tests.oracle.tiny import BOS, final, half_list, on, report, season, slot
from tests.support import direct
from tests.support.completeness import missing_of, tables_of
from tests.support.derived_rows import Row, Staged, fill, processor_of, schema_of, stage_dates

FOLDER = "analytics/upcoming_player_game_context"
SUMMARY = schema_of("analytics/player_game_summary")
CHI = {"ann": "active", "bob": "active"}


def line(player: str, day: int, team: str, points: int, seconds: int = 1200, game_id: str = "") -> Row:
    """A row of player_game_summary, of the game named after its day."""
    return {
        "player_lookup": player,
        "game_id": game_id or f"g{day:02}",
        "game_date": on(day),
        "team_abbr": team,
        "points": points,
        "seconds_played": seconds,
    }


def context(raw: RawSeason, played: Iterable[Row], *days: int) -> Staged:
    warehouse = direct.memory_warehouse(tables_of(raw))
    fill(warehouse, SUMMARY, list(played))
    return stage_dates(
        warehouse, processor_of(FOLDER), [on(day) for day in days], season_start=on(0), season_year=2021
    )


def daily(days: Iterable[int]) -> tuple[list[RawSeason], list[Row]]:
    """CHI beats BOS on these days: ann 10 points, bob 20, bea 30, in 20 minutes each."""
    points = {"ann": ("CHI", 10), "bob": ("CHI", 20), "bea": ("BOS", 30)}
    chosen = list(days)
    games = [final(f"g{day:02}", day, CHI=CHI, BOS=BOS) for day in chosen]
    played = [line(name, day, team, scored) for day in chosen for name, (team, scored) in points.items()]
    return games, played


def values(row: Row, names: str) -> list[Value]:
    return [row[name] for name in names.split()]


def test_row_says_rest_load_status_and_missing_team_mates() -> None:
    games, _ = daily((0, 6, 7, 13))
    raw = season(*games, slot("g14", 14, "BOS", "CHI"), report(14, "CHI", "bob", "Left Knee; Sprain"))
    played = [
        line("ann", 0, "CHI", 8, 600),
        line("ann", 6, "CHI", 12, 1230),
        line("ann", 7, "CHI", 0, 0),
        line("ann", 13, "CHI", 20, 2400),
        *(line("bob", day, "CHI", points) for day, points in ((0, 20), (6, 21), (7, 20), (13, 20))),
        *(line("bea", day, "BOS", 30) for day in (0, 6, 7, 13)),
    ]

    staged = context(raw, played, 14)

    assert staged.unaccounted() == 0
    assert staged.failures == []
    assert staged.row(player_lookup="ann") == {
        "player_lookup": "ann",
        "player_name": None,
        "game_id": "g14",
        "game_date": on(14),
        "team_abbr": "CHI",
        "opponent_team_abbr": "BOS",
        "home_game": False,
        "expected_because": "box_score_list",
        "last_game_date": on(13),
        "days_rest": 0,
        "back_to_back": True,
        "games_last_7_days": 2,
        "games_last_14_days": 4,
        "minutes_last_7_days": 40.0,
        "minutes_last_14_days": 70.5,
        "back_to_backs_last_14_days": 1,
        "injury_report_available": True,
        "injury_status": None,
        "injury_reason": None,
        "missing_teammates": 1,
        "missing_teammate_points": 20.25,
        "season_year": 2021,
        "quality_tier": "bronze",
        "games_in_sample": 4,
        "games_missed_dnp": 0,
        "schedule_completeness_pct": 100.0,
        "data_completeness_pct": 100.0,
        "expected_games_count": 4,
        "actual_games_count": 4,
        "missing_games_count": 0,
        "season_gap_games": 0,
        "is_production_ready": True,
        "max_source_game_date": on(13),
    }
    bob = staged.row(player_lookup="bob")
    assert values(bob, "injury_status injury_reason missing_teammates missing_teammate_points") == [
        "out",
        "Left Knee; Sprain",
        0,
        0,
    ]
    bea = staged.row(player_lookup="bea")
    assert values(bea, "home_game injury_report_available missing_teammates missing_teammate_points") == [
        True,
        True,
        0,
        0,
    ]


def test_a_first_game_has_no_rest_and_counts_of_zero() -> None:
    raw = season(slot("g00", 0, "CHI", "BOS"), report(0, "CHI", "ann"))
    staged = context(raw, [], 0)
    (row,) = staged.rows
    unknown = "last_game_date days_rest quality_tier schedule_completeness_pct max_source_game_date"
    assert values(row, unknown) == [None] * 5
    counts = "games_last_7_days minutes_last_7_days games_last_14_days back_to_backs_last_14_days"
    assert values(row, counts) == [0] * 4
    assert values(row, "back_to_back injury_status missing_teammate_points") == [False, "out", None]
    assert (staged.failures, staged.unaccounted()) == ([], 0)


def test_without_a_report_of_the_day_status_and_missing_points_are_unknown_and_not_zero() -> None:
    games, played = daily((0, 1))
    raw = season(*games, slot("g02", 2, "CHI", "BOS"), report(1, "CHI", "bob", "Knee"))
    row = context(raw, played, 2).row(player_lookup="ann")
    names = "injury_report_available injury_status missing_teammates missing_teammate_points"
    assert values(row, names) == [False, None, None, None]


@pytest.mark.parametrize(("status", "missing"), [("out", 20), ("doubtful", 0), ("questionable", 0)])
def test_only_team_mates_ruled_out_are_missing(status: str, missing: float) -> None:
    games, played = daily((0, 1))
    listed = report(2, "CHI", "bob")
    tables = tables_of(season(*games, slot("g02", 2, "CHI", "BOS"), listed))
    report_rows = tables["nbac_injury_report"]
    column = report_rows.column_names.index("injury_status")
    tables["nbac_injury_report"] = report_rows.set_column(column, "injury_status", [[status]])
    warehouse = direct.memory_warehouse(tables)
    fill(warehouse, SUMMARY, played)
    staged = stage_dates(warehouse, processor_of(FOLDER), [on(2)], season_start=on(0), season_year=2021)
    assert staged.row(player_lookup="ann")["missing_teammate_points"] == missing


@pytest.mark.parametrize(("last", "missing"), [(4, 20), (2, 0)])
def test_a_team_mate_counts_as_missing_while_he_played_one_of_the_team_s_last_ten_games(
    last: int, missing: float
) -> None:
    inactive = {"ann": "active", "bob": "inactive"}
    games = [
        final(f"g{day:02}", day, CHI=CHI if day <= last else inactive, BOS=BOS) for day in range(0, 24, 2)
    ]
    played = [line("ann", day, "CHI", 10) for day in range(0, 24, 2)]
    played += [line("bob", day, "CHI", 20) for day in range(0, last + 1, 2)]
    played += [line("bea", day, "BOS", 30) for day in range(0, 24, 2)]
    raw = season(*games, slot("g24", 24, "CHI", "BOS"), report(24, "CHI", "bob"))
    assert context(raw, played, 24).row(player_lookup="ann")["missing_teammate_points"] == missing


def test_a_new_team_mate_who_has_not_played_for_the_team_is_not_missed() -> None:
    raw = season(
        final("g00", 0, CHI={"ann": "active"}, BOS={"bea": "active", "new": "active"}),
        final("g01", 1, CHI={"ann": "active", "new": "inactive"}, BOS=BOS),
        slot("g02", 2, "CHI", "BOS"),
        report(2, "CHI", "new"),
    )
    played = [
        line("ann", 0, "CHI", 10),
        line("ann", 1, "CHI", 10),
        line("new", 0, "BOS", 25),
        line("bea", 0, "BOS", 30),
        line("bea", 1, "BOS", 30),
    ]
    staged = context(raw, played, 2)
    row = staged.row(player_lookup="ann")
    assert values(row, "missing_teammates missing_teammate_points") == [0, 0]
    assert staged.row(player_lookup="new")["last_game_date"] == on(0)


def test_absences_are_no_failure_here_and_never_count_as_minutes() -> None:
    games, played = daily((0, 1))
    raw = season(
        *games,
        final("g02", 2, CHI={"ann": "dnp", "bob": "active"}, BOS=BOS),
        slot("g03", 3, "CHI", "BOS"),
    )
    staged = context(raw, [*played, line("bob", 2, "CHI", 20), line("bea", 2, "BOS", 30)], 3)
    row = staged.row(player_lookup="ann")
    assert values(row, "last_game_date days_rest games_last_7_days minutes_last_7_days") == [on(1), 1, 2, 40]
    assert values(row, "games_missed_dnp schedule_completeness_pct max_source_game_date") == [
        1,
        pytest.approx(200 / 3),
        on(2),
    ]
    assert staged.failures == []


def test_a_gap_in_the_last_fourteen_days_withholds_the_row_and_says_where_it_is() -> None:
    games, played = daily((0, 1, 2))
    raw = without_player_rows(season(*games, slot("g03", 3, "CHI", "BOS")), "g01")
    staged = context(raw, [row for row in played if row["game_id"] != "g01"], 3)
    assert (staged.rows, staged.unaccounted()) == ([], 0)
    failure = staged.failure(entity_id="ann")
    assert values(failure, "failure_category failure_type row_written missing_game_dates") == [
        "INCOMPLETE_DATA",
        "DATA_GAP",
        False,
        '["2021-11-02"]',
    ]
    assert missing_of(failure) == [("g01", "GAME_NOT_INGESTED")]


def test_an_older_gap_leaves_the_row_and_is_recorded_beside_it() -> None:
    games, played = daily((0, 1, 2, 30))
    raw = without_player_rows(season(*games, slot("g31", 31, "CHI", "BOS")), "g01")
    staged = context(raw, [row for row in played if row["game_id"] != "g01"], 31)
    row = staged.row(player_lookup="ann")
    assert values(row, "season_gap_games is_production_ready games_in_sample") == [1, False, 1]
    assert values(staged.failure(entity_id="ann"), "failure_type row_written") == ["DATA_GAP", True]


def test_a_derived_row_that_is_missing_withholds_only_its_player() -> None:
    games, played = daily((0, 1))
    raw = season(*games, slot("g02", 2, "CHI", "BOS"))
    kept = [row for row in played if (row["player_lookup"], row["game_id"]) != ("ann", "g01")]
    staged = context(raw, kept, 2)
    assert [row["player_lookup"] for row in staged.rows] == ["bea", "bob"]
    assert missing_of(staged.failure(entity_id="ann")) == [("g01", "DERIVED_MISSING")]


def test_a_game_of_the_day_itself_is_not_seen() -> None:
    games, played = daily((0, 1, 2))
    before = season(*games[:2], slot("g02", 2, "CHI", "BOS"))
    assert context(season(*games), played, 2).rows == context(before, played[:6], 2).rows


def test_many_days_in_one_pass_give_the_rows_of_each_day_by_itself() -> None:
    games, played = daily((0, 1, 3, 7, 8, 15))
    half = half_list("g09", 9, {"bob": "active"}, CHI={"ann": "active"}, BOS=BOS)
    raw = season(*games, half, slot("g16", 16, "CHI", "BOS"), report(16, "CHI", "bob"))
    played += [line("ann", 9, "CHI", 10), line("bea", 9, "BOS", 30)]
    together = context(raw, played, 0, 1, 3, 7, 8, 9, 15, 16)
    for day in (1, 9, 16):
        alone = context(raw, played, day)
        assert alone.rows == [row for row in together.rows if row["game_date"] == on(day)]
        assert alone.failures == [row for row in together.failures if row["analysis_date"] == on(day)]
