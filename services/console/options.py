"""Options that several commands share."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

import typer

from services.console.output import parse_date

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
Processors = Annotated[
    list[str] | None,
    typer.Option("--processor", metavar="NAME", help="Abbreviation or full name; may be repeated."),
]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON document on stdout, for programs.")]
