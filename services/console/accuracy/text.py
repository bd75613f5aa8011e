"""The report of predictions as text for people, and as a document for programs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from services.console.accuracy.numbers import Accuracy, AgainstLines, Estimate, UpperBound, alarms
from services.console.output import Json, columns, count

if TYPE_CHECKING:
    from rich.console import RenderableType


#: Behind every heading above numbers that are no predictions'.
MARK = "upper bound, not a prediction"


@dataclass(frozen=True)
class Report:
    """Everything that is known of a season's predictions. `voids`: predictions of those who did not play.

    `upper_bound`: the numbers are of no predictions, because they use what was not known before the games.
    """

    title: str
    systems: tuple[Accuracy, ...]
    groups: Mapping[str, tuple[Accuracy, ...]]
    lines: AgainstLines | None
    voids: int
    upper_bound: UpperBound | None = None

    @property
    def mark(self) -> str:
        """What stands behind every heading."""
        return "" if self.upper_bound is None else f" ({MARK})"


def document(report: Report) -> Json:
    """For programs."""
    return {
        "title": report.title,
        "is_upper_bound": report.upper_bound is not None,
        "upper_bound": None if report.upper_bound is None else asdict(report.upper_bound),
        "systems": [asdict(one) for one in report.systems],
        "groups": {name: [asdict(one) for one in group] for name, group in report.groups.items()},
        "lines": None if report.lines is None else asdict(report.lines),
        "voids": report.voids,
    }


def render(report: Report) -> Iterator[RenderableType]:
    """For people: errors in points, shares in percent, 95 % intervals in brackets."""
    from rich.text import Text  # noqa: PLC0415

    yield Text(report.title, style="bold")
    yield Text(f"{count(report.voids, 'prediction')} of the ensemble void, because the player did not play")
    yield Text()
    yield from alarms(report.systems)
    if report.upper_bound is not None:
        yield Text(report.mark.strip(" ()"), style="bold")
    yield from _table("system", report.systems)
    if report.upper_bound is not None:
        yield from _bound_lines(report.upper_bound)
    for name, group in report.groups.items():
        yield Text()
        yield Text(f"ensemble by {name}{report.mark}", style="bold")
        yield from _table("", group)
    if report.lines is not None:
        yield Text()
        yield Text(f"Against lines: {count(report.lines.rows, 'row')}{report.mark}", style="bold")
        yield from line_table(report.lines)


def _bound_lines(bound: UpperBound) -> Iterator[str]:
    yield (
        f"  the ensemble's predictions of the same rows, without that knowledge: MAE "
        f"{bound.predicted.value:.3f} {_interval(bound.predicted, 3)}; the bound's is "
        f"{bound.difference.value:+.3f} {_interval(bound.difference, 3)} from it"
    )


def _table(title: str, found: tuple[Accuracy, ...]) -> Iterator[str]:
    rows = [
        (title, "rows", "MAE", "", "bias of mean", "", "<= 3", "<= 5", "pinball", "80 %", "50 %", "gain", "")
    ]
    for one in found:
        gain = ("", "") if one.gain is None else (f"{one.gain.value:.2f} %", _interval(one.gain, 2))
        rows.append(
            (
                one.name,
                f"{one.rows:,}",
                f"{one.mean_absolute_error.value:.3f}",
                _interval(one.mean_absolute_error, 3),
                f"{one.bias.value:+.3f}",
                _interval(one.bias, 2),
                _share(one.within_3),
                _share(one.within_5),
                "" if one.pinball is None else f"{one.pinball / 5:.3f}",
                _share(one.in_80),
                _share(one.in_50),
                *gain,
            )
        )
    yield from columns(rows, right=range(1, len(rows[0])))


def line_table(lines: AgainstLines) -> Iterator[str]:
    """What a season with lines shows. No claim of beating a market is in it."""
    yield f"  our MAE {lines.ours.value:.3f} {_interval(lines.ours, 3)}"
    yield f"  the line's MAE {lines.line.value:.3f} {_interval(lines.line, 3)}"
    yield f"  difference {lines.difference.value:+.3f} {_interval(lines.difference, 3)}"
    yield (
        f"  Brier score of p_over {lines.brier.value:.4f} {_interval(lines.brier, 4)}; "
        f"{lines.brier_of_even:.4f} for always saying one half; {count(lines.pushes, 'push', 'pushes')}"
    )
    if lines.correct is not None:
        yield (
            f"  {lines.recommended:,} times OVER or UNDER, correct {100 * lines.correct.value:.1f} % "
            f"[{100 * lines.correct.low:.1f}, {100 * lines.correct.high:.1f}]"
        )
    rows = [("  said", "happened", "rows")]
    rows.extend((f"  {b.said:.2f}", f"{b.happened:.2f}", f"{b.rows:,}") for b in lines.reliability)
    yield from columns(rows, right=(1, 2))


def _interval(found: Estimate, decimals: int) -> str:
    return f"[{found.low:.{decimals}f}, {found.high:.{decimals}f}]"


def _share(value: float | None) -> str:
    return "" if value is None else f"{100 * value:.1f}"
