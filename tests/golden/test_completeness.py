"""Shared completeness: seasons of a handful of games in; who is expected, what is missing and why, out."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable

import pytest

from shared.warehouse.port import Value
from tests.oracle.raw import RawSeason, active_keys, without_player_rows
from tests.oracle.tiny import ANN, BOS, final, half_list, on, played_daily, report, season, slot
from tests.support.completeness import Judged, judge, missing_of, tables_of, warehouse_of
from tests.support.derived_rows import Row

DET = {"dee": "active"}


def judged(
    raw: RawSeason,
    *days: int,
    underived: frozenset[tuple[str, str]] = frozenset(),
    span_played_games: int = 10,
    span_days: int = 14,
) -> Judged:
    """The shared tables for these days when everything active was derived, except `underived`."""
    warehouse = warehouse_of(tables_of(raw), sorted(active_keys(raw) - underived))
    return judge(
        warehouse,
        [on(day) for day in days],
        season_start=on(0),
        span_played_games=span_played_games,
        span_days=span_days,
    )


def evidence(
    raw: RawSeason, player: str, day: int, *, span_played_games: int = 10, span_days: int = 14
) -> Row:
    found = judged(raw, day, span_played_games=span_played_games, span_days=span_days)
    return found.evidence[on(day), player]


def values(row: Row, names: str) -> list[Value]:
    return [row[name] for name in names.split()]


# Who is expected


def test_a_slot_expects_the_latest_list_that_reconciles_and_every_later_one_that_does_not() -> None:
    raw = season(
        final("g1", 1, CHI={"ann": "active", "old": "active"}, BOS=BOS),
        final("g2", 2, CHI={"ann": "active", "bob": "dnp", "cyd": "inactive"}, BOS=BOS),
        half_list("g3", 3, {"lost": "active"}, CHI={"new": "active"}, BOS=BOS),
        slot("g4", 4, "CHI", "DET"),
    )

    found = judged(raw, 4)

    assert {row["player_lookup"]: row["expected_because"] for row in found.expected.values()} == {
        "ann": "box_score_list",
        "bob": "box_score_list",
        "cyd": "box_score_list",
        "new": "unreconciled_list",
    }
    assert found.expected[on(4), "ann"] == {
        "cell_date": on(4),
        "player_lookup": "ann",
        "player_name": None,
        "team_abbr": "CHI",
        "opponent_team_abbr": "DET",
        "game_id": "g4",
        "home_game": True,
        "expected_because": "box_score_list",
    }


def test_the_injury_report_of_the_day_adds_names_and_no_other_report_does() -> None:
    raw = season(
        final("g1", 1, CHI=ANN, BOS=BOS),
        slot("g2", 2, "BOS", "CHI"),
        report(2, "CHI", "rookie"),
        report(1, "CHI", "yesterday"),
        report(2, "DET", "elsewhere"),
    )

    found = judged(raw, 2)

    assert found.names(on(2)) == ["ann", "bea", "rookie"]
    assert found.expected[on(2), "rookie"]["expected_because"] == "injury_report"


@pytest.mark.parametrize(("text", "names"), [("Scheduled", ["ann", "bea"]), ("Postponed", [])])
def test_a_postponed_slot_expects_nobody(text: str, names: list[str]) -> None:
    raw = season(final("g1", 1, CHI=ANN, BOS=BOS), slot("g2", 2, "CHI", "BOS", text))
    assert judged(raw, 2).names(on(2)) == names


def test_the_day_s_own_lists_and_later_ones_are_not_seen() -> None:
    raw = season(
        final("g1", 1, CHI=ANN, BOS=BOS),
        final("g2", 2, CHI={"late": "active"}, BOS=BOS),
        final("g3", 3, CHI={"later": "active"}, BOS=BOS),
    )
    found = judged(raw, 1, 2, 3)
    assert [found.names(on(day)) for day in (1, 2, 3)] == [[], ["ann", "bea"], ["bea", "late"]]


def test_a_traded_player_is_expected_from_each_team_for_its_own_dates_only() -> None:
    raw = season(
        final("g1", 1, CHI={"ann": "active", "stays": "active"}, BOS=BOS),
        final("g2", 2, DET={"ann": "inactive", "dee": "active"}, BOS=BOS),
        slot("g3", 3, "CHI", "BOS"),
        slot("g4", 4, "CHI", "DET"),
    )

    found = judged(raw, 2, 3, 4)

    assert found.names(on(3)) == ["bea", "stays"]
    assert found.expected[on(4), "ann"]["team_abbr"] == "DET"


def test_the_injury_report_decides_between_two_teams() -> None:
    raw = season(
        final("g1", 1, CHI=ANN, BOS=BOS),
        final("g2", 2, DET=ANN, BOS=BOS),
        slot("g3", 3, "CHI", "DET"),
        report(3, "CHI", "ann"),
    )
    row = judged(raw, 3).expected[on(3), "ann"]
    assert values(row, "team_abbr expected_because") == ["CHI", "box_score_list"]


# The ladder


def test_each_missing_game_gets_the_first_verdict_that_its_evidence_allows() -> None:
    names = {"ann": "active", "bob": "active"}
    raw = season(
        *(final(f"g{day}", day, CHI=names, BOS=BOS) for day in (0, 1)),
        slot("g2", 2, "CHI", "BOS", "Postponed"),
        slot("g3", 3, "CHI", "BOS"),
        final("g4", 4, CHI=names, BOS=BOS),
        half_list("g5", 5, {"bob": "active"}, CHI=ANN, BOS=BOS),
        final("g6", 6, CHI=names, BOS=BOS),
        final("g7", 7, CHI={"ann": "active", "bob": "dnp"}, BOS=BOS),
        final("g8", 8, CHI=ANN, BOS=BOS),
        slot("g9", 9, "CHI", "BOS"),
    )
    lost = without_player_rows(raw, "g4")

    found = judged(lost, 9, underived=frozenset({("bob", "g6")}))

    assert found.verdicts("bob") == {
        "g0": "PLAYED",
        "g1": "PLAYED",
        "g4": "GAME_NOT_INGESTED",
        "g5": "GAME_INCOMPLETE",
        "g6": "DERIVED_MISSING",
        "g7": "PLAYER_DNP",
    }
    assert found.verdicts("ann") == {
        "g0": "PLAYED",
        "g1": "PLAYED",
        "g4": "GAME_NOT_INGESTED",
        "g5": "PLAYED",
        "g6": "PLAYED",
        "g7": "PLAYED",
        "g8": "PLAYED",
    }
    assert found.listings["bob", "g4"] == {
        "player_lookup": "bob",
        "game_id": "g4",
        "game_date": on(4),
        "team_abbr": "CHI",
        "season_type": "regular",
        "game_number": 3,
        "raw_state": "not_ingested",
        "in_pgs": False,
        "verdict": "GAME_NOT_INGESTED",
        "source": "nbac_schedule",
        **dict.fromkeys(("status", "reason", "reason_source", "report_reason")),
        "season_listed": 3,
        **dict.fromkeys(("played", "season_played"), 2),
        **dict.fromkeys(("absent", "unclear", "season_absent", "season_unclear"), 0),
    }


@pytest.mark.parametrize(
    ("text", "reported", "reason", "source"),
    [
        ("dnp:Suspended", "Knee", "Suspended", "nbac_gamebook_player_stats"),
        ("inactive", "Knee", "Knee", "nbac_injury_report"),
        ("inactive: ", "Knee", "Knee", "nbac_injury_report"),
        ("inactive", " ", "out", "nbac_injury_report"),
        ("inactive", None, "not reported", None),
    ],
)
def test_an_absence_takes_its_reason_from_the_list_then_the_report_then_says_so(
    text: str, reported: str | None, reason: str, source: str | None
) -> None:
    reports = [] if reported is None else [report(2, "CHI", "ann", reported)]
    raw = season(final("g1", 1, CHI=ANN, BOS=BOS), final("g2", 2, CHI={"ann": text}, BOS=BOS), *reports)
    row = judged(season(raw, slot("g3", 3, "CHI", "BOS")), 3).listings["ann", "g2"]
    assert values(row, "reason reason_source") == [reason, source]


def test_a_status_that_nobody_can_read_is_unknown_and_never_an_absence() -> None:
    raw = season(
        final("g1", 1, CHI=ANN, BOS=BOS),
        final("g2", 2, CHI={"ann": "???"}, BOS=BOS),
        slot("g3", 3, "CHI", "BOS"),
    )
    row = evidence(raw, "ann", 3)
    assert values(row, "failure_type row_withheld is_production_ready") == ["UNKNOWN", True, False]
    assert missing_of(row) == [("g2", "UNKNOWN")]


def test_who_was_on_another_team_s_list_in_between_is_not_carried_into_a_lost_list() -> None:
    raw = season(
        final("g1", 1, CHI={"ann": "active", "bob": "active"}, BOS=BOS),
        final("g2", 2, DET={"ann": "active"}, BOS=BOS),
        final("g3", 3, CHI={}, BOS=BOS),
        slot("g4", 4, "CHI", "BOS"),
    )
    found = judged(raw, 4)
    assert found.verdicts("ann") == {"g1": "PLAYED", "g2": "PLAYED"}
    assert found.verdicts("bob") == {"g1": "PLAYED", "g3": "GAME_INCOMPLETE"}


# Windows and span


def test_windows_count_games_and_days_before_the_day_only() -> None:
    played = (0, 6, 7, 8, 13, 14)
    raw = season(*(final(f"g{day:02}", day, CHI=ANN, BOS=BOS) for day in played))

    row = evidence(raw, "ann", 14)

    assert values(row, "l5_expected_games l10_expected_games l7d_expected_games l14d_expected_games") == [
        5,
        5,
        3,
        5,
    ]
    assert values(row, "games_played_before games_played_season games_in_sample") == [5, 5, 5]
    assert row["max_source_game_date"] == on(13)


def test_a_window_without_a_game_has_no_percentage_and_is_not_the_worst() -> None:
    raw = season(
        played_daily(4, CHI=ANN, BOS=BOS),
        final("h1", 20, CHI={"ann": "dnp"}, BOS=BOS),
        slot("h2", 30, "CHI", "BOS"),
    )
    row = evidence(raw, "ann", 30)
    assert values(row, "l5_schedule_pct l7d_schedule_pct l14d_schedule_pct") == [80, None, 0]
    assert values(row, "worst_window worst_expected_games worst_actual_games") == ["l14d", 1, 0]
    assert values(row, "schedule_completeness_pct l14d_data_pct") == [0, 100]


@pytest.mark.parametrize(("games", "failure_type"), [(9, "PLAYER_DNP"), (10, None)])
def test_nine_games_or_fewer_tolerate_no_absence_and_ten_tolerate_one(
    games: int, failure_type: str | None
) -> None:
    raw = season(
        final("g00", 0, CHI={"ann": "dnp"}, BOS=BOS),
        *(final(f"g{number:02}", 3 * number, CHI=ANN, BOS=BOS) for number in range(1, games)),
        slot("h", 3 * games, "CHI", "BOS"),
    )
    row = evidence(raw, "ann", 3 * games)
    assert values(row, "failure_type row_withheld") == [failure_type, False]


def test_the_span_reaches_the_tenth_game_played_beyond_the_last_ten_listed() -> None:
    absences = [final(f"h{number:02}", number + 30, CHI={"ann": "dnp"}, BOS=BOS) for number in range(12)]
    raw = season(played_daily(25, CHI=ANN, BOS=BOS), *absences, slot("z", 42, "CHI", "BOS"))

    row = evidence(raw, "ann", 42)

    assert row["span_start"] == on(15)
    assert values(row, "expected_games_count actual_games_count missing_games_count") == [22, 10, 12]
    assert values(row, "games_missed_dnp data_completeness_pct games_in_sample") == [12, 100, 10]
    assert values(row, "failure_type row_withheld") == ["PLAYER_DNP", False]
    assert evidence(raw, "ann", 42, span_played_games=20, span_days=0)["span_start"] == on(5)


def test_the_days_window_and_the_games_expected_extend_the_span_of_a_thin_sample() -> None:
    raw = season(
        final("g1", 1, CHI={"ann": "inactive"}, BOS=BOS),
        final("g2", 2, CHI=ANN, BOS=BOS),
        slot("g3", 3, "CHI", "BOS"),
    )
    assert evidence(raw, "ann", 3)["span_start"] == on(1)
    assert evidence(raw, "ann", 3, span_played_games=20, span_days=0)["span_start"] == on(2)
    assert evidence(raw, "ann", 3, span_played_games=1, span_days=14)["span_start"] == on(1)


def test_the_cup_final_counts_for_windows_and_for_no_season_line() -> None:
    raw = season(
        final("g1", 1, CHI=ANN, BOS=BOS),
        final("g2", 2, "cup_final", CHI=ANN, BOS=BOS),
        final("g0", 0, "preseason", CHI=ANN, BOS=BOS),
        slot("g3", 3, "CHI", "BOS"),
    )
    row = evidence(raw, "ann", 3)
    assert values(row, "l5_actual_games games_played_before games_played_season games_listed_season") == [
        2,
        2,
        1,
        1,
    ]


# Roll-up


def failing(raw: RawSeason, day: int, *, underived: Iterable[tuple[str, str]] = ()) -> Row:
    found = judged(season(raw, slot("zz", day, "CHI", "BOS")), day, underived=frozenset(underived))
    return found.evidence[on(day), "ann"]


def test_a_gap_withholds_the_row_even_when_every_window_is_above_the_threshold() -> None:
    raw = season(*(final(f"g{number:02}", 3 * number, CHI=ANN, BOS=BOS) for number in range(12)))
    row = failing(without_player_rows(raw, "g02"), 36)
    assert values(row, "below_threshold failure_type row_withheld gap_games_count") == [
        False,
        "DATA_GAP",
        True,
        1,
    ]


def test_a_gap_beside_an_absence_is_mixed_and_both_are_named() -> None:
    raw = season(
        final("g1", 1, CHI=ANN, BOS=BOS),
        final("g2", 2, CHI={"ann": "dnp"}, BOS=BOS),
        final("g3", 3, CHI={}, BOS={}),
    )

    row = failing(raw, 4)

    assert values(row, "failure_category failure_type row_withheld") == ["INCOMPLETE_DATA", "MIXED", True]
    assert row["failure_reason"] == (
        "Games that lack repairable data: 1 of 3 from 2021-11-02 to before 2021-11-05; explained absences: 1"
    )
    assert row["missing_game_dates"] == '["2021-11-03","2021-11-04"]'
    assert row["missing_game_ids"] == '["g2","g3"]'
    assert json.loads(str(row["evidence"])) == {
        "windows": {
            "l5": [3, 1, 1],
            "l10": [3, 1, 1],
            "l7d": [3, 1, 1],
            "l14d": [3, 1, 1],
            "span": [3, 1, 1],
        },
        "span_start": "2021-11-02",
        "missing": [
            {
                "date": "2021-11-03",
                "game_id": "g2",
                "team": "CHI",
                "verdict": "PLAYER_DNP",
                "source": "nbac_gamebook_player_stats",
                "reason": "not reported",
            },
            {
                "date": "2021-11-04",
                "game_id": "g3",
                "team": "CHI",
                "verdict": "GAME_NOT_INGESTED",
                "source": "nbac_schedule",
            },
        ],
    }
    assert row["data_completeness_pct"] == pytest.approx(200 / 3)


@pytest.mark.parametrize(("last", "failure_type"), [("active", "DATA_GAP"), ("dnp", "MIXED")])
def test_a_gap_older_than_the_span_leaves_the_row_and_is_counted(last: str, failure_type: str) -> None:
    raw = season(played_daily(30, CHI=ANN, BOS=BOS), final("h1", 30, CHI={"ann": last}, BOS=BOS))
    row = failing(without_player_rows(raw, "g05"), 31)
    assert values(row, "failure_type row_withheld season_gap_games is_production_ready") == [
        failure_type,
        False,
        1,
        False,
    ]
    assert ("g05", "GAME_NOT_INGESTED") in missing_of(row)


def test_absences_alone_are_a_permanent_failure_that_leaves_the_row_ready() -> None:
    raw = season(played_daily(3, CHI=ANN, BOS=BOS), final("h", 3, CHI={"ann": "dnp"}, BOS=BOS))
    row = failing(raw, 4)
    assert values(row, "failure_type row_withheld is_production_ready quality_tier") == [
        "PLAYER_DNP",
        False,
        True,
        "bronze",
    ]
    assert row["failure_reason"] == (
        "Played 3 of 4 games (last 5); every absence is explained, no data is missing"
    )


@pytest.mark.parametrize(
    ("underived", "failure_category", "failure_type"),
    [
        ((), "INSUFFICIENT_DATA", "INSUFFICIENT_HISTORY"),
        ((("ann", "g1"),), "INCOMPLETE_DATA", "DATA_GAP"),
    ],
)
def test_nothing_played_is_insufficient_history_unless_a_gap_is_why(
    underived: tuple[tuple[str, str], ...], failure_category: str, failure_type: str
) -> None:
    status = "active" if underived else "inactive"
    raw = final("g1", 1, CHI={"ann": status}, BOS=BOS)
    row = failing(raw, 2, underived=underived)
    assert values(row, "failure_category failure_type row_withheld quality_tier games_in_sample") == [
        failure_category,
        failure_type,
        True,
        None,
        0,
    ]


def test_a_name_without_any_game_has_no_windows_and_no_dates() -> None:
    raw = season(final("g1", 5, CHI=ANN, BOS=BOS), slot("g0", 1, "CHI", "BOS"), report(1, "CHI", "ann"))
    row = judged(raw, 1, 5).evidence[on(1), "ann"]
    assert (
        values(row, "l5_schedule_pct schedule_completeness_pct data_completeness_pct worst_window")
        == [None] * 4
    )
    assert values(row, "span_start max_source_game_date failure_type expected_games_count") == [
        None,
        None,
        "INSUFFICIENT_HISTORY",
        0,
    ]
    assert json.loads(str(row["evidence"]))["span_start"] is None


@pytest.mark.parametrize(
    ("games", "tier"), [(1, "bootstrap"), (3, "bronze"), (5, "silver"), (9, "silver"), (10, "gold")]
)
def test_the_tier_follows_the_games_played(games: int, tier: str) -> None:
    assert failing(played_daily(games, CHI=ANN, BOS=BOS), games)["quality_tier"] == tier


# Structure


def test_many_days_in_one_pass_say_what_each_day_says_by_itself() -> None:
    raw = season(
        *(
            final(f"g{day:02}", day, CHI={"ann": ("active", "dnp")[day % 4 == 0]}, BOS=BOS | DET)
            for day in range(15)
        ),
        final("h1", 16, DET=ANN, BOS=BOS),
        slot("h2", 17, "CHI", "DET"),
    )
    lost = without_player_rows(raw, "g07")
    together = judged(lost, *range(18))
    for day in (0, 6, 8, 17):
        alone = judged(lost, day)
        for name in ("expected", "evidence"):
            of_day = {key: row for key, row in getattr(together, name).items() if key[0] == on(day)}
            assert of_day == getattr(alone, name)


def test_a_list_reconciles_within_half_a_minute_and_not_beyond() -> None:
    def states(minutes: float) -> set[Value]:
        raw = season(final("g1", 1, CHI=ANN, BOS=BOS), slot("g2", 2, "CHI", "BOS"))
        totals = tuple(
            dataclasses.replace(row, minutes_decimal=row.minutes_decimal + minutes) for row in raw.team_rows
        )
        found = judged(dataclasses.replace(raw, team_rows=totals), 2)
        return {row["raw_state"] for row in found.listings.values()}

    assert [states(minutes) for minutes in (0.5, -0.5, 0.52)] == [
        {"reconciles"},
        {"reconciles"},
        {"incomplete"},
    ]
