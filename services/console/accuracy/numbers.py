"""Accuracy over many dates: means with bootstrap intervals by date, and differences on the same rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa

Floats: TypeAlias = npt.NDArray[np.float64]
Mask: TypeAlias = npt.NDArray[np.bool_]

#: Resamples of a bootstrap, and the seed that makes them the same every time.
RESAMPLES = 2000
_SEED = 20211019
#: What every other system is compared with.
BASELINE = "ewma_12"
BEST = "ensemble"
#: Perfect knowledge of every player's minutes alone gives an error of 3.80 (measured on 2021-22): whoever is
#: below this on all who played has seen what he predicts.
LEAK_ALARM = 4.2
_ENOUGH_TO_ALARM = 1000
_TIERS = ((0.0, 12.0), (12.0, 20.0), (20.0, 28.0), (28.0, 100.0))
_PRIOR_GAMES = ((1, 4), (5, 9), (10, 19), (20, 39), (40, 120))
#: Reliability is shown in bins of the predicted probability.
_BINS = 10


@dataclass(frozen=True)
class Estimate:
    """A number with its 95 % interval: dates are resampled, because games of a date go together."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Accuracy:
    """One system over one set of rows. Intervals and pinball loss are None without a distribution.

    `gain`: by how many percent its error is below the baseline's on the same rows; None for the baseline.
    """

    name: str
    rows: int
    mean_absolute_error: Estimate
    bias: Estimate
    within_3: float
    within_5: float
    pinball: float | None
    in_80: float | None
    in_50: float | None
    gain: Estimate | None


@dataclass(frozen=True)
class Bin:
    """Predictions of similar probability: how many, what was said on average, what happened."""

    rows: int
    said: float
    happened: float


@dataclass(frozen=True)
class AgainstLines:
    """Our median and the bookmakers' line on the same rows, and the probability of going over it."""

    rows: int
    ours: Estimate
    line: Estimate
    difference: Estimate
    brier: Estimate
    brier_of_even: float
    pushes: int
    reliability: tuple[Bin, ...]
    recommended: int
    correct: Estimate | None


@dataclass(frozen=True)
class UpperBound:
    """The best system's error as it was predicted, and how far the bound's is above it on the same rows."""

    predicted: Estimate
    difference: Estimate


@dataclass(frozen=True)
class Grades:
    """Grades of one season as columns; `clusters` numbers the dates from 0."""

    columns: Mapping[str, npt.NDArray[np.generic]]
    clusters: npt.NDArray[np.int64]

    @classmethod
    def of(cls, table: pa.Table) -> Grades:
        """The columns of a result of grades.sql."""
        columns: dict[str, npt.NDArray[np.generic]] = {}
        for name in table.column_names:
            column = table.column(name)
            if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
                columns[name] = np.array(column.to_pylist(), dtype=object)
            elif pa.types.is_date(column.type):
                columns[name] = column.to_numpy().astype("datetime64[D]")
            else:
                plain = column.cast(pa.int8()) if pa.types.is_boolean(column.type) else column
                columns[name] = plain.cast(pa.float64()).to_numpy(zero_copy_only=False)
        _, clusters = np.unique(columns["game_date"], return_inverse=True)
        return cls(columns, clusters.astype(np.int64))

    def floats(self, name: str) -> Floats:
        """A column of numbers; NaN is unknown."""
        return self.columns[name].astype(np.float64)

    def where(self, chosen: Mask) -> Grades:
        """Some of the rows."""
        return Grades({name: values[chosen] for name, values in self.columns.items()}, self.clusters[chosen])

    def of_system(self, system: str) -> Grades:
        """The rows of one system."""
        return self.where(self.columns["system_id"] == system)

    def keys(self) -> list[tuple[str, str]]:
        """Player and game of every row."""
        players, games = self.columns["player_lookup"], self.columns["game_id"]
        return list(zip(players.tolist(), games.tolist(), strict=True))

    def in_common_with(self, other: Grades) -> Grades:
        """The rows whose player and game the other one has too."""
        there = set(other.keys())
        return self.where(np.array([key in there for key in self.keys()], dtype=np.bool_))

    def __len__(self) -> int:
        return len(self.clusters)


def estimate(top: Floats, clusters: npt.NDArray[np.int64], bottom: Floats | None = None) -> Estimate:
    """sum(top) / sum(bottom), or the mean, with the interval of a bootstrap that draws whole dates."""
    below = np.ones(len(top)) if bottom is None else bottom
    _, numbered = np.unique(clusters, return_inverse=True)
    dates = int(numbered.max()) + 1
    tops, bottoms = np.bincount(numbered, top, dates), np.bincount(numbered, below, dates)
    drawn = np.random.default_rng(_SEED).multinomial(dates, np.full(dates, 1 / dates), RESAMPLES)
    low, high = np.quantile((drawn @ tops) / (drawn @ bottoms), (0.025, 0.975))
    return Estimate(float(tops.sum() / bottoms.sum()), float(low), float(high))


