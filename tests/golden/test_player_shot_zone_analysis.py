"""Player shot zones: games played in, shares, percentages and the primary zone out."""

from __future__ import annotations

import datetime as dt

import pytest

from shared.warehouse.port import Value, Warehouse
from tests.realdata import SHARED, requires_shared
from tests.support import direct
from tests.support.derived_rows import Row, Staged, fill, processor_of, schema_of, stage_dates
from tests.support.raw_rows import (
    Game,
    RawRow,
    absent_player,
    final_game,
    final_slot,
    postponed_slot,
    scorer,
    slot,
    to_tables,
)

FOLDER = "precompute/player_shot_zone_analysis"
PLAYERS = schema_of("analytics/player_game_summary")
START = dt.date(2021, 10, 19)
SHOOTER = "zachlavine"
TEAMS = {"BOS": "jaysontatum", "DET": "cadecunningham", "NYK": "juliusrandle"}


def day(number: int) -> dt.date:
    """Day 0 is the first of the season."""
    return START + dt.timedelta(days=number)


def game(number: int, home: str = "CHI", away: str = "BOS") -> Game:
    """A game whose id names its day."""
    return Game(f"00221{number:03d}{home[0]}{away[0]}", day(number), home, away)


def plays(of: Game, team: str = "CHI") -> list[RawRow]:
    """The shooter and a team-mate play for `team`; its opponent's only player plays too."""
    other = TEAMS[of.opponent_of(team)]
    mine = [scorer(SHOOTER, 20, seconds=7200), scorer(f"mateof{team.lower()}", 10, seconds=7200)]
    theirs = [scorer(other, 20, seconds=14400)]
    home, away = (mine, theirs) if team == of.home else (theirs, mine)
    return final_game(of, home=home, away=away)


def sits_out(of: Game) -> list[RawRow]:
    """The shooter is listed and does not play."""
    mine = [scorer("mateofchi", 10, seconds=14400)]
    theirs = [scorer(TEAMS[of.away], 20, seconds=14400)]
    return [*final_game(of, home=mine, away=theirs), absent_player(of, of.home, SHOOTER)]


def shots(of: Game, *whose: str, **values: Value) -> Row:
    """A game: 5 of 8 in the paint, 1 of 4 from mid-range, 2 of 4 threes, 6 of 8 makes assisted.

    `whose` is the player and his team, when they are not the shooter and Chicago.
    """
    player, team = whose or (SHOOTER, "CHI")
    return {
        "player_lookup": player,
        "game_id": of.game_id,
        "game_date": of.game_date,
        "team_abbr": team,
        "zone_source": "shot_chart",
        "paint_attempts": 8,
        "paint_makes": 5,
        "mid_range_attempts": 4,
        "mid_range_makes": 1,
        "three_pt_attempts": 4,
        "three_pt_makes": 2,
        "assisted_fg_makes": 6,
        "unassisted_fg_makes": 2,
        **values,
    }


NO_ZONES: Row = {
    "zone_source": None,
    "paint_attempts": None,
    "paint_makes": None,
    "mid_range_attempts": None,
    "mid_range_makes": None,
    "assisted_fg_makes": None,
    "unassisted_fg_makes": None,
}


def others(games: list[Game]) -> list[Row]:
    """Games of everybody else on the court, so that only the shooter's history can be incomplete."""
    rows = []
    for of in games:
        rows.append(shots(of, "mateofchi", "CHI"))
        rows.append(shots(of, TEAMS[of.opponent_of("CHI")], of.opponent_of("CHI")))
    return rows


def analysis(raw: list[RawRow], results: list[Row], dates: list[dt.date]) -> Staged:
    warehouse = direct.memory_warehouse(to_tables(raw))
    fill(warehouse, PLAYERS, results)
    return stage_dates(warehouse, processor_of(FOLDER), dates, season_start=START, season_year=2021)


def season_of(games: list[Game], results: list[Row], ahead: int) -> Staged:
    """The shooter plays every game of the list; D is the day of a slot after them."""
    raw = [row for of in games for row in plays(of)] + [slot(game(ahead))]
    return analysis(raw, [*results, *others(games)], [day(ahead)])


