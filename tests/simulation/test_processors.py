"""The processors of the simulation obey the rules of all processors: GoogleSQL, reads as declared."""

from __future__ import annotations

import pytest

from shared.topology.declaration import Processor
from shared.worker.prepare import worker_scripts
from tests.gates.lookback import derived_expectations, source_reads, undeclared, unread
from tests.gates.resolved import ResolvedStatement
from tests.gates.statements import analyse_script, catalog_of
from tests.simulation.bench import topology

PROCESSORS = topology().processors
OUTPUTS = {processor.schema.address: processor for processor in PROCESSORS}


def own_statements(processor: Processor) -> list[ResolvedStatement]:
    """The statements of the processor's own files, as the GoogleSQL analyzer resolves them."""
    catalog = catalog_of(*(item.schema for item in PROCESSORS))
    names = {f"{processor.name}.{name}" for name in ("query", "expected", "triage", "checks")}
    return [
        statement
        for script in worker_scripts(processor)
        for statement in analyse_script(script, catalog)
        if statement.name in names
    ]


@pytest.mark.parametrize("processor", PROCESSORS, ids=lambda processor: processor.name)
def test_sql_is_googlesql_and_reads_what_is_declared(processor: Processor) -> None:
    statements = own_statements(processor)
    reads = source_reads(statements, OUTPUTS)

    assert len(statements) == 4
    assert undeclared(processor, reads) == []
    assert unread(processor, reads) == []
    assert derived_expectations(processor, statements) == []
