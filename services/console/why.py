"""`nba why`: one screen that explains a cell, or one entity of it."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from services.console.context import no_dates, read_grid, read_session
from services.console.failures import failure_document, render_failure
from services.console.options import AsJson
from services.console.output import (
    InputError,
    Json,
    console,
    count,
    date_span,
    indented,
    parse_date,
    show,
    write_json,
)
from services.console.pairs import pairs_table, plain_table
from services.console.retries import retry_summary
from services.console.triage import Failure, joined, steps_of
from services.console.values import as_json as json_value
from services.console.values import as_text
from shared.planner.state import Cell, Grid, State
from shared.topology.declaration import HARNESS_COLUMNS

if TYPE_CHECKING:
    from rich.console import RenderableType

    from services.console.cell_story import CellStory, InputStory, Run
    from services.console.predictions.story import PredictionStory
    from shared.topology.graph import Topology
    from shared.warehouse.port import Value

_MOST_RUNS = 6
_ID_LENGTH = 8
_LONG_VALUE = 30
_STYLES = {
    State.CURRENT: "green",
    State.PARTIAL: "yellow",
    State.STALE: "cyan",
    State.MISSING: "bright_black",
    State.WAITING: "blue",
    State.EMPTY: "bright_black",
    State.FAILED: "bold red",
}
Row = Mapping[str, "Value"]


def why(
    processor: Annotated[str, typer.Argument(metavar="PROCESSOR", help="Abbreviation or full name.")],
    date: Annotated[dt.date, typer.Argument(metavar="DATE", parser=parse_date, help="YYYY-MM-DD.")],
    *,
    entity: Annotated[
        str | None, typer.Option(metavar="ID", help="One player, team or game of the cell.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Explain a cell: its state and reason, inputs, versions, failures, runs, and what happens next."""
    from services.console.cell_story import (  # noqa: PLC0415
        read_entity,
        read_runs,
        similar_in_cell,
        story_of,
    )
    from services.console.failure_queries import Filters, read_failures  # noqa: PLC0415
    from services.console.predictions.story import prediction_story  # noqa: PLC0415

    with read_session() as session:
        chosen = session.topology.processor(processor)
        snapshot, grid = read_grid(session, date, date)
        if grid.season_of(date) is None:
            raise InputError(_no_game_date(grid, date))
        story = story_of(chosen, date, snapshot, grid, read_runs(session.warehouse, chosen, date))
        name = None if entity is None else entity.lower()
        filters = Filters(date, date, chosen.class_name, None, None, None, name, everything=True)
        failures = read_failures(session.warehouse, filters)
        rows = [] if entity is None else read_entity(session.warehouse, chosen, date, entity)
        if entity is not None and not rows and not failures:
            similar = similar_in_cell(session.warehouse, chosen, date, entity)
            raise InputError(_no_entity(story, entity, similar))
        topology = session.topology
        prediction = prediction_story(session.warehouse, topology, chosen, date, rows)
    if as_json:
        write_json(story_document(story, entity, rows, failures, prediction))
    elif entity is None:
        show(render_cell(story, failures))
    else:
        width = console().width
        show(render_entity_of(topology, story, entity, rows, failures, prediction, width=width))


def _no_game_date(grid: Grid, day: dt.date) -> str:
    days = sorted(grid.dates())
    if not days or not days[0] <= day <= days[-1]:
        return no_dates(grid, day, day)
    before = max((d for d in days if d < day), default=None)
    after = min((d for d in days if d > day), default=None)
    near = " and ".join(str(d) for d in (before, after) if d is not None)
    return f"[{day}] has no game, so it has no cell: nothing is missing. The nearest game dates are {near}."


def _no_entity(story: CellStory, entity: str, similar: Sequence[str]) -> str:
    short, cell = story.processor.abbreviation, story.cell
    if similar:
        return f"{short} has no [{entity}] on {cell.date}. Did you mean {' or '.join(similar)}?"
    if cell.history.success is None:
        return f"{short} of {cell.date} has not run ({cell.reason}), so nothing is known of [{entity}]."
    return (
        f"{short} has neither a row nor a failure of [{entity}] on {cell.date}: it was not expected "
        "(no game that day, or not on the latest list of a team that plays), or the id is written otherwise."
    )


