"""`nba init`: create or migrate everything the pipeline stores."""

from __future__ import annotations

from services.console.context import Session, work_session
from services.console.options import AsJson
from services.console.output import count, show, write_json


def initialise_session(session: Session) -> tuple[str, ...]:
    """Bring the warehouse of a session up to date, ready for its workers. Returns what was done."""
    from shared.warehouse.initialise import initialise  # noqa: PLC0415
    from shared.worker.prepare import prepare_workers  # noqa: PLC0415

    done = initialise(session.warehouse, session.topology)
    prepare_workers(session.warehouse, session.topology)
    return done


def init(*, as_json: AsJson = False) -> None:
    """Create what is missing, add columns that older tables lack, keep all data. Safe to repeat."""
    with work_session() as session:
        done = initialise_session(session)
        path = session.settings.warehouse
    if as_json:
        write_json({"warehouse": str(path), "done": list(done)})
        return
    show([f"Warehouse {path}"])
    added = [line for line in done if line.startswith("added")]
    show([f"  {line}" for line in added])
    created = len(done) - len(added)
    show([f"{count(created, 'table')} created." if done else "Everything was there already; nothing to do."])
