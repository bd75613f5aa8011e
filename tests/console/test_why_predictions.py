"""`nba why` of a prediction: its features and the stored model give the stored numbers again."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from services.console.predictions.story import (
    GROUPS,
    SYSTEMS,
    PredictionStory,
    prediction_document,
    prediction_story,
)
from services.console.predictions.text import render_prediction
from services.registry import discover
from shared.feature_contract import FEATURE_NAMES
from shared.models.distribution import probability_over
from shared.models.points import Fitted
from shared.sql import Statement
from shared.warehouse.duckdb_warehouse import DuckDBWarehouse
from shared.warehouse.port import Value, query
from tests.console.command_line import Ask
from tests.console.screen import screen

PPP = discover().processor("PPP")
#: Predictions are kept with four decimals.
ROUNDED = 1.5e-4


@pytest.fixture
def warehouse(predicted_month: Path) -> Iterator[DuckDBWarehouse]:
    found = DuckDBWarehouse(predicted_month)
    yield found
    found.close()


def select(warehouse: DuckDBWarehouse, sql: str) -> list[dict[str, Value]]:
    return list(query(warehouse, Statement("select", sql), {}).records())


def of_player(warehouse: DuckDBWarehouse, player: str, day: dt.date) -> list[dict[str, Value]]:
    return select(
        warehouse,
        "SELECT * FROM nba_predictions.player_points_predictions"
        f" WHERE game_date = '{day}' AND player_lookup = '{player}'",
    )


def told(warehouse: DuckDBWarehouse, player: str, day: dt.date) -> PredictionStory:
    found = prediction_story(warehouse, discover(), PPP, day, of_player(warehouse, player, day))
    assert found is not None
    return found


def newest(warehouse: DuckDBWarehouse, *, model: bool = True) -> tuple[str, dt.date]:
    """A player and the last date on which he was predicted with a model; or the first, without one."""
    order, what = ("DESC", "NOT NULL") if model else ("ASC", "NULL")
    (row,) = select(
        warehouse,
        "SELECT player_lookup, game_date FROM nba_predictions.player_points_predictions"
        f" WHERE game_date >= '2023-01-01' AND artefact_id IS {what}"
        f" ORDER BY game_date {order}, player_lookup LIMIT 1",
    )
    assert isinstance(row["game_date"], dt.date)
    return str(row["player_lookup"]), row["game_date"]


def predicted_from(document: Any, payload: str | None) -> dict[str, dict[str, float | None]]:
    """Every system's numbers from what `nba why --json` shows and the stored model, by hand."""
    shown = {name: value for group in document["features"].values() for name, value in group.items()}
    values = [np.nan if shown[name] is None else float(shown[name]) for name in FEATURE_NAMES]
    row = np.array([values])
    found: dict[str, dict[str, float | None]] = {
        "season_average": _numbers(shown["points_avg_season"], shown["points_avg_season"]),
        "ewma_12": _numbers(shown["points_ewma_12"], shown["points_ewma_12"]),
    }
    if payload is None:
        return found
    fitted = Fitted.of(payload)
    raw = fitted.models.predict(row)
    ridge = max(float(raw.ridge[0]), 0.0)
    quantiles, mean = fitted.calibration.apply(raw, np.array([shown["minutes_avg_last_10"]], dtype=float))
    return found | {
        "ridge": _numbers(ridge, ridge),
        "boosting": _numbers(raw.quantiles[0, 2], max(float(raw.mean[0]), 0.0), raw.quantiles[0]),
        "ensemble": _numbers(quantiles[0, 2], float(mean[0]), quantiles[0]),
    }


def _numbers(median: float, mean: float, quantiles: Any = None) -> dict[str, float | None]:
    levels = ("q10", "q25", "q75", "q90")
    around = [None] * 4 if quantiles is None else [float(quantiles[i]) for i in (0, 1, 3, 4)]
    return {
        "predicted_points": float(median),
        "expected_points": float(mean),
        **dict(zip(levels, around, strict=True)),
    }


def stored_payload(warehouse: DuckDBWarehouse, document: Any) -> str | None:
    if document["model"] is None:
        return None
    (row,) = select(
        warehouse,
        "SELECT payload FROM nba_predictions.model_artefacts"
        f" WHERE trained_before = '{document['model']['trained_before']}'"
        f" AND artefact_id = '{document['model']['artefact_id']}'",
    )
    return str(row["payload"])


