"""A predictive distribution from five quantiles, and the probability above a line."""

from __future__ import annotations

import numpy as np

from shared.models.arrays import Floats

#: The levels of the quantiles that a prediction has, the median in the middle.
LEVELS = (0.1, 0.25, 0.5, 0.75, 0.9)
#: No two quantiles are closer than this; a width of 0 has no density.
_CLOSEST = 0.05
#: From 25 % above the line to 10 %, in natural logarithms: the rate at which the upper tail goes on.
_TAIL = float(np.log(0.25 / 0.1))


def ordered(quantiles: Floats) -> Floats:
    """Quantiles of shape (n, 5) that neither cross nor fall below 0: each at least the one before."""
    return np.asarray(np.maximum.accumulate(np.maximum(quantiles, 0.0), axis=1), dtype=np.float64)


def probability_below(points: Floats, quantiles: Floats) -> Floats:
    """P(X < points) for each row.

    Linear between the quantiles and from -0.5 up to the first; above the last an exponential tail.
    `quantiles` of shape (n, 5) at LEVELS, ordered.
    """
    spread = quantiles + np.arange(len(LEVELS)) * _CLOSEST
    knots = np.column_stack([np.full(len(points), -0.5), spread])
    levels = np.array([0.0, *LEVELS])
    found = np.zeros(len(points))
    for left in range(len(levels) - 1):
        width = knots[:, left + 1] - knots[:, left]
        share = np.clip((points - knots[:, left]) / width, 0.0, 1.0)
        found += share * (levels[left + 1] - levels[left])
    rate = _TAIL / (knots[:, -1] - knots[:, -2])
    beyond = np.maximum(points - knots[:, -1], 0.0)
    return np.asarray(np.where(beyond > 0, 1.0 - 0.1 * np.exp(-rate * beyond), found), dtype=np.float64)


def probability_over(lines: Floats, quantiles: Floats) -> Floats:
    """P(points > line) for each row; who scores exactly a whole line is not over it. NaN without a line."""
    # Points are whole: more than 20 is 21 or more, and between 20 and 21 the border is in the middle.
    border = np.floor(lines) + 0.5
    return np.asarray(1.0 - probability_below(border, quantiles), dtype=np.float64)
