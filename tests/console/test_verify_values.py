"""`nba verify`: how each published value is recomputed, and what each verdict takes."""

from __future__ import annotations

import pytest

from services.console.verification.compare import Comparison, Verdict, compare
from shared.warehouse.port import Value
from tests.console.season_rows import (
    PGS,
    TDGS,
    TOGS,
    Row,
    Tables,
    appearance,
    chicago,
    day,
    defense,
    offense,
    published,
    usual,
)
from tests.support.raw_rows import Game, RawRow, final_slot, postponed_slot, shot, slot, team_box

LEAGUE = "NBA RS 2021-22"


def verdict(tables: Tables, *value: str) -> Comparison:
    """The comparison of one published value: scope, entity, metric, value and tolerance (0 when left out)."""
    return compare(published(*value), tables.facts)


# Numbers against their tolerance


def test_a_total_matches_exactly_or_is_off() -> None:
    tables = usual()
    assert verdict(tables, "league", LEAGUE, "total_ast", "48").verdict is Verdict.MATCH
    found = verdict(tables, "league", LEAGUE, "total_ast", "47")
    assert (found.verdict, found.recomputed, found.differences) == (Verdict.OFF, (48,), (1.0,))


@pytest.mark.parametrize(
    ("value", "tolerance", "expected"),
    [
        ("108.00", "0.01", Verdict.OFF),
        ("107.99", "0.02", Verdict.OFF),
        ("108.01", "0.01", Verdict.MATCH),
        ("108.03", "0.01", Verdict.MATCH),
        ("108.04", "0.01", Verdict.OFF),
    ],
)
def test_a_value_may_be_off_by_its_tolerance_and_no_more(
    value: str, tolerance: str, expected: Verdict
) -> None:
    tables = chicago({"points": 116, "offensive_rating": 116.04})
    assert verdict(tables, "league", LEAGUE, "ortg_bbref", value, tolerance).verdict is expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [("3/65/21.67", Verdict.MATCH), ("3/65/21.66", Verdict.OFF), ("3/65/22", Verdict.OFF)],
)
def test_without_tolerance_the_number_rounds_to_what_is_printed(value: str, expected: Verdict) -> None:
    games = [appearance("traeyoung", "ATL", n, points=points) for n, points in enumerate((20, 21, 24))]
    assert verdict(Tables({PGS: games}), "player", "Trae Young", "G/PTS/PPG", value).verdict is expected


def test_one_number_that_is_off_makes_the_row_off() -> None:
    tables = usual()
    assert verdict(tables, "team", "CHI", "pts/opp_pts per game", "100/90").verdict is Verdict.MATCH
    found = verdict(tables, "team", "CHI", "pts/opp_pts per game", "100/91")
    assert (found.verdict, found.differences) == (Verdict.OFF, (0.0, -1.0))


# What is recomputed


def test_a_total_that_is_off_says_whether_the_raw_rows_say_the_same() -> None:
    game = Game("0022100000", day(0), "CHI", "BOS")
    raw: list[RawRow] = [final_slot(game, 100, 90), team_box(game, "CHI", [], assists=48)]
    same = verdict(chicago(raw=raw), "league", LEAGUE, "total_ast", "47")
    assert same.reason == "nbac_team_boxscore itself adds up to 48: the difference is in what was ingested"
    other = verdict(chicago({"assists": 20}, raw=raw), "league", LEAGUE, "total_ast", "47")
    assert other.reason == "nbac_team_boxscore adds up to [48]: the summaries do not say what was ingested"


