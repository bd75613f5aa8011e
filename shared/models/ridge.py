"""Ridge regression with signs: standardised features, unknown values at the training mean."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from shared.models.arrays import Arrays, Floats

#: Chosen on 2021-22 once; between 20 and 200 the error is the same to the third digit.
PENALTY = 50.0
#: Coefficients are kept with this many decimals: what a linear solver gives in the last bits is chance.
_DECIMALS = 9


@dataclass(frozen=True)
class Ridge:
    """prediction = intercept + sum(weight * (x - mean) / scale), a missing x adding nothing."""

    intercept: float
    weights: Floats
    means: Floats
    scales: Floats

    def contributions(self, rows: Floats) -> Floats:
        """What each feature adds to the prediction, shape (n, features); with the intercept they are it."""
        standard = (rows - self.means) / self.scales
        return np.where(np.isnan(standard), 0.0, standard) * self.weights

    def predict(self, rows: Floats) -> Floats:
        """Predictions for rows of shape (n, features)."""
        return np.asarray(self.intercept + self.contributions(rows).sum(axis=1), dtype=np.float64)

    def arrays(self, name: str) -> dict[str, npt.NDArray[np.generic]]:
        """For `pack`."""
        return {
            f"{name}.intercept": np.array([self.intercept]),
            f"{name}.weights": self.weights,
            f"{name}.means": self.means,
            f"{name}.scales": self.scales,
        }

    @classmethod
    def of(cls, arrays: Arrays, name: str) -> Ridge:
        """What `arrays(name)` gave. Raises KeyError when one is missing."""
        of = {key: arrays[f"{name}.{key}"].astype(np.float64) for key in ("weights", "means", "scales")}
        return cls(float(arrays[f"{name}.intercept"].astype(np.float64)[0]), **of)


def fit_ridge(rows: Floats, target: Floats, signs: Sequence[int]) -> Ridge:
    """Fit by least squares with a penalty on the squared standardised weights.

    `signs`: +1 where a weight must not be negative; those that come out negative are left out and the rest is
    fitted again, until none is.
    """
    known = ~np.isnan(rows)
    counts = np.maximum(known.sum(axis=0), 1)
    filled = np.where(known, rows, 0.0)
    means = filled.sum(axis=0) / counts
    centred = np.where(known, rows - means, 0.0)
    scales = np.sqrt((centred**2).sum(axis=0) / counts)
    scales[scales < 1e-9] = 1.0
    means, scales = means.round(_DECIMALS), scales.round(_DECIMALS)
    standard = np.where(known, (rows - means) / scales, 0.0)
    intercept = float(target.mean())
    gram = standard.T @ standard + PENALTY * np.eye(rows.shape[1])
    # Missing values leave the columns with a mean beside 0: the intercept takes it up.
    shift = standard.mean(axis=0)
    gram -= len(rows) * np.outer(shift, shift)
    moment = standard.T @ (target - intercept)
    used = np.ones(rows.shape[1], dtype=np.bool_)
    must_rise = np.array([sign > 0 for sign in signs])
    while True:
        weights = np.zeros(rows.shape[1])
        weights[used] = np.linalg.solve(gram[np.ix_(used, used)], moment[used])
        wrong = must_rise & (weights < 0)
        if not wrong.any():
            break
        used &= ~wrong
    weights = weights.round(_DECIMALS)
    return Ridge(round(intercept - float(shift @ weights), _DECIMALS), weights, means, scales)
