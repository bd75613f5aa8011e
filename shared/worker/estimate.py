"""What a run would read, as one query: for a dry run, which ends at the first table that a script creates."""

from __future__ import annotations

import re
from dataclasses import replace

from shared.sql import as_one_query
from shared.topology.declaration import Processor
from shared.warehouse.port import Script
from shared.worker.compute import Wanted, read_script
from shared.worker.stage import Batch, stage_script

_RUN_ID = "estimate"
_CREATE = re.compile(r"CREATE (?:OR REPLACE )?TABLE (?:IF NOT EXISTS )?(staging\.\w+) AS\n")


def estimate_script(processor: Processor, batch: Batch) -> Script:
    """One query that reads the inputs of a run of these dates: those of its stage job.

    Of a processor that computes in Python: what its computation reads when no model has to be fitted.
    """
    if processor.computed_by:
        return replace(read_script(processor, batch, _RUN_ID, Wanted((), ()), {}), job_key="")
    script = stage_script(processor, batch, _RUN_ID, {"processor": processor.name, "purpose": "estimate"})
    *made, last = script.statements
    parts = {}
    for statement in made:
        found = _CREATE.match(statement.text)
        if found is None:
            raise ValueError(f"Statement [{statement.name}] of a stage job creates no table")
        parts[found[1]] = replace(statement, text=statement.text[found.end() :])
    query = as_one_query(f"estimate {processor.name}", parts, last)
    return replace(script, name=query.name, statements=(query,), job_key="")