@pytest.mark.parametrize(
    ("scope", "entity", "metric", "value", "column"),
    [
        ("league", LEAGUE, "pace_bbref", "100.0", "pace"),
        ("league", LEAGUE, "ortg_bbref", "100.0", "offensive_rating"),
        ("league", LEAGUE, "pace_nbacom", "98.5", "pace_counted"),
        ("league", LEAGUE, "ortg_nbacom", "102.0", "offensive_rating_counted"),
        ("league", LEAGUE, "eFG%", "0.5625", "efg_pct"),
        ("league", LEAGUE, "TS%", "0.5631", "ts_pct"),
        ("team", "CHI", "pace bbref/nbacom", "100.0/98.5", "pace_counted"),
        ("team", "CHI", "ortg/drtg bbref", "100.0/90.0", "offensive_rating"),
        ("team", "CHI", "ortg/drtg nbacom", "102.0/93.75", "offensive_rating_counted"),
    ],
)
def test_a_rate_is_that_of_the_stored_column_and_cannot_hide_behind_right_totals(
    scope: str, entity: str, metric: str, value: str, column: str
) -> None:
    assert verdict(usual(), scope, entity, metric, value, "0.0001").verdict is Verdict.MATCH
    wrong = chicago({column: 1.0})
    assert verdict(wrong, scope, entity, metric, value, "0.0001").verdict is Verdict.OFF


def test_a_pace_is_weighted_by_playing_time_and_a_rating_by_possessions() -> None:
    tables = chicago({"team_seconds": 15_900, "pace": 90.0, "possessions": 50.0, "offensive_rating": 130.0})
    pace = (100 * 14_400 + 90 * 15_900) / (14_400 + 15_900)
    assert verdict(tables, "league", LEAGUE, "pace_bbref", f"{pace:.6f}").verdict is Verdict.MATCH
    assert verdict(tables, "league", LEAGUE, "ortg_bbref", "110").verdict is Verdict.MATCH


def test_season_lines_are_regular_only() -> None:
    more: list[Row] = [offense("CHI", 50, season_type="playoffs"), offense("CHI", 40, season_type="play_in")]
    tables = Tables({TOGS: [offense("CHI", 0), *more], TDGS: [defense("CHI", 0)]})
    assert verdict(tables, "team", "CHI", "W", "1").verdict is Verdict.MATCH
    assert verdict(tables, "league", LEAGUE, "total_pts", "100").verdict is Verdict.MATCH


def test_another_seasons_rows_are_not_counted() -> None:
    tables = Tables(
        {TOGS: [offense("CHI", 0), offense("CHI", 1, season_year=2020)], TDGS: [defense("CHI", 0)]}
    )
    assert verdict(tables, "team", "CHI", "W", "1").verdict is Verdict.MATCH


def test_counted_possessions_that_the_source_lacks_cannot_be_expressed() -> None:
    nothing: dict[str, Value] = {
        "possessions_counted": None,
        "pace_counted": None,
        "offensive_rating_counted": None,
    }
    tables = Tables({TOGS: [offense("CHI", 0, **nothing)], TDGS: [defense("CHI", 0)]})
    found = verdict(tables, "team", "CHI", "ortg/drtg nbacom", "102.0/93.75", "0.15")
    assert (found.verdict, found.what) == (Verdict.NOT_EXPRESSIBLE, "possessions counted by NBA.com")


def test_usage_of_a_season_is_against_all_games_of_the_team_also_those_he_missed() -> None:
    player = [appearance("lukadoncic", "CHI", 0, usage_rate=20.0)]
    tables = chicago({"fg_attempts": 120}, players=player)
    on_court = 0.2 * 2_400 * (80 + 0.44 * 20 + 12) / (14_400 / 5)
    team_plays = 80 + 120 + 0.44 * 40 + 24
    usage = 100 * on_court * (2 * 14_400 / 5) / (2_400 * team_plays)
    metric = "USG% (bbref, season totals)"
    assert verdict(tables, "player", "Luka Dončić", metric, f"{usage:.4f}").verdict is Verdict.MATCH
    assert verdict(tables, "player", "Luka Dončić", metric, "20.0", "0.15").verdict is Verdict.OFF


def test_usage_of_a_traded_player_cannot_be_expressed() -> None:
    tables = chicago(players=[appearance("jamesharden", "CHI", 0), appearance("jamesharden", "PHI", 2)])
    found = verdict(tables, "player", "James Harden", "USG% (bbref, season totals)", "25.0", "0.15")
    assert found.verdict is Verdict.NOT_EXPRESSIBLE