def story_document(
    story: CellStory,
    entity: str | None,
    rows: Sequence[Row],
    failures: Sequence[Failure],
    prediction: PredictionStory | None = None,
) -> Json:
    """A cell with everything that explains it, for programs."""
    from services.console.cell_story import what_next  # noqa: PLC0415
    from services.console.predictions.story import prediction_document  # noqa: PLC0415

    success = story.cell.history.success
    document: dict[str, Json] = {
        "processor": story.processor.name,
        "date": story.cell.date,
        "season_year": story.season.season_year,
        "state": story.cell.state.value,
        "reason": story.cell.reason,
        "next": what_next(story),
        "rows": None if success is None else success.record_count,
        "open_failures": story.cell.history.open_failures,
        "table": str(story.processor.schema.address),
        "code_version": story.processor.code_version,
        "code_changed": story.code_changed,
        "input_fingerprint": story.cell.input_fingerprint,
        "inputs": [_input_document(item) for item in story.inputs],
        "runs": [
            {
                "sequence": run.sequence,
                "status": run.status,
                "attempt": run.attempt,
                "rows": run.record_count,
                "failures": run.failure_count,
                "run_id": run.run_id,
                "correlation_id": run.correlation_id,
                "backfill_id": run.backfill_id,
                "trigger_source": run.trigger_source,
                "input_fingerprint": run.input_fingerprint,
                "output_fingerprint": run.output_fingerprint,
                "error": run.error,
                "started_at": run.started_at,
                "committed_at": run.committed_at,
            }
            for run in story.runs
        ],
        "failures": [
            {"failure_type": kind, "resolution_status": status, "failures": n, "rows_missing": missing}
            for kind, status, n, missing in _failure_counts(failures)
        ],
        "retries": list(retry_summary(failures)),
    }
    if entity is not None:
        document["entity"] = {
            "entity_id": entity,
            "rows": [{name: json_value(value) for name, value in row.items()} for row in rows],
            "failures": [failure_document(failure) for failure in failures],
            **({} if prediction is None else {"prediction": prediction_document(prediction)}),
        }
    return document


def _input_document(item: InputStory) -> Json:
    return {
        "source": item.source,
        "window": item.window.value,
        "first_date": item.first,
        "last_date": item.last,
        "dates": item.dates,
        "rows": item.rows,
        "changed": item.changed,
        "waiting_for": None if item.unsettled is None else item.unsettled.date,
    }


def _failure_counts(failures: Sequence[Failure]) -> Iterator[tuple[str, str, int, int]]:
    """Type, status, number, and how many have no row; most first."""
    counts = Counter((failure.type, failure.status.value) for failure in failures)
    missing = Counter((f.type, f.status.value) for f in failures if not f.row_written)
    for key, number in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
        yield *key, number, missing[key]


def render_cell(story: CellStory, failures: Sequence[Failure]) -> list[RenderableType]:
    """A cell for people."""
    from rich.text import Text  # noqa: PLC0415

    from services.console.cell_story import what_next  # noqa: PLC0415

    lines = _head(story)
    lines.append(Text("\nInputs, and whether they changed since the last run", style="bold"))
    lines.extend(_inputs(story))
    lines.extend(_output(story))
    if failures:
        lines.extend([Text("\nFailures", style="bold"), _failures_table(failures)])
        steps = joined(sorted({step for failure in failures for step in steps_of(failure)}))
        if steps:
            lines.append(indented(f"→ {steps}", 2, "bold"))
        lines.extend(indented(f"→ {line}", 2) for line in retry_summary(failures))
    lines.extend(_runs(story.runs))
    lines.append(Text("\nNext", style="bold"))
    lines.append(indented(what_next(story), 2))
    return lines


def _head(story: CellStory) -> list[RenderableType]:
    from rich.text import Text  # noqa: PLC0415

    cell, processor = story.cell, story.processor
    title = Text(f"{processor.abbreviation} ", style="bold cyan")
    title.append(f"{processor.name}, {cell.date}", "bold default")
    state = Text(cell.state.value, style=_STYLES[cell.state])
    state.append(_in_words(cell).removeprefix(cell.state.value), "default")
    return [title, state]


def _in_words(cell: Cell) -> str:
    """`missing: never processed`; the reasons of stale and waiting cells begin with their state."""
    state, reason = cell.state.value, cell.reason
    return reason if reason.startswith(state) else f"{state}: {reason}"


def _output(story: CellStory) -> Iterator[RenderableType]:
    from rich.text import Text  # noqa: PLC0415

    success, table = story.cell.history.success, story.processor.schema.address
    yield Text("\nOutput", style="bold")
    if success is None:
        yield indented(f"nothing yet in {table}", 2)
        return
    yield indented(f"{count(success.record_count, 'row')} in {table}", 2)
    code = success.input_fingerprint.partition(":")[0]
    yield indented(f"written by run {success.run_id[:_ID_LENGTH]} with code version {code}", 2)


