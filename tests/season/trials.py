"""The leak rule, tried out: change the future of a date and see whether anything of the date changes.

The same comparison judges the SQL as it is and every mutant of it. Everything a run stages is compared, in
every column: what the whole season gives with its future known, with what D alone, and the dates up to D
inside the whole season, give when everything from D on was altered or deleted. A season whose future is
deleted is one that has not gone on yet, so that this is append-invariance as well.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from itertools import pairwise

from shared.sql import Statement, TableBindings
from shared.tables import TableAddress
from shared.topology.declaration import Processor
from shared.topology.graph import Topology
from shared.warehouse.duckdb_warehouse import DuckDBWarehouse
from shared.warehouse.port import Rows, Script, date
from shared.worker.stage import STAGING_DATASET, Batch, batch_parameters, stage_script, staging_bindings
from tests.season.future import Change, change_future
from tests.season.mutants import STAGED, Mutant, inspected, mutants_of_processor, statement_text

#: The column that says which date a staged row is about; of rows, it is the partition column of the output.
_DATE_COLUMNS = {
    "expected_players": "cell_date",
    "player_listings": "game_date",
    "player_evidence": "cell_date",
    "expected": "cell_date",
    "triage": "analysis_date",
    "checks": "analysis_date",
}


class Range(StrEnum):
    """The dates of the batch that is run with a changed future."""

    DATE = "the date alone"
    SEASON = "the whole season"


@dataclass(frozen=True)
class Step:
    """One change of the future of `day`, and the ranges to run then.

    Rows from `since` to `day` are compared; of a run of the date alone, those of `day`.
    """

    day: dt.date
    change: Change
    ranges: tuple[Range, ...]
    since: dt.date


@dataclass(frozen=True)
class Leak:
    """Rows up to D that changed with its future: of which statement, in which trial, and in which columns."""

    processor: str
    source: str
    step: Step
    range: Range
    rows: int
    columns: tuple[str, ...]

    def __str__(self) -> str:
        return (
            f"{self.processor}/{self.source}: {self.rows} rows up to {self.step.day} changed when its future"
            f" was {self.step.change} ({self.range}), in {', '.join(self.columns)}"
        )


@dataclass
class Findings:
    """What leaked in the SQL as it is, by what each mutant was caught, and what was compared.

    `columns` has the compared columns of each processor's rows; `rows` counts rows of all staged tables.
    """

    leaks: list[Leak] = field(default_factory=list)
    caught: dict[str, Leak] = field(default_factory=dict)
    columns: dict[str, tuple[str, ...]] = field(default_factory=dict)
    rows: int = 0


@dataclass(frozen=True)
class Season:
    """A processed season, twice: as it is, and to be changed. `whole` is all of its dates."""

    topology: Topology
    whole: Batch
    original: DuckDBWarehouse
    changed: DuckDBWarehouse


def find_leaks(season: Season, steps: Sequence[Step], mutants: Iterable[Mutant] = ()) -> Findings:
    """Try every step on the SQL as it is and on every mutant, until something catches it.

    Steps go from later dates to earlier ones, so that the future that has been changed only grows; the
    changed warehouse is of no use afterwards. Mutants are tried inside the whole season, where nothing but
    their own bounds keeps D's future away. Raises ValueError on steps in another order.
    """
    if any(later.day < earlier.day for later, earlier in pairwise(steps)):
        raise ValueError("Steps must go from later dates to earlier ones")
    findings = Findings()
    trials = _trials(season.topology, tuple(mutants))
    for processor in inspected(season.topology):
        _stage(season.original, processor, season.whole)
        for trial in trials[processor.name]:
            if trial.mutant is not None:
                _keep(season.original, processor, season.whole, trial)
    changed_from: dt.date | None = None
    for step in steps:
        change_future(season.changed, season.topology, step.change, step.day, until=changed_from)
        changed_from = step.day
        for processor in inspected(season.topology):
            for kind in step.ranges:
                _try(season, processor, step, kind, trials[processor.name], findings)
    return findings


@dataclass(frozen=True)
class _Trial:
    """A version of one statement's text, with the table it is kept in: a mutant's, or the right one."""

    source: str
    text: str
    table: str
    mutant: str | None


def _trials(topology: Topology, mutants: tuple[Mutant, ...]) -> dict[str, tuple[_Trial, ...]]:
    """What to try on each processor; a mutant of a shared statement on the first that has it."""
    table = {mutant.name: f"mutant_{number}" for number, mutant in enumerate(mutants)}
    done: set[str] = set()
    found = {}
    for processor in inspected(topology):
        right = (
            _Trial(source, statement_text(processor, source), STAGED.get(source, source), None)
            for source in _staged(processor)
        )
        mine = [m for m in mutants_of_processor(processor) if m.name in table and m.name not in done]
        done.update(mutant.name for mutant in mine)
        found[processor.name] = (*right, *(_Trial(m.source, m.text, table[m.name], m.name) for m in mine))
    return found


def _try(
    season: Season,
    processor: Processor,
    step: Step,
    kind: Range,
    trials: Iterable[_Trial],
    findings: Findings,
) -> None:
    batch = season.whole if kind is Range.SEASON else replace(season.whole, dates=(step.day,))
    _stage(season.changed, processor, batch)
    for trial in trials:
        if trial.mutant is not None:
            if kind is Range.DATE or trial.mutant in findings.caught:
                continue
            _keep(season.changed, processor, batch, trial)
        dates = _compared(trial.source, step, kind)
        before = _kept(season.original, processor, season.whole, trial, dates)
        after = _kept(season.changed, processor, batch, trial, dates)
        rows, columns = _difference(before, after)
        leak = Leak(processor.name, trial.source, step, kind, rows, columns)
        if trial.mutant is None:
            findings.rows += len(before.values)
            if rows:
                findings.leaks.append(leak)
            if trial.source == "query":
                findings.columns[processor.name] = before.columns
        elif rows:
            findings.caught[trial.mutant] = leak


def _staged(processor: Processor) -> Iterator[str]:
    """The statements a run stages before it puts rows and failures together, in their order."""
    yield from processor.shared_sql
    yield from STAGED


def _stage(warehouse: DuckDBWarehouse, processor: Processor, batch: Batch) -> None:
    script = stage_script(processor, batch, _run_id(processor, batch), {})
    needed = script.statements[: len(list(_staged(processor)))]
    warehouse.run(replace(script, statements=needed))


def _keep(warehouse: DuckDBWarehouse, processor: Processor, batch: Batch, trial: _Trial) -> None:
    """Keep what a mutant gives for a batch that is staged."""
    text = f"CREATE OR REPLACE TABLE staging.{trial.table} AS\n{trial.text}"
    statement = Statement(trial.mutant or trial.source, text, _tables(processor, batch, trial))
    parameters = batch_parameters(processor, batch)
    warehouse.run(Script("keep", (statement,), parameters, transaction=False, labels={}))


def _tables(processor: Processor, batch: Batch, trial: _Trial) -> TableBindings:
    run_id = _run_id(processor, batch)
    kept = TableAddress(STAGING_DATASET, f"{trial.table}__{run_id}")
    return {**staging_bindings(processor, run_id), f"staging.{trial.table}": kept}


def _run_id(processor: Processor, batch: Batch) -> str:
    return f"{processor.name}_{batch.dates[0]:%Y%m%d}_{len(batch.dates)}"


def _compared(source: str, step: Step, kind: Range) -> tuple[dt.date, dt.date]:
    """First and last date of the rows that are compared."""
    if source == "player_listings":
        # A row per game: those of D itself are there when the batch goes on after D, and must be.
        return step.since, step.day - dt.timedelta(days=1)
    return (step.day if kind is Range.DATE else step.since), step.day


def _kept(
    warehouse: DuckDBWarehouse,
    processor: Processor,
    batch: Batch,
    trial: _Trial,
    between: tuple[dt.date, dt.date],
) -> Rows:
    """The rows of these dates that were staged or kept for the batch."""
    column = _DATE_COLUMNS.get(trial.source, processor.schema.partition_column)
    text = f"SELECT * FROM staging.{trial.table} WHERE {column} BETWEEN @compare_from AND @compare_to"
    statement = Statement("compare", text, _tables(processor, batch, trial))
    parameters = {"compare_from": date(between[0]), "compare_to": date(between[1])}
    return warehouse.run(Script("compare", (statement,), parameters, transaction=False, labels={}))


def _difference(before: Rows, after: Rows) -> tuple[int, tuple[str, ...]]:
    """How many rows are not the same, in any order, and in which columns (all, when rows came or went)."""
    gone = Counter(before.values) - Counter(after.values)
    new = Counter(after.values) - Counter(before.values)
    if gone.total() != new.total():
        return max(gone.total(), new.total()), before.columns
    pairs = list(zip(sorted(gone.elements(), key=repr), sorted(new.elements(), key=repr), strict=True))
    differing = (name for i, name in enumerate(before.columns) if any(a[i] != b[i] for a, b in pairs))
    return len(pairs), tuple(differing)
