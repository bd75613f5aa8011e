"""A warehouse whose ledger knows five processed seasons of every processor; the tables themselves are empty.

What reads only ledger and failures (the planner's grid, a retry tick) cannot tell it from the real thing.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow as pa

from services.registry import discover
from shared.arrow import arrow_schema
from shared.failures.model import FailureCategory, FailureType, failure_table
from shared.ledger.repository import ledger_tables
from shared.planner.snapshot import CellHistory, RawCell, Snapshot, Success
from shared.planner.state import evaluate
from shared.tables import TableSchema
from shared.topology.declaration import RAW_SOURCES, Phase
from shared.warehouse.duckdb_warehouse import DuckDBWarehouse
from shared.warehouse.initialise import initialise
from tests.support import direct

SEASONS = (2019, 2020, 2021, 2022, 2023)
DATES_PER_SEASON = 165
#: When the last season is over, and every grace with it.
NOW = dt.datetime(2024, 7, 1, tzinfo=dt.UTC)
#: Explained absences of players, which stay in the failure table for ever.
_ABSENCES_PER_DATE = 160
_BEFORE = dt.datetime(2024, 6, 30, tzinfo=dt.UTC)


def dates_of(season: int) -> list[dt.date]:
    """The game dates of a season."""
    first = dt.date(season, 10, 19)
    return [first + dt.timedelta(days=number) for number in range(DATES_PER_SEASON)]


def warehouse_of_seasons(path: Path) -> DuckDBWarehouse:
    """Five seasons of current cells, and every explained absence of them."""
    warehouse = DuckDBWarehouse(path)
    initialise(warehouse, discover())
    (ledger,) = [table for table in ledger_tables() if table.address.table == "ledger"]
    _insert(warehouse, ledger, [*_ledger_rows(processed_snapshot())])
    absences = [
        failure_row("PlayerDailyCacheProcessor", day, f"player{number}", status="PERMANENT", lacks=())
        for season in SEASONS
        for day in dates_of(season)
        for number in range(_ABSENCES_PER_DATE)
    ]
    _insert(warehouse, failure_table(Phase.PRECOMPUTE), absences)
    return warehouse


def processed_snapshot() -> Snapshot:
    """Every cell of every season has run on the inputs it has."""
    raw: dict[str, dict[dt.date, RawCell]] = {source: {} for source in RAW_SOURCES}
    for season in SEASONS:
        for number, day in enumerate(dates_of(season)):
            games = frozenset(f"002{season % 100}{number:03d}{game:02d}" for game in range(8))
            for source in RAW_SOURCES:
                raw[source][day] = RawCell(season, _hash(source, day), 200, games, "ingest")
    runs: dict[str, dict[dt.date, CellHistory]] = {}
    for processor in discover().processors:
        cells = evaluate(discover(), Snapshot(raw, runs), NOW).cells[processor.name]
        runs[processor.name] = {
            day: CellHistory(
                Success(cell.input_fingerprint, _hash(processor.name, day), 200, 1, "run", "message")
            )
            for day, cell in cells.items()
        }
    return Snapshot(raw, runs)


def failure_row(
    class_name: str, day: dt.date, entity: str, *, status: str, lacks: Sequence[tuple[dt.date, str, str]]
) -> dict[str, object]:
    """A failure row: an absence without lacks, else a gap. A lack is a date, a verdict and a source."""
    missing = [{"date": d.isoformat(), "verdict": v, "source": s, "game_id": "0"} for d, v, s in lacks]
    return {
        "processor_name": class_name,
        "run_id": "run",
        "analysis_date": day,
        "entity_id": entity,
        "entity_type": "PLAYER",
        "failure_category": FailureCategory.INCOMPLETE_DATA.value,
        "failure_reason": f"[{len(lacks)}] games are missing",
        "failure_type": (FailureType.DATA_GAP if lacks else FailureType.PLAYER_DNP).value,
        "is_correctable": bool(lacks),
        "raw_data_checked": True,
        "can_retry": bool(lacks),
        "row_written": not lacks,
        "resolution_status": status,
        "created_at": _BEFORE,
        "first_seen_at": _BEFORE,
        "last_seen_at": _BEFORE,
        "attempt_count": 0,
        "evidence": json.dumps({"missing": missing}),
    }


def insert_failures(warehouse: DuckDBWarehouse, phase: Phase, rows: Sequence[dict[str, object]]) -> None:
    """Append rows to the failure table of a phase."""
    _insert(warehouse, failure_table(phase), rows)


def _ledger_rows(snapshot: Snapshot) -> Iterator[dict[str, object]]:
    every = {"attempt": 0, "sequence": 1, "status": "success", "started_at": _BEFORE, "committed_at": _BEFORE}
    ids = {"run_id": "run", "correlation_id": "c", "causation_id": "m", "trigger_source": "live"}
    for source, cells in snapshot.raw.items():
        for day, cell in cells.items():
            yield {
                **every,
                **ids,
                "cell_name": source,
                "cell_date": day,
                "season_year": cell.season_year,
                "kind": "raw",
                "output_fingerprint": cell.fingerprint,
                "record_count": cell.record_count,
                "game_ids": json.dumps(sorted(cell.game_ids)),
            }
    seasons = {day: cell.season_year for day, cell in snapshot.raw[RAW_SOURCES[0]].items()}
    for name, histories in snapshot.runs.items():
        for day, history in histories.items():
            if history.success is None:
                raise ValueError(f"[{name}] of [{day}] has not run")
            yield {
                **every,
                **ids,
                "cell_name": name,
                "cell_date": day,
                "season_year": seasons[day],
                "kind": "processor",
                "input_fingerprint": history.success.input_fingerprint,
                "output_fingerprint": history.success.output_fingerprint,
                "record_count": 200,
                "failure_count": 0,
            }


def _insert(warehouse: DuckDBWarehouse, table: TableSchema, rows: Sequence[dict[str, object]]) -> None:
    full = [{**dict.fromkeys(table.column_names), **row} for row in rows]
    direct.insert(warehouse, table.address, pa.Table.from_pylist(full, schema=arrow_schema(table)))


def _hash(name: str, day: dt.date) -> str:
    return hashlib.md5(f"{name} {day}".encode(), usedforsecurity=False).hexdigest()