def test_two_games_give_shares_percentages_and_attempts_per_game() -> None:
    games = [game(0), game(2)]
    results = [
        shots(games[0]),
        shots(games[1], paint_attempts=4, paint_makes=1, assisted_fg_makes=1, unassisted_fg_makes=3),
    ]

    staged = season_of(games, results, 4)

    assert staged.unaccounted() == 0
    assert staged.failures == []
    row = staged.row(player_lookup=SHOOTER)
    expected: Row = {
        "player_lookup": SHOOTER,
        "analysis_date": day(4),
        "player_name": "Zachlavine",
        "team_abbr": "CHI",
        "primary_scoring_zone": "paint",
        "season_year": 2021,
        "quality_tier": "bootstrap",
        "games_in_sample": 2,
        "games_missed_dnp": 0,
        "schedule_completeness_pct": 100.0,
        "data_completeness_pct": 100.0,
        "expected_games_count": 2,
        "actual_games_count": 2,
        "missing_games_count": 0,
        "season_gap_games": 0,
        "is_production_ready": True,
        "max_source_game_date": day(2),
    }
    for n in (10, 20):
        expected |= {
            f"paint_rate_last_{n}": 100 * 12 / 28,
            f"paint_pct_last_{n}": 0.5,
            f"paint_attempts_per_game_last_{n}": 6.0,
            f"mid_range_rate_last_{n}": 100 * 8 / 28,
            f"mid_range_pct_last_{n}": 0.25,
            f"mid_range_attempts_per_game_last_{n}": 4.0,
            f"three_pt_rate_last_{n}": 100 * 8 / 28,
            f"three_pt_pct_last_{n}": 0.5,
            f"three_pt_attempts_per_game_last_{n}": 4.0,
            f"assisted_rate_last_{n}": 100 * 7 / 12,
            f"games_last_{n}": 2,
            f"zone_games_last_{n}": 2,
            f"total_shots_last_{n}": 28,
        }
    assert set(row) == set(expected)
    for name, value in expected.items():
        assert row[name] == (pytest.approx(value, rel=1e-12) if isinstance(value, float) else value), name


def test_windows_are_the_last_ten_and_twenty_games_played_before_the_date() -> None:
    games = [game(n) for n in range(23)]
    results = [shots(of, paint_attempts=100 + n) for n, of in enumerate(games)]
    raw = [row for of in games for row in plays(of)]

    row = analysis(raw, [*results, *others(games)], [day(22)]).row(player_lookup=SHOOTER)

    assert row["paint_attempts_per_game_last_10"] == sum(range(112, 122)) / 10
    assert row["paint_attempts_per_game_last_20"] == sum(range(102, 122)) / 20
    assert (row["games_last_10"], row["games_last_20"], row["games_in_sample"]) == (10, 20, 20)
    assert row["max_source_game_date"] == day(21)


def test_absence_is_no_game_of_the_window_and_no_failure_here() -> None:
    games = [game(0), game(2), game(4)]
    raw = [*plays(games[0]), *sits_out(games[1]), *sits_out(games[2]), slot(game(6))]

    staged = analysis(raw, [shots(games[0]), *others(games)], [day(6)])

    assert staged.unaccounted() == 0
    row = staged.row(player_lookup=SHOOTER)
    assert (row["games_last_10"], row["paint_attempts_per_game_last_10"]) == (1, 8.0)
    assert row["games_missed_dnp"] == 2
    assert row["schedule_completeness_pct"] == pytest.approx(100 / 3)
    assert row["data_completeness_pct"] == 100.0
    assert row["is_production_ready"] is True
    assert staged.failures == []


def test_games_without_zones_are_left_out_of_zone_columns_but_not_out_of_the_window() -> None:
    games = [game(0), game(2)]

    row = season_of(games, [shots(games[0]), shots(games[1], **NO_ZONES)], 4).row(player_lookup=SHOOTER)

    assert (row["games_last_10"], row["zone_games_last_10"], row["total_shots_last_10"]) == (2, 1, 16)
    assert row["three_pt_attempts_per_game_last_10"] == 4.0
    assert row["assisted_rate_last_10"] == 75.0


def test_without_any_zones_zone_columns_are_null_not_zero() -> None:
    games = [game(0)]

    row = season_of(games, [shots(games[0], **NO_ZONES)], 2).row(player_lookup=SHOOTER)

    prefixes = ("paint_", "mid_range_", "three_pt_", "assisted_", "primary_", "total_shots_")
    assert {row[name] for name in row if name.startswith(prefixes)} == {None}
    assert (row["zone_games_last_10"], row["games_last_10"]) == (0, 1)


