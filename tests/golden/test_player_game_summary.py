"""Player game summary: box scores of a game in, one row per appearance or a failure out."""

from __future__ import annotations

import datetime as dt
import json

import pytest

from shared.topology.declaration import PLAYER_BOX, TEAM_BOX
from shared.warehouse.port import Value
from tests.golden.player_games import (
    BOSTON,
    CHICAGO,
    GAME,
    LAVINE,
    OPENER,
    TATUM,
    VUCEVIC,
    bench,
    opener,
    picked,
    summarise,
)
from tests.support.raw_rows import (
    SCHEDULE,
    Game,
    Line,
    RawRow,
    absent_player,
    changed,
    final_game,
    final_slot,
    player_box,
    postponed_slot,
    slot,
    without,
)


def test_row_holds_the_box_score_and_what_follows_from_it() -> None:
    rows = changed(opener(), TEAM_BOX, {"team_abbr": "CHI"}, turnovers=5)
    rows = changed(
        rows, PLAYER_BOX, {"player_lookup": "zachlavine"}, starter=True, plus_minus=12, player_id=7
    )

    staged = summarise(rows)

    assert staged.failures == []
    assert len(staged.rows) == 10
    row = staged.row(player_lookup="zachlavine")
    ratios = {name: row.pop(name) for name in ("usage_rate", "ts_pct", "efg_pct")}
    # 100 * (18 + 0.44 * 6 + 3) * 48 / (40 * (38 + 0.44 * 6 + 5)), team turnovers included.
    assert ratios == pytest.approx(
        {"usage_rate": 113472 / 1825.6, "ts_pct": 25 / 41.28, "efg_pct": 10 / 18}, rel=1e-12
    )
    assert row == {
        "player_lookup": "zachlavine",
        "player_full_name": "Zachlavine",
        "player_id": 7,
        "game_id": "0022100001",
        "game_date": OPENER,
        "season_type": "regular",
        "team_abbr": "CHI",
        "opponent_team_abbr": "BOS",
        "home_game": False,
        "starter_flag": True,
        "win_flag": True,
        "points": 25,
        "seconds_played": 2400,
        "minutes_played": 40.0,
        "fg_makes": 9,
        "fg_attempts": 18,
        "three_pt_makes": 2,
        "three_pt_attempts": 6,
        "ft_makes": 5,
        "ft_attempts": 6,
        "offensive_rebounds": 1,
        "defensive_rebounds": 4,
        "total_rebounds": 5,
        "assists": 5,
        "steals": 1,
        "blocks": 0,
        "turnovers": 3,
        "personal_fouls": 2,
        "plus_minus": 12,
        "paint_attempts": None,
        "paint_makes": None,
        "mid_range_attempts": None,
        "mid_range_makes": None,
        "zone_source": None,
        "assisted_fg_makes": None,
        "unassisted_fg_makes": None,
        "and1_count": None,
        "team_seconds": 14400,
        "team_field_goals_attempted": 38,
        "team_free_throws_attempted": 6,
        "team_turnovers": 5,
        "points_line": None,
        "over_under_result": None,
        "margin": None,
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
    home = staged.row(player_lookup="jaysontatum")
    assert picked(home, ("home_game", "win_flag", "starter_flag")) == [True, False, False]


def test_only_active_players_have_rows() -> None:
    rows = [
        *opener(),
        absent_player(GAME, "BOS", "alhorford", status="inactive", reason="Health and Safety"),
        absent_player(GAME, "CHI", "patrickwilliams", status="dnp", reason="Coach's Decision"),
    ]

    staged = summarise(rows)

    assert len(staged.rows) == 10
    assert staged.failures == []


def test_nothing_over_nothing_is_null_and_zero_of_five_is_zero() -> None:
    cold = Line("celtica", 2880, fga=5)
    ghost = Line("celtice", 0)
    rows = final_game(GAME, home=[TATUM, cold, *bench("celtic", 4, 2880)[1:], ghost], away=CHICAGO)

    staged = summarise(rows)

    assert picked(staged.row(player_lookup="celtica"), ("ts_pct", "efg_pct")) == [0.0, 0.0]
    ghost_row = staged.row(player_lookup="celtice")
    assert picked(ghost_row, ("seconds_played", "usage_rate", "ts_pct", "efg_pct")) == [0, None, None, None]


def test_overtime_lengthens_the_team_time_that_usage_is_measured_against() -> None:
    lines = [Line("zachlavine", 3180, points=2, fgm=1, fga=2), *bench("bull", 4, 3180)]
    rows = final_game(GAME, home=bench("celtic", 5, 3180), away=lines, overtimes=1)

    row = summarise(rows).row(player_lookup="zachlavine")

    assert row["team_seconds"] == 15900
    # He alone uses plays, and he is on court throughout: all of them, a fifth of the time being his.
    assert row["usage_rate"] == pytest.approx(100.0)


def test_a_final_game_without_player_rows_is_a_gap_and_leaves_the_other_game_alone() -> None:
    other = Game("0022100002", OPENER, "LAL", "GSW")
    rows = [
        *without(opener(), PLAYER_BOX),
        *final_game(other, home=bench("laker", 5, 2880), away=bench("warrior", 5, 2880)),
    ]

    staged = summarise(rows)

    assert {row["game_id"] for row in staged.rows} == {"0022100002"}
    assert all(row["is_production_ready"] for row in staged.rows)
    assert len(staged.failures) == 1
    failure = staged.failure(entity_id="0022100001")
    assert picked(
        failure,
        (
            "analysis_date",
            "entity_type",
            "failure_category",
            "failure_type",
            "row_written",
            "raw_data_checked",
        ),
    ) == [OPENER, "GAME", "GAME_NOT_INGESTED", "DATA_GAP", False, True]
    assert picked(
        failure,
        ("expected_game_count", "actual_game_count", "expected_record_count", "actual_record_count"),
    ) == [1, 0, None, 0]
    assert json.loads(str(failure["missing_game_ids"])) == ["0022100001"]
    assert json.loads(str(failure["missing_game_dates"])) == ["2021-10-19"]
    evidence = json.loads(str(failure["evidence"]))["missing"]
    assert [(e["date"], e["verdict"], e["source"]) for e in evidence] == [
        ("2021-10-19", "GAME_NOT_INGESTED", "nbac_gamebook_player_stats")
    ]


def unreconciled() -> dict[str, list[RawRow]]:
    """What can be wrong with the lists of a game, each alone."""
    third = Game(GAME.game_id, OPENER, "LAL", "CHI")
    unscored = [*without(opener(), SCHEDULE), final_slot(GAME, None, None)]
    lavine: dict[str, Value] = {"player_lookup": "zachlavine"}
    return {
        "a player is missing": without(opener(), PLAYER_BOX, player_lookup="zachlavine"),
        "a list is missing": without(opener(), PLAYER_BOX, team_abbr="CHI"),
        "points fall short by one": changed(unscored, TEAM_BOX, {"team_abbr": "BOS"}, points=6),
        "points are one too many": changed(unscored, TEAM_BOX, {"team_abbr": "BOS"}, points=4),
        "minutes differ by more than half": changed(opener(), PLAYER_BOX, lavine, minutes_decimal=2369 / 60),
        "a team row is missing": without(opener(), TEAM_BOX, team_abbr="BOS"),
        "a team row is doubled": [*opener(), *[r for r in opener() if r.table == TEAM_BOX][:1]],
        "the score is another": changed(opener(), SCHEDULE, {"game_id": "0022100001"}, away_team_score=47),
        "a player of a third team": [*opener(), player_box(third, "LAL", Line("stranger", 0))],
    }


@pytest.mark.parametrize("flaw", sorted(unreconciled()))
def test_a_game_that_does_not_reconcile_keeps_its_rows_and_says_so(flaw: str) -> None:
    staged = summarise(unreconciled()[flaw])

    failure = staged.failure(failure_category="INCOMPLETE_DATA")
    assert picked(failure, ("entity_type", "entity_id", "failure_type", "row_written")) == [
        "GAME",
        "0022100001",
        "DATA_GAP",
        False,
    ]
    assert json.loads(str(failure["evidence"]))["missing"][0]["verdict"] == "GAME_INCOMPLETE"
    assert len(staged.failures) == 1
    assert staged.rows
    assert {row["is_production_ready"] for row in staged.rows} == {False}
    assert {row["data_quality_tier"] for row in staged.rows} == {"unreconciled"}


def test_evidence_counts_points_and_seconds_of_lists_and_teams() -> None:
    staged = summarise(without(opener(), PLAYER_BOX, player_lookup="zachlavine"))

    failure = staged.failure(entity_id="0022100001")
    evidence = json.loads(str(failure["evidence"]))["missing"][0]
    assert failure["actual_record_count"] == 9
    assert {name: evidence[name] for name in evidence if name.startswith("away")} == {
        "away_points_listed": 20,
        "away_points_of_team": 45,
        "away_final_score": 45,
        "away_seconds_listed": 12000,
        "away_seconds_of_team": 14400,
    }


def test_half_a_minute_apart_still_reconciles() -> None:
    rows = changed(opener(), PLAYER_BOX, {"player_lookup": "zachlavine"}, minutes_decimal=39.5)

    staged = summarise(rows)

    assert staged.failures == []
    assert {row["is_production_ready"] for row in staged.rows} == {True}


def test_usage_is_null_without_the_team_row_instead_of_a_share_of_partial_sums() -> None:
    rows = without(opener(), TEAM_BOX, team_abbr="BOS")

    tatum = summarise(rows).row(player_lookup="jaysontatum")

    team = ("usage_rate", "team_seconds", "team_field_goals_attempted", "team_turnovers")
    assert picked(tatum, team) == [None] * 4
    assert tatum["ts_pct"] == 5 / 8


def test_a_postponed_slot_expects_nobody_and_the_game_counts_on_the_date_it_is_played() -> None:
    later = dt.date(2022, 1, 11)
    made_up = Game(GAME.game_id, later, "BOS", "CHI")
    rows = [postponed_slot(GAME), *final_game(made_up, home=BOSTON, away=CHICAGO)]

    staged = summarise(rows, OPENER, later)

    assert staged.failures == []
    assert {row["game_date"] for row in staged.rows} == {later}
    assert picked(staged.summary[OPENER], ("record_count", "failure_count", "untracked")) == [0, 0, 0]


@pytest.mark.parametrize("status", [1, 2, None])
def test_a_game_that_is_not_over_when_the_cell_runs_is_missing_raw_data(status: int | None) -> None:
    rows = without(opener(), SCHEDULE)

    staged = summarise([*rows, slot(GAME, game_status=status)])

    assert staged.rows == []
    failure = staged.failure(entity_id="0022100001")
    assert picked(failure, ("entity_type", "failure_category", "failure_type", "row_written")) == [
        "GAME",
        "MISSING_RAW_DATA",
        "DATA_GAP",
        False,
    ]


def test_preseason_and_all_star_games_never_count_and_the_cup_final_does() -> None:
    exhibition = [row.having(season_type="preseason") if row.table == SCHEDULE else row for row in opener()]
    cup = [row.having(season_type="cup_final") if row.table == SCHEDULE else row for row in opener()]

    assert summarise(exhibition).rows == []
    assert summarise(exhibition).failures == []
    assert {row["season_type"] for row in summarise(cup).rows} == {"cup_final"}


def test_a_game_without_a_score_in_the_schedule_has_no_known_winner() -> None:
    rows = without(opener(), SCHEDULE)

    staged = summarise([*rows, final_slot(GAME, None, None)])

    assert staged.failures == []
    assert {row["win_flag"] for row in staged.rows} == {None}


def test_a_traded_player_has_the_team_of_each_date() -> None:
    next_day = OPENER + dt.timedelta(days=1)
    second = Game("0022100009", next_day, "LAL", "BOS")
    rows = [
        *opener(),
        *final_game(second, home=[LAVINE, VUCEVIC, *bench("laker", 3, 3040)], away=BOSTON),
        absent_player(second, "BOS", "nikolajovic", status="inactive"),
    ]

    staged = summarise(rows, OPENER, next_day)

    teams = {
        row["game_date"]: row["team_abbr"] for row in staged.rows if row["player_lookup"] == "zachlavine"
    }
    assert teams == {OPENER: "CHI", next_day: "LAL"}


@pytest.mark.parametrize("lookup", ["", None])
def test_a_player_without_a_lookup_is_named_by_game_and_id_in_a_failure(lookup: str | None) -> None:
    rows = changed(
        opener(),
        PLAYER_BOX,
        {"player_lookup": "zachlavine"},
        player_lookup=lookup,
        player_id=203897,
        player_name="Zach LaVine",
    )

    staged = summarise(rows)

    assert len(staged.rows) == 9
    failure = staged.failure(entity_id="unresolved:0022100001:203897")
    assert picked(failure, ("entity_type", "failure_category", "failure_type", "row_written")) == [
        "PLAYER",
        "NAME_UNRESOLVED",
        "DATA_GAP",
        False,
    ]
    assert "Zach LaVine" in str(failure["failure_reason"])
    assert len(staged.failures) == 1


def test_a_doubled_player_row_is_withheld_and_his_game_does_not_reconcile() -> None:
    rows = opener()

    staged = summarise([*rows, *[row for row in rows if row.values.get("player_lookup") == "zachlavine"]])

    assert len(staged.rows) == 9
    failure = staged.failure(entity_id="zachlavine")
    assert picked(failure, ("failure_category", "row_written")) == ["CHECK_FAILED", False]
    assert "key_is_unique: [2] rows" in str(failure["failure_reason"])
    assert staged.failure(entity_id="0022100001")["failure_category"] == "INCOMPLETE_DATA"


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"turnovers": None}, "lacks [turnovers]"),
        ({"field_goals_made": 19}, "contradicts itself in [points fg_makes]"),
        ({"free_throws_attempted": 4}, "contradicts itself in [ft_makes]"),
        ({"steals": -1}, "contradicts itself in [counts]"),
        ({"turnovers": 200}, "contradicts itself in [usage_rate]"),
    ],
)
def test_an_impossible_row_is_withheld_and_the_others_are_written(
    values: dict[str, Value], reason: str
) -> None:
    staged = summarise(changed(opener(), PLAYER_BOX, {"player_lookup": "zachlavine"}, **values))

    assert len(staged.rows) == 9
    failure = staged.failure(entity_id="zachlavine")
    assert picked(failure, ("failure_category", "failure_type", "row_written")) == [
        "CHECK_FAILED",
        "PROCESSING_ERROR",
        False,
    ]
    assert reason in str(failure["failure_reason"])


def test_dates_of_one_batch_need_not_be_neighbours() -> None:
    days = [OPENER + dt.timedelta(days=n) for n in range(3)]
    games = [Game(f"002210000{n}", day, "BOS", "CHI") for n, day in enumerate(days)]
    rows = [row for game in games for row in final_game(game, home=BOSTON, away=CHICAGO)]

    staged = summarise(rows, days[0], days[2])

    assert {row["game_date"] for row in staged.rows} == {days[0], days[2]}
