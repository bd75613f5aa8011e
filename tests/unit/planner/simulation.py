"""What workers do with a backfill, message by message, on a World: the plan is compared with it."""

from __future__ import annotations

import datetime as dt
import random
from dataclasses import dataclass, field

from shared.planner.plan import Scope, affected_scope, passes_on, ready_cells
from shared.planner.snapshot import Backfill, Reprocess
from shared.planner.state import Grid, State
from shared.topology.declaration import SLOTS, TEAM_BOX, Processor
from tests.unit.planner.worlds import AHEAD, CARD, FORM, SCORES, TREND, World, on

ALL_PROCESSORS = (SCORES, AHEAD, FORM, CARD, TREND)
#: Each reads the one before it.
_CHAIN = (SCORES, FORM, CARD, TREND)
DAYS = 5
_STEPS = 14


def some_world(chance: random.Random, *, postponements: bool = True) -> World:
    """A season of a few dates in the middle of its life: anything may be missing, stale, failed or empty."""
    world = World(ALL_PROCESSORS)
    days = [on(n) for n in range(DAYS)]
    world.play(*days)
    if chance.random() < 0.3:
        world.schedule(on(DAYS))
        world.now = dt.datetime.combine(on(DAYS), dt.time(22), tzinfo=dt.UTC)
    for _ in range(chance.randrange(_STEPS)):
        _step(world, chance, days, postponements=postponements)
    if chance.random() < 0.3:
        world.forget_requests()
    return world


def _step(world: World, chance: random.Random, days: list[dt.date], *, postponements: bool) -> None:
    day = chance.choice(days)
    processor = chance.choice(ALL_PROCESSORS)
    match chance.randrange(8):
        case 0:
            world.land(TEAM_BOX, day, f"g{day.isoformat()}", content=f"correction {chance.random()}")
        case 1 if postponements and world.raw[SLOTS][day].game_ids:
            world.postpone(day)
        case 2:
            ready = [c for c in world.grid().cells[processor.name].values() if c.state is not State.WAITING]
            world.fail(processor, *(c.date for c in ready if chance.random() < 0.3))
        case 3:
            world.run_everything()
        case _:
            ready = [
                c
                for c in world.grid().cells[processor.name].values()
                if c.state in (State.MISSING, State.STALE, State.FAILED)
            ]
            for cell in ready:
                if chance.random() < 0.7:
                    _run(world, chance, processor, cell.date, change=chance.random() < 0.5, requested=False)


def _run(
    world: World, chance: random.Random, processor: Processor, day: dt.date, *, change: bool, requested: bool
) -> None:
    before = world.snapshot().history(processor.name, day).success
    open_failures = int(chance.random() < 0.2)
    if not world.raw[SLOTS][day].game_ids:
        world.run(processor, day, rows=0, requested=requested)
    elif change or before is None:
        rows = int(before is None or before.record_count == 0 or chance.random() < 0.8)
        output = f"rows {chance.random()}"
        world.run(processor, day, output=output, rows=rows, open_failures=open_failures, requested=requested)
    else:
        world.run(
            processor,
            day,
            output=before.output_fingerprint,
            rows=before.record_count,
            open_failures=open_failures,
            requested=requested,
        )


@dataclass(frozen=True)
class _Message:
    """For `reader`: a request when `source` is None, else the completion of `source`."""

    reader: Processor
    source: str | None
    start: dt.date
    end: dt.date


@dataclass
class Workers:
    """Every worker of a topology, handling the messages of one backfill in any order until none is left.

    `change` is the chance that a run comes out different from the one before.
    """

    world: World
    backfill: Backfill
    chance: random.Random
    change: float
    ran: set[tuple[str, dt.date]] = field(default_factory=set)

    def work(self) -> None:
        queue = [
            _Message(reader, None, self.backfill.start_date, self.backfill.end_date)
            for reader in self.world.topology.processors
        ]
        while queue:
            message = queue.pop(self.chance.randrange(len(queue)))
            queue += self._handle(message)

    def _handle(self, message: _Message) -> list[_Message]:
        reader = message.reader
        scope = self._scope(message)
        if scope is None:
            return []
        limit = self.chance.choice([1, 2, 100])
        grid = self.world.grid()
        _, cells, more = ready_cells(grid, reader, scope, limit=limit)
        if not cells:
            return self._pass_on(message, scope, grid)
        for cell in cells:
            change = self.chance.random() < self.change
            _run(self.world, self.chance, reader, cell.date, change=change, requested=True)
            self.ran.add((reader.name, cell.date))
        told = [
            *self._completion(reader, cells[0].date, cells[-1].date),
            *self._pass_on(message, scope, grid),
        ]
        return [*told, *([message] if more else [])]

    def _completion(self, processor: Processor, start: dt.date, end: dt.date) -> list[_Message]:
        return [
            _Message(other, processor.name, start, end)
            for other in self.world.topology.processors
            if any(item.source == processor.name for item in other.inputs)
        ]

    def _pass_on(self, message: _Message, scope: Scope, grid: Grid) -> list[_Message]:
        reader, topology = message.reader, self.world.topology
        days = [day for day in grid.cells[reader.name] if scope.covers(reader.name, day)]
        if not days:
            return []
        told = [
            other.name
            for other in topology.processors
            if message.source is None or any(item.source == message.source for item in other.inputs)
        ]
        if not passes_on(topology, grid, reader, days[0], days[-1], told=told, backfill=self.backfill):
            return []
        return self._completion(reader, days[0], days[-1])

    def _scope(self, message: _Message) -> Scope | None:
        reader = message.reader
        if self.backfill.processors and reader.name not in self.backfill.processors:
            return None
        scope: Scope | None
        if message.source is None:
            scope = Scope(message.start, message.end, self.backfill.reprocess, (reader.name,))
        else:
            scope = affected_scope(reader, [message.source], message.start, message.end)
        return None if scope is None else scope.within(self.backfill)


def some_backfill(chance: random.Random) -> Backfill:
    """Any range, any mode, any processors without a gap between them.

    With a gap, a cell in it may go stale on the way and hold back what is behind: no plan can promise that.
    """
    start = chance.randrange(DAYS)
    names: tuple[str, ...] = ()
    if chance.random() < 0.4:
        first = chance.randrange(len(_CHAIN))
        last = chance.randrange(first, len(_CHAIN))
        names = tuple(processor.name for processor in _CHAIN[first : last + 1])
    return Backfill(
        "b1",
        on(start) if chance.random() < 0.5 else on(0),
        on(chance.randrange(start, DAYS + 1)) if chance.random() < 0.5 else on(DAYS),
        names,
        chance.choice(list(Reprocess)),
        "because",
        "somebody",
    )
