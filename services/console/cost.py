"""What a plan would cost on BigQuery: bytes by processor, from dry runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from services.console.context import Session
from services.console.output import InputError, Json, count
from shared.planner.plan import Plan
from shared.planner.snapshot import Snapshot
from shared.planner.state import Grid

if TYPE_CHECKING:
    from rich.console import RenderableType

#: On demand, in the US and the EU multi-regions: cloud.google.com/bigquery/pricing.
DOLLARS_PER_TIB = 6.25
_TIB = 1024**4
_UNITS = ("B", "KiB", "MiB", "GiB", "TiB")


@dataclass(frozen=True)
class ProcessorCost:
    """What the runs of one processor would read, in bytes."""

    processor: str
    cells: int
    runs: int
    bytes_read: int

    @property
    def dollars(self) -> float:
        """At the price of what is read on demand."""
        return self.bytes_read / _TIB * DOLLARS_PER_TIB


def plan_costs(session: Session, snapshot: Snapshot, grid: Grid, planned: Plan) -> tuple[ProcessorCost, ...]:
    """Dry runs of everything planned, one for every processor and season; upstream first.

    Raises InputError when the warehouse bills nothing.
    """
    from shared.warehouse.port import DryRuns  # noqa: PLC0415
    from shared.worker.estimate import estimate_script  # noqa: PLC0415
    from shared.worker.run import batch_of  # noqa: PLC0415

    if not isinstance(session.warehouse, DryRuns):
        raise InputError(
            f"--cost asks BigQuery what it would read; on [{session.settings.warehouse}] nothing is billed. "
            "Set NBA_WAREHOUSE=bigquery://PROJECT/LOCATION and NBA_BROKER=pubsub://PROJECT."
        )
    found = []
    for processor in session.topology.processors:
        cells = {
            item.cell.date: item.cell for item in planned.planned if item.cell.processor == processor.name
        }
        by_season = (
            (season, [cells[day] for day in season.dates if day in cells]) for season in grid.seasons
        )
        scripts = [
            estimate_script(processor, batch_of(snapshot, season, mine)) for season, mine in by_season if mine
        ]
        if scripts:
            read = sum(session.warehouse.bytes_read(script) for script in scripts)
            found.append(ProcessorCost(processor.name, len(cells), len(scripts), read))
    return tuple(found)


def costs_document(costs: Sequence[ProcessorCost]) -> Json:
    """Costs for programs."""
    return {
        "dollars_per_tib": DOLLARS_PER_TIB,
        "processors": [
            {
                "processor": cost.processor,
                "cells": cost.cells,
                "runs": cost.runs,
                "bytes_read": cost.bytes_read,
                "dollars": round(cost.dollars, 6),
            }
            for cost in costs
        ],
        "bytes_read": sum(cost.bytes_read for cost in costs),
        "dollars": round(sum(cost.dollars for cost in costs), 6),
    }


def render_costs(session: Session, costs: Sequence[ProcessorCost]) -> list[RenderableType]:
    """Costs for people."""
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0), pad_edge=False)
    for justify in ("left", "right", "right", "right"):
        table.add_column(no_wrap=True, justify=justify)
    for cost in costs:
        short = session.topology.processor(cost.processor).abbreviation
        table.add_row(
            f"  {short}", count(cost.cells, "cell"), _amount(cost.bytes_read), f"${cost.dollars:,.4f}"
        )
    total, dollars = sum(cost.bytes_read for cost in costs), sum(cost.dollars for cost in costs)
    return [
        Text(f"\nWould read {_amount(total)}: ${dollars:,.4f} at ${DOLLARS_PER_TIB} a TiB", style="bold"),
        table,
        Text(
            "From dry runs on the data of now. Staging, commits and the minimum of 10 MB a table and query "
            "come on top; what is still to be computed upstream is not counted."
        ),
    ]


def _amount(number: int) -> str:
    """`1.5 GiB`."""
    size, unit = float(number), 0
    while size >= 1024 and unit + 1 < len(_UNITS):
        size, unit = size / 1024, unit + 1
    return f"{number} B" if unit == 0 else f"{size:,.1f} {_UNITS[unit]}"
