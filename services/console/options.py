"""Options that several commands share."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

import typer

from services.console.output import InputError, parse_date
from shared.failures.model import FailureCategory, FailureType
from shared.failures.transitions import Status

_DATE = "YYYY-MM-DD"

StartDate = Annotated[
    dt.date, typer.Option("--start-date", parser=parse_date, metavar=_DATE, help="First game date.")
]
EndDate = Annotated[
    dt.date, typer.Option("--end-date", parser=parse_date, metavar=_DATE, help="Last game date, included.")
]
FromDate = Annotated[
    dt.date | None,
    typer.Option("--start-date", parser=parse_date, metavar=_DATE, help="First game date; default: all."),
]
ToDate = Annotated[
    dt.date | None,
    typer.Option("--end-date", parser=parse_date, metavar=_DATE, help="Last game date, included."),
]
#: Of a command whose subcommands do without them; what is missing is said by the command itself.
NeededStart = Annotated[
    dt.date | None,
    typer.Option("--start-date", parser=parse_date, metavar=_DATE, help="First game date; needed."),
]
NeededEnd = Annotated[
    dt.date | None,
    typer.Option("--end-date", parser=parse_date, metavar=_DATE, help="Last game date, included; needed."),
]
Processors = Annotated[
    list[str] | None,
    typer.Option("--processor", metavar="NAME", help="Abbreviation or full name; may be repeated."),
]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON document on stdout, for programs.")]
Reason = Annotated[str, typer.Option("--reason", help="Why; kept with who asked.", show_default=False)]

OneProcessor = Annotated[
    str | None, typer.Option("--processor", metavar="NAME", help="Abbreviation or full name.")
]
OfType = Annotated[FailureType | None, typer.Option("--type", case_sensitive=False, help="What it means.")]
OfCategory = Annotated[
    FailureCategory | None, typer.Option("--category", case_sensitive=False, help="What was found.")
]
OfStatus = Annotated[Status | None, typer.Option("--status", case_sensitive=False, help="Where it stands.")]
Entity = Annotated[str | None, typer.Option("--entity", metavar="ID", help="One player, team or game.")]

#: As long as a message may carry.
_LONGEST_REASON = 2000


def checked_reason(reason: str, what: str) -> str:
    """A reason without the blanks around it. Raises InputError when nothing, or a book, is left of it."""
    text = reason.strip()
    if not text:
        raise InputError(f"--reason is empty. Say in words why {what}.")
    if len(text) > _LONGEST_REASON:
        raise InputError(
            f"--reason has {len(text):,} characters, {_LONGEST_REASON:,} are kept. Say it in fewer words."
        )
    return text


def subcommand_of(context: typer.Context) -> str | None:
    """The subcommand that follows a group's own options, if one does.

    Raises InputError when options stand before it: they belong to the group's own answer and would be lost.
    """
    name = context.invoked_subcommand
    if name is None:
        return None
    before = [
        parameter.opts[0]
        for parameter in context.command.params
        if parameter.name is not None and _was_given(context, parameter.name)
    ]
    if before:
        raise InputError(
            f"{' and '.join(before)} before [{name}] would not count. "
            f"Write the options after it: {context.command_path} {name} {before[0]} ..."
        )
    return name


def _was_given(context: typer.Context, name: str) -> bool:
    source = context.get_parameter_source(name)
    return source is not None and source.name == "COMMANDLINE"
