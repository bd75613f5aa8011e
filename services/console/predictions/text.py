"""A prediction on one screen: what was said, what happened, what moved it, and every feature."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from services.console.output import columns, indented
from services.console.pairs import pairs_table
from services.console.predictions.story import GROUPS
from services.console.values import as_text
from shared.feature_contract import FEATURE_NAMES

if TYPE_CHECKING:
    from rich.console import RenderableType

    from services.console.predictions.story import PredictionStory, Row
    from shared.warehouse.port import Value

_UNKNOWN = "unknown"
_SAMPLE = (
    "quality_tier",
    "games_in_sample",
    "games_missed_dnp",
    "schedule_completeness_pct",
    "data_completeness_pct",
    "is_production_ready",
    "max_source_game_date",
    "run_id",
    "processed_at",
)


def render_prediction(story: PredictionStory, *, width: int) -> Iterator[RenderableType]:
    """For people; an unknown feature reads `unknown`."""
    from rich.text import Text  # noqa: PLC0415

    best = story.predictions[0]
    yield Text(
        f"\n{best['player_lookup']}: {best['player_name'] or _UNKNOWN}, {best['team_abbr']} against "
        f"{best['opponent_team_abbr']}, game {best['game_id']}",
        style="bold",
    )
    yield indented(_happened(story), 2)
    yield Text("\nPredicted points", style="bold")
    yield from _systems(story)
    model = next((row for row in story.predictions if row["artefact_id"] is not None), None)
    if model is None:
        yield indented("No model yet: too few games before the date's week.", 2)
    else:
        yield indented(
            f"Model {model['artefact_id']}, fitted on {model['training_rows']:,} games of players "
            f"before {model['trained_before']}",
            2,
        )
    if story.contributions:
        yield Text("\nWhat moves the linear part most, in points against an average row", style="bold")
        rows = [(f"  {one.feature}", _known(one.value), f"{one.points:+.2f}") for one in story.contributions]
        yield from columns(rows, right=(1, 2))
    yield from _features(story, width)
    yield Text("\nWhat they rest on", style="bold")
    yield pairs_table([(name, as_text(best[name])) for name in _SAMPLE], width)


def _happened(story: PredictionStory) -> str:
    grade = next(iter(story.grades.values()), None)
    if grade is None:
        return "What happened is not graded yet."
    if grade["outcome"] == "VOID":
        return f"He did not play: {grade['void_reason']}. The predictions are void."
    minutes = _number(grade["actual_minutes"], 1)
    line = "" if grade["over_under_result"] is None else f", {grade['over_under_result']} the line"
    return f"He scored {as_text(grade['actual_points'])} in {minutes} minutes{line}."


def _systems(story: PredictionStory) -> Iterator[str]:
    head: tuple[str, ...] = (
        "  system",
        "median",
        "mean",
        "10 %",
        "25 %",
        "75 %",
        "90 %",
        "line",
        "p_over",
        "says",
        "error",
        "80 %",
    )
    rows: list[tuple[str, ...]] = [head]
    for row in story.predictions:
        grade = story.grades.get(str(row["system_id"]))
        rows.append(
            (
                f"  {row['system_id']}",
                _number(row["predicted_points"], 1),
                _number(row["expected_points"], 1),
                *(_number(row[name], 1) for name in ("q10", "q25", "q75", "q90")),
                _number(row["points_line"], 1),
                _number(row["p_over"], 2),
                _said(row, grade),
                "" if grade is None else _number(grade["signed_error"], 1, sign=True),
                "" if grade is None or grade["in_80"] is None else "in" if grade["in_80"] else "out",
            )
        )
    yield from columns(rows, right=range(1, len(head)))


def _said(row: Row, grade: Row | None) -> str:
    if row["recommendation"] is None:
        return ""
    right = None if grade is None else grade["recommendation_correct"]
    return f"{row['recommendation']}{'' if right is None else ', right' if right else ', wrong'}"


def _features(story: PredictionStory, width: int) -> Iterator[RenderableType]:
    from rich.text import Text  # noqa: PLC0415

    features = story.features
    if features is not None:
        yield Text(
            f"\n{len(FEATURE_NAMES)} features as of {features['game_date']}, version "
            f"{features['feature_version']}, {len(story.unknown)} of them unknown",
            style="bold",
        )
        for group, names in GROUPS.items():
            yield Text(f"  {group}")
            yield pairs_table([(f"  {name}", _known(features[name])) for name in names], width)
    yield indented(story.again, 2, "" if story.same else "yellow")


def _known(value: Value) -> str:
    return _UNKNOWN if value is None else as_text(value)


def _number(value: Value, decimals: int, *, sign: bool = False) -> str:
    if not isinstance(value, int | float):
        return ""
    return f"{value:+.{decimals}f}" if sign else f"{value:.{decimals}f}"
