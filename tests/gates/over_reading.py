"""Mutants that the declared inputs refuse: they read dates that their processor does not declare."""

from __future__ import annotations

from collections.abc import Iterable

from shared.sql import Statement
from shared.topology.graph import Topology
from shared.worker.prepare import worker_scripts
from tests.gates.googlesql import analyse
from tests.gates.lookback import UnboundedReadError, source_reads, undeclared
from tests.gates.statements import add_computed, analyse_script, catalog_of
from tests.season.mutants import Mutant, inspected, mutants_of_processor


def refused_reads(topology: Topology, mutants: Iterable[Mutant]) -> dict[str, str]:
    """The complaint about every mutant that reads what is not declared, by the mutant's name."""
    left = {mutant.name for mutant in mutants}
    outputs = {processor.schema.address: processor for processor in topology.processors}
    found = {}
    for processor in inspected(topology):
        catalog = catalog_of(processor.schema)
        add_computed(catalog, processor)
        stage, _ = worker_scripts(processor)
        analyse_script(stage, catalog)
        for mutant in mutants_of_processor(processor):
            if mutant.name not in left:
                continue
            left.remove(mutant.name)
            statement = Statement(mutant.name, mutant.text, stage.statements[0].tables)
            resolved = analyse(statement, stage.parameters, catalog)
            try:
                complaints = undeclared(processor, source_reads([resolved], outputs))
            except UnboundedReadError as error:
                complaints = [str(error)]
            if complaints:
                found[mutant.name] = complaints[0]
    return found
