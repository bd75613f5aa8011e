"""Player game summary: box scores, shots and lines of a game in, one row per appearance out."""

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
    absent_player,
    changed,
    final_game,
    final_slot,
    play,
    player_box,
    points_prop,
    postponed_slot,
    shot,
    slot,
    to_tables,
    without,
)

FOLDER = "analytics/player_game_summary"
OPENER = dt.date(2021, 10, 19)
GAME = Game("0022100001", OPENER, "BOS", "CHI")
TATUM = Line("jaysontatum", 2880, points=5, fgm=2, fga=4, three_made=1, three_attempted=1)
LAVINE = Line(
    "zachlavine",
    2400,
    points=25,
    fgm=9,
    fga=18,
    three_made=2,
    three_attempted=6,
    ftm=5,
    fta=6,
    oreb=1,
    dreb=4,
    assists=5,
    steals=1,
    turnovers=3,
    fouls=2,
)
VUCEVIC = Line("nikolavucevic", 2880, points=20, fgm=10, fga=20)
ZONES = ("paint_attempts", "paint_makes", "mid_range_attempts", "mid_range_makes", "zone_source")
CREATION = ("assisted_fg_makes", "unassisted_fg_makes", "and1_count")
LINE = ("points_line", "over_under_result", "margin")


def bench(prefix: str, players: int, seconds: int) -> list[Line]:
    """Players who only spend time on court."""
    return [Line(f"{prefix}{chr(ord('a') + number)}", seconds) for number in range(players)]


BOSTON = [TATUM, *bench("celtic", 4, 2880)]
CHICAGO = [LAVINE, VUCEVIC, *bench("bull", 3, 3040)]


def opener() -> list[RawRow]:
    """Boston 5, Chicago 45: a game that reconciles, with nothing but its box score."""
    return final_game(GAME, home=BOSTON, away=CHICAGO)


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


def charted() -> list[RawRow]:
    """Boston's four shots: two in the paint, one from mid-range, one three."""
    return [
        shot(GAME, "BOS", 1, "jaysontatum"),
        shot(GAME, "BOS", 2, "jaysontatum", shot_zone_basic="In The Paint (Non-RA)", shot_made=True),
        shot(GAME, "BOS", 3, "jaysontatum", shot_zone_basic="Mid-Range"),
        shot(GAME, "BOS", 4, "jaysontatum", shot_type="3PT", shot_zone_basic="Backcourt", shot_made=True),
    ]


def told() -> list[RawRow]:
    """The same four shots as text: by distance, the second is no longer in the paint."""
    return [
        play(GAME, "BOS", 1, "jaysontatum", shot_distance=None),
        play(GAME, "BOS", 2, "jaysontatum", shot_distance=9, shot_made=True, and_one=True),
        play(GAME, "BOS", 3, "jaysontatum", shot_distance=8),
        play(GAME, "BOS", 4, "jaysontatum", shot_type="3PT", shot_distance=24, shot_made=True, assisted=True),
    ]


def test_zones_come_from_a_shot_chart_with_all_attempts() -> None:
    staged = summarise([*opener(), *charted(), *told()])

    tatum = staged.row(player_lookup="jaysontatum")
    assert picked(tatum, ZONES) == [2, 1, 1, 0, "shot_chart"]
    assert tatum["data_quality_tier"] == "gold"
    idle = staged.row(player_lookup="celtica")
    assert picked(idle, (*ZONES, *CREATION)) == [0, 0, 0, 0, "shot_chart", 0, 0, 0]
    assert picked(staged.row(player_lookup="zachlavine"), ZONES) == [None] * 5


def test_a_two_beyond_the_arc_by_zone_is_mid_range_and_a_three_by_zone_mid_range_is_a_three() -> None:
    odd = charted()
    odd[2] = odd[2].having(shot_zone_basic="Above the Break 3")
    odd[3] = odd[3].having(shot_zone_basic="Mid-Range")

    assert picked(summarise([*opener(), *odd]).row(player_lookup="jaysontatum"), ZONES) == [
        2,
        1,
        1,
        0,
        "shot_chart",
    ]


def test_a_chart_that_is_cut_off_is_replaced_by_the_play_by_play() -> None:
    tatum = summarise([*opener(), *charted()[:-1], *told()]).row(player_lookup="jaysontatum")

    assert picked(tatum, ZONES) == [2, 0, 1, 1, "play_by_play"]
    assert tatum["data_quality_tier"] == "silver"


@pytest.mark.parametrize("flaw", [{"shot_zone_basic": None}, {"shot_made": None}, {"shot_type": None}])
def test_a_chart_with_a_shot_it_cannot_place_is_not_used(flaw: dict[str, Value]) -> None:
    shots = charted()
    shots[1] = shots[1].having(**flaw)

    assert picked(summarise([*opener(), *shots]).row(player_lookup="jaysontatum"), ZONES) == [None] * 5


def test_a_chart_under_another_spelling_of_his_name_gives_him_no_zones() -> None:
    shots = [row.having(player_lookup="jaysontatumjr") for row in charted()]

    staged = summarise([*opener(), *shots])

    assert picked(staged.row(player_lookup="jaysontatum"), ZONES) == [None] * 5
    assert picked(staged.row(player_lookup="celtica"), ZONES) == [0, 0, 0, 0, "shot_chart"]


