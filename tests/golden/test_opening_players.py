"""Dates that open a season: last season's lists in; who is expected, and his row or why he has none, out."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

import pytest

from shared.warehouse.port import Value
from shared.worker.stage import Batch
from tests.oracle.raw import RawSeason, active_keys
from tests.oracle.tiny import ANN, BOS, final, half_list, on, report, season, slot
from tests.support import direct
from tests.support.completeness import missing_of, tables_of
from tests.support.derived_rows import Row, fill, processor_of, schema_of

FOLDER = "precompute/ml_feature_store"
UPSTREAM = (
    "precompute/player_daily_cache",
    "precompute/player_composite_factors",
    "precompute/player_shot_zone_analysis",
    "precompute/team_defense_zone_analysis",
    "analytics/upcoming_player_game_context",
    "analytics/upcoming_team_game_context",
    "analytics/team_offense_game_summary",
)
#: The season before ended on day -20; this one starts on day 0.
LAST_SEASON = on(-60)
CHI, DET = {"ann": "active", "bob": "active"}, {"dan": "active"}
OPENER = slot("open", 0, "CHI", "BOS")


@dataclass(frozen=True)
class Opened:
    """What the feature store staged for some dates: who was added, rows and failures, by date and player."""

    added: dict[tuple[dt.date, str], str]
    rows: dict[tuple[dt.date, str], Row]
    failures: dict[tuple[dt.date, str], Row]

    def names(self, number: int) -> list[str]:
        """Who is expected on that day because of the season before."""
        return sorted(player for day, player in self.added if day == on(number))


def opened(
    raw: RawSeason,
    *numbers: int,
    underived: Iterable[tuple[str, str]] = (),
    points: dict[str, int] | None = None,
    loaded: bool = True,
) -> Opened:
    """Stage the days; every active player's game is derived but for `underived`, with `points` by game."""
    warehouse = direct.memory_warehouse(tables_of(raw))
    played_on = {row.game_id: row.game_date for row in raw.schedule}
    games = [
        {
            "player_lookup": player,
            "game_id": game,
            "game_date": played_on[game],
            "points": (points or {}).get(game, 10),
            "seconds_played": 1200,
            "fg_attempts": 10,
            "ft_attempts": 4,
            "starter_flag": True,
            "season_year": 2021 if played_on[game] >= on(0) else 2020,
            "season_type": "regular",
        }
        for player, game in sorted(active_keys(raw) - set(underived))
    ]
    fill(warehouse, schema_of("analytics/player_game_summary"), games)
    for folder in UPSTREAM:
        fill(warehouse, schema_of(folder), [])
    before = LAST_SEASON if loaded else on(0)
    batch = Batch(tuple(on(number) for number in numbers), 2021, on(0), before, before)
    summary = direct.stage(warehouse, processor_of(FOLDER), batch)
    for row in summary.records():
        assert (row["untracked"], row["contradicted"], row["unexpected"]) == (0, 0, 0), row
        assert row["problems"] is None

    def rows_of(table: str, day: str, player: str) -> dict[tuple[dt.date, str], Row]:
        found = list(direct.select(warehouse, f"SELECT * FROM nba_staging.{table}__test").records())
        keyed: dict[tuple[dt.date, str], Row] = {(row[day], row[player]): row for row in found}  # type: ignore[misc]
        assert len(keyed) == len(found)
        return keyed

    opening = rows_of("opening_players", "cell_date", "player_lookup")
    return Opened(
        {key: str(row["team_abbr"]) for key, row in opening.items() if row["is_added"]},
        rows_of("good_rows", "game_date", "player_lookup"),
        rows_of("failures", "analysis_date", "entity_id"),
    )


def values(row: Row, columns: str) -> list[Value]:
    """The values of these columns."""
    return [row[column] for column in columns.split()]


LAST_GAMES = season(*(final(f"o{n}", n, CHI=CHI, BOS=BOS) for n in (-22, -21, -20)))


