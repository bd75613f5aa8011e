"""`nba failures`: what could not be done, by date, processor and type, why, and what would mend it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from services.console.context import read_session
from services.console.options import (
    AsJson,
    Entity,
    FromDate,
    OfCategory,
    OfStatus,
    OfType,
    OneProcessor,
    ToDate,
    subcommand_of,
)
from services.console.output import Json, check_range, count, date_span, indented, show, write_json
from services.console.retries import retry_state
from services.console.triage import Failure, TriageLine, mending, next_action, triage_lines
from shared.failures.transitions import Status

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table

    from services.console.evidence import Evidence, MissingGame
    from services.console.failure_queries import FailureCount, Filters
    from shared.topology.graph import Topology

_MOST_STEPS = 12
_MOST_LINES = 12
_NAMED_ENTITIES = 3


def failures(
    context: typer.Context,
    *,
    start_date: FromDate = None,
    end_date: ToDate = None,
    processor: OneProcessor = None,
    kind: OfType = None,
    category: OfCategory = None,
    status: OfStatus = None,
    entity: Entity = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Also list what is resolved, and absences that are explained.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """List what could not be done, why, and what would mend it. What needs no mending is only counted.

    Without --status, all that is not resolved. With --entity, every row with its evidence. The commands below
    are a person's step: they say what shall become of the failures that match the same options.
    """
    from services.console import failure_queries  # noqa: PLC0415

    if subcommand_of(context) is not None:
        return
    if start_date is not None and end_date is not None:
        check_range(start_date, end_date)
    with read_session() as session:
        filters = failure_queries.Filters(
            start=start_date,
            end=end_date,
            processor=None if processor is None else session.topology.processor(processor).class_name,
            type=kind,
            category=category,
            status=status,
            entity=None if entity is None else entity.lower(),
            everything=everything,
        )
        found = failure_queries.read_failures(session.warehouse, filters)
        counts = () if entity is not None else failure_queries.read_counts(session.warehouse, filters)
        unknown = entity if entity is not None and not found else None
        similar = () if unknown is None else failure_queries.similar_entities(session.warehouse, unknown)
        topology = session.topology
    if as_json:
        write_json(failures_document(found, counts))
    elif unknown is not None:
        show([_not_found(unknown, similar)])
    elif filters.entity is None:
        show(render_triage(topology, filters, found, counts))
    else:
        show(render_entity(topology, filters.entity, found))


def _not_found(entity: str, similar: Sequence[str]) -> str:
    if entity.lower() in similar:
        return f"No failure of [{entity}] matches these filters. Widen them, or add --all for resolved ones."
    if similar:
        return f"No failure names [{entity}]. Did you mean {' or '.join(f'[{name}]' for name in similar)}?"
    return (
        f"No failure names [{entity}]: nothing failed for it, or the tables write it otherwise "
        "(players like zachlavine, teams like CHI, games by their id)."
    )


def failures_document(found: Sequence[Failure], counts: Sequence[FailureCount]) -> Json:
    """Listed failures with evidence and next action, all counts, and what would mend most; for programs."""
    return {
        "counts": [
            {
                "processor_name": item.processor,
                "failure_category": item.category,
                "failure_type": item.type,
                "resolution_status": item.status.value,
                "failures": item.failures,
                "rows_missing": item.rows_missing,
                "first_date": item.first_date,
                "last_date": item.last_date,
            }
            for item in counts
        ],
        "failures": [failure_document(failure) for failure in found],
        "mending": [
            {"action": step.what, "date": step.date, "failures": number} for step, number in mending(found)
        ],
    }


def failure_document(failure: Failure) -> Json:
    """One failure, for programs."""
    return {
        "processor_name": failure.processor,
        "date": failure.date,
        "entity_id": failure.entity_id,
        "entity_type": failure.entity_type,
        "failure_category": failure.category.value,
        "failure_type": failure.type,
        "failure_reason": failure.reason,
        "is_correctable": failure.correctable,
        "row_written": failure.row_written,
        "expected_game_count": failure.expected_games,
        "actual_game_count": failure.actual_games,
        "missing_game_dates": list(failure.missing_dates),
        "resolution_status": failure.status.value,
        "resolution_reason": failure.resolution_reason,
        "attempt_count": failure.attempts,
        "next_attempt_at": failure.next_attempt_at,
        "first_seen_at": failure.first_seen_at,
        "last_seen_at": failure.last_seen_at,
        "resolved_at": failure.resolved_at,
        "run_id": failure.run_id,
        "next_action": next_action(failure),
        "retry": retry_state(failure),
        "windows": {
            name: {"expected": window.expected, "played": window.played, "absent": window.absent}
            for name, window in failure.evidence.windows.items()
        },
        "missing": [
            {
                "date": game.date,
                "game_id": game.game_id,
                "team": game.team,
                "verdict": game.verdict,
                "source": game.source,
                "reason": game.reason,
                "report": game.report,
            }
            for game in failure.evidence.missing
        ],
    }


def render_triage(
    topology: Topology, filters: Filters, found: Sequence[Failure], counts: Sequence[FailureCount]
) -> list[RenderableType]:
    """Failures for people: what is open line by line, what would mend most, and the rest as counts."""
    from rich.text import Text  # noqa: PLC0415

    still_open = sum(item.failures for item in counts if item.status in (Status.UNRESOLVED, Status.RETRYING))
    explained = sum(item.failures for item in counts if item.explained)
    resolved = sum(item.failures for item in counts if item.status is Status.RESOLVED)
    title = Text(count(still_open, "open failure"), style="bold")
    title.append(f"; {explained:,} explained, {resolved:,} resolved", "")
    lines: list[RenderableType] = [title]
    steps = mending(found)
    if len(steps) > 1:
        lines.append(Text("\nWhat would mend most", style="bold"))
        lines.append(_plain_table([(f"  {step}", count(n, "failure")) for step, n in steps[:_MOST_STEPS]]))
        if len(steps) > _MOST_STEPS:
            lines.append(Text(f"  and {count(len(steps) - _MOST_STEPS, 'more step')}; --json lists them all"))
    if found:
        grouped = triage_lines(found)
        shown = grouped if filters.narrow else grouped[:_MOST_LINES]
        lines.append(Text("\nWhat is missing, first of all where it starts", style="bold"))
        lines.extend(_triage(topology, shown))
        if len(shown) < len(grouped):
            rest = count(len(grouped) - len(shown), "more line")
            lines.append(Text(f"and {rest}; narrow it with --processor, --type, --start-date or --entity"))
    if not filters.explained:
        lines.extend(_summaries(topology, counts))
    return lines


def _summaries(topology: Topology, counts: Sequence[FailureCount]) -> Iterator[RenderableType]:
    from rich.text import Text  # noqa: PLC0415

    explained = [item for item in counts if item.explained]
    resolved = [item for item in counts if item.status is Status.RESOLVED]
    if explained:
        yield Text("\nExplained, nothing to do (--type TYPE lists them)", style="bold")
        yield _counts_table(topology, explained)
    if resolved:
        yield Text("\nResolved (--status RESOLVED lists them)", style="bold")
        yield _counts_table(topology, resolved)


def _short(topology: Topology, class_name: str) -> str:
    """The abbreviation of a processor; rows of one that no longer exists keep their name."""
    return next((p.abbreviation for p in topology.processors if p.class_name == class_name), class_name)


def _counts_table(topology: Topology, counts: Sequence[FailureCount]) -> RenderableType:
    return _plain_table(
        [
            (
                f"  {_short(topology, item.processor)}",
                item.type,
                f"{item.failures:,}",
                date_span(item.first_date, item.last_date),
            )
            for item in counts
        ],
        right=2,
    )


def _plain_table(rows: Sequence[tuple[str, ...]], right: int | None = None) -> RenderableType:
    table = _table()
    for position in range(len(rows[0])):
        table.add_column(no_wrap=True, justify="right" if position == right else "left")
    for row in rows:
        table.add_row(*row)
    return table


def _table() -> Table:
    from rich.table import Table  # noqa: PLC0415

    return Table(box=None, show_header=False, padding=(0, 2, 0, 0), pad_edge=False)


def _triage(topology: Topology, lines: Sequence[TriageLine]) -> Iterator[RenderableType]:
    from rich.text import Text  # noqa: PLC0415

    spans = [date_span(line.dates[0], line.dates[-1]) for line in lines]
    width = max(map(len, spans))
    kinds = max(len(line.type) for line in lines)
    for line, span in zip(lines, spans, strict=True):
        head = Text(f"{span:<{width}}  {_short(topology, line.processor):<5} ", style="cyan")
        head.append(f"{line.type:<{kinds}}  ", "bold default")
        head.append(_size(line), "default")
        yield head
        yield indented(_reason(line), 4)
        yield indented(f"→ {line.action}", 4, "bold" if line.failures[0].open else "bright_black")


def _size(line: TriageLine) -> str:
    dates = f" on {count(len(line.dates), 'date')}" if len(line.dates) > 1 else ""
    parts = [count(len(line.failures), "failure") + dates]
    if line.withheld and line.status is not Status.RESOLVED:
        parts.append(f"{count(line.withheld, 'row')} not written")
    if line.status is not Status.UNRESOLVED:
        parts.append(line.status.value.lower())
    return ", ".join(parts)


def _reason(line: TriageLine) -> str:
    first = line.failures[0]
    if len(line.entities) == 1 and len(line.failures) == 1:
        return first.reason if first.entity_type in ("GAME", "DATE") else f"{first.entity_id}: {first.reason}"
    names = ", ".join(line.entities[:_NAMED_ENTITIES])
    rest = len(line.entities) - _NAMED_ENTITIES
    return (
        f"{names}{f' and {rest:,} more' if rest > 0 else ''}; for example {first.entity_id}: {first.reason}"
    )


def render_entity(topology: Topology, entity: str, found: Sequence[Failure]) -> list[RenderableType]:
    """Every failure of one player, team or game with its evidence."""
    from rich.text import Text  # noqa: PLC0415

    title = Text(entity, style="bold")
    title.append(f": {count(len(found), 'failure')}, {date_span(found[0].date, found[-1].date)}", "")
    lines: list[RenderableType] = [title]
    for failure in found:
        lines.append(Text())
        lines.extend(render_failure(topology, failure))
    return lines


def render_failure(topology: Topology, failure: Failure) -> list[RenderableType]:
    """One failure: what, why, the evidence by game, and what happens next."""
    from rich.text import Text  # noqa: PLC0415

    head = Text(f"{failure.date}  {_short(topology, failure.processor)}  ", style="cyan")
    head.append(f"{failure.type} ", "bold default")
    written = "row written" if failure.row_written else "row not written"
    head.append(f"({failure.category.value}), {failure.status.value.lower()}, {written}", "default")
    lines: list[RenderableType] = [head, indented(failure.reason, 2)]
    if failure.evidence.windows:
        lines.append(indented(windows_in_words(failure.evidence), 2))
    if failure.evidence.missing:
        lines.extend(_games(failure.evidence.missing))
    style = "bold" if failure.open else "bright_black"
    lines.append(indented(f"→ {next_action(failure)}", 2, style))
    retry = retry_state(failure)
    if retry is not None:
        lines.append(indented(f"→ {retry}", 2, style))
    return lines


def windows_in_words(evidence: Evidence) -> str:
    """`played of expected: L5 3/5, L10 7/10, L7d 1/2, L14d 3/5`."""
    names = {"l5": "L5", "l10": "L10", "l7d": "L7d", "l14d": "L14d"}
    counts = [
        f"{names.get(name, name)} {window.played}/{window.expected}"
        for name, window in evidence.windows.items()
    ]
    return f"played of expected: {', '.join(counts)}"


def _games(games: Sequence[MissingGame]) -> Iterator[RenderableType]:
    verdicts = max(len(game.verdict) for game in games)
    for game in games:
        where = "  ".join(part for part in (game.game_id, f"{game.team:<3}" if game.team else None) if part)
        report = game.report and f"injury report: {game.report}"
        told = ", ".join(
            part for part in (game.reason, game.source and f"says {game.source}", report) if part
        )
        yield indented(f"{game.date or 'date unknown'}  {where}  {game.verdict:<{verdicts}}  {told}", 4)
