"""The ports of a simulated process: the real embedded warehouse and the simulated broker, behind faults."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pyarrow as pa

from shared.broker.port import Broker, PublishError
from shared.messages.models import AnyMessage
from shared.sql import Statement
from shared.tables import TableAddress, TableSchema
from shared.warehouse.port import (
    Parameters,
    Rows,
    Script,
    TransientWarehouseError,
    Warehouse,
    WarehouseError,
)
from tests.simulation.faults import Errors, Process, reads_only

_WAREHOUSE = Errors(TransientWarehouseError, WarehouseError)
_BROKER = Errors(PublishError, PublishError)


@dataclass(frozen=True)
class FaultyWarehouse:
    """`Warehouse` of one process. `written` is told after every script that may have written.

    `alone`: only one process writes, so that what was read stays true until it writes (the embedded engine);
    otherwise others can write too (the cloud).
    """

    inner: Warehouse
    process: Process
    written: Callable[[str], None]
    alone: bool

    def run(self, script: Script) -> Rows:
        only_reads = all(map(reads_only, script.statements))

        def act() -> Rows:
            rows = self.inner.run(script)
            if not only_reads:
                self.written(script.name)
            return rows

        return self.process.effect(script.name, act, _WAREHOUSE, reads_only=only_reads)

    def table(self, script: Script) -> pa.Table:
        return self.process.effect(script.name, lambda: self.inner.table(script), _WAREHOUSE, reads_only=True)

    def prepare(self, statements: Sequence[Statement], parameters: Parameters) -> None:
        self.inner.prepare(statements, parameters)

    def load(self, address: TableAddress, rows: pa.Table) -> None:
        table = address.table.partition("__")[0]
        self.process.effect(f"load {table}", lambda: self.inner.load(address, rows), _WAREHOUSE)

    def ensure_table(self, schema: TableSchema) -> tuple[str, ...]:
        return self.process.effect(
            f"ensure {schema.address}", lambda: self.inner.ensure_table(schema), _WAREHOUSE
        )

    def lacking(self, schema: TableSchema) -> tuple[str, ...]:
        return self.inner.lacking(schema)

    def ensure_view(self, address: TableAddress, query: Statement) -> None:
        self.process.effect(f"ensure {address}", lambda: self.inner.ensure_view(address, query), _WAREHOUSE)

    def drop(self, addresses: Sequence[TableAddress]) -> None:
        self.process.effect("drop staging", lambda: self.inner.drop(addresses), _WAREHOUSE)

    def writes(self) -> int | None:
        return self.inner.writes() if self.alone else None

    def close(self) -> None:
        """The file belongs to the simulation, not to a process."""


@dataclass(frozen=True)
class FaultyBroker:
    """`Broker` of one process."""

    inner: Broker
    process: Process

    def publish(self, topic: str, message: AnyMessage) -> str:
        return self.process.effect(f"publish {topic}", lambda: self.inner.publish(topic, message), _BROKER)
