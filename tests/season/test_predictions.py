"""Predictions of the real season, through the real entry points: as good as promised, and not too good."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest

from services.console.accuracy.numbers import LEAK_ALARM, Accuracy, alarms
from services.console.accuracy.text import Report
from services.console.report import chosen_of, read_grades, report_of
from services.console.verification.season import read_season
from tests.realdata import requires_shared
from tests.season.kit import copy_of

pytestmark = [pytest.mark.realdata, requires_shared("data", "raw", "2021-22")]
FROM, TO = dt.date(2021, 12, 1), dt.date(2022, 4, 10)


@pytest.fixture(scope="module")
def report(season_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Report]:
    """Players with five games or more, from December to the end of the regular season."""
    with copy_of(season_file, tmp_path_factory.mktemp("predictions")) as pipeline:
        season = read_season(pipeline.warehouse, 2021)
        grades, voids = read_grades(pipeline.warehouse, season, FROM, TO)
        assert len(chosen_of(grades, 5)) > 90_000
        yield report_of(grades, 5, voids, "the real season")


def of(report: Report, name: str) -> Accuracy:
    (found,) = (one for one in report.systems if one.name == name)
    return found


def test_the_ensemble_is_as_good_as_promised_and_better_than_the_average(report: Report) -> None:
    ensemble, average = of(report, "ensemble"), of(report, "ewma_12")

    assert ensemble.rows == average.rows > 18_000
    assert ensemble.mean_absolute_error.value <= 4.60
    assert abs(average.mean_absolute_error.value - 4.68) <= 0.02
    assert ensemble.gain is not None
    assert ensemble.gain.value >= 2.0
    assert ensemble.gain.low > 0
    assert abs(ensemble.bias.value) <= 0.15


def test_intervals_cover_what_they_say_in_every_tier(report: Report) -> None:
    ensemble = of(report, "ensemble")

    assert ensemble.in_80 is not None
    assert ensemble.in_50 is not None
    assert 0.77 <= ensemble.in_80 <= 0.83
    assert 0.47 <= ensemble.in_50 <= 0.53
    for tier in report.groups["minutes of the last 10 games"]:
        assert tier.in_80 is not None
        assert tier.in_50 is not None
        assert 0.75 <= tier.in_80 <= 0.85
        assert 0.45 <= tier.in_50 <= 0.55


def test_nobody_is_too_good_to_be_true(report: Report) -> None:
    assert alarms(report.systems) == []
    assert min(one.mean_absolute_error.value for one in report.systems) > LEAK_ALARM