def test_the_last_lists_of_the_season_before_are_expected_until_a_team_has_played() -> None:
    raw = season(
        LAST_GAMES,
        final("open", 0, CHI={"new": "active"}, BOS=BOS),
        slot("next", 2, "CHI", "BOS"),
        slot("late", 3, "DET", "CHI"),
    )

    found = opened(raw, 0, 2, 3)

    # The list of the date itself is not seen; the one before the next date is.
    assert found.names(0) == ["ann", "bea", "bob"]
    assert found.names(2) == found.names(3) == []
    assert sorted(player for day, player in found.rows if day == on(0)) == ["ann", "bea", "bob"]


def test_lists_after_the_last_that_reconciles_are_in_force_as_well() -> None:
    raw = season(
        final("o1", -22, CHI={"gone": "active"}, BOS=BOS),
        final("o2", -21, CHI=ANN, BOS=BOS),
        half_list("o3", -20, {"bob": "active"}, CHI={"cyd": "active"}, BOS=BOS),
        OPENER,
    )

    assert opened(raw, 0).names(0) == ["ann", "bea", "cyd"]


def test_nobody_is_expected_by_two_teams() -> None:
    raw = season(
        final("o1", -24, CHI={"ann": "active", "moved": "active"}, BOS=BOS),
        final("o2", -23, DET={**DET, "moved": "active"}, BOS=BOS),
        OPENER,
        slot("open2", 0, "DET", "LAL"),
    )

    found = opened(raw, 0)

    assert found.added == {
        (on(0), "ann"): "CHI",
        (on(0), "bea"): "BOS",
        (on(0), "dan"): "DET",
        (on(0), "moved"): "DET",
    }


@pytest.mark.parametrize(
    "seen",
    [
        report(0, "DET", "ann"),
        report(1, "DET", "ann"),
        season(report(0, "CHI", "ann"), report(1, "DET", "ann")),
        final("g0", 0, DET={**DET, "ann": "inactive"}, LAL={"lee": "active"}),
    ],
    ids=["an earlier report", "the report of the date", "the newest report", "a list of this season"],
)
def test_whom_this_season_puts_elsewhere_is_not_expected_by_his_old_team(seen: RawSeason) -> None:
    raw = season(LAST_GAMES, slot("first", 0, "LAL", "DET"), seen, slot("open", 1, "CHI", "BOS"))

    assert opened(raw, 1).names(1) == ["bea", "bob"]


def test_a_report_that_names_his_team_takes_nobody_away() -> None:
    raw = season(LAST_GAMES, report(0, "CHI", "ann"), OPENER)

    found = opened(raw, 0)

    # The report itself makes him expected; his row is of the season before, as those of the others.
    assert found.names(0) == ["bea", "bob"]
    assert sorted(player for _, player in found.rows) == ["ann", "bea", "bob"]


def test_a_postponed_slot_opens_nothing_and_the_opening_ends_after_two_weeks() -> None:
    postponed = slot("open", 0, "CHI", "BOS", "Postponed")
    raw = season(LAST_GAMES, postponed, slot("a", 13, "CHI", "BOS"), slot("b", 14, "CHI", "BOS"))

    found = opened(raw, 0, 13, 14)

    assert [found.names(number) for number in (0, 13, 14)] == [[], ["ann", "bea", "bob"], []]


def test_a_season_loaded_alone_expects_nobody_on_its_opening() -> None:
    found = opened(season(LAST_GAMES, report(0, "CHI", "ann"), OPENER), 0, loaded=False)

    assert (found.added, found.rows) == ({}, {})
    assert found.failures[on(0), "ann"]["failure_type"] == "INSUFFICIENT_HISTORY"
    assert found.failures[on(0), "ann"]["failure_reason"] == (
        f"No game played this season before {on(0)}; expected for 0"
    )


