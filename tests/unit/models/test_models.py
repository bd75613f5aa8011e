"""Models of points: the same whoever computes them, monotonic where they must be, of honest width."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from sklearn.ensemble import HistGradientBoostingRegressor

from shared.models import trees as tree_module
from shared.models.arrays import ArtefactError, Floats, content_id, pack, unpack
from shared.models.calibration import FEWEST, UNTAUGHT, Raw, learn
from shared.models.distribution import LEVELS, ordered, probability_below, probability_over
from shared.models.points import Fitted, fit_models
from shared.models.ridge import fit_ridge
from shared.models.trees import Trees, fit_trees

RNG = np.random.default_rng(1)
ROWS = 1500
#: The third feature is unknown throughout, the second sometimes.
FEATURES = np.column_stack(
    [RNG.normal(10, 4, ROWS), RNG.normal(0, 1, ROWS), np.full(ROWS, np.nan), RNG.normal(0, 1, ROWS)]
)
FEATURES[::7, 1] = np.nan
POINTS = np.maximum(
    np.round(FEATURES[:, 0] - np.where(np.isnan(FEATURES[:, 1]), 0, FEATURES[:, 1]) + RNG.normal(0, 4, ROWS)),
    0.0,
)
#: The truth falls with the second feature; whoever asks for +1 must not let a prediction fall with it.
SIGNS = (0, 1, 0, 0)


def test_trees_as_arrays_predict_exactly_what_the_library_does() -> None:
    found = fit_trees(FEATURES, POINTS, loss="squared_error", quantile=None, signs=(0, 0, 0, 0))
    library = HistGradientBoostingRegressor(
        loss="squared_error",
        max_iter=tree_module.TREES,
        learning_rate=tree_module.LEARNING_RATE,
        max_leaf_nodes=tree_module.LEAVES,
        min_samples_leaf=tree_module.SMALLEST_LEAF,
        max_features=tree_module.SHARE_OF_FEATURES,
        max_bins=tree_module.BINS,
        l2_regularization=tree_module.L2,
        early_stopping=False,
        random_state=20211019,
    ).fit(np.where(np.isnan(FEATURES).all(axis=0), 0.0, FEATURES), POINTS)
    asked = FEATURES.copy()
    asked[::5, 0] = np.nan

    assert np.array_equal(found.predict(asked), library.predict(np.where([0, 0, 1, 0], 0.0, asked)))


def test_the_same_rows_give_the_same_models_bit_for_bit() -> None:
    first, second = (fit_models(FEATURES, POINTS, SIGNS) for _ in range(2))

    assert Fitted(first, UNTAUGHT).payload() == Fitted(second, UNTAUGHT).payload()


def test_a_stored_model_predicts_what_the_fitted_one_did() -> None:
    fitted = Fitted(fit_models(FEATURES, POINTS, SIGNS), UNTAUGHT)
    again = Fitted.of(fitted.payload())
    one, other = (
        one.calibration.apply(one.models.predict(FEATURES), FEATURES[:, 0]) for one in (fitted, again)
    )

    assert np.array_equal(one[0], other[0])
    assert np.array_equal(one[1], other[1])
    assert again.models.training_rows == ROWS


@pytest.mark.parametrize(("loss", "quantile"), [("absolute_error", None), ("quantile", 0.1)])
def test_trees_never_fall_with_a_feature_that_must_not_lower(loss: str, quantile: float | None) -> None:
    found = fit_trees(FEATURES, POINTS, loss=loss, quantile=quantile, signs=SIGNS)

    assert (np.diff(_along(found.predict, 1), axis=0) >= 0).all()


def test_a_regression_leaves_out_a_weight_of_the_wrong_sign() -> None:
    assert fit_ridge(FEATURES, POINTS, (0, 0, 0, 0)).weights[1] < -0.5
    assert fit_ridge(FEATURES, POINTS, SIGNS).weights[1] == 0.0


def test_contributions_of_a_regression_add_up_to_its_prediction() -> None:
    found = fit_ridge(FEATURES, POINTS, SIGNS)

    total = found.intercept + found.contributions(FEATURES).sum(axis=1)
    assert np.array_equal(total, found.predict(FEATURES))
    assert (found.contributions(FEATURES)[::7, 1] == 0).all()


def _along(predict: object, feature: int) -> Floats:
    assert callable(predict)
    grid = np.linspace(-3, 3, 25)
    rows = [np.where(np.arange(4) == feature, value, FEATURES[:50]) for value in grid]
    return np.array([predict(block) for block in rows])


@pytest.mark.parametrize("payload", ["", "no base64!", "AAAA", pack({"a": np.zeros(3)})[:-8]])
def test_a_damaged_model_is_an_error_and_no_prediction(payload: str) -> None:
    with pytest.raises(ArtefactError):
        Fitted.of(payload)


def test_arrays_come_back_as_they_were_and_their_id_is_their_content() -> None:
    arrays = {
        "a": np.array([[1.5, np.nan]]),
        "b": np.array([True, False]),
        "c": np.array([3], dtype=np.int16),
    }
    found = unpack(pack(arrays))

    assert list(found) == ["a", "b", "c"]
    assert all(np.array_equal(found[name], arrays[name], equal_nan=name == "a") for name in arrays)
    assert content_id(pack(arrays)) == content_id(pack(dict(reversed(arrays.items()))))
    assert content_id(pack(arrays)) != content_id(pack({**arrays, "c": np.array([4], dtype=np.int16)}))


def raw_of(quantiles: Floats, mean: Floats) -> Raw:
    return Raw(ordered(quantiles), mean, mean)


def test_intervals_that_are_too_narrow_are_widened_to_what_happened_in_every_tier() -> None:
    rng = np.random.default_rng(3)
    minutes = rng.uniform(0, 40, 8000)
    centre = minutes / 2
    happened = centre + rng.normal(0, 2 + minutes / 8)
    narrow = centre[:, None] + np.array([-1.0, -0.5, 0.0, 0.5, 1.0])
    half = np.arange(8000) < 4000
    taught = learn(raw_of(narrow[half], centre[half]), minutes[half], happened[half])

    quantiles, _ = taught.apply(raw_of(narrow[~half], centre[~half]), minutes[~half])
    for low, high in ((0, 12), (12, 20), (20, 28), (28, 40)):
        tier = (minutes[~half] >= low) & (minutes[~half] < high)
        inside = (happened[~half] >= quantiles[:, 0]) & (happened[~half] <= quantiles[:, 4])
        # Points below 0 do not exist, so that low predictions are cut there.
        assert 0.74 <= inside[tier & (quantiles[:, 0] > 0)].mean() <= 0.86
    assert (np.diff(quantiles, axis=1) >= 0).all()


def test_too_few_predictions_teach_nothing() -> None:
    few = FEWEST - 1
    raw = raw_of(np.zeros((few, 5)), np.zeros(few))

    assert learn(raw, np.zeros(few), np.zeros(few)) is UNTAUGHT


def test_quantiles_never_cross_and_the_median_stays_where_it_is() -> None:
    crossing = np.array([[9.0, 4.0, 6.0, 5.0, -1.0]])
    quantiles, mean = UNTAUGHT.apply(
        replace(raw_of(crossing, np.array([6.0])), quantiles=crossing), np.zeros(1)
    )

    assert quantiles.tolist() == [[4.0, 6.0, 6.0, 6.0, 6.0]]
    assert mean.tolist() == [6.0]


def test_the_distribution_has_its_quantiles_and_falls_with_the_line() -> None:
    quantiles = np.array([[4.0, 8.0, 12.0, 17.0, 23.0]])
    at = [probability_below(quantiles[:, i] + 0.05 * i, quantiles)[0] for i in range(5)]
    lines = np.arange(0.5, 60.5)
    over = [probability_over(np.array([line]), quantiles)[0] for line in lines]

    assert np.allclose(at, LEVELS)
    assert (np.diff(over) < 0).all()
    assert over[0] > 0.95
    assert 0 < over[-1] < 0.01


def test_a_whole_line_is_beaten_by_one_point_more() -> None:
    quantiles = np.array([[4.0, 8.0, 12.0, 17.0, 23.0]])
    whole, next_half = (probability_over(np.array([line]), quantiles)[0] for line in (12.0, 12.5))

    assert whole == next_half
    assert np.isnan(probability_over(np.array([np.nan]), quantiles)[0])


def test_trees_of_other_arrays_are_an_error() -> None:
    with pytest.raises(KeyError):
        Trees.of({}, "mean")