def test_player_who_never_shoots_has_no_zone_and_a_zone_never_used_has_rate_zero() -> None:
    games = [game(0)]
    nothing: Row = dict.fromkeys(
        ("paint_attempts", "paint_makes", "mid_range_attempts", "mid_range_makes", "three_pt_attempts"), 0
    )
    makes: Row = {"three_pt_makes": 0, "assisted_fg_makes": 0, "unassisted_fg_makes": 0}
    idle = season_of(games, [shots(games[0], **nothing, **makes)], 2).row(player_lookup=SHOOTER)
    only_threes = season_of(games, [shots(games[0], **{**nothing, "three_pt_attempts": 5})], 2).row(
        player_lookup=SHOOTER
    )

    assert (idle["primary_scoring_zone"], idle["paint_rate_last_10"], idle["assisted_rate_last_10"]) == (
        None,
        None,
        None,
    )
    assert (idle["total_shots_last_10"], idle["paint_attempts_per_game_last_10"]) == (0, 0.0)
    assert (only_threes["paint_rate_last_10"], only_threes["paint_pct_last_10"]) == (0.0, None)


@pytest.mark.parametrize(
    ("paint", "mid_range", "three", "zone"),
    [
        (40, 20, 40, "paint"),
        (39, 21, 40, "perimeter"),
        (39, 35, 26, "mid_range"),
        (34, 36, 30, "mid_range"),
        (39, 34, 27, "balanced"),
        (39, 22, 39, "balanced"),
    ],
)
def test_primary_zone_is_paint_then_perimeter_then_mid_range(
    paint: int, mid_range: int, three: int, zone: str
) -> None:
    of = game(0)
    attempts: Row = {"paint_attempts": paint, "mid_range_attempts": mid_range, "three_pt_attempts": three}

    row = season_of([of], [shots(of, **attempts)], 2).row(player_lookup=SHOOTER)

    assert row["primary_scoring_zone"] == zone


def test_traded_player_keeps_his_games_and_has_one_row_with_the_new_team() -> None:
    before, after = game(0), game(2, "NYK", "BOS")
    ahead = game(4, "NYK", "CHI")
    raw = [*plays(before), *plays(after, "NYK"), slot(ahead)]
    results = [
        shots(before),
        shots(after, SHOOTER, "NYK", paint_attempts=4),
        shots(before, "mateofchi", "CHI"),
        shots(after, "mateofnyk", "NYK"),
    ]

    staged = analysis(raw, results, [day(4)])

    assert staged.unaccounted() == 0
    row = staged.row(player_lookup=SHOOTER)
    assert (row["team_abbr"], row["games_last_10"], row["paint_attempts_per_game_last_10"]) == ("NYK", 2, 6.0)


def test_player_without_a_game_played_has_no_row_for_good_reason() -> None:
    of = game(0)
    raw = [*sits_out(of), slot(game(2))]

    staged = analysis(raw, others([of]), [day(2)])

    assert staged.unaccounted() == 0
    assert SHOOTER not in {row["player_lookup"] for row in staged.rows}
    failure = staged.failure(entity_id=SHOOTER)
    assert (failure["failure_category"], failure["failure_type"], failure["row_written"]) == (
        "INSUFFICIENT_DATA",
        "INSUFFICIENT_HISTORY",
        False,
    )


def test_game_with_raw_row_but_no_summary_withholds_the_row() -> None:
    games = [game(0), game(2)]

    staged = season_of(games, [shots(games[0])], 4)

    assert staged.unaccounted() == 0
    assert SHOOTER not in {row["player_lookup"] for row in staged.rows}
    failure = staged.failure(entity_id=SHOOTER)
    assert (failure["failure_type"], failure["row_written"]) == ("DATA_GAP", False)
    assert failure["missing_game_dates"] == '["2021-10-21"]'


def test_gap_beside_an_absence_is_mixed() -> None:
    games = [game(0), game(2), game(4)]
    raw = [*plays(games[0]), *sits_out(games[1]), *plays(games[2]), slot(game(6))]

    failure = analysis(raw, [shots(games[0]), *others(games)], [day(6)]).failure(entity_id=SHOOTER)

    assert (failure["failure_type"], failure["row_written"]) == ("MIXED", False)


@pytest.mark.parametrize(("later_games", "written"), [(19, False), (20, True)])
def test_gap_older_than_twenty_games_played_is_recorded_beside_the_row(
    later_games: int, written: bool
) -> None:
    before, missing, *later = [game(n) for n in range(later_games + 2)]

    staged = season_of([before, missing, *later], [shots(of) for of in (before, *later)], later_games + 2)

    assert staged.unaccounted() == 0
    failure = staged.failure(entity_id=SHOOTER)
    assert (failure["failure_type"], failure["row_written"]) == ("DATA_GAP", written)
    rows = [row for row in staged.rows if row["player_lookup"] == SHOOTER]
    assert [(row["season_gap_games"], row["is_production_ready"]) for row in rows] == (
        [(1, False)] if written else []
    )


