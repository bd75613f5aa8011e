"""Predictions of the real season, through the real entry points: as good as promised, and not too good."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest

from services.console.accuracy.known_inactives import Loaded, with_known_inactives
from services.console.accuracy.numbers import LEAK_ALARM, Accuracy, Grades, alarms
from services.console.accuracy.text import Report
from services.console.report import bound_report_of, chosen_of, read_grades, report_of
from services.console.verification.season import read_season
from services.registry import discover
from shared.ledger.repository import read_snapshot
from tests.realdata import requires_shared
from tests.season.conftest import START
from tests.season.kit import Pipeline, copy_of

pytestmark = [pytest.mark.realdata, requires_shared("data", "raw", "2021-22")]
FROM, TO = dt.date(2021, 12, 1), dt.date(2022, 4, 10)
#: Every week that is predicted again with known inactives is fitted again: December, if time is short.
_EARLY = dt.date(2021, 12, 31)


@pytest.fixture(scope="module")
def pipeline(season_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pipeline]:
    """The regular season with its predictions, to be read."""
    with copy_of(season_file, tmp_path_factory.mktemp("predictions")) as found:
        found.backfill(START, TO)
        yield found


@pytest.fixture(scope="module")
def grades(pipeline: Pipeline) -> Grades:
    """From December to the end of the regular season."""
    found, _ = read_grades(pipeline.warehouse, read_season(pipeline.warehouse, 2021), FROM, TO)
    assert len(chosen_of(found, 5)) > 90_000
    return found


@pytest.fixture(scope="module")
def report(grades: Grades) -> Report:
    """Players with five games or more."""
    return report_of(grades, 5, 0, "the real season")


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


def test_who_knew_the_inactives_would_be_better_by_little_and_not_too_good(
    pipeline: Pipeline,
    whole_season: bool,
) -> None:
    last = TO if whole_season else _EARLY
    grades, _ = read_grades(pipeline.warehouse, read_season(pipeline.warehouse, 2021), FROM, last)
    report = report_of(grades, 5, 0, "the real season")
    snapshot = read_snapshot(
        pipeline.warehouse,
        discover(),
        start=dt.date(1990, 1, 1),
        end=dt.date(2100, 1, 1),
        request_id=None,
        backfill_id=None,
    )
    loaded = Loaded.of(pipeline.warehouse, discover(), snapshot)
    known = with_known_inactives(loaded, grades, 2021, lambda _done, _of: None)
    bound = bound_report_of(known, grades, 5, 0, "the real season")

    ensemble = of(bound, "ensemble")
    assert ensemble.rows == of(report, "ensemble").rows
    assert ensemble.mean_absolute_error.value <= of(report, "ensemble").mean_absolute_error.value
    assert of(bound, "ewma_12") == of(report, "ewma_12")
    assert alarms(bound.systems) == []
    if whole_season:
        assert ensemble.mean_absolute_error.value <= 4.55
        assert bound.upper_bound is not None
        assert bound.upper_bound.difference.high < 0
