"""All planted bugs."""

from __future__ import annotations

from tests.mutants.in_completeness import COMPLETENESS
from tests.mutants.in_planner import PLANNER
from tests.mutants.in_repair import REPAIR
from tests.mutants.in_runs import RUNS

MUTANTS = (*PLANNER, *RUNS, *REPAIR, *COMPLETENESS)