def test_game_without_raw_rows_is_a_gap_of_everybody_last_seen_on_the_team() -> None:
    games = [game(0), game(2)]
    raw = [*plays(games[0]), final_slot(games[1], 100, 90), slot(game(4))]

    staged = analysis(raw, [shots(games[0]), *others(games[:1])], [day(4)])

    assert staged.unaccounted() == 0
    assert staged.rows == []
    assert {failure["failure_type"] for failure in staged.failures} == {"DATA_GAP"}
    assert {failure["entity_id"] for failure in staged.failures} == {SHOOTER, "mateofchi", "jaysontatum"}


def test_postponed_slot_is_neither_a_game_nor_a_date_to_prepare() -> None:
    games = [game(0)]
    raw = [*plays(games[0]), postponed_slot(game(2)), slot(game(4))]

    staged = analysis(raw, [shots(games[0]), *others(games)], [day(2), day(4)])

    assert staged.unaccounted() == 0
    assert staged.failures == []
    assert {row["analysis_date"] for row in staged.rows} == {day(4)}


def test_makes_beyond_attempts_withhold_the_row() -> None:
    of = game(0)

    staged = season_of([of], [shots(of, paint_makes=9)], 2)

    assert staged.unaccounted() == 0
    assert staged.failure(entity_id=SHOOTER)["failure_category"] == "CHECK_FAILED"


def test_games_of_the_date_and_later_change_nothing() -> None:
    games = [game(2 * n) for n in range(4)]
    results = [shots(of, paint_attempts=10 + n) for n, of in enumerate(games)]
    dates = [of.game_date for of in games]
    whole = analysis([row for of in games for row in plays(of)], [*results, *others(games)], dates)

    for number, date in enumerate(dates):
        raw = [row for n, of in enumerate(games) for row in (plays(of) if n < number else [slot(of)])]
        alone = analysis(raw, [*results[:number], *others(games[:number])], [date])
        assert alone.rows == [row for row in whole.rows if row["analysis_date"] == date]
        assert alone.failures == [row for row in whole.failures if row["analysis_date"] == date]


@pytest.fixture(scope="module")
def season() -> Warehouse:
    """2021-22, with the player summaries of every date."""
    raw = direct.load_parquet_folder(SHARED / "data" / "raw" / "2021-22")
    warehouse = direct.memory_warehouse(raw)
    batch = direct.batch_of(warehouse, start=START, end=dt.date(2022, 4, 10))
    direct.run_by_hand(warehouse, ["player_game_summary"], batch)
    return warehouse


@pytest.mark.realdata
@requires_shared("data", "raw", "2021-22")
def test_season_2021_22_has_rows_from_the_third_date_on_and_no_gap(season: Warehouse) -> None:
    dates = direct.batch_of(season, start=START, end=dt.date(2022, 4, 10)).dates

    staged = stage_dates(season, processor_of(FOLDER), dates, season_start=START, season_year=2021)

    assert staged.unaccounted() == 0
    empty = [date for date in dates if staged.summary[date]["record_count"] == 0]
    assert empty == [dt.date(2021, 10, 19), dt.date(2021, 10, 20)]
    assert {failure["failure_type"] for failure in staged.failures} == {"INSUFFICIENT_HISTORY"}
    assert all(row["max_source_game_date"] < row["analysis_date"] for row in staged.rows)  # type: ignore[operator]
    zones = {row["primary_scoring_zone"] for row in staged.rows}
    assert zones == {"paint", "perimeter", "mid_range", "balanced", None}


@pytest.mark.realdata
@requires_shared("data", "raw", "2021-22")
def test_a_date_alone_gives_the_rows_of_the_whole_season(season: Warehouse) -> None:
    dates = direct.batch_of(season, start=START, end=dt.date(2022, 4, 10)).dates
    whole = stage_dates(season, processor_of(FOLDER), dates, season_start=START, season_year=2021)

    for date in (dt.date(2021, 10, 22), dt.date(2021, 12, 31), dt.date(2022, 4, 10)):
        alone = stage_dates(season, processor_of(FOLDER), [date], season_start=START, season_year=2021)
        assert alone.rows == [row for row in whole.rows if row["analysis_date"] == date]
        assert alone.failures == [row for row in whole.failures if row["analysis_date"] == date]
