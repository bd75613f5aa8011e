"""Faults at side effects. Whatever a process does to the outside goes through `Process.effect`, which lists
it and may let the process die, or hear nothing, or hear a refusal: so no side effect can be forgotten."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import TypeVar

from shared.sql import Statement

T = TypeVar("T")


class Crash(BaseException):
    """The process is gone. Not an Exception: nothing in it may catch that and go on."""


class Fault(StrEnum):
    """What can happen at a side effect."""

    CRASH_BEFORE = "crash before"
    CRASH_AFTER = "crash after"
    LOST_REPLY = "lost reply"
    REFUSED = "refused"
    BROKEN = "permanent error"


#: The positions of the crash-point sweep.
POSITIONS = (Fault.CRASH_BEFORE, Fault.CRASH_AFTER, Fault.LOST_REPLY)


@dataclass(frozen=True)
class Effect:
    """A side effect that is about to happen: of which process, and what."""

    process: str
    name: str
    reads_only: bool


@dataclass(frozen=True)
class Errors:
    """How the port of a side effect says that it was refused for now, and for good."""

    transient: Callable[[str], Exception]
    permanent: Callable[[str], Exception]


#: Decides what happens at an effect; may first let others act, as time passes while a call is under way.
Fate = Callable[[Effect], Fault | None]


class Process:
    """One instance of a service: alive until it crashes, and then silent."""

    def __init__(self, name: str, fate: Fate) -> None:
        self.name = name
        self.alive = True
        self.busy = False
        self._fate = fate

    def effect(self, name: str, act: Callable[[], T], errors: Errors, *, reads_only: bool = False) -> T:
        """Do something to the outside, unless fate has it otherwise."""
        if not self.alive:
            # What still runs in a dead process are `finally` blocks of the simulation's own making.
            raise Crash(self.name)
        match self._fate(Effect(self.name, name, reads_only)):
            case None:
                return act()
            case Fault.CRASH_BEFORE:
                self._die()
            case Fault.CRASH_AFTER:
                act()
                self._die()
            case Fault.LOST_REPLY:
                act()
                raise errors.transient(f"[{name}]: no reply, time-out")
            case Fault.REFUSED:
                raise errors.transient(f"[{name}]: quota exceeded")
            case Fault.BROKEN:
                raise errors.permanent(f"[{name}]: the engine gave up")
        raise AssertionError(f"A process outlived its crash at [{name}]")

    def _die(self) -> None:
        self.alive = False
        raise Crash(self.name)


@cache
def _reads(text: str) -> bool:
    for line in text.splitlines():
        words = line.split("--")[0].split()
        if words:
            return words[0].upper() in ("SELECT", "WITH")
    return True


def reads_only(statement: Statement) -> bool:
    """Whether a statement only reads: no side effect, and nothing to crash in."""
    return _reads(statement.text)
