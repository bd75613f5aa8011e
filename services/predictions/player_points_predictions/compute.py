"""From features to predictions: weekly models, walk-forward, and the rows of all systems.

The model of a date is fitted on games before the Monday of its week, whichever run computes it: a range in
one pass and the dates one by one give the same rows.
"""

from __future__ import annotations

import datetime as dt
import json
from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from shared.feature_contract import FEATURE_NAMES, FEATURES, FeatureContractError, check_reader
from shared.models.arrays import ArtefactError, Floats, content_id
from shared.models.calibration import Raw, learn
from shared.models.distribution import probability_over
from shared.models.points import Fitted, Models, fit_models
from shared.worker.compute import Artefact, Computed, ModelError, Task, Wanted

#: Weeks of predictions that teach weights and intervals.
LEARN_WEEKS = 8
#: Fewer scored rows before a cut-off than this make no model: the first week of a first season.
FEWEST_ROWS = 400
#: A recommendation needs a probability this far from one half; the price of a bet alone takes 0.024.
LEAST_EDGE = 0.05
#: Contributions that a row tells.
_MOST_CONTRIBUTIONS = 5
_DECIMALS = 4
_SIGNS = tuple(feature.sign for feature in FEATURES)
_WEEK = 7
_MINUTES = FEATURE_NAMES.index("minutes_avg_last_10")
_SIMPLE = tuple(
    FEATURE_NAMES.index(name)
    for name in ("points_avg_season", "previous_season_points_avg", "points_ewma_12")
)
#: Features that a prediction's row has as well: what its errors are grouped by.
_KEPT_FEATURES = {"minutes_avg_last_10", "games_played_season"}

Mask: TypeAlias = npt.NDArray[np.bool_]
Column: TypeAlias = Floats | list[str | None] | list[dt.date | None]


def cutoff_of(day: dt.date) -> dt.date:
    """The Monday of a date's week: games before it are what the date's models are fitted on."""
    return day - dt.timedelta(days=day.weekday())


@dataclass(frozen=True)
class Data:
    """Rows as arrays: features (n, features), points (NaN: not played, or not asked for), date ordinals."""

    rows: pa.Table
    features: Floats
    points: Floats
    days: npt.NDArray[np.int64]

    @classmethod
    def of(cls, rows: pa.Table) -> Data:
        """Arrays of a table in one order, whatever the order it came in. Raises FeatureContractError."""
        ordered = rows.sort_by(
            [("game_date", "ascending"), ("game_id", "ascending"), ("player_lookup", "ascending")]
        )
        check_reader(ordered.column_names, ordered.column("feature_version").unique().to_pylist())
        features = [_floats(ordered.column(name)) for name in FEATURE_NAMES]
        days = ordered.column("game_date").cast(pa.int32()).to_numpy().astype(np.int64)
        return cls(
            ordered,
            np.column_stack(features),
            _floats(ordered.column("points")),
            days + dt.date(1970, 1, 1).toordinal(),
        )

    def between(self, first: dt.date, end: dt.date) -> Mask:
        """Rows of dates in [first, end)."""
        return (self.days >= first.toordinal()) & (self.days < end.toordinal())

    def before(self, end: dt.date) -> Mask:
        """Rows of dates before `end`."""
        return self.days < end.toordinal()


def _floats(column: pa.ChunkedArray) -> Floats:
    plain = column.cast(pa.int8()) if pa.types.is_boolean(column.type) else column
    return np.asarray(plain.cast(pa.float64()).to_numpy(zero_copy_only=False), dtype=np.float64)


