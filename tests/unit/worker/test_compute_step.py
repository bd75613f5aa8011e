"""The Python step of a run: what it reads, which models it finds again, and what it makes of a failure."""

from __future__ import annotations

import datetime as dt

import pytest

from services.registry import SERVICES, load_processor
from shared.planner.snapshot import CellHistory, RawCell, Snapshot, Success
from shared.topology.declaration import SLOTS
from shared.warehouse.duckdb_warehouse import DuckDBWarehouse
from shared.warehouse.port import Value
from shared.worker.compute import ModelError, Wanted, artefact_table, compute, read_script, training_keys
from shared.worker.stage import Batch
from tests.support.derived_rows import Row, fill, schema_of

PREDICTIONS = load_processor(SERVICES / "predictions" / "player_points_predictions")
FEATURES = schema_of("precompute/ml_feature_store")
POINTS = schema_of("analytics/player_game_summary")
START = dt.date(2021, 11, 1)
DAY = dt.date(2021, 11, 10)
CUTOFFS = (dt.date(2021, 11, 1), dt.date(2021, 11, 8), dt.date(2021, 11, 15))
BATCH = Batch((DAY,), 2021, START, START, START)
KEYS = {day: f"key of {day}" for day in CUTOFFS}


def snapshot(**outputs: str) -> Snapshot:
    """Slots every day; `d10="x"` is the output of the features and of the games of November 10."""
    days = [START + dt.timedelta(days=n) for n in range(20)]
    slots = {day: RawCell(2021, "slots", 1, frozenset({"g"}), "r") for day in days}
    cells = {
        day: CellHistory(Success("in", outputs.get(f"d{day.day}", "same"), 1, 1, "r", "m")) for day in days
    }
    return Snapshot({SLOTS: slots}, {"ml_feature_store": cells, "player_game_summary": cells})


def feature_row(day: dt.date, **other: Value) -> Row:
    return {
        "player_lookup": "ann",
        "game_id": f"g{day}",
        "game_date": day,
        "feature_version": 1,
        "points_ewma_12": 12.0,
        "points_avg_season": 11.0,
        **other,
    }


def warehouse(*features: Row, artefacts: tuple[Row, ...] = ()) -> DuckDBWarehouse:
    found = DuckDBWarehouse(None)
    fill(found, FEATURES, features)
    days = [row["game_date"] for row in features]
    games: list[Row] = [
        {"player_lookup": "ann", "game_id": f"g{day}", "game_date": day, "points": 20} for day in days
    ]
    fill(found, POINTS, games)
    fill(found, artefact_table(), artefacts)
    return found


def artefact(cutoff: dt.date, key: str, **other: Value) -> Row:
    return {
        "processor_name": PREDICTIONS.class_name,
        "trained_before": cutoff,
        "training_key": key,
        "artefact_id": f"model of {key}",
        "versions": "{}",
        "payload": "AAAA",
        "created_at": dt.datetime(2021, 11, 9, tzinfo=dt.UTC),
        **other,
    }


def test_a_key_changes_with_what_is_before_its_cutoff_only() -> None:
    before = training_keys(PREDICTIONS, snapshot(), CUTOFFS)
    after = training_keys(PREDICTIONS, snapshot(d8="corrected"), CUTOFFS)

    assert [before[day] == after[day] for day in CUTOFFS] == [True, True, False]
    assert len(set(before.values())) == len(CUTOFFS)


def read(found: DuckDBWarehouse) -> list[dict[str, object]]:
    wanted = Wanted(needed=CUTOFFS[1:2], helpful=CUTOFFS[:2])
    rows: list[dict[str, object]] = found.table(
        read_script(PREDICTIONS, BATCH, "run", wanted, KEYS)
    ).to_pylist()
    return sorted(rows, key=lambda row: (str(row["computed_kind"]), str(row["game_date"])))


HISTORY = (feature_row(dt.date(2021, 11, 5)), feature_row(DAY), feature_row(dt.date(2021, 11, 11)))


def test_history_with_its_points_is_read_only_to_fit_a_model_that_is_not_stored() -> None:
    unknown = read(warehouse(*HISTORY))
    known = read(warehouse(*HISTORY, artefacts=(artefact(CUTOFFS[1], KEYS[CUTOFFS[1]]),)))

    assert [(row["game_date"], row["points"]) for row in unknown] == [(dt.date(2021, 11, 5), 20), (DAY, None)]
    assert [
        (row["computed_kind"], row["model_artefact_id"], row["game_date"], row["points"]) for row in known
    ] == [
        ("artefact", f"model of {KEYS[CUTOFFS[1]]}", None, None),
        ("row", None, DAY, None),
    ]


@pytest.mark.parametrize(
    "other",
    [
        artefact(CUTOFFS[1], "another key"),
        artefact(CUTOFFS[2], KEYS[CUTOFFS[1]]),
        artefact(CUTOFFS[1], KEYS[CUTOFFS[1]], processor_name="AnotherProcessor"),
    ],
    ids=["fitted on something else", "of another week", "of another processor"],
)
def test_a_model_of_anything_else_is_not_found(other: Row) -> None:
    assert {row["computed_kind"] for row in read(warehouse(*HISTORY, artefacts=(other,)))} == {"row"}


def test_rows_are_loaded_for_the_harness_and_a_redelivery_replaces_them() -> None:
    found = warehouse(*HISTORY)
    for _ in range(2):
        assert compute(PREDICTIONS, found, BATCH, "run", snapshot()) == 0


@pytest.mark.parametrize(
    ("features", "artefacts", "what"),
    [
        ((feature_row(DAY, feature_version=2),), (), "version"),
        (
            (feature_row(DAY),),
            (artefact(CUTOFFS[1], training_keys(PREDICTIONS, snapshot(), CUTOFFS)[CUTOFFS[1]]),),
            "was fitted with",
        ),
    ],
    ids=["features of another version", "a model of other libraries"],
)
def test_what_the_computation_cannot_use_is_a_model_error(
    features: tuple[Row, ...], artefacts: tuple[Row, ...], what: str
) -> None:
    with pytest.raises(ModelError, match=what):
        compute(PREDICTIONS, warehouse(*features, artefacts=artefacts), BATCH, "run", snapshot())