def test_a_play_by_play_with_a_doubled_event_is_not_used() -> None:
    events = [*told(), play(GAME, "BOS", 5, "jaysontatum", shot_distance=2)]

    tatum = summarise([*opener(), *events]).row(player_lookup="jaysontatum")

    assert picked(tatum, (*ZONES, *CREATION)) == [None] * 8


def test_an_ambiguous_name_costs_the_zones_of_that_player_alone() -> None:
    brown = Line("jaylenbrown", 2880, points=2, fgm=1, fga=2)
    rows = final_game(GAME, home=[TATUM, brown, *bench("celtic", 3, 2880)], away=CHICAGO)
    events = [
        *told(),
        play(GAME, "BOS", 5, "jaylenbrown", shot_made=True),
        play(GAME, "BOS", 6, None, shot_distance=17),
    ]

    staged = summarise([*rows, *events])

    assert picked(staged.row(player_lookup="jaysontatum"), ZONES) == [2, 0, 1, 1, "play_by_play"]
    assert picked(staged.row(player_lookup="jaylenbrown"), (*ZONES, *CREATION)) == [None] * 8


def test_shot_creation_is_known_zero_or_unknown_but_never_a_default() -> None:
    with_text = summarise([*opener(), *told()])
    chart_alone = summarise([*opener(), *charted()])
    unmarked = [row.having(assisted=None) for row in told()]
    unmarked_text = summarise([*opener(), *unmarked])

    assert picked(with_text.row(player_lookup="jaysontatum"), CREATION) == [1, 1, 1]
    assert picked(with_text.row(player_lookup="celtica"), CREATION) == [0, 0, 0]
    assert picked(with_text.row(player_lookup="zachlavine"), CREATION) == [None] * 3
    assert picked(chart_alone.row(player_lookup="jaysontatum"), CREATION) == [None] * 3
    tatum = unmarked_text.row(player_lookup="jaysontatum")
    assert picked(tatum, ("zone_source", *CREATION)) == ["play_by_play", None, None, None]


def test_line_is_the_lower_median_of_main_lines_in_the_last_snapshots_before_the_start() -> None:
    start = dt.datetime(2021, 10, 19, 23, tzinfo=dt.UTC)
    early = start - dt.timedelta(hours=9)
    rows = [
        *opener(),
        # Replaced by a later snapshot of the same bookmaker.
        points_prop(GAME, "zachlavine", "acme", 40.5, snapshot_timestamp=early),
        points_prop(GAME, "zachlavine", "acme", 23.5),
        # Alternate lines: 25.5 is priced most alike.
        points_prop(GAME, "zachlavine", "bet", 21.5, over_price=1.4, under_price=2.6),
        points_prop(GAME, "zachlavine", "bet", 25.5, over_price=1.85, under_price=1.95),
        points_prop(GAME, "zachlavine", "bet", 29.5, over_price=2.7, under_price=1.4),
        points_prop(GAME, "zachlavine", "cash", 24.5),
        points_prop(GAME, "zachlavine", "dime", 26.5, snapshot_timestamp=early),
        # Taken when the game was on.
        points_prop(GAME, "zachlavine", "live", 60.5, snapshot_timestamp=start),
        points_prop(GAME, "jaysontatum", "acme", 5.0),
        points_prop(GAME, "nikolavucevic", "acme", 20.5),
        points_prop(GAME, "nobody", "acme", 9.5),
    ]

    staged = summarise(rows)

    assert picked(staged.row(player_lookup="zachlavine"), LINE) == [24.5, "OVER", 0.5]
    assert picked(staged.row(player_lookup="jaysontatum"), LINE) == [5.0, "PUSH", 0.0]
    assert picked(staged.row(player_lookup="nikolavucevic"), LINE) == [20.5, "UNDER", -0.5]
    assert picked(staged.row(player_lookup="celtica"), LINE) == [None, None, None]


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
    lavine: dict[str, Value] = {"player_lookup": "zachlavine"}
    return {
        "a player is missing": without(opener(), PLAYER_BOX, player_lookup="zachlavine"),
        "a list is missing": without(opener(), PLAYER_BOX, team_abbr="CHI"),
        "points differ by one": changed(opener(), TEAM_BOX, {"team_abbr": "BOS"}, points=6),
        "minutes differ by more than half": changed(opener(), PLAYER_BOX, lavine, minutes_decimal=2369 / 60),
        "a team row is missing": without(opener(), TEAM_BOX, team_abbr="BOS"),
        "a team row is doubled": [*opener(), *[r for r in opener() if r.table == TEAM_BOX][:1]],
        "the score is another": changed(opener(), SCHEDULE, {"game_id": "0022100001"}, away_team_score=47),
        "a player of a third team": [*opener(), player_box(third, "LAL", TATUM)],
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

    assert summarise(rows).failures == []


def test_usage_is_null_without_the_team_row_instead_of_a_share_of_partial_sums() -> None:
    rows = without([*opener(), *charted()], TEAM_BOX, team_abbr="BOS")

    tatum = summarise(rows).row(player_lookup="jaysontatum")

    team = ("usage_rate", "team_seconds", "team_field_goals_attempted", "team_turnovers", "zone_source")
    assert picked(tatum, team) == [None] * 5
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
