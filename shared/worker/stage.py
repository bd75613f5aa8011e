"""Stage: one script that computes the rows of many dates, what is expected, what is missing, and the checks.

Every input partition is read once, whatever the number of dates. Nothing outside the staging dataset is
written.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from shared.sql import Statement, bind, column_list, hash_input, read_sql
from shared.tables import TableAddress
from shared.topology.declaration import (
    HARNESS_COLUMNS,
    OPENING_DAYS,
    VOLATILE_COLUMNS,
    Phase,
    Processor,
    opens_season,
)
from shared.warehouse.port import Parameter, Script, date, dates, integer, text

STAGING_DATASET = "nba_staging"
#: Tables every run stages, besides one per shared statement.
_STANDARD = ("rows", "expected", "triage", "checks", "good_rows", "failures", "computed")
_SQL = Path(__file__).parent / "sql"


@dataclass(frozen=True)
class Batch:
    """The dates of one run: ascending, all of one season.

    `previous_season_start` and `history_start`: where the season before this one starts, and the oldest one
    that is loaded; without one, where this season starts.
    """

    dates: tuple[dt.date, ...]
    season_year: int
    season_start: dt.date
    previous_season_start: dt.date
    history_start: dt.date

    def __post_init__(self) -> None:
        if not self.dates or list(self.dates) != sorted(set(self.dates)):
            raise ValueError(f"A batch needs ascending, distinct dates: [{self.dates}]")

    @property
    def opening_start(self) -> dt.date:
        """Where the season before starts when a date of the batch opens this one, else this one's start."""
        opens = opens_season(self.season_start, self.dates[0])
        return self.previous_season_start if opens else self.season_start


def staging_bindings(
    processor: Processor, run_id: str, shared: Mapping[str, str] | None = None
) -> dict[str, TableAddress]:
    """Real addresses of the logical tables of one run.

    Staging tables carry the run id: runs never share them. Those of the shared statements may be named in
    `shared`, by what is in them, and then serve every run that needs the same.
    """
    suffix = run_id.replace("-", "_")
    names = {name: f"{name}__{suffix}" for name in (*processor.shared_sql, *_STANDARD)}
    names.update(shared or {})
    bindings = {f"staging.{name}": TableAddress(STAGING_DATASET, real) for name, real in names.items()}
    return {**bindings, "target.rows": processor.schema.address}


def own_staging(processor: Processor, run_id: str) -> list[TableAddress]:
    """The staging tables that belong to one run alone, to be dropped after it."""
    bindings = staging_bindings(processor, run_id)
    return [bindings[f"staging.{name}"] for name in _STANDARD]


def batch_parameters(processor: Processor, batch: Batch) -> dict[str, Parameter]:
    """The query parameters every statement of a processor may use."""
    own: Mapping[str, Parameter] = {name: integer(value) for name, value in processor.parameters.items()}
    return {
        "dates": dates(batch.dates),
        "first_date": date(batch.dates[0]),
        "last_date": date(batch.dates[-1]),
        "season_start": date(batch.season_start),
        "previous_season_start": date(batch.previous_season_start),
        "opening_start": date(batch.opening_start),
        "opening_days": integer(OPENING_DAYS),
        "history_start": date(batch.history_start),
        "season_year": integer(batch.season_year),
        **own,
    }


def failure_columns(phase: Phase) -> dict[str, str]:
    """Slots of failures.sql: the columns of a triage that only the failure table of phase 5 has."""
    if phase is not Phase.PREDICTIONS:
        return {"more_staged": "", "more_null": ""}
    return {
        "more_staged": ", missing_upstream_tables, cache_age_hours",
        "more_null": ", CAST(NULL AS STRING), CAST(NULL AS FLOAT64)",
    }


def _create(name: str, query: Statement) -> Statement:
    """`CREATE TABLE staging.<name> AS <query>`, the wrapper around the queries of the .sql files."""
    return replace(query, text=f"CREATE OR REPLACE TABLE staging.{name} AS\n{query.text}")


def _create_once(name: str, query: Statement) -> Statement:
    """The same for a shared statement: a table of that name holds what the query would give."""
    return replace(query, text=f"CREATE TABLE IF NOT EXISTS staging.{name} AS\n{query.text}")


def stage_script(
    processor: Processor,
    batch: Batch,
    run_id: str,
    labels: Mapping[str, str],
    shared: Mapping[str, str] | None = None,
) -> Script:
    """The stage job of a run. Its result: one row per date, as described in sql/summary.sql.

    `shared`: names of the tables of shared statements, as in `staging_bindings`.
    """
    tables = staging_bindings(processor, run_id, shared)
    content = processor.schema.without(VOLATILE_COLUMNS)
    columns = {
        "content": column_list(content),
        "hash_input": hash_input(content),
        "entity": processor.entity_column,
        "partition": processor.schema.partition_column,
        **failure_columns(processor.phase),
    }
    statements = []
    for name in processor.shared_sql:
        query = bind(f"{processor.name}.{name}", processor.shared_statement(name), tables)
        statements.append(_create_once(name, query))
    for name, source in (
        ("rows", "query"),
        ("expected", "expected"),
        ("triage", "triage"),
        ("checks", "checks"),
    ):
        computed = source == "query" and bool(processor.computed_by)
        text_of = read_sql(_SQL / "computed_rows.sql") if computed else processor.sql(source)
        label = "computed_rows" if computed else source
        query = bind(f"{processor.name}.{label}", text_of, tables, columns if computed else None)
        statements.append(_create(name, query))
    for name in ("good_rows", "failures"):
        query = bind(f"{processor.name}.{name}", read_sql(_SQL / f"{name}.sql"), tables, columns)
        statements.append(_create(name, query))
    statements.append(bind(f"{processor.name}.summary", read_sql(_SQL / "summary.sql"), tables, columns))
    parameters = {**batch_parameters(processor, batch), "entity_type": text(processor.entity.value)}
    return Script(
        name=f"stage {processor.name}",
        statements=tuple(statements),
        parameters=parameters,
        transaction=False,
        labels=labels,
        job_key=run_id,
    )


__all__ = [
    "HARNESS_COLUMNS",
    "STAGING_DATASET",
    "Batch",
    "batch_parameters",
    "stage_script",
    "staging_bindings",
]
