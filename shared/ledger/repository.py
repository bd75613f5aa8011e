"""Reading the ledger into a Snapshot, and the rows runs append to it."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

from shared.ledger.controls import PIPELINE, Action
from shared.planner.snapshot import Backfill, CellHistory, Failed, RawCell, Reprocess, Snapshot, Success
from shared.sql import Statement, TableBindings, bind, read_sql
from shared.tables import ColumnType, TableSchema, load_schema
from shared.topology.graph import Topology
from shared.warehouse.port import Script, Structs, Warehouse, date, text

_SQL = Path(__file__).parent / "sql"
_TABLES = Path(__file__).parent / "tables"

#: Longer than any season: an event's seasons are inside this distance of its dates.
_SEASON_REACH = dt.timedelta(days=400)
_EARLIEST = dt.date(1946, 1, 1)
_LATEST = dt.date(2200, 1, 1)


def ledger_tables() -> tuple[TableSchema, ...]:
    """The tables of dataset nba_orchestration."""
    return tuple(load_schema(path) for path in sorted(_TABLES.glob("*.json")))


@dataclass(frozen=True)
class LedgerEntry:
    """One row to append: a run of a cell, or the content of a raw source on a date."""

    cell_name: str
    cell_date: dt.date
    season_year: int
    kind: str
    status: str
    input_fingerprint: str | None
    output_fingerprint: str | None
    record_count: int | None
    failure_count: int | None
    game_ids: str | None
    error: str | None


_ENTRY_FIELDS = (
    ("cell_name", ColumnType.STRING),
    ("cell_date", ColumnType.DATE),
    ("season_year", ColumnType.INT64),
    ("kind", ColumnType.STRING),
    ("status", ColumnType.STRING),
    ("input_fingerprint", ColumnType.STRING),
    ("output_fingerprint", ColumnType.STRING),
    ("record_count", ColumnType.INT64),
    ("failure_count", ColumnType.INT64),
    ("game_ids", ColumnType.STRING),
    ("error", ColumnType.STRING),
)


def entries_parameter(entries: list[LedgerEntry]) -> Structs:
    """Ledger rows as the query parameter @entries of append.sql."""
    return Structs(
        _ENTRY_FIELDS, tuple(tuple(getattr(entry, name) for name, _ in _ENTRY_FIELDS) for entry in entries)
    )


def append_statement() -> Statement:
    """The INSERT of @entries, to be part of the transaction that makes them true."""
    return Statement("ledger.append", read_sql(_SQL / "append.sql"))


def committed_statement(tables: TableBindings, columns: Mapping[str, str]) -> Statement:
    """What the transaction has made of its cells; `failures.rows` bound, its date column in `columns`."""
    return bind("ledger.committed", read_sql(_SQL / "committed.sql"), tables, columns)


def snapshot_script(
    *, start: dt.date, end: dt.date, request_id: str | None, backfill_id: str | None
) -> Script:
    """The query behind `read_snapshot`."""
    from_date = start - _SEASON_REACH if start > _EARLIEST + _SEASON_REACH else _EARLIEST
    to_date = end + _SEASON_REACH if end < _LATEST - _SEASON_REACH else _LATEST
    return Script(
        name="read snapshot",
        statements=(Statement("ledger.snapshot", read_sql(_SQL / "snapshot.sql")),),
        parameters={
            "from_date": date(from_date),
            "to_date": date(to_date),
            "request_id": text(request_id or "-"),
            "backfill_id": text(backfill_id or "-"),
        },
        transaction=False,
        labels={"purpose": "snapshot"},
    )


def read_snapshot(
    warehouse: Warehouse,
    topology: Topology,
    *,
    start: dt.date,
    end: dt.date,
    request_id: str | None,
    backfill_id: str | None,
) -> Snapshot:
    """Everything the planner needs for the seasons around [start, end].

    That is every season, when some processor reads across seasons.
    """
    if topology.crosses_seasons:
        start, end = _EARLIEST, _LATEST
    rows = warehouse.run(
        snapshot_script(start=start, end=end, request_id=request_id, backfill_id=backfill_id)
    )
    builder = _Builder({p.class_name: p.name for p in topology.processors})
    for row in rows.values:
        builder.add(row)
    return builder.snapshot()


@lru_cache(maxsize=16_384)
def _game_ids(text: str) -> frozenset[str]:
    """A JSON array of ids. The sources of a date share it, and every look at the ledger reads it again."""
    return frozenset(json.loads(text))


class _Builder:
    """Turns snapshot rows into a Snapshot."""

    def __init__(self, names: dict[str, str]) -> None:
        self._names = names
        self._raw: dict[str, dict[dt.date, RawCell]] = {}
        self._success: dict[tuple[str, dt.date], Success] = {}
        self._failed: dict[tuple[str, dt.date], Failed] = {}
        self._open: dict[tuple[str, dt.date], int] = {}
        self._requested: set[tuple[str, dt.date]] = set()
        self._backfills: dict[str, Backfill] = {}
        self._halted: dict[str, str] = {}

    def add(self, row: tuple) -> None:  # type: ignore[type-arg]
        kind, name, day = row[0], row[1], row[2]
        match kind:
            case "raw":
                self._raw.setdefault(name, {})[day] = RawCell(
                    row[3], row[6], row[7], _game_ids(row[8] or "[]"), row[11], row[14]
                )
            case "processor":
                self._add_run((name, day), row)
            case "open":
                self._open[(self._names.get(name, name), day)] = row[7]
            case "backfill":
                self._backfills[name] = Backfill(
                    backfill_id=name,
                    start_date=day,
                    end_date=dt.date.fromisoformat(row[12]),
                    processors=tuple(json.loads(row[8])),
                    reprocess=Reprocess(row[4]),
                    reason=row[13],
                    requested_by=row[11],
                )
            case "control":
                if Action(row[4]) is not Action.RESUME:
                    self._halted[name] = f"{Action(row[4]).state} by {row[11]}: {row[13]}"
            case _:
                raise ValueError(f"Unexpected kind of snapshot row: [{kind}]")

    def _add_run(self, key: tuple[str, dt.date], row: tuple) -> None:  # type: ignore[type-arg]
        if row[4] == "failed":
            self._failed[key] = Failed(row[5], row[9], row[10], row[13] or "", row[11], row[12] or "")
        else:
            self._success[key] = Success(row[5], row[6], row[7], row[9], row[11], row[12] or "")
        if row[14]:
            self._requested.add(key)

    def snapshot(self) -> Snapshot:
        runs: dict[str, dict[dt.date, CellHistory]] = {}
        for key in {*self._success, *self._failed, *self._open}:
            runs.setdefault(key[0], {})[key[1]] = CellHistory(
                self._success.get(key), self._failed.get(key), self._open.get(key, 0), key in self._requested
            )
        backfills = {
            name: replace(asked, halted=self._halted.get(name)) for name, asked in self._backfills.items()
        }
        return Snapshot(self._raw, runs, backfills, self._halted.get(PIPELINE))