def test_his_last_games_are_those_of_the_season_before() -> None:
    raw = season(
        *(final(f"o{n}", n - 40, CHI=ANN, BOS={"bea": "dnp"}) for n in range(12)),
        OPENER,
    )
    scored = {f"o{n}": n for n in range(12)}

    row = opened(raw, 0, points=scored).rows[on(0), "ann"]

    ratio = 11 / 13
    weights = [ratio**lag for lag in range(12)]
    ewma = sum(weight * (11 - lag) for lag, weight in enumerate(weights)) / sum(weights)
    assert row["points_ewma_12"] == pytest.approx(ewma, abs=1e-6)
    assert values(row, "points_avg_last_5 points_avg_last_10 points_avg_last_20") == [9.0, 6.5, 5.5]
    assert values(row, "points_avg_season points_avg_shrunk previous_season_points_avg") == [None, 5.5, 5.5]
    assert values(row, "games_played_season minutes_avg_last_10 started_last_game") == [0, 20.0, 1]
    assert row["points_std_last_10"] == pytest.approx((sum((n - 6.5) ** 2 for n in range(2, 12)) / 9) ** 0.5)
    assert values(row, "home_game opponent_team_abbr back_to_back days_rest") == [True, "BOS", False, None]
    assert values(row, "quality_tier games_in_sample expected_games_count") == ["bootstrap", 10, 10]
    assert values(row, "max_source_game_date") == [on(-29)]


def test_who_has_not_played_this_season_goes_on_having_the_row_of_the_last() -> None:
    raw = season(
        LAST_GAMES,
        final("open", 0, CHI={"ann": "inactive", "bob": "active"}, BOS=BOS),
        slot("next", 1, "CHI", "BOS"),
    )

    found = opened(raw, 1)

    assert values(found.rows[on(1), "ann"], "points_avg_shrunk games_played_season") == [10.0, 0]
    # Bob has played: his row needs the tables upstream, which have none here.
    assert found.failures[on(1), "bob"]["failure_type"] == "UPSTREAM_GAP"


def test_without_a_game_in_either_season_there_is_no_row_and_never_will_be() -> None:
    raw = season(final("o1", -20, CHI={"ann": "active", "idle": "inactive"}, BOS=BOS), OPENER)

    found = opened(raw, 0)

    assert values(found.failures[on(0), "idle"], "failure_category failure_type row_written") == [
        "INSUFFICIENT_DATA",
        "INSUFFICIENT_HISTORY",
        False,
    ]
    assert (on(0), "idle") not in found.rows


@pytest.mark.parametrize(
    ("games_after", "withheld"), [(1, True), (9, True), (10, False)], ids=["last", "tenth", "older"]
)
def test_a_gap_at_the_end_of_the_season_before_withholds_the_row(games_after: int, withheld: bool) -> None:
    days = range(-30, -30 + 2 + games_after)
    raw = season(*(final(f"o{n}", n, CHI=ANN, BOS=BOS) for n in days), OPENER)

    found = opened(raw, 0, underived=[("ann", "o-29")])

    failure = found.failures[on(0), "ann"]
    assert values(failure, "failure_category failure_type row_written") == [
        "INCOMPLETE_DATA",
        "DATA_GAP",
        not withheld,
    ]
    assert missing_of(failure) == [("o-29", "DERIVED_MISSING")]
    assert failure["missing_game_dates"] == f'["{on(-29)}"]'
    if withheld:
        assert (on(0), "ann") not in found.rows
    else:
        assert values(found.rows[on(0), "ann"], "is_production_ready season_gap_games") == [False, 1]


def test_a_range_gives_what_its_dates_give_alone() -> None:
    raw = season(
        LAST_GAMES,
        OPENER,
        final("o9", -19, DET=DET, LAL={"lee": "active"}),
        slot("second", 1, "DET", "LAL"),
        slot("third", 20, "CHI", "BOS"),
    )
    together = opened(raw, 0, 1, 20)

    assert together.added.keys() == opened(raw, 0).added.keys() | opened(raw, 1).added.keys()
    assert together.rows == {**opened(raw, 0).rows, **opened(raw, 1).rows, **opened(raw, 20).rows}