def test_players_are_found_by_their_name_without_accents() -> None:
    tables = Tables({PGS: [appearance("nikolajokic", "DEN", 0)]})
    assert verdict(tables, "player", "Nikola Jokić", "REB/AST/TOV totals", "5/4/2").verdict is Verdict.MATCH
    assert verdict(tables, "player", "Nikola Jokić", "TS%", "60.0").verdict is Verdict.MATCH


def test_people_are_counted_by_teams_and_by_games_of_many_points() -> None:
    rows = [
        appearance("a", "CHI", 0, points=50),
        appearance("a", "BOS", 2, points=40),
        appearance("b", "CHI", 0, points=30),
        appearance("c", "CHI", 0, points=29),
        *(appearance("c", team, n, points=0) for n, team in enumerate(("BOS", "MIA"), start=2)),
    ]
    tables = Tables({PGS: rows})
    for metric, value in (
        ("players with 2/3/4 teams", "1/1/0"),
        ("50+/40+/30+ point games", "1/2/3"),
        ("total appearances", "6"),
        ("distinct players", "3"),
        ("sum of player TOV", "12"),
    ):
        assert verdict(tables, "player_rows", "2021-22", metric, value).verdict is Verdict.MATCH


def test_months_count_their_own_games_dates_and_appearances() -> None:
    games = [Game(f"00221{n:05d}", day(n), "CHI", "BOS") for n in (0, 1, 12, 13)]
    raw = [final_slot(game, 100, 90) for game in games]
    raw += [
        final_slot(Game("0022100999", day(0), "MIA", "LAL"), 90, 80),
        slot(Game("0022100998", day(3), "UTA", "LAL")),
    ]
    tables = Tables({PGS: [appearance("a", "CHI", n) for n in (0, 1, 13)]}, raw)
    assert verdict(tables, "schedule", "2021-10", "games/dates", "4/3").verdict is Verdict.MATCH
    assert verdict(tables, "schedule", "2021-11", "games/dates", "1/1").verdict is Verdict.MATCH
    assert verdict(tables, "schedule", "2021-22", "games", "5").verdict is Verdict.MATCH
    assert verdict(tables, "schedule", "2021-22", "game_dates", "4").verdict is Verdict.MATCH
    appearances = "player-game rows (appearances)"
    assert verdict(tables, "player_rows", "2021-10", appearances, "2").verdict is Verdict.MATCH
    assert verdict(tables, "player_rows", "2021-11", appearances, "1").verdict is Verdict.MATCH


def test_kinds_of_games_are_counted_apart() -> None:
    raw = [
        final_slot(Game(f"00{n}2100001", day(n), "CHI", "BOS"), 100, 90, season_type=kind)
        for n, kind in ((4, "playoffs"), (5, "play_in"), (2, "regular"))
    ]
    tables = Tables({TOGS: [offense("CHI", 2, overtime_periods=2)], TDGS: [defense("CHI", 2)]}, raw)
    for metric in ("games", "playoff_games", "playin_games", "ot_games"):
        assert verdict(tables, "schedule", "2021-22", metric, "1").verdict is Verdict.MATCH


def test_home_advantage_is_that_of_home_games() -> None:
    away = offense("BOS", 0, home_game=False, win_flag=False, margin=-10)
    tables = Tables(
        {TOGS: [*chicago({"win_flag": False, "margin": -4}).derived[TOGS], away], TDGS: [defense("CHI", 0)]}
    )
    assert verdict(tables, "home", "2021-22", "home win%", "0.5000").verdict is Verdict.MATCH
    assert verdict(tables, "home", "2021-22", "home margin", "3.000").verdict is Verdict.MATCH


