"""The reconciler: the planner over the whole grid of every season loaded, never over recent days only.

It finds what no event told of: a message that was lost, rows that somebody else wrote or deleted. It starts
what is missing or stale and ready, oldest first; what follows from that follows by itself.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence

from services.retry.outputs import differing_outputs
from shared.ledger.raw import hash_raw
from shared.ledger.repository import read_snapshot
from shared.log import get_logger
from shared.messages.models import ProcessRequested, TriggerSource
from shared.planner.snapshot import Reprocess, Snapshot
from shared.planner.state import Grid, State, evaluate
from shared.topology.declaration import SLOTS
from shared.topology.graph import TRIGGER_TOPICS, Topology
from shared.worker.context import RunContext
from shared.worker.harness import Ports
from shared.worker.outcome import Decision, Outcome

#: Dates in one request: a wave that is large enough to be set-based and small enough to be stopped.
_WAVE = 60
#: A schedule may have been loaded of which nothing was heard: this far around today it is looked for.
_AROUND_TODAY = dt.timedelta(days=400)


def reconcile(topology: Topology, ports: Ports, message_id: str) -> Outcome:
    """Re-hash all raw data, compare all outputs, and ask for every cell that is missing, stale or damaged.

    Four jobs, whatever the number of cells. Raises what the warehouse and the broker raise.
    """
    now = ports.clock.now()
    snapshot = _look(topology, ports)
    if snapshot.paused is not None:
        return Outcome(Decision.PAUSED, 0)
    context = RunContext(ports.new_id(), message_id, message_id, None, TriggerSource.RECONCILE.value, now)
    days = [*snapshot.raw.get(SLOTS, {}), now.date() - _AROUND_TODAY, now.date() + _AROUND_TODAY]
    hash_raw(ports.warehouse, min(days), max(days), context, now)
    damaged = differing_outputs(ports.warehouse, topology)
    grid = evaluate(topology, _look(topology, ports), now)
    requests = [*_repairs(grid, damaged), *_waves(topology, grid)]
    for name, start, end, reprocess in requests:
        phase = topology.processor(name).phase
        ports.broker.publish(
            TRIGGER_TOPICS[phase],
            ProcessRequested(
                phase=phase,
                processors=(name,),
                start_date=start,
                end_date=end,
                reprocess=reprocess,
                reason="the reconciler found cells that are not what their inputs imply",
                requested_by="reconciler",
                correlation_id=message_id,
                trigger_source=TriggerSource.RECONCILE,
            ),
        )
    states = [cell.state for cells in grid.cells.values() for cell in cells.values()]
    get_logger().info(
        "reconcile_done",
        seasons=len(grid.seasons),
        cells=len(states),
        missing=states.count(State.MISSING),
        stale=states.count(State.STALE),
        waiting=states.count(State.WAITING),
        damaged=sum(len(days) for days in damaged.values()),
        requests=len(requests),
    )
    return Outcome(Decision.RAN if requests else Decision.NOTHING_TO_DO, 0)


def _look(topology: Topology, ports: Ports) -> Snapshot:
    return read_snapshot(
        ports.warehouse,
        topology,
        start=dt.date.min,
        end=dt.date.max,
        request_id=None,
        backfill_id=None,
    )


_Request = tuple[str, dt.date, dt.date, Reprocess]


def _repairs(grid: Grid, damaged: dict[str, tuple[dt.date, ...]]) -> Iterator[_Request]:
    """One request per damaged cell: a range would run its healthy neighbours as well."""
    for name, days in damaged.items():
        for day in days:
            cell = grid.cells[name].get(day)
            if cell is not None and cell.state.settled:
                yield name, day, day, Reprocess.ALL


def _waves(topology: Topology, grid: Grid) -> Iterator[_Request]:
    for season in grid.seasons:
        for processor in topology.processors:
            cells = grid.cells[processor.name]
            ready = [day for day in season.dates if cells[day].state in (State.MISSING, State.STALE)]
            for start, end in _chunks(ready):
                yield processor.name, start, end, Reprocess.STALE


def _chunks(days: Sequence[dt.date]) -> Iterator[tuple[dt.date, dt.date]]:
    for position in range(0, len(days), _WAVE):
        chunk = days[position : position + _WAVE]
        yield chunk[0], chunk[-1]
