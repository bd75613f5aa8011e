"""An upper bound: how good predictions would be if it were known who plays. Nothing of it is stored.

The walk-forward predictions are made once more, in memory, from features whose absences are those that
tip-off showed instead of those of the injury report. They use what nobody knows before the game, so they are
no predictions.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pyarrow as pa

from services.console.accuracy.numbers import Floats, Grades
from services.console.output import InputError
from shared.models.distribution import LEVELS, probability_below
from shared.planner.snapshot import Snapshot
from shared.planner.state import Season, seasons_of
from shared.sql import as_one_query, bind, read_sql
from shared.topology.declaration import SLOTS, Processor
from shared.topology.graph import Topology
from shared.warehouse.port import Script, Warehouse
from shared.worker.compute import Artefact, Task, computation_in, read_script
from shared.worker.stage import Batch, batch_parameters, staging_bindings

LABEL = "UPPER BOUND, NOT A PREDICTION"
EXPLANATION = (
    "absences are those that tip-off showed, not those of the injury report: it uses what is known only then"
)
#: What is computed from who is missing.
ABSENCE_FEATURES = ("missing_teammate_points", "usage_spike_score")
_PREDICTIONS, _CONTEXT = "player_points_predictions", "upcoming_player_game_context"
_SQL = Path(__file__).parent / "sql"
_NAME = "known_absences"
#: Weeks whose models are fitted between two steps of the progress.
_WEEKS_AT_ONCE = 3
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Loaded:
    """What is in the warehouse: processors, seasons, and every date with a slot, ascending."""

    warehouse: Warehouse
    topology: Topology
    seasons: tuple[Season, ...]
    calendar: tuple[dt.date, ...]

    @classmethod
    def of(cls, warehouse: Warehouse, topology: Topology, snapshot: Snapshot) -> Loaded:
        """The seasons that a snapshot of all of them knows."""
        calendar = sorted(day for day, cell in snapshot.raw[SLOTS].items() if cell.game_ids)
        return cls(warehouse, topology, tuple(seasons_of(snapshot)), tuple(calendar))

    def batch(self, season: Season, days: Sequence[dt.date]) -> Batch:
        """Dates of a season as one pass over it, and over all that is before."""
        start = min(other.start for other in self.seasons)
        return Batch(tuple(days), season.season_year, season.start, start, start)


def with_known_inactives(loaded: Loaded, grades: Grades, season_year: int, progress: Progress) -> Grades:
    """The same rows with what would have been said of them. Raises InputError when tables are not current."""
    days = [day.item() for day in np.unique(grades.columns["game_date"])]
    (season,) = (one for one in loaded.seasons if one.season_year == season_year)
    rows = feature_rows(loaded, season, days)
    known = with_known_absences(loaded, rows, days[-1])
    return graded_again(grades, walk_forward(loaded, known, days, progress))


def feature_rows(loaded: Loaded, season: Season, days: Sequence[dt.date]) -> pa.Table:
    """Features of these dates and of all before, with the points that were scored before the last of them."""
    processor = loaded.topology.processor(_PREDICTIONS)
    wanted = computation_in(processor.computed_by[0]).wanted(tuple(days), loaded.calendar)
    # No model is kept under this key, so that all of them have to be fitted.
    keys = dict.fromkeys(wanted.helpful, _NAME)
    script = read_script(processor, loaded.batch(season, days), _NAME, wanted, keys)
    return loaded.warehouse.table(replace(script, job_key=""))


def absences_script(processor: Processor, batch: Batch) -> Script:
    """One query with the absence features of everybody expected on the dates; it creates no table."""
    tables = staging_bindings(processor, _NAME)
    parts = {
        f"staging.{name}": bind(name, processor.shared_statement(name), tables)
        for name in processor.shared_sql
    }
    query = as_one_query(_NAME, parts, bind(_NAME, read_sql(_SQL / f"{_NAME}.sql"), tables))
    return Script(
        _NAME, (query,), batch_parameters(processor, batch), transaction=False, labels={"purpose": "report"}
    )


def with_known_absences(loaded: Loaded, rows: pa.Table, last: dt.date) -> pa.Table:
    """The rows with the absence features of who really did not play, also in those that models learn from."""
    processor = loaded.topology.processor(_CONTEXT)
    known: dict[tuple[str, dt.date], tuple[float | None, ...]] = {}
    for season in loaded.seasons:
        days = [day for day in loaded.calendar if day in season.dates and day <= last]
        if days:
            table = loaded.warehouse.table(absences_script(processor, loaded.batch(season, days)))
            values = (table.column(name).to_pylist() for name in ABSENCE_FEATURES)
            keys = zip(
                table.column("player_lookup").to_pylist(), table.column("game_date").to_pylist(), strict=True
            )
            known.update(zip(keys, zip(*values, strict=True), strict=True))
    players, dates = rows.column("player_lookup").to_pylist(), rows.column("game_date").to_pylist()
    unknown = (None,) * len(ABSENCE_FEATURES)
    found = [known.get(key, unknown) for key in zip(players, dates, strict=True)]
    for number, name in enumerate(ABSENCE_FEATURES):
        column = pa.array([values[number] for values in found], pa.float64())
        rows = rows.set_column(rows.column_names.index(name), name, column)
    return rows


def walk_forward(loaded: Loaded, rows: pa.Table, days: Sequence[dt.date], progress: Progress) -> pa.Table:
    """Predictions of the dates from these features, by models of their own weeks fitted on them."""
    computation = computation_in(loaded.topology.processor(_PREDICTIONS).computed_by[0])
    weeks = computation.wanted(tuple(days), loaded.calendar).helpful
    recent = tuple(day for day in loaded.calendar if weeks[0] <= day <= days[-1])
    models: dict[dt.date, Artefact] = {}
    parts = []
    progress(0, len(weeks))
    for done in range(0, len(weeks), _WEEKS_AT_ONCE):
        here = weeks[done : done + _WEEKS_AT_ONCE]
        end = dt.date.max if here[-1] == weeks[-1] else weeks[done + _WEEKS_AT_ONCE]
        chosen = tuple(day for day in recent if here[0] <= day < end)
        computed = computation.compute(Task(chosen, recent, rows, models, dict.fromkeys(weeks, _NAME)))
        models.update((model.trained_before, model) for model in computed.artefacts)
        parts.append(computed.rows)
        progress(done + len(here), len(weeks))
    asked = set(days)
    together = pa.concat_tables(parts)
    return together.filter(
        pa.array([day in asked for day in together.column("game_date").to_pylist()], pa.bool_())
    )


def graded_again(grades: Grades, predictions: pa.Table) -> Grades:
    """The grades of these predictions on exactly the rows of `grades`, in their order.

    Raises InputError when a row has no prediction: then the tables have changed since it was graded.
    """
    there = {
        key: position
        for position, key in enumerate(_keys(*(predictions.column(n).to_pylist() for n in _KEY)))
    }
    asked = list(_keys(*(grades.columns[name].tolist() for name in _KEY)))
    lost = [key for key in asked if key not in there]
    if lost:
        raise InputError(
            f"[{len(lost)}] graded predictions cannot be made again (such as {lost[0]}): what they were made "
            "from has changed since. Run `nba backfill` for these dates first."
        )
    said = predictions.take(pa.array([there[key] for key in asked], pa.int64()))

    def floats(name: str) -> Floats:
        return np.asarray(
            said.column(name).cast(pa.float64()).to_numpy(zero_copy_only=False), dtype=np.float64
        )

    actual = grades.floats("actual_points")
    median = floats("predicted_points")
    quantiles = np.column_stack([floats("q10"), floats("q25"), median, floats("q75"), floats("q90")])
    recommended = np.array(said.column("recommendation").to_pylist(), dtype=object)
    result = grades.columns["over_under_result"]
    judged = np.isin(recommended, ["OVER", "UNDER"]) & np.isin(result, ["OVER", "UNDER"])
    changed = {
        "absolute_error": np.abs(median - actual),
        "mean_error": floats("expected_points") - actual,
        "within_3": (np.abs(median - actual) <= 3).astype(np.float64),
        "within_5": (np.abs(median - actual) <= 5).astype(np.float64),
        "pinball": _pinball(actual, quantiles),
        "in_80": _between(actual, quantiles[:, 0], quantiles[:, 4]),
        "in_50": _between(actual, quantiles[:, 1], quantiles[:, 3]),
        "pit": probability_below(actual, quantiles),
        "p_over": floats("p_over"),
        "recommendation": recommended,
        "recommendation_correct": np.where(judged, (recommended == result).astype(np.float64), np.nan),
        "expected_points": floats("expected_points"),
    }
    return Grades({**grades.columns, **changed}, grades.clusters)


_KEY = ("game_date", "player_lookup", "game_id", "system_id")


def _keys(
    days: Sequence[dt.date], players: Sequence[str], games: Sequence[str], systems: Sequence[str]
) -> Iterator[tuple[str, str, str, str]]:
    for day, player, game, system in zip(days, players, games, systems, strict=True):
        yield str(day), player, game, system


def _pinball(actual: Floats, quantiles: Floats) -> Floats:
    """The sum of the five quantiles' losses; NaN without quantiles."""
    over = actual[:, None] - quantiles
    levels = np.array(LEVELS)
    return np.asarray(np.maximum(levels * over, (levels - 1) * over).sum(axis=1), dtype=np.float64)


def _between(actual: Floats, low: Floats, high: Floats) -> Floats:
    within = ((actual >= low) & (actual <= high)).astype(np.float64)
    return np.where(np.isnan(low), np.nan, within)