def test_a_back_to_back_is_the_day_after_a_game_whatever_team_it_was_for() -> None:
    rows = [
        appearance("a", "CHI", 0),
        appearance("a", "CHI", 1),
        appearance("a", "BOS", 2),
        appearance("b", "CHI", 1),
        appearance("b", "CHI", 4),
    ]
    tables = Tables({PGS: rows})
    assert verdict(tables, "rest", "2021-22", "player B2B appearances", "2").verdict is Verdict.MATCH
    assert verdict(tables, "rest", "2021-22", "team back-to-back second games", "1").verdict is Verdict.MATCH


def charted(team: str) -> list[RawRow]:
    game = Game("0022100000", day(0), team, "BOS" if team == "CHI" else "CHI")
    zones = ("Restricted Area", "Restricted Area", "Mid-Range", "Left Corner 3")
    return [shot(game, team, n, "a", shot_zone_basic=zone, shot_made=n == 0) for n, zone in enumerate(zones)]


def test_zones_are_those_of_games_whose_shot_chart_agrees_with_the_box_score() -> None:
    raw = [*charted("CHI"), *(row.having(game_id="0022100077") for row in charted("MIA"))]
    tables = Tables(
        {
            TOGS: [offense("CHI", 0), offense("MIA", 0, game_id="0022100077", zone_source=None)],
            TDGS: [defense("CHI", 0)],
        },
        raw,
    )
    assert (
        verdict(tables, "zone_nba", "Restricted Area", "freq/FG%", "0.5000/0.5000").verdict is Verdict.MATCH
    )
    assert verdict(tables, "zone_3way", "paint (RA+ITP)", "freq/FG%", "0.400/0.625").verdict is Verdict.MATCH
    assert verdict(tables, "zone_3way", "mid", "freq/FG%", "0.225/0.5556").verdict is Verdict.MATCH
    assert verdict(tables, "zone_3way", "three", "freq/FG%", "0.375/0.3333").verdict is Verdict.MATCH


@pytest.mark.parametrize("scope", ["zone_nba", "zone_3way"])
def test_zones_without_any_shot_chart_cannot_be_expressed(scope: str) -> None:
    tables = Tables({TOGS: [offense("CHI", 0, zone_source="play_by_play")], TDGS: [defense("CHI", 0)]})
    found = verdict(tables, scope, "mid", "freq/FG%", "0.1/0.4", ".003/.01 vs full season")
    assert (found.verdict, found.what) == (Verdict.NOT_EXPRESSIBLE, "zones of the shot chart")


def test_a_postponed_game_is_its_first_slot_and_the_date_it_was_played() -> None:
    game = Game("0022100415", day(4), "CHI", "DET")
    later = Game("0022100415", day(30), "CHI", "DET")
    again = Game("0022100999", day(7), "CHI", "DET")
    tables = Tables({}, [postponed_slot(game), final_slot(later, 100, 90), postponed_slot(again)])
    metric, value = "orig->played game_id", f"{day(4)}->{day(30)} 0022100415"
    assert verdict(tables, "postponed", "DET@CHI", metric, value).verdict is Verdict.MATCH
    wrong = verdict(tables, "postponed", "DET@CHI", metric, f"{day(4)}->{day(31)} 0022100415")
    assert (wrong.verdict, wrong.recomputed) == (
        Verdict.OFF,
        (value, f"{day(7)}->not played 0022100999"),
    )
    none = verdict(tables, "postponed", "CHI@DET", metric, value)
    assert (none.verdict, none.reason) == (Verdict.OFF, "nbac_schedule has no postponed slot of [CHI@DET]")


@pytest.mark.parametrize(
    ("dates", "value"),
    [("2021-10-20..25", "3/1"), ("2021-10-20..2021-10-25", "3/1"), ("2021-10-19..25", "4/2")],
)
def test_a_players_games_of_some_days_are_beside_those_of_his_last_team(dates: str, value: str) -> None:
    tables = Tables(
        {
            TOGS: [offense("CHI", n) for n in (0, 2, 4, 6, 8)] + [offense("BOS", 3)],
            PGS: [appearance("zachlavine", "CHI", n) for n in (0, 4, 8)],
        }
    )
    found = verdict(tables, "dnp_fixture", f"Zach LaVine {dates}", "team games / played", value)
    assert found.verdict is Verdict.MATCH


