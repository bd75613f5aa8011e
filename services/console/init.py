"""`nba init` and `nba migrate`: create or migrate everything the pipeline stores."""

from __future__ import annotations

from typing import Annotated

import typer

from services.console.context import Session, change_session, read_session, work_session
from services.console.options import AsJson
from services.console.output import count, show, write_json


def initialise_session(session: Session) -> tuple[str, ...]:
    """Bring the warehouse of a session up to date. Returns what was done."""
    from shared.warehouse.initialise import initialise  # noqa: PLC0415

    return initialise(session.warehouse, session.topology)


def init(*, as_json: AsJson = False) -> None:
    """Create what is missing, add columns that older tables lack, keep all data. Safe to repeat."""
    with work_session() as session:
        _initialise(session, as_json=as_json)


def migrate(
    *,
    plan: Annotated[bool, typer.Option("--plan", help="Show what would be done, and stop.")] = False,
    as_json: AsJson = False,
) -> None:
    """Bring a warehouse that is there to what this version needs, as `nba init` does.

    Tables and columns are added, none is changed or dropped, and all data is kept.
    """
    if not plan:
        with change_session() as session:
            _initialise(session, as_json=as_json)
        return
    from shared.warehouse.initialise import lacking  # noqa: PLC0415

    with read_session() as session:
        steps = lacking(session.warehouse, session.topology)
        path = session.settings.warehouse
    if as_json:
        write_json({"warehouse": str(path), "planned": list(steps)})
        return
    show([f"Warehouse {path}", *(f"  {step}" for step in steps)])
    todo = f"{count(len(steps), 'step')}; `nba migrate` does them and keeps all data."
    show([todo if steps else "Everything is there; nothing to do."])


def _initialise(session: Session, *, as_json: bool) -> None:
    from shared.worker.prepare import prepare_workers  # noqa: PLC0415

    done = initialise_session(session)
    prepare_workers(session.warehouse, session.topology)
    path = session.settings.warehouse
    if as_json:
        write_json({"warehouse": str(path), "done": list(done)})
        return
    show([f"Warehouse {path}"])
    added = [line for line in done if line.startswith("added")]
    show([f"  {line}" for line in added])
    created = len(done) - len(added)
    show([f"{count(created, 'table')} created." if done else "Everything was there already; nothing to do."])