def _inputs(story: CellStory) -> Iterator[RenderableType]:
    table = plain_table(header=True)
    table.add_column("  source", no_wrap=True)
    table.add_column("dates read", no_wrap=True)
    table.add_column("with rows", justify="right", no_wrap=True)
    table.add_column("rows", justify="right", no_wrap=True)
    table.add_column("", no_wrap=True)
    for item in story.inputs:
        changed = "not run" if item.changed is None else "changed" if item.changed else "same"
        style = "bold" if item.changed or item.unsettled is not None else ""
        table.add_row(
            f"  {item.source}", _window(item), f"{item.dates:,}", f"{item.rows:,}", changed, style=style
        )
    yield table
    for item in story.inputs:
        if item.unsettled is not None:
            cell = item.unsettled
            yield indented(f"{cell.processor} of {cell.date}: {_in_words(cell)}", 2)
    if story.code_changed:
        yield indented("The processor's code or declaration has changed since the last run.", 2)


def _window(item: InputStory) -> str:
    if item.first is None or item.last is None:
        return "none before the date"
    return date_span(item.first, item.last)


def _failures_table(failures: Sequence[Failure]) -> RenderableType:
    table = plain_table(header=False)
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True, justify="right")
    table.add_column(no_wrap=True)
    table.add_column()
    for kind, status, number, missing in _failure_counts(failures):
        rows = f"{count(missing, 'row')} not written" if missing else "rows written"
        table.add_row(f"  {kind}", f"{number:,}", status.lower(), "" if status == "RESOLVED" else rows)
    return table


def _runs(runs: Sequence[Run]) -> Iterator[RenderableType]:
    from rich.text import Text  # noqa: PLC0415

    yield Text("\nRuns", style="bold")
    if not runs:
        yield indented("none", 2)
        return
    table = plain_table(header=False)
    for _ in range(4):
        table.add_column(no_wrap=True)
    for run in runs[:_MOST_RUNS]:
        rows, failures = run.record_count or 0, run.failure_count or 0
        table.add_row(
            f"  {run.committed_at:%Y-%m-%d %H:%M} UTC",
            f"{run.trigger_source or ''} run {run.run_id[:_ID_LENGTH]}",
            f"attempt {run.attempt} failed" if run.status == "failed" else run.status,
            "" if run.status == "failed" else f"{count(rows, 'row')}, {count(failures, 'failure')}",
        )
    yield table
    if len(runs) > _MOST_RUNS:
        yield indented(f"and {len(runs) - _MOST_RUNS} older", 2)
    if runs[0].error:
        yield indented(runs[0].error, 2, "red")


def render_entity_of(
    topology: Topology,
    story: CellStory,
    entity: str,
    rows: Sequence[Row],
    failures: Sequence[Failure],
    prediction: PredictionStory | None = None,
    *,
    width: int,
) -> list[RenderableType]:
    """One entity of a cell for people: its row, and its failures with the evidence by game.

    Predictions of a player are told by what they were made from instead of column by column.
    """
    from rich.text import Text  # noqa: PLC0415

    from services.console.predictions.text import render_prediction  # noqa: PLC0415

    lines = _head(story)
    if prediction is not None:
        lines.extend(render_prediction(prediction, width=width))
    for row in () if prediction is not None else rows:
        lines.append(Text(f"\n{entity}: row of {story.processor.schema.address}", style="bold"))
        lines.extend(_row(row, width))
    if not rows:
        lines.append(Text(f"\n{entity}: no row", style="bold"))
    for failure in failures:
        lines.append(Text())
        lines.extend(render_failure(topology, failure))
    if not failures:
        lines.append(Text("\nNo failure: every game that was expected is there."))
    return lines


def _row(row: Row, width: int) -> Iterator[RenderableType]:
    """A row as `name  value` pairs in as many columns as fit, read downwards; long values and ids below."""
    names = [name for name in row if name not in HARNESS_COLUMNS]
    texts = {name: as_text(row[name]) for name in names}
    pairs = [(name, texts[name]) for name in names if len(texts[name]) <= _LONG_VALUE]
    yield pairs_table(pairs, width)
    for name in names:
        if len(texts[name]) > _LONG_VALUE:
            yield indented(f"{name}  {texts[name]}", 2)
    yield indented(
        f"written by run {as_text(row['run_id'])[:_ID_LENGTH]} at {as_text(row['processed_at'])}",
        2,
        "bright_black",
    )
