"""What a prediction was made from: the features of its date and the stored model; both together again."""

from __future__ import annotations

import datetime as dt
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from services.console.cell_story import read_entity
from services.console.values import as_json
from shared.feature_contract import FEATURE_NAMES

if TYPE_CHECKING:
    from services.console.output import Json
    from shared.tables import TableSchema
    from shared.topology.declaration import Processor
    from shared.topology.graph import Topology
    from shared.warehouse.port import Value, Warehouse
    from shared.worker.compute import Artefact

_SQL = Path(__file__).parent / "sql"
_PREDICTIONS, _FEATURES, _GRADES = "player_points_predictions", "ml_feature_store", "prediction_grading"
#: Best first; what is none of them comes behind.
SYSTEMS = ("ensemble", "boosting", "ridge", "ewma_12", "season_average")
#: Every feature of the contract, once.
GROUPS: Mapping[str, tuple[str, ...]] = {
    "Points": (
        "points_ewma_8",
        "points_ewma_12",
        "points_ewma_24",
        "points_avg_last_5",
        "points_avg_last_10",
        "points_avg_last_20",
        "points_avg_season",
        "points_avg_shrunk",
        "points_std_last_10",
        "points_per_minute_last_20",
        "previous_season_points_avg",
    ),
    "Minutes and role": (
        "minutes_last_game",
        "minutes_avg_last_3",
        "minutes_avg_last_5",
        "minutes_avg_last_10",
        "minutes_avg_season",
        "minutes_ewma",
        "minutes_std_last_10",
        "previous_season_minutes_avg",
        "started_last_game",
        "started_last_5",
        "started_last_10",
        "games_played_season",
        "schedule_completeness_last_10",
    ),
    "Shooting": (
        "shots_avg_last_10",
        "free_throws_avg_last_10",
        "usage_rate_last_10",
        "usage_rate_season",
        "ts_pct_last_10",
        "paint_rate_last_10",
        "three_pt_rate_last_10",
    ),
    "Rest and health": (
        "fatigue_score",
        "days_rest",
        "back_to_back",
        "games_last_7_days",
        "minutes_last_7_days",
        "injury_doubt",
    ),
    "Missing team-mates": ("missing_teammate_points", "usage_spike_score"),
    "Opponent": (
        "opponent_defense_score",
        "opponent_defensive_rating_last_15",
        "shot_zone_mismatch_score",
        "pace_score",
        "opponent_pace_last_15",
        "opponent_days_rest",
    ),
    "Team and game": (
        "home_game",
        "team_pace_last_10",
        "team_off_rating_last_10",
        "team_win_pct_last_10",
        "team_spread",
        "game_total",
    ),
}
#: What a prediction says, in the order in which it is compared with itself.
_SAID = (
    "predicted_points",
    "expected_points",
    "q10",
    "q25",
    "q75",
    "q90",
    "p_over",
    "edge",
    "recommendation",
    "contributions",
)
#: Predictions are kept with four decimals, of which the last may come out rounded the other way.
_SAME = 1.5e-4
Row = Mapping[str, "Value"]


@dataclass(frozen=True)
class Contribution:
    """A feature, its value, and by how many points it moves the linear part against an average row."""

    feature: str
    value: Value
    points: float


@dataclass(frozen=True)
class PredictionStory:
    """One player's predictions of a date, best system first, and everything they come from.

    `features`: his row of the feature store as it is now, None when there is none. `again`: one sentence on
    whether features and stored model give the stored numbers again; `same` says it for programs.
    """

    predictions: tuple[Row, ...]
    features: Row | None
    grades: Mapping[str, Row]
    contributions: tuple[Contribution, ...]
    same: bool
    again: str

    @property
    def unknown(self) -> tuple[str, ...]:
        """The features that nobody knew."""
        features = self.features
        return () if features is None else tuple(name for name in FEATURE_NAMES if features[name] is None)


def prediction_story(
    warehouse: Warehouse, topology: Topology, processor: Processor, day: dt.date, rows: Sequence[Row]
) -> PredictionStory | None:
    """What explains the predictions in `rows`; None when they are no predictions of one player."""
    if processor.name != _PREDICTIONS or len({row["player_lookup"] for row in rows}) != 1:
        return None
    entity = str(rows[0]["player_lookup"])
    ordered = tuple(sorted(rows, key=_rank))
    store = topology.processor(_FEATURES)
    features = next(iter(read_entity(warehouse, store, day, entity)), None)
    grades = read_entity(warehouse, topology.processor(_GRADES), day, entity)
    same, again = _again(warehouse, processor, store.schema, day, ordered, features)
    return PredictionStory(
        ordered,
        features,
        {str(row["system_id"]): row for row in grades},
        _told(ordered, features),
        same,
        again,
    )


def _rank(row: Row) -> tuple[int, str]:
    name = str(row["system_id"])
    return SYSTEMS.index(name) if name in SYSTEMS else len(SYSTEMS), name


