"""The report as one HTML file: tables and plots, no script, nothing loaded from anywhere."""

from __future__ import annotations

import html
from collections.abc import Sequence

import numpy as np

from services.console.accuracy.numbers import BEST, Floats, Grades
from services.console.accuracy.text import Report, render

_WIDTH, _HEIGHT, _LEFT, _BOTTOM = 360, 220, 40, 30
_STYLE = (
    "body{font:14px system-ui,sans-serif;margin:2em auto;max-width:1200px;color:#222}"
    "pre{font-size:12px;overflow-x:auto}figure{display:inline-block;margin:0 1em 1em 0}"
    "figcaption{font-size:13px}svg{background:#fafafa}"
)
_PIT_BINS = 10
_POINT_BINS = (0, 3, 6, 9, 12, 15, 18, 21, 24, 60)


def page(report: Report, grades: Grades) -> str:
    """The whole file."""
    best = grades.of_system(BEST)
    mark = report.mark
    figures = [
        _bars(f"Calibration: the distribution at what happened (flat is calibrated){mark}", *_pit(best)),
        _curve(f"Mean: predicted and scored points{mark}", _by_expected(best), "predicted mean", "scored"),
        _bars(f"Error of the median in points (MAE) by predicted mean{mark}", *_errors(best)),
    ]
    if report.lines is not None:
        points = [(one.said, one.happened) for one in report.lines.reliability]
        figures.append(_curve(f"Reliability of p_over{mark}", points, "said", "happened"))
    text = "\n".join(str(line) for line in render(report))
    return (
        "<!doctype html><html lang='en'><head><meta charset='utf-8'>"
        f"<title>{html.escape(report.title)}</title><style>{_STYLE}</style></head><body><h1>{html.escape(report.title)}</h1>"
        f"{''.join(figures)}<pre>{html.escape(text)}</pre></body></html>\n"
    )


def _pit(best: Grades) -> tuple[list[str], list[float]]:
    values = best.floats("pit")
    counts, _ = np.histogram(values[~np.isnan(values)], _PIT_BINS, (0, 1))
    shares = counts / max(counts.sum(), 1)
    return [f"{position / _PIT_BINS:.1f}" for position in range(_PIT_BINS)], [float(s) for s in shares]


def _bin(best: Grades) -> tuple[Floats, np.ndarray[tuple[int], np.dtype[np.int64]]]:
    expected = best.floats("expected_points")
    return expected, np.digitize(expected, _POINT_BINS[1:-1]).astype(np.int64)


def _by_expected(best: Grades) -> list[tuple[float, float]]:
    expected, number = _bin(best)
    actual = best.floats("actual_points")
    chosen = [number == position for position in range(len(_POINT_BINS) - 1)]
    return [(float(expected[c].mean()), float(actual[c].mean())) for c in chosen if c.any()]


def _errors(best: Grades) -> tuple[list[str], list[float]]:
    _, number = _bin(best)
    errors = best.floats("absolute_error")
    chosen = [(position, number == position) for position in range(len(_POINT_BINS) - 1)]
    there = [(f"{_POINT_BINS[position]}", float(errors[c].mean())) for position, c in chosen if c.any()]
    return [name for name, _ in there], [value for _, value in there]


def _figure(title: str, drawing: str) -> str:
    return (
        f"<figure><figcaption>{html.escape(title)}</figcaption>"
        f"<svg width='{_WIDTH}' height='{_HEIGHT}' role='img'>{drawing}</svg></figure>"
    )


def _bars(title: str, names: Sequence[str], values: Sequence[float]) -> str:
    top = max(values, default=1.0) or 1.0
    step = (_WIDTH - _LEFT) / max(len(values), 1)
    room = _HEIGHT - _BOTTOM - 15
    parts = []
    for position, (name, value) in enumerate(zip(names, values, strict=True)):
        height = room * value / top
        left, high = _LEFT + position * step, _HEIGHT - _BOTTOM - height
        parts.append(
            f"<rect x='{left:.1f}' y='{high:.1f}' width='{step - 3:.1f}' height='{height:.1f}' "
            "fill='#4477aa'/>"
            f"<text x='{left:.1f}' y='{_HEIGHT - 12}' font-size='11'>{html.escape(name)}</text>"
            f"<text x='{left:.1f}' y='{high - 3:.1f}' font-size='9'>{value:.3g}</text>"
        )
    return _figure(title, "".join(parts))


def _curve(title: str, points: Sequence[tuple[float, float]], across: str, up: str) -> str:
    top = max((max(pair) for pair in points), default=1.0) or 1.0
    room_x, room_y = _WIDTH - _LEFT - 10, _HEIGHT - _BOTTOM - 10

    def place(x: float, y: float) -> tuple[float, float]:
        return _LEFT + room_x * x / top, _HEIGHT - _BOTTOM - room_y * y / top

    diagonal = (*place(0, 0), *place(top, top))
    parts = [
        "<line x1='{:.1f}' y1='{:.1f}' x2='{:.1f}' y2='{:.1f}' stroke='#999'/>".format(*diagonal),
        f"<text x='{_LEFT}' y='{_HEIGHT - 10}' font-size='11'>{html.escape(across)}, 0 to {top:.3g}; "
        f"upwards {html.escape(up)}; the line is where they are equal</text>",
    ]
    for pair in points:
        x, y = place(*pair)
        parts.append(f"<circle cx='{x:.1f}' cy='{y:.1f}' r='4' fill='#bb5566'/>")
    return _figure(title, "".join(parts))