# What is not compared is said aloud


@pytest.mark.parametrize(
    ("scope", "entity", "metric"),
    [
        ("league", LEAGUE, "ortg_pbpstats"),
        ("league", LEAGUE, "poss_per_team_game_pbpstats"),
        ("zone_pbpstats", "league AtRim <4ft", "freq/FG%"),
        ("team_zone_def", "GSW", "opp corner3 freq/FG%"),
        ("team_zone_def", "POR", "opp rim freq/FG%"),
    ],
)
def test_what_the_tables_do_not_determine_is_neither_match_nor_off_and_has_a_reason(
    scope: str, entity: str, metric: str
) -> None:
    found = verdict(usual(), scope, entity, metric, "0.1/0.4", "0.001")
    assert found.verdict is Verdict.NOT_EXPRESSIBLE
    assert "pbpstats" in found.reason
    assert not found.verdict.is_failure


@pytest.mark.parametrize(
    ("scope", "entity", "metric", "complaint"),
    [
        ("league", LEAGUE, "total_dunks", "no recomputation is known for metric [total_dunks]"),
        ("leegue", LEAGUE, "total_pts", "no recomputation is known"),
        ("league", "NBA RS 2020-21", "total_pts", "expected [NBA RS 2021-22]"),
        ("schedule", "2020-21", "games", "expected [2021-22]"),
        ("schedule", "2022-10", "games/dates", "expected a month of the season, 2021-10 to 2021-12"),
        ("team", "XYZ", "W", "expected a team"),
        ("player", "???", "TS%", "expected the name of a player"),
        ("zone_3way", "dunks", "freq/FG%", "expected one of the zones"),
        ("postponed", "DET", "orig->played game_id", "expected AWAY@HOME"),
        ("dnp_fixture", "Zach LaVine", "team games / played", "expected a name and dates"),
        ("dnp_fixture", "Zach LaVine 2021-12-40..41", "team games / played", "[2021-12-40] is not a date"),
    ],
)
def test_what_nobody_knows_is_unknown_and_no_failure(
    scope: str, entity: str, metric: str, complaint: str
) -> None:
    found = verdict(usual(), scope, entity, metric, "1")
    assert found.verdict is Verdict.UNKNOWN
    assert complaint in found.reason
    assert not found.verdict.is_failure


@pytest.mark.parametrize(
    ("scope", "entity", "metric", "value"),
    [
        ("team", "BOS", "W", "51"),
        ("player", "Zach LaVine", "TS%", "60.5"),
        ("schedule", "2021-11", "games/dates", "225/29"),
        ("player_rows", "2021-11", "player-game rows (appearances)", "4864"),
        ("rest", "2021-22", "player B2B appearances", "3830"),
        ("dnp_fixture", "Zach LaVine 2021-12-17..31", "team games / played", "6/4"),
    ],
)
def test_a_value_of_which_the_tables_have_no_row_is_off(
    scope: str, entity: str, metric: str, value: str
) -> None:
    found = verdict(usual(), scope, entity, metric, value)
    assert found.verdict is Verdict.OFF
    assert "no row" in found.reason or "no game" in found.reason


# Wrong-formula controls


def test_a_wrong_formula_control_must_not_be_matched() -> None:
    right = verdict(usual(), "league", LEAGUE, "pace_simple (WRONG control)", "102.4", "0.05")
    assert right.verdict is Verdict.CONTROL_DIFFERS
    assert not right.verdict.is_failure
    tables = Tables({TOGS: [offense("CHI", 0, pace=102.4)], TDGS: [defense("CHI", 0)]})
    wrong = verdict(tables, "league", LEAGUE, "pace_simple (WRONG control)", "102.4", "0.05")
    assert wrong.verdict is Verdict.CONTROL_MATCHES
    assert wrong.verdict.is_failure
