"""What a process may keep between deliveries: only what it can prove to be as it was.

Nothing here is needed for a right answer. A new process starts with an empty memory.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from collections import OrderedDict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace

from shared.clock import grace_ends
from shared.ledger.repository import read_snapshot
from shared.planner.snapshot import CellHistory, Snapshot
from shared.planner.state import Grid, Known, evaluate
from shared.tables import TableAddress
from shared.topology.declaration import Processor, raw_table_of
from shared.topology.graph import Topology
from shared.warehouse.port import Parameters, Warehouse

_NAMED = re.compile(r"@([A-Za-z_][A-Za-z0-9_]*)")
_READ = re.compile(r"\bnba_[a-z]+\.([A-Za-z_][A-Za-z0-9_]*)\b")
_STAGED = re.compile(r"\bstaging\.([A-Za-z_][A-Za-z0-9_]*)\b")
#: Shared tables kept for the next processor of the same dates: one season's worth of one set of dates.
_MOST_TABLES = 12


@dataclass(frozen=True)
class View:
    """The world as it was read: the snapshot, and the grid that follows from it."""

    snapshot: Snapshot
    grid: Grid


@dataclass(frozen=True)
class _Question:
    """Everything an answer depends on besides the time."""

    writes: int
    start: dt.date
    end: dt.date
    request_id: str
    backfill_id: str | None


@dataclass(frozen=True)
class _Known:
    """An answer, and between which times it stays one as long as nobody writes.

    `learned`: the first date of runs of our own that the snapshot has and the grid has not.
    """

    question: _Question
    view: View
    since: dt.datetime
    until: dt.datetime
    learned: dt.date | None = None


@dataclass
class Memory:
    """The last view of the world, and the shared tables that are still in staging."""

    _known: _Known | None = None
    _tables: OrderedDict[TableAddress, None] = field(default_factory=OrderedDict)

    def look(
        self,
        warehouse: Warehouse,
        topology: Topology,
        *,
        start: dt.date,
        end: dt.date,
        request_id: str,
        backfill_id: str | None,
        now: dt.datetime,
    ) -> View:
        """Read the snapshot and evaluate the grid, unless nothing can have changed since the last time."""
        writes = warehouse.writes()
        first = dt.date(max(start.year, dt.MINYEAR + 1) - 1, 1, 1)
        last = dt.date(min(end.year, dt.MAXYEAR - 1) + 1, 12, 31)
        question = None if writes is None else _Question(writes, first, last, request_id, backfill_id)
        known = self._known
        if known is not None and known.question == question and known.since <= now < known.until:
            if known.learned is not None:
                before = Known(known.view.grid, known.learned)
                view = View(known.view.snapshot, evaluate(topology, known.view.snapshot, now, before))
                known = self._known = replace(known, view=view, learned=None)
            return known.view
        snapshot = read_snapshot(
            warehouse, topology, start=first, end=last, request_id=request_id, backfill_id=backfill_id
        )
        view = View(snapshot, evaluate(topology, snapshot, now))
        self._known = None if question is None else _Known(question, view, now, _valid_until(view.grid, now))
        return view

    def learn(
        self, warehouse: Warehouse, processor: str, histories: Mapping[dt.date, CellHistory], *, scripts: int
    ) -> None:
        """Take a run of our own into the answer, which so outlives it: nothing else has changed.

        `scripts`: how many have written since the last look. When there were more, somebody else has written
        too, and the next look reads the ledger.
        """
        known, writes = self._known, warehouse.writes()
        if known is None or not histories or writes is None or writes != known.question.writes + scripts:
            return
        snapshot = known.view.snapshot.after(processor, histories)
        learned = min(histories) if known.learned is None else min(known.learned, *histories)
        self._known = replace(
            known,
            question=replace(known.question, writes=writes),
            view=View(snapshot, known.view.grid),
            learned=learned,
        )

    def keep_table(self, address: TableAddress) -> tuple[TableAddress, ...]:
        """Take note that a shared table was used; returns those that are too many by now, to be dropped."""
        self._tables.pop(address, None)
        self._tables[address] = None
        dropped = []
        while len(self._tables) > _MOST_TABLES:
            dropped.append(self._tables.popitem(last=False)[0])
        return tuple(dropped)


def _valid_until(grid: Grid, now: dt.datetime) -> dt.datetime:
    """When the next date's grace ends, which is all that time alone changes in a grid."""
    recent = now.date() - dt.timedelta(days=3)
    ends = [grace_ends(day) for day in grid.dates() if day >= recent]
    return min((end for end in ends if end > now), default=dt.datetime.max.replace(tzinfo=dt.UTC))


def shared_table_names(
    processor: Processor, parameters: Parameters, snapshot: Snapshot, *, forced_by: str
) -> dict[str, str]:
    """Names of a processor's shared staging tables: equal exactly when they hold the same.

    A name is a hash of the statement, of the parameters it uses, of the names of the shared tables it reads,
    and of every commit to the sources that shared statements read. Who forces cells to run again does not
    trust what is there: `forced_by`, the request's id, makes names of its own (empty when nobody does).
    """
    read_tables = {
        name for s in processor.shared_sql for name in _READ.findall(processor.shared_statement(s))
    }
    commits = _commits(snapshot, read_tables)
    names: dict[str, str] = {}
    for shared in processor.shared_sql:
        sql = processor.shared_statement(shared)
        used = sorted(set(_NAMED.findall(sql)))
        read = sorted(set(_STAGED.findall(sql)) & names.keys())
        digest = hashlib.blake2b(digest_size=10)
        for part in (
            sql,
            commits,
            forced_by,
            *(f"{n}={parameters[n]}" for n in used),
            *(names[n] for n in read),
        ):
            digest.update(part.encode() + b"\0")
        names[shared] = f"{shared}__{digest.hexdigest()}"
    return names


def _commits(snapshot: Snapshot, tables: Collection[str]) -> str:
    """Every commit to these tables, as one text. A processor's table has the processor's name."""
    digest = hashlib.blake2b(digest_size=16)
    for source, cells in sorted(snapshot.raw.items()):
        if raw_table_of(source) in tables:
            for day, cell in sorted(cells.items()):
                digest.update(f"{source} {day} {cell.run_id} {cell.fingerprint}\n".encode())
    for name, histories in sorted(snapshot.runs.items()):
        if name in tables:
            for day, history in sorted(histories.items()):
                if history.success is not None:
                    digest.update(f"{name} {day} {history.success.run_id}\n".encode())
    return digest.hexdigest()
