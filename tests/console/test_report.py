"""`nba report predictions`: all systems on the same rows, intervals by dates, a page without a script."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pyarrow as pa
import pytest

from services.console.accuracy.numbers import Grades, alarms, estimate, reliability
from services.console.accuracy.page import page
from services.console.accuracy.text import Report, document, render
from services.console.output import InputError
from services.console.report import report_of

DATES = [dt.date(2024, 11, 1) + dt.timedelta(days=n) for n in range(30)]


def grades(*, error: float = 5.0, lines: bool = True) -> Grades:
    """Three systems, 40 players a date; the ensemble is off by `error`, the average by 1 more."""
    rng = np.random.default_rng(2)
    rows = []
    for day in DATES:
        for player in range(40):
            points = int(rng.integers(0, 30))
            for system, off in (("ensemble", error), ("ewma_12", error + 1), ("season_average", error + 2)):
                line = 12.5 if lines and player % 2 else None
                over = None if line is None or system != "ensemble" else 0.55
                rows.append(
                    {
                        "game_date": day,
                        "player_lookup": f"p{player}",
                        "game_id": "g",
                        "system_id": system,
                        "actual_points": points,
                        "absolute_error": off,
                        "mean_error": 0.25,
                        "within_3": off <= 3,
                        "within_5": off <= 5,
                        "pinball": 10.0 if system == "ensemble" else None,
                        "in_80": player < 32 if system == "ensemble" else None,
                        "in_50": player < 20 if system == "ensemble" else None,
                        "pit": (player + 0.5) / 40 if system == "ensemble" else None,
                        "points_line": line,
                        "line_absolute_error": None if line is None else 4.5,
                        "p_over": over,
                        "recommendation": None if over is None else "OVER",
                        "over_under_result": None if line is None else "OVER" if points > line else "UNDER",
                        "recommendation_correct": None if over is None else points > 12.5,
                        "games_played_season": player,
                        "minutes_avg_last_10": float(player),
                        "expected_points": float(points),
                    }
                )
    return Grades.of(pa.Table.from_pylist(rows))


def report(**changes: float) -> Report:
    """The report of those grades, players with five games or more."""
    return report_of(grades(**changes), 5, 7, "A season <of ours>")  # type: ignore[arg-type]


def test_all_systems_are_compared_on_the_same_rows() -> None:
    ensemble, average, season = report().systems

    assert (ensemble.name, average.name, season.name) == ("ensemble", "ewma_12", "season_average")
    assert ensemble.rows == average.rows == season.rows == 35 * len(DATES)
    assert ensemble.mean_absolute_error.value == pytest.approx(5.0)
    assert ensemble.gain is not None
    assert ensemble.gain.value == pytest.approx(100 / 6)
    assert average.gain is None
    assert ensemble.in_80 == pytest.approx(27 / 35)
    assert average.in_80 is None
    assert ensemble.bias.value == pytest.approx(0.25)


def test_groups_cover_everybody_once_and_prior_games_leave_nobody_out() -> None:
    groups = report().groups

    assert sum(one.rows for one in groups["minutes of the last 10 games"]) == 35 * len(DATES)
    assert sum(one.rows for one in groups["month"]) == 35 * len(DATES)
    assert [one.name for one in groups["prior games"]] == ["1-4", "5-9", "10-19", "20-39"]


def test_an_interval_draws_whole_dates() -> None:
    of_date = np.repeat([0.0, 10.0], 500)
    by_date = estimate(of_date, np.repeat(np.arange(2), 500))
    by_row = estimate(of_date, np.arange(1000))

    assert by_date.value == by_row.value == 5.0
    assert (by_date.low, by_date.high) == (0.0, 10.0)
    assert 4.5 < by_row.low < by_row.high < 5.5


def test_lines_are_compared_where_there_are_any() -> None:
    found = report().lines

    assert found is not None
    assert found.rows == 17 * len(DATES) + len(DATES)
    assert found.ours.value == pytest.approx(5.0)
    assert found.line.value == pytest.approx(4.5)
    assert found.difference.low > 0
    assert found.recommended == found.rows
    assert report(lines=False).lines is None


def test_reliability_counts_every_prediction() -> None:
    bins = reliability(np.array([0.0, 0.05, 0.5, 1.0]), np.array([0.0, 1.0, 1.0, 1.0]))

    assert [(one.rows, one.happened) for one in bins] == [(2, 0.5), (1, 1.0), (1, 1.0)]


def test_who_is_too_good_to_be_true_is_named() -> None:
    assert alarms(report(error=3.0).systems) == [
        "LEAK ALARM: the error of ensemble is 3.00, below 4.2",
        "LEAK ALARM: the error of ewma_12 is 4.00, below 4.2",
    ]
    assert alarms(report().systems) == []
    assert any("LEAK ALARM" in str(line) for line in render(report(error=3.0)))


def test_the_page_is_one_file_that_loads_and_runs_nothing() -> None:
    text = page(report(), grades())

    assert text.count("<svg") == 4
    assert "A season &lt;of ours&gt;" in text
    assert not any(word in text for word in ("<script", "http", "src=", "href="))


def test_the_document_holds_the_numbers() -> None:
    found = document(report())

    assert isinstance(found, dict)
    assert [one["name"] for one in found["systems"]] == ["ensemble", "ewma_12", "season_average"]


def test_without_a_prediction_of_the_ensemble_there_is_no_report() -> None:
    with pytest.raises(InputError, match="week of games"):
        report_of(grades(), 99, 0, "nobody")
