"""Why games are missing and what follows, in seasons small enough to judge by eye."""

from __future__ import annotations

import random

import pytest

from tests.oracle.evidence import (
    PDC_SPAN,
    PSZA_SPAN,
    FailureType,
    ReasonSource,
    SpanRule,
    Verdict,
    judge_game,
)
from tests.oracle.raw import RawSeason, active_keys, without_half_of_player_rows, without_player_rows
from tests.oracle.tiny import (
    ANN,
    BOS,
    evidence,
    final,
    half_list,
    in_span,
    listed,
    on,
    played_daily,
    report,
    season,
    slot,
)

LAST_GAME_ONLY = SpanRule(played_games=1, listed_games=(), days=())

# The ladder


def test_played_game_is_played() -> None:
    raw = final("g1", 1, CHI=ANN, BOS=BOS)
    assert judge_game(raw=raw, pgs_keys=active_keys(raw), player="ann", game_id="g1") == Verdict.PLAYED


@pytest.mark.parametrize("text", ["Scheduled", "Postponed"])
def test_step_1_a_slot_that_is_not_final_is_not_expected(text: str) -> None:
    raw = season(final("g1", 1, CHI=ANN, BOS=BOS), slot("g2", 2, "CHI", "BOS", text))
    keys = active_keys(raw)
    assert judge_game(raw=raw, pgs_keys=keys, player="ann", game_id="g2") == Verdict.NOT_EXPECTED
    assert listed(raw, "ann", 3) == [("g1", "CHI")]


def test_step_2_a_game_without_any_player_row_was_not_ingested() -> None:
    raw = without_player_rows(played_daily(3, CHI=ANN, BOS=BOS), "g01")
    judged = evidence(raw, "ann", 3)
    assert in_span(judged) == [("g01", Verdict.GAME_NOT_INGESTED)]
    assert (judged.failure_type, judged.row_withheld) == (FailureType.DATA_GAP, True)
    assert judged.data_completeness_pct == pytest.approx(200 / 3)


def test_step_3_a_player_lost_from_a_half_list_is_an_incomplete_game() -> None:
    both = {"ann": "active", "bob": "active"}
    raw = season(
        final("g1", 1, CHI=both, BOS=BOS),
        half_list("g2", 2, {"bob": "active"}, CHI=ANN, BOS=BOS),
    )
    assert in_span(evidence(raw, "bob", 3)) == [("g2", Verdict.GAME_INCOMPLETE)]
    assert in_span(evidence(raw, "ann", 3)) == []


def test_step_3_one_team_s_list_missing_altogether_is_an_incomplete_game() -> None:
    raw = season(final("g1", 1, CHI=ANN, BOS=BOS), final("g2", 2, CHI={}, BOS=BOS))
    assert in_span(evidence(raw, "ann", 3)) == [("g2", Verdict.GAME_INCOMPLETE)]


def test_step_4_an_active_row_without_a_derived_one_is_derived_missing() -> None:
    raw = played_daily(3, CHI=ANN, BOS=BOS)
    judged = evidence(raw, "ann", 3, underived=frozenset({("ann", "g01")}))
    assert in_span(judged) == [("g01", Verdict.DERIVED_MISSING)]
    assert (judged.failure_type, judged.row_withheld) == (FailureType.DATA_GAP, True)


def test_step_4_holds_for_a_named_player_of_a_list_that_does_not_reconcile() -> None:
    raw = half_list("g1", 1, {"bob": "active"}, CHI=ANN, BOS=BOS)
    judged = evidence(raw, "ann", 2, underived=frozenset({("ann", "g1")}))
    assert in_span(judged) == [("g1", Verdict.DERIVED_MISSING)]


@pytest.mark.parametrize("status", ["dnp", "inactive"])
def test_step_5_a_dnp_or_inactive_row_is_an_absence(status: str) -> None:
    raw = season(final("g1", 1, CHI=ANN, BOS=BOS), final("g2", 2, CHI={"ann": status}, BOS=BOS))
    judged = evidence(raw, "ann", 3)
    assert in_span(judged) == [("g2", Verdict.PLAYER_DNP)]
    assert (judged.failure_type, judged.row_withheld) == (FailureType.PLAYER_DNP, False)
    assert judged.data_completeness_pct == 100


