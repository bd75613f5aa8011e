"""Raw rows are upstream cells too: their content, hashed by date, in the ledger."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path

from shared.sql import Statement, bind, hash_input, read_sql
from shared.tables import Column, ColumnType, raw_tables
from shared.topology.declaration import RAW_SOURCES, RESULTS, SLOTS, raw_table_of
from shared.warehouse.port import Parameters, Script, Warehouse, date, dates, text, timestamp
from shared.worker.context import RunContext

_SQL = Path(__file__).parent / "sql"
_NOT_CONTENT = frozenset({"processed_at"})
#: Of the schedule, what is known before a game is played. A Final changes none of it.
_SLOT_COLUMNS = (
    "game_id",
    "season_year",
    "season_type",
    "home_team_tricode",
    "away_team_tricode",
    "start_time_et",
    "neutral_site_flag",
    "arena_name",
)
#: Of a Final game: the result, and what readers of results go by (a test compares it with what they read).
_RESULT_COLUMNS = (
    "game_id",
    "season_year",
    "season_type",
    "home_team_tricode",
    "away_team_tricode",
    "home_team_score",
    "away_team_score",
)
_POSTPONED = Column(
    name="postponed",
    type=ColumnType.BOOL,
    required=True,
    description="",
    minimum=None,
    maximum=None,
    constant=None,
    all_null=None,
)


def record_raw_statements(tables: Sequence[str]) -> tuple[Statement, ...]:
    """One INSERT per raw source of these tables; parameters as in `record_raw_parameters`."""
    return tuple(_record(source) for source in RAW_SOURCES if raw_table_of(source) in tables)


def record_raw_parameters(days: Sequence[dt.date], context: RunContext, *, now: dt.datetime) -> Parameters:
    """The parameters of `record_raw_statements` for these dates."""
    return {
        "dates": dates(sorted(days)),
        "first_date": date(min(days)),
        "last_date": date(max(days)),
        "run_id": text(context.run_id),
        "correlation_id": text(context.correlation_id),
        "causation_id": text(context.causation_id),
        "trigger_source": text(context.trigger_source),
        "started_at": timestamp(context.started_at),
        "now": timestamp(now),
    }


def hash_raw(
    warehouse: Warehouse, start: dt.date, end: dt.date, context: RunContext, now: dt.datetime
) -> None:
    """Record what the raw tables hold on the dates of a range, for rows somebody else has written."""
    days = [start + dt.timedelta(days=n) for n in range((end - start).days + 1)]
    warehouse.run(
        Script(
            name="record raw content",
            statements=record_raw_statements(tuple(raw_tables())),
            parameters=record_raw_parameters(days, context, now=now),
            transaction=True,
            labels={"purpose": "raw"},
        )
    )


def _record(source: str) -> Statement:
    table = raw_table_of(source)
    schema = raw_tables()[table]
    match source:
        case _ if source == SLOTS:
            name = "slots_content"
            columns = (*(schema.column(c) for c in _SLOT_COLUMNS), _POSTPONED)
        case _ if source == RESULTS:
            name = "results_content"
            columns = tuple(schema.column(c) for c in _RESULT_COLUMNS)
        case _:
            name = "raw_content"
            columns = schema.without(_NOT_CONTENT)
    content = bind(
        name, read_sql(_SQL / f"{name}.sql"), {}, {"table": table, "hash_input": hash_input(columns)}
    )
    slots = {"content_query": content.text, "source": f"'{source}'"}
    return bind(f"record {source}", read_sql(_SQL / "record_raw.sql"), {}, slots)
