"""The models of one training cut-off: trees for median, mean and quantiles, and a ridge regression."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from shared.models.arrays import ArtefactError, Floats, pack, unpack
from shared.models.calibration import Calibration, Raw
from shared.models.distribution import LEVELS, ordered
from shared.models.ridge import Ridge, fit_ridge
from shared.models.trees import Trees, fit_trees, one_thread

_MEDIAN = LEVELS.index(0.5)
#: As many models are fitted at once; each by one thread, so that the result does not depend on it.
_AT_ONCE = 2


@dataclass(frozen=True)
class Models:
    """Everything fitted on the games before a cut-off; `training_rows` of them."""

    quantiles: tuple[Trees, ...]
    mean: Trees
    ridge: Ridge
    training_rows: int

    def predict(self, rows: Floats) -> Raw:
        """Raw predictions for rows of shape (n, features)."""
        return Raw(
            quantiles=ordered(np.column_stack([trees.predict(rows) for trees in self.quantiles])),
            mean=self.mean.predict(rows),
            ridge=self.ridge.predict(rows),
        )


@dataclass(frozen=True)
class Fitted:
    """Models with the calibration that their predecessors' predictions taught."""

    models: Models
    calibration: Calibration

    def payload(self) -> str:
        """As text to be stored."""
        arrays = {**self.models.mean.arrays("mean"), **self.models.ridge.arrays("ridge")}
        for level, trees in zip(LEVELS, self.models.quantiles, strict=True):
            arrays.update(trees.arrays(f"q{level}"))
        arrays.update(self.calibration.arrays("calibration"))
        arrays["training_rows"] = np.array([self.models.training_rows], dtype=np.int32)
        return pack(arrays)

    @classmethod
    def of(cls, payload: str) -> Fitted:
        """What `payload` gave. Raises ArtefactError when the text is not that."""
        arrays = unpack(payload)
        try:
            return cls(
                Models(
                    quantiles=tuple(Trees.of(arrays, f"q{level}") for level in LEVELS),
                    mean=Trees.of(arrays, "mean"),
                    ridge=Ridge.of(arrays, "ridge"),
                    training_rows=int(arrays["training_rows"].astype(np.int64)[0]),
                ),
                Calibration.of(arrays, "calibration"),
            )
        except (KeyError, IndexError, TypeError) as error:
            raise ArtefactError(f"A stored model lacks an array: {error}") from error


def fit_models(rows: Floats, target: Floats, signs: Sequence[int]) -> Models:
    """Fit all models on rows of shape (n, features). Deterministic in values and order of the rows."""

    def trees(level: float | None) -> Trees:
        if level is None:
            return fit_trees(rows, target, loss="squared_error", quantile=None, signs=signs)
        if level == LEVELS[_MEDIAN]:
            return fit_trees(rows, target, loss="absolute_error", quantile=None, signs=signs)
        return fit_trees(rows, target, loss="quantile", quantile=level, signs=signs)

    with one_thread(), warnings.catch_warnings(), ThreadPoolExecutor(_AT_ONCE) as pool:
        # Which configuration a thread of the library has makes no difference here: it is the default one.
        warnings.filterwarnings("ignore", message="`sklearn.utils.parallel.delayed`", category=UserWarning)
        mean, *quantiles = pool.map(trees, (None, *LEVELS))
        ridge = fit_ridge(rows, target, signs)
    return Models(tuple(quantiles), mean, ridge, len(target))
