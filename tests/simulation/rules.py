"""What can happen in a history. A rule is a function with a weight; adding one is adding it here."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Callable
from dataclasses import dataclass, replace

from shared.ledger.backfills import record_backfill, requests_of
from shared.ledger.controls import PIPELINE, Action
from shared.messages.models import TickWork, TriggerSource
from shared.planner.snapshot import Backfill, Reprocess
from shared.topology.declaration import TEAM_BOX
from shared.topology.graph import TRIGGER_TOPICS
from tests.simulation.bench import topology
from tests.simulation.league import (
    BREAKS_THE_QUERY,
    DAYS,
    IMPOSSIBLE_DATE,
    SCHEDULE,
    TABLES,
    WITHHELD_POINTS,
    Box,
    Stage,
    on,
)
from tests.simulation.system import System
from tests.support.raw_rows import Game

Act = Callable[[System, random.Random], None]
_GAME_OVER = dt.timedelta(hours=29)


@dataclass(frozen=True)
class Rule:
    """Something that happens, and how often compared with the others."""

    name: str
    weight: int
    act: Act
    interlude: bool


RULES: dict[str, Rule] = {}


def rule(weight: int, *, interlude: bool = False) -> Callable[[Act], Act]:
    """Register a rule. With `interlude`, it also happens in the middle of other deliveries."""

    def register(act: Act) -> Act:
        RULES[act.__name__] = Rule(act.__name__, weight, act, interlude)
        return act

    return register


def interlude(system: System, chance: random.Random) -> None:
    """One of the rules that may happen while a worker is busy."""
    allowed = [found for found in RULES.values() if found.interlude]
    chance.choices(allowed, [found.weight for found in allowed])[0].act(system, chance)


# Messages


@rule(30, interlude=True)
def deliver(system: System, chance: random.Random) -> None:
    """Some of what is due arrives, in any order; a little time passes."""
    system.clock.sleep_until(system.clock.now() + dt.timedelta(minutes=chance.randrange(30)))
    system.deliver_some(chance, chance.randint(1, 5))


@rule(8, interlude=True)
def duplicate(system: System, chance: random.Random) -> None:
    """A message comes again, up to 50 times."""
    pubsub = system.pubsub
    known = [*pubsub.due(), *([pubsub.last] if pubsub.last is not None else [])]
    if not known:
        return
    copies = chance.randint(1, 50)
    system.faults["message duplicated"] += copies
    pubsub.copy(replace(chance.choice(known), due=system.clock.now()), copies)
    for delivery in pubsub.due()[-copies:]:
        if delivery.order in pubsub.waiting:
            system.deliver(pubsub.take(delivery.order))


@rule(2)
def lose(system: System, chance: random.Random) -> None:
    """Everything that waits for one subscription is lost."""
    names = sorted({delivery.subscription.name for delivery in system.pubsub.waiting.values()})
    if not names:
        return
    name = chance.choice(names)
    lost = [d.order for d in system.pubsub.waiting.values() if d.subscription.name == name]
    system.faults["message dropped"] += len(lost)
    for order in lost:
        del system.pubsub.waiting[order]


@rule(2)
def poison(system: System, chance: random.Random) -> None:
    """Bytes that nobody understands."""
    body = chance.choice([b"", b"junk", b'{"type": "nba.process_requested"}', b"\xff\x00", b"[1]"])
    system.faults["poison"] += 1
    system.pubsub.publish_raw(chance.choice(sorted(TRIGGER_TOPICS.values())), body, {"processor": "*"})


@rule(4, interlude=True)
def jump(system: System, chance: random.Random) -> None:
    """Hours go by, sometimes days."""
    hours = chance.choice([1, 5, 12, 24, 24, 60])
    system.faults["clock jump"] += 1
    system.clock.sleep_until(system.clock.now() + dt.timedelta(hours=hours))


# Raw data


@rule(18)
def play(system: System, chance: random.Random) -> None:
    """The games of the next date are over; their box scores land, or half of them, or none."""
    waiting = system.league.standing(Stage.SCHEDULED)
    if not waiting:
        return
    day = waiting[0].game.game_date
    system.clock.sleep_until(dt.datetime.combine(day, dt.time(), tzinfo=dt.UTC) + _GAME_OVER)
    share = chance.choice([0.0, 0.5, 1.0, 1.0, 1.0])
    for found in waiting:
        if found.game.game_date != day or chance.random() < 0.1:
            continue
        system.league.set_stage(found, Stage.FINAL)
        for team in (found.game.home, found.game.away):
            if chance.random() < share:
                system.league.put_box(_box(found.game, team, chance))
    system.ingest(TABLES, [day])


@rule(8, interlude=True)
def land(system: System, chance: random.Random) -> None:
    """Late box scores land."""
    missing = system.league.missing_lines()
    if not missing:
        return
    for game, team in chance.sample(missing, chance.randint(1, len(missing))):
        system.league.put_box(_box(game, team, chance))
    system.faults["raw late"] += 1
    system.ingest([TEAM_BOX], sorted({game.game_date for game, _ in missing}))


@rule(6, interlude=True)
def correct(system: System, chance: random.Random) -> None:
    """A box score is corrected: other points, none at all, or points that cannot be."""
    lines = system.league.lines()
    if not lines:
        return
    line = chance.choice(lines)
    points = chance.choice([line.points, 90, 91, 92, None, WITHHELD_POINTS])
    system.league.put_box(Box(line.game, line.team, points))
    system.faults["raw corrected"] += 1
    system.ingest([TEAM_BOX], [line.game.game_date])


@rule(3, interlude=True)
def remove(system: System, chance: random.Random) -> None:
    """A box score is taken back."""
    lines = system.league.lines()
    if not lines:
        return
    line = chance.choice(lines)
    system.league.remove_box(line)
    system.faults["raw deleted"] += 1
    system.ingest([TEAM_BOX], [line.game.game_date])


@rule(2)
def spoil(system: System, chance: random.Random) -> None:
    """A box score that makes the query fail, or the whole date."""
    lines = system.league.lines()
    if not lines:
        return
    line = chance.choice(lines)
    if chance.random() < 0.5:
        spoiled = replace(line, points=90, assists=BREAKS_THE_QUERY)
    else:
        spoiled = replace(line, points=IMPOSSIBLE_DATE)
    system.league.put_box(spoiled)
    system.faults["raw spoiled"] += 1
    system.ingest([TEAM_BOX], [line.game.game_date])


@rule(3, interlude=True)
def postpone(system: System, chance: random.Random) -> None:
    """A game moves to another date, played or not."""
    league = system.league
    slots = league.standing(Stage.SCHEDULED, Stage.FINAL)
    found = chance.choice(slots)
    teams = {found.game.home, found.game.away}
    free = [day for day in map(on, range(DAYS)) if not teams & league.playing(day)]
    if not free:
        return
    to = chance.choice(free)
    league.postpone(found, to)
    system.faults["postponed"] += 1
    system.ingest(TABLES, sorted({found.game.game_date, to}))


@rule(2)
def add(system: System, chance: random.Random) -> None:
    """A slot is added to the schedule."""
    teams = ["BOS", "CHI", "MIA", "NYK"]
    day = on(chance.randrange(DAYS))
    free = [team for team in teams if team not in system.league.playing(day)]
    if len(free) < 2:
        return
    home, away = chance.sample(free, 2)
    system.league.add_slot(day, home, away)
    system.faults["slot added"] += 1
    system.ingest([SCHEDULE], [day])


@rule(4)
def start_again(system: System, _: random.Random) -> None:
    """An ingest job that did not finish is started again."""
    system.ingest_again()


# Ticks


@rule(4)
def tick(system: System, chance: random.Random) -> None:
    """The scheduler ticks, for what is due or for the whole grid."""
    system.tick(chance.choice([TickWork.RETRY, TickWork.RECONCILE]))
    system.deliver_some(chance, 3)


# People


@rule(4)
def ask(system: System, chance: random.Random) -> None:
    """Somebody wants a range of dates looked at."""
    first = chance.randrange(DAYS)
    system.request(
        chance.choice(list(Reprocess)),
        source=chance.choice([TriggerSource.BACKFILL, TriggerSource.RETRY, TriggerSource.RECONCILE]),
        first=first,
        last=chance.randint(first, DAYS - 1),
    )


@rule(3)
def backfill(system: System, chance: random.Random) -> None:
    """Somebody starts a backfill of a range, of all processors or one."""
    first = chance.randrange(DAYS)
    processors = chance.choice([(), (), ("sim_form",), ("sim_scores", "sim_card")])
    asked = Backfill(
        f"backfill-{system.new_id()}",
        on(first),
        on(chance.randint(first, DAYS - 1)),
        processors,
        chance.choice([Reprocess.STALE, Reprocess.MISSING, Reprocess.ALL]),
        "a simulation",
        "somebody",
    )
    system.backfills.append(asked.backfill_id)
    record_backfill(system.bench.warehouse, asked, now=system.clock.now())
    for message in requests_of(asked, topology()):
        system.pubsub.publish(TRIGGER_TOPICS[message.phase], message)


@rule(2)
def pause_or_resume(system: System, _: random.Random) -> None:
    """Somebody pauses the pipeline, or resumes it."""
    system.faults["paused or resumed"] += 1
    system.control(PIPELINE, Action.RESUME if system.paused else Action.PAUSE)


@rule(2)
def halt_or_resume_backfill(system: System, chance: random.Random) -> None:
    """Somebody pauses or cancels a backfill, or resumes it."""
    if not system.backfills:
        return
    asked = chance.choice(system.backfills)
    resumed = asked in system.checker.halted
    action = Action.RESUME if resumed else chance.choice([Action.PAUSE, Action.CANCEL])
    system.faults["backfill halted or resumed"] += 1
    system.control(asked, action)


def _box(game: Game, team: str, chance: random.Random) -> Box:
    points = None if chance.random() < 0.12 else 80 + chance.randrange(8)
    return Box(game, team, points)