@pytest.mark.parametrize(
    ("text", "reports", "source", "reason"),
    [
        ("dnp:Suspended", (report(2, "CHI", "ann", "Knee"),), ReasonSource.DNP_REASON, "Suspended"),
        ("dnp: ", (report(2, "CHI", "ann", "Knee"),), ReasonSource.INJURY_REPORT, "Knee"),
        ("dnp", (report(2, "CHI", "ann"),), ReasonSource.INJURY_REPORT, "out"),
        (
            "dnp",
            (report(2, "BOS", "ann", "Hand"), report(2, "CHI", "ann", "Knee")),
            ReasonSource.INJURY_REPORT,
            "Knee",
        ),
        ("dnp", (report(1, "CHI", "ann", "Knee"),), ReasonSource.NOWHERE, "not reported"),
    ],
)
def test_step_5_takes_the_reason_from_the_first_source_that_has_one(
    text: str, reports: tuple[RawSeason, ...], source: ReasonSource, reason: str
) -> None:
    raw = season(final("g1", 1, CHI=ANN, BOS=BOS), final("g2", 2, CHI={"ann": text}, BOS=BOS), *reports)
    (missing,) = evidence(raw, "ann", 3).missing_in_span
    assert missing.reason is not None
    assert (missing.reason.source, missing.reason.text) == (source, reason)


def test_step_6_unlisted_by_a_reconciling_list_is_not_on_the_roster_and_not_expected() -> None:
    raw = season(
        final("g1", 1, CHI={"ann": "active", "bob": "active"}, BOS=BOS),
        final("g2", 2, CHI=ANN, BOS=BOS),
    )
    assert judge_game(raw=raw, pgs_keys=set(), player="bob", game_id="g2") == Verdict.NOT_ON_ROSTER
    assert evidence(raw, "bob", 3).window("L5").expected == 1


# Windows and span


def test_day_windows_are_half_open() -> None:
    raw = season(*(final(f"g{number:02}", number, CHI=ANN, BOS=BOS) for number in (0, 6, 7, 13, 14)))
    judged = evidence(raw, "ann", 14)
    assert [(window.name, window.expected) for window in judged.windows] == [
        ("L5", 4),
        ("L10", 4),
        ("L7d", 2),
        ("L14d", 4),
    ]
    assert evidence(raw, "ann", 15).window("L14d").expected == 4


def test_ten_listed_games_tolerate_one_absence_and_nine_do_not() -> None:
    # Every third day, so that no day window holds the absence in the first game.
    def absent_first(count: int) -> RawSeason:
        return season(
            final("g00", 0, CHI={"ann": "dnp"}, BOS=BOS),
            *(final(f"g{number:02}", 3 * number, CHI=ANN, BOS=BOS) for number in range(1, count)),
        )

    assert [evidence(absent_first(count), "ann", 3 * count).failure_type for count in (9, 10)] == [
        FailureType.PLAYER_DNP,
        None,
    ]


def test_span_reaches_the_nth_played_game_beyond_the_listed_window() -> None:
    absences = [final(f"h{number:02}", number + 30, CHI={"ann": "dnp"}, BOS=BOS) for number in range(12)]
    raw = season(played_daily(25, CHI=ANN, BOS=BOS), *absences)
    assert evidence(raw, "ann", 42).span_start == on(15)
    assert evidence(raw, "ann", 42, span=PSZA_SPAN).span_start == on(5)
    assert evidence(raw, "ann", 42).window("L10").actual == 0


def test_listed_and_day_windows_extend_the_span_of_a_thin_sample() -> None:
    raw = season(
        final("g1", 1, CHI={"ann": "inactive"}, BOS=BOS),
        final("g2", 2, CHI=ANN, BOS=BOS),
    )
    assert evidence(raw, "ann", 3).span_start == on(1)
    assert evidence(raw, "ann", 3, span=PSZA_SPAN).span_start == on(2)


def test_games_played_on_or_after_the_day_do_not_move_the_span() -> None:
    raw = played_daily(12, CHI=ANN, BOS=BOS)
    assert evidence(raw, "ann", 6, span=LAST_GAME_ONLY).span_start == on(5)


def test_listed_windows_hold_the_last_five_and_ten() -> None:
    judged = evidence(played_daily(12, CHI=ANN, BOS=BOS), "ann", 12)
    assert [judged.window(name).expected for name in ("L5", "L10")] == [5, 10]


def test_a_day_window_alone_extends_the_span() -> None:
    rule = SpanRule(played_games=1, listed_games=(), days=(7,))
    assert evidence(played_daily(12, CHI=ANN, BOS=BOS), "ann", 12, span=rule).span_start == on(5)


def test_worst_window_is_the_lowest_percentage_and_empty_windows_do_not_compete() -> None:
    raw = season(
        played_daily(4, CHI=ANN, BOS=BOS),
        final("h1", 20, CHI={"ann": "dnp"}, BOS=BOS),
    )
    judged = evidence(raw, "ann", 30)
    assert judged.worst_window is not None
    assert (judged.worst_window.name, judged.window("L7d").schedule_completeness_pct) == ("L14d", None)


def test_cup_final_counts_for_windows_and_preseason_does_not() -> None:
    raw = season(
        final("g1", 1, "preseason", CHI=ANN, BOS=BOS),
        final("g2", 2, "cup_final", CHI=ANN, BOS=BOS),
        final("g3", 3, "play_in", CHI=ANN, BOS=BOS),
    )
    assert listed(raw, "ann", 4) == [("g2", "CHI"), ("g3", "CHI")]