class Weeks:
    """The models of the weeks: stored ones, or fitted when they are first asked for."""

    def __init__(self, task: Task, data: Data) -> None:
        self._task = task
        self._data = data
        self._scored = ~np.isnan(data.points)
        self._weeks = _weeks(task.calendar)
        self._models: dict[dt.date, Models | None] = {}
        self._raw: dict[dt.date, tuple[Raw, Mask]] = {}
        self.fitted: dict[dt.date, Artefact] = {}

    def of(self, week: dt.date) -> tuple[Fitted, str] | None:
        """Models with calibration and their id; None when too little was played before."""
        stored = self._task.stored.get(week)
        if stored is not None:
            return Fitted.of(stored.payload), stored.artefact_id
        models = self._models_of(week)
        if models is None:
            return None
        position = bisect_left(self._weeks, week)
        taught = [self._predicted(w) for w in self._weeks[max(position - LEARN_WEEKS, 0) : position]]
        known = [(raw, chosen) for raw, chosen in taught if chosen.any()]
        raw = Raw(
            np.concatenate([np.empty((0, 5)), *(raw.quantiles for raw, _ in known)]),
            np.concatenate([np.empty(0), *(raw.mean for raw, _ in known)]),
            np.concatenate([np.empty(0), *(raw.ridge for raw, _ in known)]),
        )
        rows = np.concatenate([np.empty(0, dtype=np.int64), *(np.flatnonzero(chosen) for _, chosen in known)])
        fitted = Fitted(models, learn(raw, self._data.features[rows, _MINUTES], self._data.points[rows]))
        payload = fitted.payload()
        self.fitted[week] = Artefact(week, self._task.keys[week], content_id(payload), payload)
        # Read back: what is used now is bit for bit what is stored and used later.
        return Fitted.of(payload), content_id(payload)

    def _models_of(self, week: dt.date) -> Models | None:
        if week not in self._models:
            stored = self._task.stored.get(week)
            chosen = self._data.before(week) & self._scored
            if stored is not None:
                self._models[week] = Fitted.of(stored.payload).models
            elif chosen.sum() < FEWEST_ROWS:
                self._models[week] = None
            else:
                self._models[week] = fit_models(
                    self._data.features[chosen], self._data.points[chosen], _SIGNS
                )
        return self._models[week]

    def _predicted(self, week: dt.date) -> tuple[Raw, Mask]:
        """What the models of a week said of its own games, and which rows those are."""
        if week not in self._raw:
            models = self._models_of(week)
            chosen = self._data.between(week, week + dt.timedelta(days=_WEEK)) & self._scored
            if models is None:
                chosen = np.zeros_like(chosen)
                self._raw[week] = Raw(np.empty((0, 5)), np.empty(0), np.empty(0)), chosen
            else:
                self._raw[week] = models.predict(self._data.features[chosen]), chosen
        return self._raw[week]


def _weeks(calendar: tuple[dt.date, ...]) -> tuple[dt.date, ...]:
    return tuple(sorted({cutoff_of(day) for day in calendar}))


class PointsComputation:
    """The Python step of player_points_predictions."""

    def wanted(self, dates: tuple[dt.date, ...], calendar: tuple[dt.date, ...]) -> Wanted:
        """The models of the dates' weeks, and of the weeks before that teach them."""
        weeks = _weeks(calendar)
        needed = sorted({cutoff_of(day) for day in dates})
        helpful = set(needed)
        for week in needed:
            position = bisect_left(weeks, week)
            helpful.update(weeks[max(position - LEARN_WEEKS, 0) : position])
        return Wanted(tuple(needed), tuple(sorted(helpful)))

    def compute(self, task: Task) -> Computed:
        """Predictions of the dates. Raises ModelError."""
        try:
            data = Data.of(task.rows)
            weeks = Weeks(task, data)
            wanted = {day.toordinal() for day in task.dates}
            parts = []
            for week in sorted({cutoff_of(day) for day in task.dates}):
                chosen = data.between(week, week + dt.timedelta(days=_WEEK)) & np.isin(
                    data.days, list(wanted)
                )
                if chosen.any():
                    parts.extend(_systems(data, chosen, week, weeks.of(week)))
        except (ArtefactError, FeatureContractError) as error:
            raise ModelError(str(error)) from error
        rows = pa.concat_tables(parts) if parts else _empty(data)
        return Computed(rows, tuple(weeks.fitted[week] for week in sorted(weeks.fitted)))


COMPUTATION = PointsComputation()


@dataclass(frozen=True)
class _System:
    """What one system says of the chosen rows. Quantiles of shape (n, 5) with the median inside, or None."""

    system_id: str
    median: Floats
    mean: Floats
    quantiles: Floats | None = None
    contributions: list[str | None] | None = None
    artefact: tuple[str, dt.date, int] | None = None


