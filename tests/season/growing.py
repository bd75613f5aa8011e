"""A season that has not gone on yet: what is known when the games of a date are over.

The slots of all games are known in advance; reports and lines are known up to the next date with games, whose
own games are still to come.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from shared.failures.model import failure_table
from shared.topology.declaration import GAME_LINES, INJURY_REPORT, PROPS, Processor
from tests.season.future import SCHEDULE
from tests.season.kit import Pipeline

_BEFORE_GAMES = (INJURY_REPORT, GAME_LINES, PROPS)


@dataclass(frozen=True)
class Evening:
    """After the last game of `played`, before the first of `coming`."""

    played: dt.date
    coming: dt.date


def evening_of(tables: Mapping[str, pa.Table], played: dt.date) -> Evening:
    """The evening of a date with games. Raises ValueError when no slot comes after it."""
    days = [day for day in pc.unique(tables[SCHEDULE].column("game_date")).to_pylist() if day > played]
    return Evening(played, min(days))


def known_by(tables: Mapping[str, pa.Table], evening: Evening) -> dict[str, pa.Table]:
    """The raw tables as they are on that evening."""
    known = {}
    for name, rows in tables.items():
        if name == SCHEDULE:
            known[name] = _without_results(rows, evening.played)
        else:
            last = evening.coming if name in _BEFORE_GAMES else evening.played
            known[name] = rows.filter(pc.less_equal(rows.column("game_date"), pa.scalar(last, pa.date32())))
    return known


def _without_results(schedule: pa.Table, played: dt.date) -> pa.Table:
    """The slots after `played` as they are before their games; a postponed one is known to be that."""
    over = pc.less_equal(schedule.column("game_date"), pa.scalar(played, pa.date32()))
    text = schedule.column("game_status_text")
    kept = pc.or_(over, pc.fill_null(pc.equal(text, "Postponed"), False))
    values = {
        "game_status": pc.if_else(over, schedule.column("game_status"), 1),
        "game_status_text": pc.if_else(kept, text, None),
        "home_team_score": pc.if_else(over, schedule.column("home_team_score"), None),
        "away_team_score": pc.if_else(over, schedule.column("away_team_score"), None),
    }
    for name, column in values.items():
        index = schedule.schema.get_field_index(name)
        kind = schedule.schema.field(name).type
        schedule = schedule.set_column(index, pa.field(name, kind), column.cast(kind))
    return schedule


def settled_by(processor: Processor, evening: Evening) -> dt.date:
    """The last date whose cell of this processor nothing that comes later may change."""
    return evening.played if processor.waits_for_results else evening.coming


def output_by(pipeline: Pipeline, evening: Evening) -> dict[str, list[tuple[object, ...]]]:
    """All rows and failures of the cells that are settled on that evening, by processor, in a fixed order.

    Of rows every column but run_id and processed_at, of failures what was found, not when.
    """
    found: dict[str, list[tuple[object, ...]]] = {}
    for processor in pipeline.topology.processors:
        schema, last = processor.schema, settled_by(processor, evening)
        columns = ", ".join(c for c in schema.column_names if c not in ("run_id", "processed_at"))
        day = schema.partition_column
        order = ", ".join((day, *schema.key))
        rows = pipeline.select(
            f"SELECT {columns} FROM {schema.address} WHERE {day} <= '{last}' ORDER BY {order}"
        )
        failures = failure_table(processor.phase)
        day = failures.partition_column
        reasons = pipeline.select(
            f"SELECT {day}, entity_id, failure_category, failure_type, failure_reason, row_written,"
            " expected_game_count, actual_game_count, missing_game_dates, resolution_status, evidence"
            f" FROM {failures.address} WHERE {day} <= '{last}' AND processor_name = '{processor.class_name}'"
            " ORDER BY 1, 2, 3"
        )
        found[processor.name] = [*rows.values, *reasons.values]
    return found