def accuracy(name: str, grades: Grades, baseline: Grades | None) -> Accuracy:
    """What rows of one system come to; `baseline` has the same players and games in the same order."""
    errors = grades.floats("absolute_error")
    gain = None
    if baseline is not None:
        theirs = baseline.floats("absolute_error")
        gain = estimate(100 * (theirs - errors), grades.clusters, theirs)
    return Accuracy(
        name=name,
        rows=len(grades),
        mean_absolute_error=estimate(errors, grades.clusters),
        bias=estimate(grades.floats("mean_error"), grades.clusters),
        within_3=float(grades.floats("within_3").mean()),
        within_5=float(grades.floats("within_5").mean()),
        pinball=_known_mean(grades.floats("pinball")),
        in_80=_known_mean(grades.floats("in_80")),
        in_50=_known_mean(grades.floats("in_50")),
        gain=gain,
    )


def alarms(found: Sequence[Accuracy]) -> list[str]:
    """The systems that are too good to be true, as sentences."""
    return [
        f"LEAK ALARM: the error of {one.name} is {one.mean_absolute_error.value:.2f}, below {LEAK_ALARM}"
        for one in found
        if one.rows >= _ENOUGH_TO_ALARM and one.mean_absolute_error.value < LEAK_ALARM
    ]


def systems(grades: Grades) -> tuple[Accuracy, ...]:
    """Every system on the rows that the best one has, so that all are compared on the same."""
    best = grades.of_system(BEST)
    if not len(best):
        return ()
    baseline = grades.of_system(BASELINE).in_common_with(best)
    found = []
    for name in sorted(set(grades.columns["system_id"].tolist())):
        rows = grades.of_system(name).in_common_with(best)
        comparable = name != BASELINE and rows.keys() == baseline.keys()
        found.append(accuracy(name, rows, baseline if comparable else None))
    return tuple(sorted(found, key=lambda one: one.mean_absolute_error.value))


def groups(grades: Grades, prior_games: Grades) -> dict[str, tuple[Accuracy, ...]]:
    """The best system by prior games (of `prior_games`, which leaves nobody out), minutes tier and month."""
    months = grades.columns["game_date"].astype("datetime64[M]").astype(str)
    minutes = grades.floats("minutes_avg_last_10")
    games = prior_games.floats("games_played_season")
    return {
        "prior games": _split(
            prior_games, [(f"{a}-{b}", (games >= a) & (games <= b)) for a, b in _PRIOR_GAMES]
        ),
        "minutes of the last 10 games": _split(
            grades, [(f"{a:.0f}-{b:.0f}", (minutes >= a) & (minutes < b)) for a, b in _TIERS]
        ),
        "month": _split(grades, [(month, months == month) for month in sorted(set(months.tolist()))]),
    }


def _split(grades: Grades, parts: Sequence[tuple[str, Mask]]) -> tuple[Accuracy, ...]:
    best = grades.columns["system_id"] == BEST
    found = []
    for name, chosen in parts:
        rows = grades.where(chosen & best)
        if not len(rows):
            continue
        baseline = grades.where(chosen & ~best).of_system(BASELINE).in_common_with(rows)
        found.append(accuracy(name, rows, baseline if baseline.keys() == rows.keys() else None))
    return tuple(found)


def upper_bound(bound: Grades, predicted: Grades) -> UpperBound:
    """What a bound is compared with: `predicted` are the same rows in the same order."""
    ours, theirs = bound.of_system(BEST), predicted.of_system(BEST)
    errors, before = ours.floats("absolute_error"), theirs.floats("absolute_error")
    return UpperBound(estimate(before, theirs.clusters), estimate(errors - before, ours.clusters))


def against_lines(grades: Grades) -> AgainstLines | None:
    """The best system beside the bookmakers' lines, on rows that have one; None without any."""
    best = grades.of_system(BEST)
    rows = best.where(~np.isnan(best.floats("points_line")) & ~np.isnan(best.floats("p_over")))
    if not len(rows):
        return None
    ours, lines = rows.floats("absolute_error"), rows.floats("line_absolute_error")
    result = rows.columns["over_under_result"]
    decided = rows.where(result != "PUSH")
    over = (decided.columns["over_under_result"] == "OVER").astype(np.float64)
    said = decided.floats("p_over")
    correct = decided.floats("recommendation_correct")
    judged = ~np.isnan(correct)
    return AgainstLines(
        rows=len(rows),
        ours=estimate(ours, rows.clusters),
        line=estimate(lines, rows.clusters),
        difference=estimate(ours - lines, rows.clusters),
        brier=estimate((said - over) ** 2, decided.clusters),
        brier_of_even=0.25,
        pushes=int((result == "PUSH").sum()),
        reliability=reliability(said, over),
        recommended=int(judged.sum()),
        correct=estimate(correct[judged], decided.clusters[judged]) if judged.any() else None,
    )


def reliability(said: Floats, happened: Floats) -> tuple[Bin, ...]:
    """Predicted probabilities in equal bins, beside what happened; empty bins are left out."""
    number = np.minimum((said * _BINS).astype(np.int64), _BINS - 1)
    return tuple(
        Bin(int(chosen.sum()), float(said[chosen].mean()), float(happened[chosen].mean()))
        for chosen in (number == position for position in range(_BINS))
        if chosen.any()
    )


def _known_mean(values: Floats) -> float | None:
    known = values[~np.isnan(values)]
    return float(known.mean()) if len(known) else None
