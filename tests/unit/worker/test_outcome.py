"""What a delivery came to, and the HTTP status that says so: one total function."""

from __future__ import annotations

import pytest

from shared.broker.port import PublishError
from shared.topology.graph import TopologyError
from shared.warehouse.port import (
    TableNotFoundError,
    TransientWarehouseError,
    WarehouseError,
    WarehouseInUseError,
)
from shared.worker.outcome import Decision, Outcome, TransientError, http_status


@pytest.mark.parametrize("decision", Decision)
@pytest.mark.parametrize("cells", [0, 1, 400])
def test_everything_that_is_decided_is_acknowledged(decision: Decision, cells: int) -> None:
    assert http_status(Outcome(decision, cells)) == 200


@pytest.mark.parametrize(
    "error",
    [
        TransientError("quota"),
        TransientWarehouseError("conflict"),
        WarehouseError("broken"),
        WarehouseInUseError("held"),
        TableNotFoundError("no table"),
        PublishError("away"),
        TopologyError("unknown"),
        ValueError("a bug"),
        MemoryError(),
        KeyboardInterrupt(),
        SystemExit(0),
    ],
    ids=lambda error: type(error).__name__,
)
def test_everything_that_is_raised_comes_again(error: BaseException) -> None:
    assert http_status(error) == 503


def test_recorded_failure_and_not_ready_are_decisions_not_errors() -> None:
    assert {Decision.RECORDED_FAILURE, Decision.NOT_READY, Decision.QUARANTINED} <= set(Decision)
