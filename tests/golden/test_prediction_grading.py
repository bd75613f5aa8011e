"""Grading: predictions and what happened in; errors, voids and failures out."""

from __future__ import annotations

import numpy as np
import pytest

from shared.models.distribution import probability_below
from shared.warehouse.port import Value
from tests.oracle.raw import RawSeason
from tests.oracle.tiny import final, half_list, on, season, slot
from tests.support import direct
from tests.support.completeness import tables_of
from tests.support.derived_rows import Row, Staged, fill, processor_of, schema_of, stage_dates

FOLDER = "predictions/prediction_grading"
SUMMARY = schema_of("analytics/player_game_summary")
PREDICTIONS = schema_of("predictions/player_points_predictions")
EARLIER = final("g0", 0, CHI={"ann": "active", "cyd": "active"}, BOS={"bea": "active"})


def predicted(player: str, *, system: str = "ensemble", **other: Value) -> Row:
    """A prediction for the game of day 1."""
    return {
        "player_lookup": player,
        "game_date": on(1),
        "game_id": "g1",
        "team_abbr": "BOS" if player == "bea" else "CHI",
        "system_id": system,
        "predicted_points": 12.0,
        "expected_points": 13.0,
        "q10": 4.0,
        "q25": 8.0,
        "q75": 17.0,
        "q90": 23.0,
        "max_source_game_date": on(0),
        "season_year": 2021,
        **other,
    }


def graded(raw: RawSeason, *rows: Row, scored: dict[str, int]) -> Staged:
    """Stage the grades of day 1."""
    warehouse = direct.memory_warehouse(tables_of(raw))
    fill(warehouse, PREDICTIONS, rows)
    played: list[Row] = [
        {"player_lookup": name, "game_id": "g1", "game_date": on(1), "points": points, "minutes_played": 24.0}
        for name, points in scored.items()
    ]
    fill(warehouse, SUMMARY, played)
    return stage_dates(warehouse, processor_of(FOLDER), [on(1)], season_start=on(0), season_year=2021)


def of(staged: Staged, player: str, system: str = "ensemble") -> Row:
    """The grade of one prediction."""
    return staged.row(player_lookup=player, system_id=system)


def test_errors_intervals_and_losses_of_a_player_who_played() -> None:
    raw = season(EARLIER, final("g1", 1, CHI={"ann": "active"}, BOS={"bea": "active"}))

    staged = graded(
        raw,
        predicted("ann"),
        predicted("ann", system="ewma_12", q10=None, q25=None, q75=None, q90=None),
        predicted("bea"),
        predicted("cyd"),
        scored={"ann": 20, "bea": 0},
    )

    assert staged.unaccounted() == 0
    ann = of(staged, "ann")
    assert (ann["outcome"], ann["actual_points"], ann["void_reason"]) == ("GRADED", 20, None)
    assert (ann["absolute_error"], ann["signed_error"], ann["mean_error"]) == (8.0, -8.0, -7.0)
    assert (ann["within_3"], ann["within_5"], ann["in_80"], ann["in_50"]) == (False, False, True, False)
    losses = [ann[f"pinball_{level}"] for level in (10, 25, 50, 75, 90)]
    assert losses == pytest.approx([1.6, 3.0, 4.0, 2.25, 0.3])
    assert ann["pit"] == pytest.approx(0.75 + 0.15 * 2.85 / 6.05)
    bea = of(staged, "bea")
    assert bea["in_80"] is False
    assert bea["pit"] == pytest.approx(0.1 * 0.5 / 4.5)
    simple = of(staged, "ann", "ewma_12")
    assert (simple["absolute_error"], simple["in_80"], simple["pit"], simple["pinball_10"]) == (
        8.0,
        *[None] * 3,
    )


@pytest.mark.parametrize("scored", [0, 2, 4, 6, 10, 14, 20, 23, 24, 40])
def test_the_place_in_the_distribution_is_the_one_that_p_over_is_made_of(scored: int) -> None:
    raw = season(EARLIER, final("g1", 1, CHI={"ann": "active"}, BOS={"bea": "active"}))
    quantiles = np.array([[4.0, 8.0, 12.0, 17.0, 23.0]])

    ann = of(graded(raw, predicted("ann"), scored={"ann": scored, "bea": 1}), "ann")

    assert ann["pit"] == pytest.approx(probability_below(np.array([float(scored)]), quantiles)[0])


@pytest.mark.parametrize(
    ("line", "recommended", "result", "correct"),
    [
        (19.5, "OVER", "OVER", True),
        (19.5, "UNDER", "OVER", False),
        (20.5, "UNDER", "UNDER", True),
        (20.0, "OVER", "PUSH", None),
        (19.5, "PASS", "OVER", None),
        (None, None, None, None),
    ],
)
def test_a_recommendation_is_judged_by_the_line(
    line: float | None, recommended: str | None, result: str | None, correct: bool | None
) -> None:
    raw = season(EARLIER, final("g1", 1, CHI={"ann": "active"}, BOS={"bea": "active"}))

    staged = graded(
        raw, predicted("ann", points_line=line, recommendation=recommended), scored={"ann": 20, "bea": 1}
    )

    ann = of(staged, "ann")
    assert (ann["over_under_result"], ann["recommendation_correct"]) == (result, correct)
    assert ann["line_absolute_error"] == (None if line is None else abs(20 - line))


def test_who_did_not_play_is_void_and_never_an_error_of_the_prediction() -> None:
    raw = season(EARLIER, final("g1", 1, CHI={"ann": "inactive:Rest"}, BOS={"bea": "active"}))

    staged = graded(raw, predicted("ann"), predicted("cyd"), predicted("bea"), scored={"bea": 10})

    assert staged.unaccounted() == 0
    ann, cyd = of(staged, "ann"), of(staged, "cyd")
    assert (ann["outcome"], ann["void_reason"], ann["absolute_error"]) == ("VOID", "inactive: Rest", None)
    assert (cyd["outcome"], cyd["void_reason"]) == ("VOID", "not on the list of his team")


def test_what_cannot_be_judged_is_a_failure_that_says_what_would_mend_it() -> None:
    incomplete = half_list("g1", 1, {"cyd": "active"}, CHI={"ann": "active"}, BOS={"bea": "active"})

    staged = graded(season(EARLIER, incomplete), predicted("ann"), predicted("cyd"), scored={})

    assert staged.unaccounted() == 0
    assert staged.rows == []
    underived, unlisted, unpredicted = (staged.failure(entity_id=name) for name in ("ann", "cyd", "bea"))
    assert (underived["failure_type"], underived["missing_upstream_tables"]) == (
        "UPSTREAM_GAP",
        '["player_game_summary"]',
    )
    assert (unlisted["failure_category"], unlisted["failure_type"]) == ("INCOMPLETE_DATA", "DATA_GAP")
    assert unpredicted["missing_upstream_tables"] == '["player_points_predictions"]'


def test_a_game_that_never_arrived_is_no_absence() -> None:
    staged = graded(season(EARLIER, slot("g1", 1, "CHI", "BOS")), predicted("ann"), scored={})

    assert staged.rows == []
    assert staged.failure(entity_id="ann")["failure_category"] == "GAME_NOT_INGESTED"