def _systems(data: Data, chosen: Mask, week: dt.date, model: tuple[Fitted, str] | None) -> list[pa.Table]:
    features = data.features[chosen]
    average, previous, smoothed = (features[:, column] for column in _SIMPLE)
    # Before his first game of the season, the average of the season before is all there is.
    average = np.where(np.isnan(average), previous, average)
    simple = [_System("season_average", average, average), _System("ewma_12", smoothed, smoothed)]
    systems = simple
    if model is not None:
        fitted, artefact_id = model
        artefact = (artefact_id, week, fitted.models.training_rows)
        raw = fitted.models.predict(features)
        quantiles, mean = fitted.calibration.apply(raw, features[:, _MINUTES])
        told = _contributions(fitted.models.ridge.contributions(features))
        ridge = np.maximum(raw.ridge, 0.0)
        systems = [
            *simple,
            _System("ridge", ridge, ridge, None, told, artefact),
            _System(
                "boosting", raw.quantiles[:, 2], np.maximum(raw.mean, 0.0), raw.quantiles, None, artefact
            ),
            _System("ensemble", quantiles[:, 2], mean, quantiles, told, artefact),
        ]
    rows = data.rows.filter(pa.array(chosen))
    return [_table(rows, system) for system in systems]


def _contributions(found: Floats) -> list[str | None]:
    """Per row, the features that move the linear prediction most, with their points, as a JSON object."""
    order = np.argsort(-np.abs(found), axis=1, kind="stable")[:, :_MOST_CONTRIBUTIONS]
    told: list[str | None] = []
    for row, positions in zip(found, order, strict=True):
        told.append(json.dumps({FEATURE_NAMES[i]: round(float(row[i]), 2) for i in positions if row[i] != 0}))
    return told


def _table(rows: pa.Table, system: _System) -> pa.Table:
    """The output rows of a system; a player of whom it can say nothing has none."""
    count = rows.num_rows
    nothing = np.full(count, np.nan)
    quantiles = np.full((count, 5), np.nan) if system.quantiles is None else system.quantiles
    lines = _floats(rows.column("points_line"))
    over = nothing if system.quantiles is None else probability_over(lines, quantiles)
    edge = over - 0.5
    artefact_id, trained_before, training_rows = system.artefact or (None, None, None)
    columns: Mapping[str, pa.Array] = {
        "system_id": pa.array([system.system_id] * count),
        "predicted_points": _numbers(system.median),
        "expected_points": _numbers(system.mean),
        "q10": _numbers(quantiles[:, 0]),
        "q25": _numbers(quantiles[:, 1]),
        "q75": _numbers(quantiles[:, 3]),
        "q90": _numbers(quantiles[:, 4]),
        "p_over": _numbers(over),
        "edge": _numbers(edge),
        "recommendation": pa.array([_recommended(value) for value in edge], pa.string()),
        "contributions": pa.array(system.contributions or [None] * count, pa.string()),
        "artefact_id": pa.array([artefact_id] * count, pa.string()),
        "trained_before": pa.array([trained_before] * count, pa.date32()),
        "training_rows": pa.array([training_rows] * count, pa.int64()),
    }
    dropped = {*FEATURE_NAMES, "points"} - _KEPT_FEATURES
    kept = rows.select([name for name in rows.column_names if name not in dropped])
    for name, values in columns.items():
        kept = kept.append_column(name, values)
    return kept.filter(pa.array(~np.isnan(system.median)))


def _numbers(values: Floats) -> pa.Array:
    return pa.array(values.round(_DECIMALS), pa.float64(), from_pandas=True)


def _recommended(edge: float) -> str | None:
    if np.isnan(edge):
        return None
    if abs(edge) < LEAST_EDGE:
        return "PASS"
    return "OVER" if edge > 0 else "UNDER"


def _empty(data: Data) -> pa.Table:
    empty = np.empty(0)
    return _table(data.rows.slice(0, 0), _System("ensemble", empty, empty))
