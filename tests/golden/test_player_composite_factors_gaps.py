"""Composite factors: what is missing is NULL or a recorded failure, never 0 and never a silent row."""

from __future__ import annotations

import json

import pytest

from tests.support.derived_rows import Row
from tests.support.factors_world import (
    AHEAD,
    OPENER,
    OTHER,
    PLAYER,
    World,
    day,
    defense,
    finished,
    game,
    shot_zones,
    summary,
    upcoming,
)
from tests.support.raw_rows import absent_player, final_game, final_slot, postponed_slot, scorer, slot


@pytest.mark.parametrize(
    ("change", "factors", "known"),
    [
        ({"defense": []}, ("shot_zone_mismatch_score", "opponent_defense_score", "pace_score"), 2),
        ({"offense": []}, ("opponent_defense_score", "pace_score"), 3),
        ({"zones": [shot_zones(paint_rate_last_10=None)]}, ("shot_zone_mismatch_score",), 4),
        ({"defense": [defense("BOS", mid_range_vs_league=None)]}, ("shot_zone_mismatch_score",), 4),
        ({"defense": [defense("BOS", defensive_rating_last_15=None)]}, ("opponent_defense_score",), 4),
        ({"upcoming": [upcoming(day(2)), upcoming(missing_teammate_points=None)]}, ("usage_spike_score",), 4),
        ({"upcoming": [upcoming()]}, ("usage_spike_score",), 4),
        ({"upcoming": [upcoming(day(2)), upcoming(days_rest=None)]}, ("fatigue_score",), 4),
    ],
)
def test_unknown_input_is_an_unknown_factor_and_never_zero(
    change: dict[str, list[Row]], factors: tuple[str, ...], known: int
) -> None:
    row = World(**change).row()  # type: ignore[arg-type]

    assert [row[name] for name in factors] == [None] * len(factors)
    assert row["known_factors"] == known


def test_missing_opponent_is_no_failure() -> None:
    staged = World(defense=[], teams=[]).stage()

    assert staged.unaccounted() == 0
    assert staged.failures == []
    context = json.loads(str(staged.row(player_lookup=PLAYER)["context"]))
    assert (context["team_days_rest"], context["opponent_days_rest"]) == (None, None)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"zones": [shot_zones(OTHER)]}, "player_shot_zone_analysis"),
        ({"upcoming": [upcoming(player=OTHER)]}, "upcoming_player_game_context"),
        (
            {"zones": [shot_zones(OTHER)], "upcoming": [upcoming(player=OTHER)]},
            "player_shot_zone_analysis and upcoming_player_game_context",
        ),
    ],
)
def test_missing_own_row_upstream_withholds_and_names_the_table(
    change: dict[str, list[Row]], named: str
) -> None:
    staged = World(**change).stage()  # type: ignore[arg-type]

    assert staged.unaccounted() == 0
    assert [row["player_lookup"] for row in staged.rows] == [OTHER]
    failure = staged.failure(entity_id=PLAYER)
    assert (failure["failure_category"], failure["failure_type"], failure["row_written"]) == (
        "UPSTREAM_INCOMPLETE",
        "UPSTREAM_GAP",
        False,
    )
    assert failure["failure_reason"] == f"no row of this date in {named}"


def test_gap_in_his_own_games_is_named_as_such_not_as_an_upstream_gap() -> None:
    staged = World(players=[summary(OPENER, OTHER)], zones=[shot_zones(OTHER)]).stage()

    assert staged.unaccounted() == 0
    failure = staged.failure(entity_id=PLAYER)
    assert (failure["failure_type"], failure["row_written"]) == ("DATA_GAP", False)


def test_older_gap_is_recorded_beside_the_row_unless_a_missing_table_withholds_it() -> None:
    games = [game(0)] + [game(n) for n in range(20, 31)]
    ahead = game(32)
    raw = [row for of in games for row in finished(of)] + [slot(ahead)]
    known = [summary(of) for of in games[1:]] + [summary(of, OTHER) for of in games]
    on_ahead: Row = {"game_date": ahead.game_date, "game_id": ahead.game_id}
    zones = [
        shot_zones(analysis_date=ahead.game_date),
        shot_zones(OTHER, analysis_date=ahead.game_date),
    ]
    world = World(
        raw=raw,
        players=known,
        upcoming=[{**upcoming(player=who), **on_ahead} for who in (PLAYER, OTHER)],
        zones=zones,
    )

    written = world.stage((ahead.game_date,))
    withheld = World(raw, known, world.offense, world.upcoming, zones=zones[1:]).stage((ahead.game_date,))

    assert (written.unaccounted(), withheld.unaccounted()) == (0, 0)
    assert written.failure(entity_id=PLAYER)["row_written"] is True
    row = written.row(player_lookup=PLAYER)
    assert (row["season_gap_games"], row["is_production_ready"]) == (1, False)
    assert withheld.failure(entity_id=PLAYER)["failure_type"] == "UPSTREAM_GAP"


def test_absence_is_no_failure_here_and_no_game_yet_is_one() -> None:
    raw = [
        *final_game(
            OPENER, home=[scorer("mate", 20, seconds=14400)], away=[scorer(OTHER, 20, seconds=14400)]
        ),
        absent_player(OPENER, "CHI", PLAYER),
        slot(AHEAD),
    ]
    staged = World(
        raw=raw,
        players=[summary(OPENER, "mate"), summary(OPENER, OTHER)],
        upcoming=[upcoming(player=who) for who in ("mate", OTHER, PLAYER)],
        zones=[shot_zones(who) for who in ("mate", OTHER)],
    ).stage()

    assert staged.unaccounted() == 0
    assert [(f["entity_id"], f["failure_type"]) for f in staged.failures] == [
        (PLAYER, "INSUFFICIENT_HISTORY")
    ]


def test_game_without_raw_rows_withholds_everybody_last_seen_on_the_team() -> None:
    raw = [*finished(OPENER), final_slot(game(2), 100, 90), slot(AHEAD)]

    staged = World(raw=raw).stage()

    assert staged.unaccounted() == 0
    assert staged.rows == []
    assert {failure["failure_type"] for failure in staged.failures} == {"DATA_GAP"}


def test_postponed_slot_expects_nobody() -> None:
    staged = World(raw=[*finished(OPENER), postponed_slot(AHEAD)]).stage()

    assert (staged.rows, staged.failures, staged.unaccounted()) == ([], [], 0)


def test_impossible_score_withholds_the_row() -> None:
    staged = World(defense=[defense("BOS", defensive_rating_last_15=400.0)]).stage()

    assert staged.unaccounted() == 0
    assert staged.failure(entity_id=PLAYER)["failure_category"] == "CHECK_FAILED"
