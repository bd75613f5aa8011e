"""The command `nba`: names its commands and turns every outcome into an exit code.

A command is a function of its own module, registered in `COMMANDS`; a group of commands is made by a function
and registered in `GROUPS`. Such a module imports heavy things inside its functions, so that `nba --help` and
every other command start without them.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import Annotated

import typer
from typer.core import TyperGroup

from services.console import (
    backfill_control,
    context,
    coverage,
    demo,
    failure_actions,
    incidents,
    ingest,
    init,
    output,
    pause,
    plan,
    query,
    report,
    simulate,
    tick,
    verify,
    why,
)

COMMANDS: tuple[tuple[str, Callable[..., None]], ...] = (
    ("init", init.init),
    ("migrate", init.migrate),
    ("tick", tick.tick),
    ("pause", pause.pause),
    ("resume", pause.resume),
    ("plan", plan.plan),
    ("coverage", coverage.coverage),
    ("incidents", incidents.incidents),
    ("why", why.why),
    ("query", query.query),
    ("verify", verify.verify),
    ("simulate", simulate.simulate),
    ("demo", demo.demo),
)
GROUPS: tuple[tuple[str, Callable[[], typer.Typer]], ...] = (
    ("ingest", ingest.build_ingest),
    ("backfill", backfill_control.build_backfill),
    ("failures", failure_actions.build_failures),
    ("report", report.build_report),
)
#: What changes the warehouse, then what looks at it.
_ORDER = (
    *("init", "migrate", "ingest", "backfill", "tick", "pause", "resume"),
    *("plan", "coverage", "failures", "incidents", "why", "query", "verify", "report"),
    *("simulate", "demo"),
)

_SETTINGS = """\
Settings (environment variables):
  NBA_WAREHOUSE  duckdb:///ABSOLUTE/PATH; unset: .nba/nba.duckdb below the working directory
  NBA_LOG        file of JSON log lines, or stderr; unset: logs/nba.jsonl beside the warehouse
  NBA_RAW_SOURCE files:DIR or nba-stats:DIR, which `nba tick` fetches lost raw data from; unset: nowhere"""

#: The help keeps the line breaks of a paragraph that starts with this character.
_AS_IS = "\b"


class _InOrder(TyperGroup):
    """Lists commands as `_ORDER` does, whether or not they have subcommands."""

    def list_commands(self, ctx: object) -> list[str]:
        return sorted(self.commands, key=_ORDER.index)


def build_app() -> typer.Typer:
    """The application with every command."""
    app = typer.Typer(
        name="nba",
        cls=_InOrder,
        add_completion=False,
        no_args_is_help=True,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        epilog=f"{_AS_IS}\n{_SETTINGS}\n\n{_AS_IS}\n{output.EXIT_CODES}",
        context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
    )
    app.callback()(_options)
    for name, function in COMMANDS:
        app.command(name)(function)
    for name, group in GROUPS:
        app.add_typer(group(), name=name)
    return app


def _options(
    *,
    log_stderr: Annotated[
        bool, typer.Option("--log-stderr", help="Send JSON log lines to stderr, not to a file.")
    ] = False,
) -> None:
    """NBA data from raw rows to graded predictions, by date: run it, see every date's state, and why."""
    context.choose_log(to_stderr=log_stderr)


def run(arguments: Sequence[str]) -> int:
    """Run one command line and return its exit code."""
    return output.guarded(lambda: build_app()(list(arguments), prog_name="nba"))


def main() -> None:
    """Entry point of the command `nba`."""
    sys.exit(run(sys.argv[1:]))
