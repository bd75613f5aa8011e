"""The Python step of predictions: walk-forward, the same by range and by date, blind to what is to come."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from functools import cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from services.console.accuracy.numbers import LEAK_ALARM
from services.predictions.player_points_predictions.compute import (
    COMPUTATION,
    FEWEST_ROWS,
    cutoff_of,
)
from shared.feature_contract import FEATURE_VERSION, FEATURES
from shared.tables import ColumnType
from shared.worker.compute import Artefact, Computed, ModelError, Task

FIRST = dt.date(2021, 11, 1)
DAYS = tuple(FIRST + dt.timedelta(days=n) for n in range(40))
PLAYERS = 40
LAST = DAYS[-1]


@cache
def season(*, leak: bool = False) -> pa.Table:
    """PLAYERS players on every day, points around a level; with `leak`, an average that knows them."""
    rng = np.random.default_rng(5)
    level = rng.uniform(4, 24, PLAYERS)
    rows = []
    for day in DAYS:
        for player in range(PLAYERS):
            points = max(0, round(level[player] + rng.normal(0, 6)))
            row: dict[str, object] = {
                feature.name: None
                if feature.name == "team_spread"
                else bool(rng.integers(2))
                if feature.type is ColumnType.BOOL
                else int(rng.integers(5))
                if feature.type is ColumnType.INT64
                else float(level[player] + rng.normal(0, 1))
                for feature in FEATURES
            }
            row |= {
                "player_lookup": f"p{player:02}",
                "game_id": "g",
                "game_date": day,
                "points_line": 12.5 if player % 2 else None,
                "points": points,
                "feature_version": FEATURE_VERSION,
                "minutes_avg_last_10": float(rng.uniform(5, 35)),
            }
            if leak:
                row["points_ewma_12"] = 0.5 * points + 0.5 * level[player]
            rows.append(row)
    return pa.Table.from_pylist(rows).cast(_typed(pa.Table.from_pylist(rows).schema))


def _typed(schema: pa.Schema) -> pa.Schema:
    return pa.schema([pa.field(f.name, pa.float64()) if pa.types.is_null(f.type) else f for f in schema])


def task(*days: dt.date, rows: pa.Table | None = None, stored: tuple[Artefact, ...] = ()) -> Task:
    """What the harness would hand over for these dates."""
    keys = {day: f"key-{day}" for day in COMPUTATION.wanted(days, DAYS).helpful}
    kept = {one.trained_before: one for one in stored}
    return Task(days, DAYS, season() if rows is None else rows, kept, keys)


@cache
def whole() -> Computed:
    """The season in one pass."""
    return COMPUTATION.compute(task(*DAYS))


def of_day(computed: Computed, day: dt.date) -> list[dict[str, object]]:
    """The rows of a date, in order."""
    rows = computed.rows.filter(pc.equal(computed.rows.column("game_date"), pa.scalar(day)))
    return sorted(rows.to_pylist(), key=lambda row: (row["player_lookup"], row["system_id"]))


def test_a_date_alone_is_what_it_is_in_a_range() -> None:
    alone = COMPUTATION.compute(task(LAST))

    assert of_day(alone, LAST) == of_day(whole(), LAST)
    assert [one.artefact_id for one in alone.artefacts] == [whole().artefacts[-1].artefact_id]


def test_a_stored_model_is_used_again_and_needs_no_history() -> None:
    today = season().filter(pc.equal(season().column("game_date"), pa.scalar(LAST)))
    again = COMPUTATION.compute(task(LAST, rows=today, stored=whole().artefacts))

    assert again.artefacts == ()
    assert of_day(again, LAST) == of_day(whole(), LAST)


@pytest.mark.parametrize("day", [DAYS[14], DAYS[23]], ids=["a Monday", "inside a week"])
def test_nothing_of_the_date_or_later_changes_its_predictions(day: dt.date) -> None:
    rows = season()
    ahead = pc.greater_equal(rows.column("game_date"), pa.scalar(day))
    position = rows.column_names.index("points")
    altered = pc.if_else(ahead, pa.scalar(77), rows.column("points"))
    changed = COMPUTATION.compute(task(day, rows=rows.set_column(position, "points", altered)))
    without = COMPUTATION.compute(
        task(day, rows=rows.filter(pc.less_equal(rows.column("game_date"), pa.scalar(day))))
    )

    assert of_day(changed, day) == of_day(without, day) == of_day(whole(), day)


def test_models_are_of_the_week_and_of_games_before_it() -> None:
    rows = whole().rows.filter(pc.equal(whole().rows.column("system_id"), "ensemble")).to_pylist()

    assert {row["trained_before"] for row in rows} == {cutoff_of(row["game_date"]) for row in rows}
    assert all(
        row["training_rows"] == PLAYERS * (row["trained_before"] - FIRST).days >= FEWEST_ROWS for row in rows
    )


def test_before_enough_games_only_the_systems_without_a_model_speak() -> None:
    assert {row["system_id"] for row in of_day(whole(), FIRST)} == {"season_average", "ewma_12"}
    assert len({row["system_id"] for row in of_day(whole(), LAST)}) == 5


def test_a_probability_is_given_where_there_is_a_line_and_a_distribution() -> None:
    for row in of_day(whole(), LAST):
        expected = row["points_line"] is not None and row["system_id"] in ("boosting", "ensemble")
        assert (row["p_over"] is not None) == expected == (row["recommendation"] is not None)


def test_features_of_another_version_are_a_model_error() -> None:
    rows = season()
    position = rows.column_names.index("feature_version")
    other = rows.set_column(position, "feature_version", pa.array([FEATURE_VERSION + 1] * rows.num_rows))

    with pytest.raises(ModelError, match="version"):
        COMPUTATION.compute(task(LAST, rows=other))


def test_a_damaged_stored_model_is_a_model_error() -> None:
    (damaged,) = (replace(one, payload=one.payload[:-12]) for one in whole().artefacts[-1:])

    with pytest.raises(ModelError):
        COMPUTATION.compute(task(LAST, stored=(damaged,)))


@pytest.mark.parametrize(("leak", "alarmed"), [(False, False), (True, True)])
def test_an_average_that_holds_its_own_target_sets_off_the_alarm(leak: bool, alarmed: bool) -> None:
    rows = season(leak=leak)
    computed = COMPUTATION.compute(task(*DAYS, rows=rows)).rows
    points = {(r["player_lookup"], r["game_date"]): r["points"] for r in rows.to_pylist()}
    errors = [
        abs(row["predicted_points"] - points[row["player_lookup"], row["game_date"]])
        for row in computed.to_pylist()
        if row["system_id"] == "ensemble"
    ]

    assert (float(np.mean(errors)) < LEAK_ALARM) is alarmed
