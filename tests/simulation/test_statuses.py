"""The simulation hands deliveries to services directly: the statuses are those of the real apps."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from services.bootstrap import AppEndpoint, Runtime, use
from shared.messages.decode import encode
from shared.messages.models import ProcessRequested
from shared.planner.snapshot import Reprocess
from shared.topology.declaration import Phase
from tests.simulation.bench import topology
from tests.simulation.faults import Effect, Fault
from tests.simulation.league import on
from tests.simulation.pubsub import Delivery
from tests.simulation.system import CALM, System

FORM = topology().processor("sim_form")
NATIVE = {
    "Content-Type": "application/json",
    "ce-specversion": "1.0",
    "ce-id": "message",
    "ce-source": "//pubsub",
    "ce-type": "nba.message",
}
ASKED = encode(
    ProcessRequested(
        phase=Phase.PRECOMPUTE,
        start_date=on(0),
        end_date=on(0),
        reprocess=Reprocess.STALE,
        reason="a test",
        requested_by="a test",
        correlation_id="test",
    )
)


@pytest.fixture
def system() -> Iterator[System]:
    yield System(CALM)
    use(None)


def fail_at(system: System, name: str, fault: Fault | None) -> None:
    def fate(effect: Effect) -> Fault | None:
        return fault if effect.name.startswith(name) else None

    system.script = fate


def simulated(system: System, body: bytes) -> int | None:
    subscription = next(s for s in topology().subscriptions() if s.endpoint == FORM.name)
    return system.deliver(Delivery(0, system.clock.now(), subscription, "message", body, {}))


def real(system: System, body: bytes) -> int:
    use(Runtime(topology(), system.ports(system.process("app")), None))
    return AppEndpoint(FORM.folder / "main.py", FORM.name).push(NATIVE, body)


@pytest.mark.parametrize(
    ("name", "fault", "body", "status"),
    [
        pytest.param("commit", None, ASKED, 200, id="it runs"),
        pytest.param("commit", Fault.REFUSED, ASKED, 503, id="quota"),
        pytest.param("commit", Fault.LOST_REPLY, ASKED, 503, id="lost reply"),
        pytest.param("commit", Fault.BROKEN, ASKED, 503, id="commit breaks"),
        pytest.param("stage", Fault.BROKEN, ASKED, 200, id="recorded failure"),
        pytest.param("publish", Fault.REFUSED, ASKED, 503, id="publish refused"),
        pytest.param("read", Fault.REFUSED, ASKED, 503, id="read refused"),
        pytest.param("quarantine", None, b"junk", 200, id="poison"),
        pytest.param("quarantine", Fault.REFUSED, b"junk", 503, id="poison not kept"),
    ],
)
def test_status_is_that_of_the_real_app(
    system: System, name: str, fault: Fault | None, body: bytes, status: int
) -> None:
    fail_at(system, name, fault)
    answered = simulated(system, body)
    again = System(CALM)
    fail_at(again, name, fault)

    assert (answered, real(again, body)) == (status, status)
