"""Gradient-boosted trees: fitted by scikit-learn, kept and evaluated as plain arrays.

Fitting takes one thread, because sums over several come out different in the last bits.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from shared.models.arrays import Arrays, Floats

if TYPE_CHECKING:
    from threadpoolctl import ThreadpoolController

#: Chosen on 2021-22 once, by mean absolute error of walk-forward medians; more trees gain nothing there.
TREES = 80
LEARNING_RATE = 0.08
LEAVES = 8
SMALLEST_LEAF = 100
SHARE_OF_FEATURES = 0.5
BINS = 64
L2 = 1.0
_SEED = 20211019


@dataclass(frozen=True)
class Trees:
    """A boosted ensemble: arrays of shape (trees, nodes); a leaf is its own child on both sides."""

    baseline: float
    feature: npt.NDArray[np.int16]
    threshold: Floats
    missing_left: npt.NDArray[np.bool_]
    left: npt.NDArray[np.int16]
    right: npt.NDArray[np.int16]
    value: Floats
    depth: int

    def predict(self, rows: Floats) -> Floats:
        """Predictions for rows of shape (n, features); NaN is missing and goes where training sent it."""
        total = np.full(len(rows), self.baseline)
        everybody = np.arange(len(rows))
        for tree in range(len(self.feature)):
            node = np.zeros(len(rows), dtype=np.int64)
            for _ in range(self.depth):
                values = rows[everybody, self.feature[tree][node]]
                goes_left = np.where(
                    np.isnan(values), self.missing_left[tree][node], values <= self.threshold[tree][node]
                )
                node = np.where(goes_left, self.left[tree][node], self.right[tree][node])
            total += self.value[tree][node]
        return total

    def arrays(self, name: str) -> dict[str, npt.NDArray[np.generic]]:
        """For `pack`, every name beginning with `name`."""
        return {
            f"{name}.baseline": np.array([self.baseline]),
            f"{name}.feature": self.feature,
            f"{name}.threshold": self.threshold,
            f"{name}.missing_left": self.missing_left,
            f"{name}.left": self.left,
            f"{name}.right": self.right,
            f"{name}.value": self.value,
            f"{name}.depth": np.array([self.depth], dtype=np.int16),
        }

    @classmethod
    def of(cls, arrays: Arrays, name: str) -> Trees:
        """The trees that `arrays(name)` gave. Raises KeyError when one is missing."""
        return cls(
            baseline=float(arrays[f"{name}.baseline"].astype(np.float64)[0]),
            feature=arrays[f"{name}.feature"].astype(np.int16),
            threshold=arrays[f"{name}.threshold"].astype(np.float64),
            missing_left=arrays[f"{name}.missing_left"].astype(np.bool_),
            left=arrays[f"{name}.left"].astype(np.int16),
            right=arrays[f"{name}.right"].astype(np.int16),
            value=arrays[f"{name}.value"].astype(np.float64),
            depth=int(arrays[f"{name}.depth"].astype(np.int64)[0]),
        )


@cache
def _controller() -> ThreadpoolController:
    # Imported here: it takes a second to load, and only who fits needs it. Libraries are looked for once they
    # are loaded; looking while another thread loads one can stop both for ever.
    import sklearn.ensemble  # noqa: F401, PLC0415
    from threadpoolctl import ThreadpoolController  # noqa: PLC0415

    return ThreadpoolController()


def one_thread() -> AbstractContextManager[object]:
    """What is fitted inside takes one thread. Call it once before fitting in several threads."""
    context: AbstractContextManager[object] = _controller().limit(limits=1)
    return context


def fit_trees(
    rows: Floats, target: Floats, *, loss: str, quantile: float | None, signs: Sequence[int]
) -> Trees:
    """Fit trees for the mean (squared_error), the median (absolute_error) or a quantile.

    `signs`: +1 where more of a feature never lowers the prediction. Deterministic in rows, target and order.
    """
    from sklearn.ensemble import HistGradientBoostingRegressor  # noqa: PLC0415

    model = HistGradientBoostingRegressor(
        loss=loss,
        quantile=quantile,
        max_iter=TREES,
        learning_rate=LEARNING_RATE,
        max_leaf_nodes=LEAVES,
        min_samples_leaf=SMALLEST_LEAF,
        max_features=SHARE_OF_FEATURES,
        max_bins=BINS,
        l2_regularization=L2,
        monotonic_cst=list(signs),
        early_stopping=False,
        random_state=_SEED,
    )
    # A feature that nobody knows (an optional source is absent) has no bins; a constant is never split on.
    unknown = np.isnan(rows).all(axis=0)
    with one_thread():
        model.fit(np.where(unknown, 0.0, rows), target)
    return _as_arrays(model, signs)


def _as_arrays(model: object, signs: Sequence[int]) -> Trees:
    """The nodes of a fitted model. They are private to scikit-learn, whose version is pinned and checked."""
    predictors = [stage[0].nodes for stage in model._predictors]  # type: ignore[attr-defined]
    nodes = max(len(tree) for tree in predictors)
    shape = (len(predictors), nodes)
    feature = np.zeros(shape, dtype=np.int16)
    threshold = np.zeros(shape)
    missing_left = np.zeros(shape, dtype=np.bool_)
    left = np.tile(np.arange(nodes, dtype=np.int16), (len(predictors), 1))
    right = left.copy()
    value = np.zeros(shape)
    for tree, found in enumerate(predictors):
        inner = found["is_leaf"] == 0
        count = len(found)
        feature[tree, :count] = np.where(inner, found["feature_idx"], 0)
        threshold[tree, :count] = np.where(inner, found["num_threshold"], 0.0)
        missing_left[tree, :count] = np.where(inner, found["missing_go_to_left"] == 1, False)
        left[tree, :count] = np.where(inner, found["left"], left[tree, :count])
        right[tree, :count] = np.where(inner, found["right"], right[tree, :count])
        value[tree, :count] = _rising(found, signs)
    depth = max((int(tree["depth"].max()) for tree in predictors), default=0)
    baseline = float(np.ravel(model._baseline_prediction)[0])  # type: ignore[attr-defined]
    return Trees(baseline, feature, threshold, missing_left, left, right, value, depth)


def _rising(nodes: npt.NDArray[np.void], signs: Sequence[int]) -> Floats:
    """Values of a tree's nodes that never fall with a feature of sign +1.

    scikit-learn grows a tree by these signs, but for medians and quantiles it sets the leaves anew afterwards
    without them. Where the leaves of two sides then overlap, both are cut at the middle of the overlap.
    Children come after their parents, so that going backwards inner splits are done first; cutting keeps
    their order.
    """
    value = nodes["value"].astype(np.float64)
    below: list[list[int]] = [[] for _ in nodes]
    for position in range(len(nodes) - 1, -1, -1):
        node = nodes[position]
        if node["is_leaf"]:
            below[position] = [position]
            continue
        left, right = below[int(node["left"])], below[int(node["right"])]
        below[position] = [*left, *right]
        if signs[int(node["feature_idx"])] > 0 and value[left].max() > value[right].min():
            middle = (value[left].max() + value[right].min()) / 2
            value[left] = np.minimum(value[left], middle)
            value[right] = np.maximum(value[right], middle)
    return value