def _told(predictions: Sequence[Row], features: Row | None) -> tuple[Contribution, ...]:
    """The contributions of the best system that tells any, largest first."""
    told = next((row["contributions"] for row in predictions if row["contributions"] is not None), None)
    if told is None:
        return ()
    found: dict[str, float] = json.loads(str(told))
    return tuple(
        Contribution(name, None if features is None else features[name], points)
        for name, points in sorted(found.items(), key=lambda item: -abs(item[1]))
    )


def read_artefact(warehouse: Warehouse, processor: Processor, row: Row) -> Artefact | None:
    """The stored model that a prediction names; None when it names none, or it is not stored."""
    from shared.sql import Statement, read_sql  # noqa: PLC0415
    from shared.warehouse.port import date, query, text  # noqa: PLC0415
    from shared.worker.compute import Artefact  # noqa: PLC0415

    trained_before, name = row["trained_before"], row["artefact_id"]
    if not isinstance(trained_before, dt.date) or name is None:
        return None
    rows = query(
        warehouse,
        Statement("artefact", read_sql(_SQL / "artefact.sql")),
        {
            "trained_before": date(trained_before),
            "processor_name": text(processor.class_name),
            "artefact_id": text(str(name)),
        },
    )
    for _, key, artefact_id, _, payload in rows.values:
        return Artefact(trained_before, str(key), str(artefact_id), str(payload))
    return None


def predict_again(
    processor: Processor, schema: TableSchema, day: dt.date, features: Row, model: Artefact | None
) -> dict[str, Row]:
    """What every system says of one row of the feature store. Raises ModelError."""
    import pyarrow as pa  # noqa: PLC0415

    from shared.arrow import arrow_schema  # noqa: PLC0415
    from shared.worker.compute import Task, computation_in  # noqa: PLC0415

    table = pa.Table.from_pylist([dict(features)], schema=arrow_schema(schema))
    task = Task(
        dates=(day,),
        calendar=(day,),
        rows=table.append_column("points", pa.nulls(1, pa.int64())),
        stored={} if model is None else {model.trained_before: model},
        keys={},
    )
    computed = computation_in(processor.computed_by[0]).compute(task)
    return {str(row["system_id"]): row for row in computed.rows.to_pylist()}


def _again(
    warehouse: Warehouse,
    processor: Processor,
    schema: TableSchema,
    day: dt.date,
    predictions: Sequence[Row],
    features: Row | None,
) -> tuple[bool, str]:
    from shared.worker.compute import ModelError  # noqa: PLC0415

    if features is None:
        return False, f"{schema.address} has no row of him on {day} any more."
    fitted = next((row for row in predictions if row["artefact_id"] is not None), None)
    model = None if fitted is None else read_artefact(warehouse, processor, fitted)
    if fitted is not None and model is None:
        return False, f"Model {fitted['artefact_id']} is not stored any more."
    try:
        found = predict_again(processor, schema, day, features, model)
    except ModelError as error:
        return False, f"They cannot be predicted again: {error}"
    said = {str(row["system_id"]): row for row in predictions}
    others = sorted(found.keys() ^ said.keys())
    others += [
        f"{system} {name}"
        for system in found.keys() & said.keys()
        for name in _SAID
        if not _equal(said[system][name], found[system][name])
    ]
    if others:
        return False, (
            f"These features and the model now give other numbers ({', '.join(sorted(others))}): "
            "the features have been computed again since."
        )
    what = "These features" if model is None else f"These features and model {model.artefact_id}"
    return True, f"{what} give the numbers above again."


def _equal(one: Value, other: Value) -> bool:
    if isinstance(one, float) and isinstance(other, float):
        return math.isclose(one, other, rel_tol=0, abs_tol=_SAME)
    return one == other


def prediction_document(story: PredictionStory) -> Json:
    """For programs: an unknown feature is null."""
    features = story.features
    return {
        "features": None
        if features is None
        else {group: {name: as_json(features[name]) for name in names} for group, names in GROUPS.items()},
        "systems": [
            {
                "system_id": row["system_id"],
                **{name: as_json(row[name]) for name in (*_SAID[:-1], "points_line")},
                "grade": _grade(story.grades.get(str(row["system_id"]))),
            }
            for row in story.predictions
        ],
        "contributions": [
            {"feature": one.feature, "value": as_json(one.value), "points": one.points}
            for one in story.contributions
        ],
        "model": _model(story),
        "reproduced": story.same,
        "reproduction": story.again,
    }


def _grade(row: Row | None) -> Json:
    if row is None:
        return None
    names = (
        "outcome",
        "void_reason",
        "actual_points",
        "actual_minutes",
        "absolute_error",
        "in_80",
        "in_50",
        "over_under_result",
        "recommendation_correct",
    )
    return {name: as_json(row[name]) for name in names}


def _model(story: PredictionStory) -> Json:
    fitted = next((row for row in story.predictions if row["artefact_id"] is not None), None)
    if fitted is None:
        return None
    return {name: as_json(fitted[name]) for name in ("artefact_id", "trained_before", "training_rows")}
