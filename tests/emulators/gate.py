"""A gate before BigQuery: passes requests on, counts jobs, and holds the request that a test waits for."""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from tests.emulators.http_server import Answer, Request, ask, serving

_LONGEST_REQUEST_SECONDS = 600.0


@dataclass
class Held:
    """A request that contains all of `words` and does not go on before it is let through."""

    words: tuple[bytes, ...]
    reached: threading.Event = field(default_factory=threading.Event)
    passed: threading.Event = field(default_factory=threading.Event)
    answered: threading.Event = field(default_factory=threading.Event)

    def wait(self, seconds: float) -> None:
        """Wait until the request is here. Raises AssertionError when it does not come."""
        assert self.reached.wait(seconds), f"Nobody sent {self.words} within {seconds:.0f} s"

    def let_through(self) -> None:
        """Let it go on, whether or not who sent it is still there, and wait until it is done."""
        self.passed.set()
        assert self.answered.wait(_LONGEST_REQUEST_SECONDS), f"{self.words} was not answered"


class Gate:
    """Stands before the server on `upstream`."""

    def __init__(self, upstream: int) -> None:
        self._upstream = upstream
        self._holding: list[Held] = []
        self._lock = threading.Lock()
        #: Jobs submitted, by the label `processor` (empty without one).
        self.jobs: Counter[str] = Counter()
        self.port = 0

    @contextmanager
    def open(self) -> Iterator[None]:
        """Pass requests on until the block is left."""
        with serving(self._pass) as port:
            self.port = port
            yield
            for held in self._holding:
                held.passed.set()

    def hold_next(self, *words: str) -> Held:
        """Hold the next request whose body contains all these words."""
        held = Held(tuple(word.encode() for word in words))
        with self._lock:
            self._holding.append(held)
        return held

    def _pass(self, request: Request) -> Answer:
        held = self._held(request)
        if held is not None:
            held.reached.set()
            held.passed.wait(_LONGEST_REQUEST_SECONDS)
        self._count(request)
        try:
            return ask(self._upstream, request, seconds=_LONGEST_REQUEST_SECONDS)
        finally:
            if held is not None:
                held.answered.set()

    def _held(self, request: Request) -> Held | None:
        with self._lock:
            for held in self._holding:
                if all(word in request.body for word in held.words):
                    self._holding.remove(held)
                    return held
        return None

    def _count(self, request: Request) -> None:
        if request.method != "POST" or not request.path.partition("?")[0].endswith("/jobs"):
            return
        labels: dict[str, str] = {}
        if (request.header("content-type") or "").startswith("application/json"):
            labels = json.loads(request.body).get("configuration", {}).get("labels", {})
        with self._lock:
            self.jobs[labels.get("processor", "")] += 1
