"""The leak rule, tried out: change the future of a date and see whether anything of the date changes.

The same comparison judges the SQL as it is and every mutant of it. Everything a run stages is compared, in
every column: what a batch gives with the future of its dates known, with what D alone, and the dates up to D
inside the whole season, give when everything from D on was altered or deleted. A season whose future is
deleted is one that has not gone on yet, so that this is append-invariance as well.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from itertools import pairwise

from shared.sql import Statement, TableBindings
from shared.tables import TableAddress
from shared.topology.declaration import Processor
from shared.topology.graph import Topology
from shared.warehouse.duckdb_warehouse import DuckDBWarehouse
from shared.warehouse.port import Rows, Script, date, query
from shared.worker.stage import STAGING_DATASET, Batch, batch_parameters, stage_script, staging_bindings
from tests.season.future import Change, change_future
from tests.season.mutants import STAGED, Mutant, inspected, mutants_of_processor, statement_text
from tests.support.direct import compute_by_hand

#: The column that says which date a staged row is about; of rows, it is the partition column of the output.
_DATE_COLUMNS = {
    "expected_players": "cell_date",
    "team_lists": "game_date",
    "player_listings": "game_date",
    "player_windows": "cell_date",
    "player_evidence": "cell_date",
    "previous_team_lists": "game_date",
    "previous_player_listings": "game_date",
    "opening_players": "cell_date",
    "prediction_evidence": "cell_date",
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
    known = _Staging(season.original, _baseline(season.whole, steps))
    for processor in inspected(season.topology):
        known.stage(processor)
        for trial in trials[processor.name]:
            if trial.mutant is not None:
                known.keep(processor, trial)
    changed_from: dt.date | None = None
    for step in steps:
        change_future(season.changed, season.topology, step.change, step.day, until=changed_from)
        changed_from = step.day
        for kind in step.ranges:
            batch = season.whole if kind is Range.SEASON else replace(season.whole, dates=(step.day,))
            tried = _Staging(season.changed, batch)
            for processor in inspected(season.topology):
                tried.stage(processor)
                for trial in trials[processor.name]:
                    _try(processor, step, kind, trial, known, tried, findings)
    return findings


def _baseline(whole: Batch, steps: Sequence[Step]) -> Batch:
    """Every date that is compared, and the last one, so that the batch goes on after each of them."""
    compared = {day for step in steps for day in whole.dates if step.since <= day <= step.day}
    return replace(whole, dates=tuple(sorted(compared | {whole.dates[-1]})))


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


def _staged(processor: Processor) -> tuple[str, ...]:
    """The statements a run stages before it puts rows and failures together, in their order."""
    return (*processor.shared_sql, *STAGED)


@dataclass(frozen=True)
class _Staging:
    """What processors stage for one batch in one warehouse.

    Statements that use no parameter of a processor give the same to all of them, and are run once.
    """

    warehouse: DuckDBWarehouse
    batch: Batch
    done: set[str] = field(default_factory=set)

    def stage(self, processor: Processor) -> None:
        """Stage one processor's rows, and everything else that is compared."""
        compute_by_hand(self.warehouse, processor, self.batch, self._run_id(processor))
        script = stage_script(processor, self.batch, self._run_id(processor), {})
        tables = self._tables(processor)
        statements = []
        for name, statement in zip(_staged(processor), script.statements, strict=False):
            if name not in self.done:
                statements.append(replace(statement, tables=tables))
            if _is_common(processor, name):
                self.done.add(name)
        self.warehouse.run(replace(script, statements=tuple(statements)))

    def keep(self, processor: Processor, trial: _Trial) -> None:
        """Keep what a mutant gives, once its processor is staged."""
        text = f"CREATE OR REPLACE TABLE staging.{trial.table} AS\n{trial.text}"
        kept = TableAddress(STAGING_DATASET, f"{trial.table}__{self._suffix}")
        tables = {**self._tables(processor), f"staging.{trial.table}": kept}
        statement = Statement(trial.mutant or trial.source, text, tables)
        parameters = batch_parameters(processor, self.batch)
        self.warehouse.run(Script("keep", (statement,), parameters, transaction=False, labels={}))

    def rows(self, processor: Processor, trial: _Trial, first: dt.date, last: dt.date) -> Rows:
        """The rows of these dates that were staged or kept."""
        column = _DATE_COLUMNS.get(trial.source, processor.schema.partition_column)
        text = f"SELECT * FROM staging.{trial.table} WHERE {column} BETWEEN @compare_from AND @compare_to"
        kept = TableAddress(STAGING_DATASET, f"{trial.table}__{self._suffix}")
        tables = {f"staging.{trial.table}": kept, **self._tables(processor)}
        parameters = {"compare_from": date(first), "compare_to": date(last)}
        return query(self.warehouse, Statement("compare", text, tables), parameters)

    def _tables(self, processor: Processor) -> TableBindings:
        common = {
            f"staging.{name}": TableAddress(STAGING_DATASET, f"{name}__{self._suffix}")
            for name in _staged(processor)
            if _is_common(processor, name)
        }
        return {**staging_bindings(processor, self._run_id(processor)), **common}

    def _run_id(self, processor: Processor) -> str:
        return f"{processor.name}_{self._suffix}"

    @property
    def _suffix(self) -> str:
        return f"{self.batch.dates[0]:%Y%m%d}_{len(self.batch.dates)}"


def _is_common(processor: Processor, name: str) -> bool:
    if name not in processor.shared_sql:
        return False
    text = processor.shared_statement(name)
    return not any(f"@{parameter}" in text for parameter in processor.parameters)


def _try(
    processor: Processor,
    step: Step,
    kind: Range,
    trial: _Trial,
    known: _Staging,
    tried: _Staging,
    findings: Findings,
) -> None:
    """Compare one version of one statement. The right one is staged; a mutant is run until it is caught."""
    if trial.mutant is not None:
        if kind is Range.DATE or trial.mutant in findings.caught:
            return
        tried.keep(processor, trial)
    first, last = step.day if kind is Range.DATE else step.since, step.day
    if trial.source in ("team_lists", "player_listings"):
        # A row per game: those of D itself are there when the batch goes on after D, and must be.
        first, last = step.since, step.day - dt.timedelta(days=1)
    before = known.rows(processor, trial, first, last)
    rows, columns = _difference(before, tried.rows(processor, trial, first, last))
    leak = Leak(processor.name, trial.source, step, kind, rows, columns)
    if trial.mutant is None:
        findings.rows += len(before.values)
        if rows:
            findings.leaks.append(leak)
        if trial.source == "query":
            findings.columns[processor.name] = before.columns
    elif rows:
        findings.caught[trial.mutant] = leak


def _difference(before: Rows, after: Rows) -> tuple[int, tuple[str, ...]]:
    """How many rows are not the same, in any order, and in which columns (all, when rows came or went)."""
    gone = Counter(before.values) - Counter(after.values)
    new = Counter(after.values) - Counter(before.values)
    if gone.total() != new.total():
        return max(gone.total(), new.total()), before.columns
    pairs = list(zip(sorted(gone.elements(), key=repr), sorted(new.elements(), key=repr), strict=True))
    differing = (name for i, name in enumerate(before.columns) if any(a[i] != b[i] for a, b in pairs))
    return len(pairs), tuple(differing)
