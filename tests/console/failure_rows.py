"""Failure rows made by hand, in a warehouse in memory or as values."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Sequence

from services.console.evidence import parse_evidence
from services.console.triage import Failure
from shared.failures.model import FailureCategory, failure_tables, failure_views
from shared.failures.transitions import Status
from shared.warehouse.duckdb_warehouse import DuckDBWarehouse
from shared.warehouse.initialise import ensure_views
from shared.warehouse.port import Value
from tests.support.derived_rows import Row, fill

DAY = dt.date(2021, 12, 31)
_MISSED = [{"date": "2021-12-26", "game_id": "0022100480", "team": "CHI", "verdict": "GAME_NOT_INGESTED"}]


def game(date: str, verdict: str, **more: str) -> dict[str, str]:
    """One missing game of an evidence."""
    return {"date": date, "game_id": f"game of {date}", "verdict": verdict, **more}


def failure(
    *games: dict[str, str],
    day: dt.date = DAY,
    entity: str = "zachlavine",
    kind: str = "DATA_GAP",
    category: FailureCategory = FailureCategory.INCOMPLETE_DATA,
    status: Status = Status.UNRESOLVED,
    correctable: bool = True,
    processor: str = "PlayerDailyCacheProcessor",
    missing_dates: tuple[dt.date, ...] = (),
    row_written: bool = False,
    reason: str = "1 of 10 games lack data",
    resolution_reason: str | None = None,
    attempts: int = 0,
    next_attempt_at: dt.datetime | None = None,
) -> Failure:
    """A failure whose evidence is these games."""
    return Failure(
        processor=processor,
        date=day,
        entity_id=entity,
        entity_type="PLAYER",
        category=category,
        type=kind,
        reason=reason,
        correctable=correctable,
        row_written=row_written,
        expected_games=10,
        actual_games=9,
        missing_dates=missing_dates,
        status=status,
        resolution_reason=resolution_reason,
        attempts=attempts,
        next_attempt_at=next_attempt_at,
        first_seen_at=None,
        last_seen_at=None,
        resolved_at=None,
        run_id="run",
        evidence=parse_evidence(json.dumps({"missing": games})),
    )


def row(**changes: Value) -> Row:
    """A row of precompute_failures: Zach LaVine misses a game that was not ingested."""
    return {
        "processor_name": "PlayerDailyCacheProcessor",
        "run_id": "run",
        "analysis_date": DAY,
        "entity_id": "zachlavine",
        "entity_type": "PLAYER",
        "failure_category": "INCOMPLETE_DATA",
        "failure_reason": "1 of 10 games lack data",
        "failure_type": "DATA_GAP",
        "is_correctable": True,
        "row_written": False,
        "resolution_status": "UNRESOLVED",
        "missing_game_dates": '["2021-12-26"]',
        "evidence": json.dumps({"windows": {"l10": [10, 9, 0]}, "missing": _MISSED}),
        **changes,
    }


#: An absence that is explained, as PDC documents it.
ABSENCE: Row = {
    "failure_type": "PLAYER_DNP",
    "is_correctable": False,
    "row_written": True,
    "resolution_status": "PERMANENT",
    "failure_reason": "Played 3 of 5 games (last 14 days)",
    "evidence": json.dumps(
        {
            "windows": {"l5": [5, 4, 1], "l10": [10, 8, 2], "l7d": [3, 2, 1], "l14d": [5, 3, 2]},
            "missing": [
                {
                    "date": "2021-12-19",
                    "game_id": "0022100437",
                    "team": "CHI",
                    "verdict": "PLAYER_DNP",
                    "source": "nbac_injury_report",
                    "reason": "Health and Safety Protocols",
                },
                {
                    "date": "2021-12-20",
                    "game_id": "0022100444",
                    "team": "CHI",
                    "verdict": "PLAYER_DNP",
                    "reason": "Inactive",
                    "report": "Out",
                },
            ],
        }
    ),
}


def warehouse_with(rows: Sequence[Row], *, analytics: Sequence[Row] = ()) -> DuckDBWarehouse:
    """A warehouse in memory with the failure tables and views, holding these rows."""
    warehouse = DuckDBWarehouse(None)
    content = {"analytics_failures": analytics, "precompute_failures": rows}
    for schema in failure_tables():
        fill(warehouse, schema, content.get(schema.address.table, ()))
    ensure_views(warehouse, failure_views())
    return warehouse
