"""What predictions of the last weeks, compared with what happened, teach: weights and widths.

Everything is learned from predictions for games that the models which made them had not seen.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from shared.models.arrays import Arrays, Floats
from shared.models.distribution import LEVELS, ordered

#: Borders of the tiers by minutes of the last 10 games.
TIER_MINUTES = (12.0, 20.0, 28.0)
#: Fewer predictions than this teach nothing; fewer in a tier, and all tiers together teach it.
FEWEST = 600
FEWEST_IN_TIER = 150
_WEIGHTS = np.arange(11) / 10
_DECIMALS = 6
#: Which offset is the ridge regression's, from its mean to its median.
_RIDGE = 2


@dataclass(frozen=True)
class Raw:
    """Predictions as the models give them: `quantiles` of shape (n, 5), the trees' median in the middle."""

    quantiles: Floats
    mean: Floats
    ridge: Floats

    def rows(self, chosen: npt.NDArray[np.bool_]) -> Raw:
        """The chosen rows."""
        return Raw(self.quantiles[chosen], self.mean[chosen], self.ridge[chosen])

    @property
    def widths(self) -> Floats:
        """The trees' 80 % interval, at least one point: the unit in which offsets are learned."""
        return np.maximum(self.quantiles[:, -1] - self.quantiles[:, 0], 1.0)


def tiers(minutes: Floats) -> npt.NDArray[np.int64]:
    """The tier of each player, 0 to 3, by his minutes of the last 10 games."""
    return np.digitize(minutes, TIER_MINUTES).astype(np.int64)


@dataclass(frozen=True)
class Calibration:
    """Weights of the trees beside the ridge regression, and offsets by tier and level in widths.

    The offset of level 0.5 is what turns the ridge regression's mean into a median.
    """

    median_weight: float
    mean_weight: float
    offsets: Floats

    def apply(self, raw: Raw, minutes: Floats) -> tuple[Floats, Floats]:
        """The ensemble's quantiles (n, 5), ordered, and its mean."""
        moved = self.offsets[tiers(minutes)] * raw.widths[:, None]
        quantiles = raw.quantiles + moved
        ridge_median = raw.ridge + moved[:, _RIDGE]
        quantiles[:, _RIDGE] = (
            self.median_weight * raw.quantiles[:, _RIDGE] + (1 - self.median_weight) * ridge_median
        )
        mean = self.mean_weight * raw.mean + (1 - self.mean_weight) * raw.ridge
        return _around_median(quantiles), np.maximum(mean, 0.0)

    def arrays(self, name: str) -> dict[str, npt.NDArray[np.generic]]:
        """For `pack`."""
        return {
            f"{name}.weights": np.array([self.median_weight, self.mean_weight]),
            f"{name}.offsets": self.offsets,
        }

    @classmethod
    def of(cls, arrays: Arrays, name: str) -> Calibration:
        """What `arrays(name)` gave. Raises KeyError when one is missing."""
        weights = arrays[f"{name}.weights"].astype(np.float64)
        return cls(float(weights[0]), float(weights[1]), arrays[f"{name}.offsets"].astype(np.float64))


#: Before anything can be learned.
UNTAUGHT = Calibration(0.5, 0.5, np.zeros((len(TIER_MINUTES) + 1, len(LEVELS))))


def _around_median(quantiles: Floats) -> Floats:
    """Ordered without moving the median: lower ones are cut at it from above, upper ones from below."""
    median = np.maximum(quantiles[:, [_RIDGE]], 0.0)
    below = np.minimum(quantiles[:, :_RIDGE], median)
    above = np.maximum(quantiles[:, _RIDGE + 1 :], median)
    return ordered(np.column_stack([np.sort(below, axis=1), median, np.sort(above, axis=1)]))


def learn(raw: Raw, minutes: Floats, target: Floats) -> Calibration:
    """Weights and offsets from predictions and what happened; UNTAUGHT with fewer than FEWEST of them."""
    if len(target) < FEWEST:
        return UNTAUGHT
    of_tier = tiers(minutes)
    offsets = np.zeros_like(UNTAUGHT.offsets)
    for position, level in enumerate(LEVELS):
        predicted = raw.ridge if position == _RIDGE else raw.quantiles[:, position]
        scores = (target - predicted) / raw.widths
        for tier in range(len(offsets)):
            chosen = scores[of_tier == tier]
            offsets[tier, position] = np.quantile(chosen if len(chosen) >= FEWEST_IN_TIER else scores, level)
    offsets = offsets.round(_DECIMALS)
    ridge_median = raw.ridge + offsets[of_tier, _RIDGE] * raw.widths
    trees_median = raw.quantiles[:, _RIDGE]
    errors = [np.abs(target - w * trees_median - (1 - w) * ridge_median).mean().round(9) for w in _WEIGHTS]
    squares = [((target - w * raw.mean - (1 - w) * raw.ridge) ** 2).mean().round(9) for w in _WEIGHTS]
    return Calibration(float(_WEIGHTS[np.argmin(errors)]), float(_WEIGHTS[np.argmin(squares)]), offsets)
