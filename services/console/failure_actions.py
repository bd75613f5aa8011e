"""`nba failures retry|investigate|permanent`: what a person decides about failures."""

from __future__ import annotations

import getpass
from collections.abc import Callable
from dataclasses import replace
from typing import Annotated

import typer

from services.console.context import Session, change_session
from services.console.failure_queries import Filters, similar_entities
from services.console.failure_steps import Asked, Step, StepCounts, count_step, take_step
from services.console.failures import failures
from services.console.options import (
    AsJson,
    Entity,
    FromDate,
    OfCategory,
    OfStatus,
    OfType,
    OneProcessor,
    Reason,
    ToDate,
    checked_reason,
)
from services.console.output import InputError, Json, check_range, count, show, write_json

_Everything = Annotated[
    bool, typer.Option("--all", help="Every failure: without any filter, this is needed.")
]
_DryRun = Annotated[bool, typer.Option("--dry-run", help="Show how many rows would change, and stop.")]


def build_failures() -> typer.Typer:
    """The command `nba failures` with its subcommands."""
    group = typer.Typer(invoke_without_command=True, rich_markup_mode=None)
    group.callback()(failures)
    for step, text in _HELP.items():
        group.command(step.value)(_command(step, text))
    return group


_HELP = {
    Step.RETRY: """Have the retry worker try at once, with a new budget.

    What was given up or is investigated is taken as well.
    What an attempt has been made of waits for its answer, and is taken only with --status RETRYING.
    """,
    Step.INVESTIGATE: (
        "Keep the retry worker away while somebody looks. A run that sees the output still resolves it."
    ),
    Step.PERMANENT: "Accept failures as they are: they are never retried, unless somebody says `retry`.",
}


def _command(step: Step, text: str) -> Callable[..., None]:
    """The subcommand of a step; all of them take the same options."""

    def command(
        *,
        reason: Reason,
        start_date: FromDate = None,
        end_date: ToDate = None,
        processor: OneProcessor = None,
        kind: OfType = None,
        category: OfCategory = None,
        status: OfStatus = None,
        entity: Entity = None,
        everything: _Everything = False,
        dry_run: _DryRun = False,
        as_json: AsJson = False,
    ) -> None:
        filters = Filters(
            start_date, end_date, processor, kind, category, status, entity, everything=everything
        )
        _act(step, filters, reason, dry_run=dry_run, as_json=as_json)

    command.__doc__ = text
    return command


def _act(step: Step, given: Filters, reason: str, *, dry_run: bool, as_json: bool) -> None:
    """Take a step on the failures that the options name."""
    from services.bootstrap import new_id  # noqa: PLC0415

    why = checked_reason(reason, "the failures are touched")
    if given.start is not None and given.end is not None:
        check_range(given.start, given.end)
    if not given.given() and not given.everything:
        raise InputError(
            f"Which failures? Without any filter, `nba failures {step}` would take every one. "
            "Name some with --entity, --type, --processor, --start-date, ..., or say --all."
        )
    with change_session() as session:
        filters = _resolved(session, given)
        would = count_step(session.warehouse, step, filters)
        if not would.matching:
            raise InputError(_nothing_matches(session, given))
        done = would
        if not dry_run and would.changed:
            asked = Asked(new_id(), why, getpass.getuser(), session.clock.now())
            done = take_step(session.warehouse, step, filters, asked)
    if as_json:
        write_json(_document(step, filters, done, dry_run=dry_run))
    else:
        show(_lines(step, done, dry_run=dry_run))


def _resolved(session: Session, given: Filters) -> Filters:
    """The filters as the tables write them. Raises TopologyError for an unknown processor."""
    name = given.processor
    return replace(
        given,
        processor=None if name is None else session.topology.processor(name).class_name,
        entity=None if given.entity is None else given.entity.lower(),
    )


def _nothing_matches(session: Session, given: Filters) -> str:
    text = "No failure matches these filters"
    if given.entity is not None:
        similar = [name for name in similar_entities(session.warehouse, given.entity) if name != given.entity]
        text += f" ([{given.entity}])"
        if similar:
            return f"{text}. Did you mean {' or '.join(f'[{name}]' for name in similar)}?"
    return f"{text}, so nothing can be changed. `nba failures` shows what there is."


def _document(step: Step, filters: Filters, done: StepCounts, *, dry_run: bool) -> Json:
    return {
        "action": step.value,
        "filters": filters.given(),
        "dry_run": dry_run,
        "rows_changed": done.changed,
        "rows_left": {
            "resolved": done.resolved,
            "not_correctable": done.not_correctable,
            "retrying": done.retrying,
            "as_asked": done.as_asked,
        },
    }


_AFTERWARDS = {
    Step.RETRY: "to be tried at once, with a new budget",
    Step.INVESTIGATE: "under investigation, and not retried",
    Step.PERMANENT: "permanent, and never retried",
}


def _lines(step: Step, done: StepCounts, *, dry_run: bool) -> list[str]:
    verb = "would be" if dry_run else "is" if done.changed == 1 else "are"
    lines = [f"{count(done.changed, 'failure')} {verb} {_AFTERWARDS[step]}."]
    left = [
        f"{number:,} {why}"
        for number, why in (
            (done.resolved, "resolved"),
            (done.not_correctable, "explained, which no attempt can mend"),
            (done.retrying, "being retried (--status RETRYING takes them)"),
            (done.as_asked, "so already"),
        )
        if number
    ]
    if left:
        lines.append(f"Left alone: {', '.join(left)}.")
    if step is Step.RETRY and done.changed and not dry_run:
        lines.append("`nba tick` tries them now.")
    return lines