def test_every_prediction_comes_again_from_the_features_shown_and_the_stored_model(
    warehouse: DuckDBWarehouse,
) -> None:
    _, day = newest(warehouse)
    players = select(
        warehouse,
        "SELECT DISTINCT player_lookup FROM nba_predictions.player_points_predictions"
        f" WHERE game_date = '{day}'",
    )
    assert len(players) > 20
    for player in players:
        document: Any = prediction_document(told(warehouse, str(player["player_lookup"]), day))
        again = predicted_from(document, stored_payload(warehouse, document))
        said = {row["system_id"]: row for row in document["systems"]}

        assert tuple(said) == SYSTEMS
        assert document["reproduced"], document["reproduction"]
        for system, numbers in again.items():
            assert {name: said[system][name] for name in numbers} == pytest.approx(numbers, abs=ROUNDED)
        ensemble = said["ensemble"]
        if ensemble["points_line"] is not None:
            quantiles = np.array([[ensemble[n] for n in ("q10", "q25", "predicted_points", "q75", "q90")]])
            over = probability_over(np.array([ensemble["points_line"]]), quantiles)
            assert ensemble["p_over"] == pytest.approx(over[0], abs=1e-3)


def test_before_there_is_a_model_the_averages_come_again(warehouse: DuckDBWarehouse) -> None:
    document: Any = prediction_document(told(warehouse, *newest(warehouse, model=False)))

    assert document["model"] is None
    assert document["reproduced"]
    assert {row["system_id"] for row in document["systems"]} == {"season_average", "ewma_12"}


def test_features_that_have_changed_since_are_noticed(warehouse: DuckDBWarehouse) -> None:
    player, day = newest(warehouse)
    rows = of_player(warehouse, player, day)
    altered = [{**row, "predicted_points": 77.0} if row["system_id"] == "ridge" else row for row in rows]
    found = prediction_story(warehouse, discover(), PPP, day, altered)

    assert found is not None
    assert not found.same
    assert "(ridge predicted_points)" in found.again


def test_a_model_that_is_gone_is_said(warehouse: DuckDBWarehouse) -> None:
    player, day = newest(warehouse)
    rows = [
        {**row, "artefact_id": row["artefact_id"] and "gone"} for row in of_player(warehouse, player, day)
    ]
    found = prediction_story(warehouse, discover(), PPP, day, rows)

    assert found is not None
    assert (found.same, found.again) == (False, "Model gone is not stored any more.")


def test_the_groups_hold_every_feature_of_the_contract_once() -> None:
    names = [name for group in GROUPS.values() for name in group]

    assert sorted(names) == sorted(FEATURE_NAMES)


@pytest.mark.parametrize("width", [60, 100, 160])
def test_a_person_sees_every_feature_and_which_are_unknown(warehouse: DuckDBWarehouse, width: int) -> None:
    story = told(warehouse, *newest(warehouse))
    text = screen(render_prediction(story, width=width), width=width)
    words = text.split()

    assert set(FEATURE_NAMES) <= set(words)
    assert story.features is not None
    assert story.unknown
    assert words.count("unknown") == len(story.unknown) + 1
    for name in story.unknown:
        assert words[words.index(name) + 1] == "unknown"
    assert {system for system in SYSTEMS if f"  {system} " in text} == set(SYSTEMS)
    assert "give the numbers above again" in " ".join(words)


def test_what_happened_is_told_as_it_is_known(warehouse: DuckDBWarehouse) -> None:
    story = told(warehouse, *newest(warehouse))
    grades = select(
        warehouse,
        "SELECT * FROM nba_predictions.prediction_accuracy"
        " WHERE game_date >= '2023-01-01' ORDER BY game_date",
    )
    graded = next(row for row in grades if row["outcome"] == "GRADED")
    void = next(row for row in grades if row["outcome"] == "VOID")

    def happened(*rows: dict[str, Value]) -> str:
        known = replace(story, grades={str(row["system_id"]): row for row in rows})
        return " ".join(screen(render_prediction(known, width=100), width=100).split())

    assert f"He scored {graded['actual_points']} in " in happened(graded)
    assert f"He did not play: {void['void_reason']}. The predictions are void." in happened(void)
    assert "What happened is not graded yet." in happened()


def test_the_command_shows_it_to_people_and_to_programs(
    predicted_month: Path, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = DuckDBWarehouse(predicted_month)
    player, day = newest(opened)
    opened.close()
    monkeypatch.setenv("NBA_WAREHOUSE", f"duckdb://{predicted_month}")

    shown = ask("why", "PPP", day.isoformat(), "--entity", player)
    document = ask("why", "PPP", day.isoformat(), "--entity", player, "--json").document

    assert (shown.code, shown.err) == (0, "")
    assert "Predicted points" in shown.words
    assert "51 features as of" in shown.words
    assert document["entity"]["prediction"]["reproduced"]
    assert len(document["entity"]["rows"]) == len(SYSTEMS)
    # What is no prediction is told as ever.
    assert (
        "prediction"
        not in ask("why", "MLFS", day.isoformat(), "--entity", player, "--json").document["entity"]
    )