# Roll-up


def test_gap_and_absence_in_the_span_are_mixed() -> None:
    raw = season(
        final("g1", 1, CHI=ANN, BOS=BOS),
        final("g2", 2, CHI={"ann": "dnp"}, BOS=BOS),
        final("g3", 3, CHI={}, BOS={}),
    )
    judged = evidence(raw, "ann", 4)
    assert in_span(judged) == [("g2", Verdict.PLAYER_DNP), ("g3", Verdict.GAME_NOT_INGESTED)]
    assert (judged.failure_type, judged.row_withheld) == (FailureType.MIXED, True)


def test_gap_that_leaves_every_window_at_90_per_cent_still_withholds() -> None:
    games = season(*(final(f"g{number:02}", 3 * number, CHI=ANN, BOS=BOS) for number in range(12)))
    judged = evidence(without_player_rows(games, "g02"), "ann", 36)
    assert not judged.under_threshold
    assert (judged.failure_type, judged.row_withheld) == (FailureType.DATA_GAP, True)


@pytest.mark.parametrize(("last", "failure_type"), [("active", "DATA_GAP"), ("dnp", "MIXED")])
def test_gap_older_than_the_span_leaves_the_row_and_is_counted(last: str, failure_type: str) -> None:
    raw = without_player_rows(
        season(
            played_daily(30, CHI=ANN, BOS=BOS),
            final("h1", 30, CHI={"ann": last}, BOS=BOS),
        ),
        "g05",
    )
    judged = evidence(raw, "ann", 31)
    assert (judged.failure_type, judged.row_withheld, judged.season_gap_games) == (failure_type, False, 1)
    assert [(game.game_id, game.verdict) for game in judged.missing_before_span] == [
        ("g05", Verdict.GAME_NOT_INGESTED)
    ]


def test_absence_older_than_the_span_is_no_failure() -> None:
    raw = season(
        final("g1", 1, CHI=ANN, BOS=BOS),
        final("g2", 2, CHI={"ann": "dnp"}, BOS=BOS),
        final("g3", 3, CHI=ANN, BOS=BOS),
    )
    judged = evidence(raw, "ann", 30, span=LAST_GAME_ONLY)
    assert [game.verdict for game in judged.missing_before_span] == [Verdict.PLAYER_DNP]
    assert (judged.failure_type, judged.season_gap_games) == (None, 0)


def test_cup_final_older_than_the_span_is_no_season_gap() -> None:
    raw = season(
        final("g1", 1, CHI=ANN, BOS=BOS),
        final("g2", 2, "cup_final", CHI={}, BOS={}),
        final("g3", 3, CHI=ANN, BOS=BOS),
    )
    judged = evidence(raw, "ann", 30, span=LAST_GAME_ONLY)
    assert [game.verdict for game in judged.missing_before_span] == [Verdict.GAME_NOT_INGESTED]
    assert (judged.failure_type, judged.season_gap_games) == (None, 0)


def test_no_game_played_is_insufficient_history() -> None:
    raw = final("g1", 1, CHI={"ann": "active", "bob": "inactive"}, BOS=BOS)
    for player in ("bob", "stranger"):
        judged = evidence(raw, player, 2)
        assert (judged.failure_type, judged.row_withheld) == (FailureType.INSUFFICIENT_HISTORY, True)


@pytest.mark.parametrize("span", [PDC_SPAN, PSZA_SPAN])
def test_nothing_played_because_of_a_gap_is_a_gap(span: SpanRule) -> None:
    raw = final("g1", 1, CHI=ANN, BOS=BOS)
    judged = evidence(raw, "ann", 2, span=span, underived=frozenset({("ann", "g1")}))
    assert in_span(judged) == [("g1", Verdict.DERIVED_MISSING)]
    assert (judged.failure_type, judged.row_withheld) == (FailureType.DATA_GAP, True)


def test_everything_played_is_no_failure() -> None:
    judged = evidence(played_daily(12, CHI=ANN, BOS=BOS), "ann", 12)
    assert (judged.failure_type, judged.row_withheld, judged.data_completeness_pct) == (None, False, 100)


# Damage


def test_half_of_a_game_s_rows_is_taken_and_no_other_row() -> None:
    names = {f"p{number}": "active" for number in range(5)}
    raw = season(final("g1", 1, CHI=names, BOS={}), final("g2", 2, CHI=names, BOS={}))
    halved = without_half_of_player_rows(raw, "g1", random.Random(1))
    assert [sum(row.game_id == game for row in halved.player_rows) for game in ("g1", "g2")] == [3, 5]
    assert (halved.schedule, halved.team_rows) == (raw.schedule, raw.team_rows)
