"""What stands between Pub/Sub and the services in the cloud, and what the emulator of Pub/Sub leaves out.

The front end of Cloud Run gives an instance one request at a time. Here the others wait; in the cloud who has
waited too long is answered 429, after which the emulator leaves messages lying for minutes. Pub/Sub holds
back what a subscription's filter excludes, which the emulator does not. Beside that the front end counts
answers, and loses messages where a test wants them lost.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from http import HTTPStatus
from http.client import HTTPException

from shared.topology.graph import Subscription
from tests.emulators.http_server import Answer, Request, ask, serving

_LONGEST_REQUEST_SECONDS = 600.0
_PAUSE_SECONDS = 5.0


class Front:
    """Pushes in, requests to the services' instances out."""

    def __init__(self, subscriptions: Iterable[Subscription]) -> None:
        self._subscriptions = {subscription.name: subscription for subscription in subscriptions}
        self._busy = {s.endpoint: threading.Lock() for s in self._subscriptions.values()}
        self._instances: dict[str, int] = {}
        self._lost: set[str] = set()
        self._changed = threading.Condition()
        self._under_way = 0
        self._last_answer = time.monotonic()
        #: How many pushes of each subscription were answered how.
        self.answers: Counter[tuple[str, int]] = Counter()
        self.port = 0

    @contextmanager
    def open(self) -> Iterator[None]:
        """Take pushes until the block is left."""
        with serving(self._push) as port:
            self.port = port
            yield

    def url(self, subscription: Subscription) -> str:
        """Where a subscription pushes to."""
        return f"http://127.0.0.1:{self.port}/{subscription.name}"

    def serve(self, endpoint: str, port: int | None) -> None:
        """An instance of a service listens on this port from now on; None: there is none."""
        with self._changed:
            if port is None:
                self._instances.pop(endpoint, None)
            else:
                self._instances[endpoint] = port

    @contextmanager
    def losing(self, subscription: str) -> Iterator[None]:
        """Until the block is left, a subscription acknowledges deliveries of which nobody hears."""
        self._lost.add(subscription)
        try:
            yield
        finally:
            self._lost.discard(subscription)

    def statuses(self, endpoint: str) -> Counter[int]:
        """How a service's deliveries were answered."""
        found: Counter[int] = Counter()
        for (name, status), times in self.answers.items():
            if self._subscriptions[name].endpoint == endpoint:
                found[status] += times
        return found

    def wait_until(self, condition: Callable[[], bool], *, seconds: float, what: str) -> None:
        """Wait until `condition` holds, looking whenever nothing is under way and something was answered.

        Raises AssertionError, naming `what` was waited for, when the time is over.
        """
        ends = time.monotonic() + seconds
        while time.monotonic() < ends:
            with self._changed:
                self._changed.wait_for(lambda: self._under_way == 0, ends - time.monotonic())
                seen = sum(self.answers.values())
            if condition():
                return
            with self._changed:
                # A message that comes again after a pause is under way for nobody to see.
                self._changed.wait_for(partial(self._answered_more_than, seen), _PAUSE_SECONDS)
        quiet = time.monotonic() - self._last_answer
        raise AssertionError(
            f"Not within {seconds:.0f} s: {what}. {self._under_way} deliveries are under way, "
            f"the last was answered {quiet:.0f} s ago. Answers: {dict(self.answers)}"
        )

    def _answered_more_than(self, seen: int) -> bool:
        return sum(self.answers.values()) > seen

    def _push(self, request: Request) -> Answer:
        name = request.path.strip("/").partition("?")[0]
        with self._changed:
            self._under_way += 1
        status = HTTPStatus.INTERNAL_SERVER_ERROR
        try:
            status = self._answer(self._subscriptions[name], request)
        finally:
            with self._changed:
                self._under_way -= 1
                self._last_answer = time.monotonic()
                self.answers[name, int(status)] += 1
                self._changed.notify_all()
        return Answer(status, {}, b"")

    def _answer(self, subscription: Subscription, request: Request) -> HTTPStatus:
        wanted, processor = subscription.processors, request.header("processor")
        if wanted and processor is not None and processor not in wanted:
            return HTTPStatus.NO_CONTENT
        if subscription.name in self._lost:
            return HTTPStatus.ACCEPTED
        with self._busy[subscription.endpoint]:
            port = self._instances.get(subscription.endpoint)
            if port is None:
                return HTTPStatus.SERVICE_UNAVAILABLE
            passed_on = Request(request.method, "/", request.headers, request.body)
            try:
                return HTTPStatus(ask(port, passed_on, seconds=_LONGEST_REQUEST_SECONDS).status)
            except (OSError, HTTPException):
                return HTTPStatus.BAD_GATEWAY
