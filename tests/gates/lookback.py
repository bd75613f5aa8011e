"""What a processor really reads, from its resolved statements: sources, sides of the schedule, dates.

A batch reads for all of its dates at once, so a cell's own dates end where the predicates on the partition
column say: up to before `@last_date` is "before D", from `@first_date` to `@last_date` is "on D".
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from shared.tables import TableAddress
from shared.topology.declaration import RAW_SOURCES, RESULTS, SLOTS, Processor, Window
from shared.worker.compute import artefact_table
from shared.worker.stage import STAGING_DATASET
from tests.gates.resolved import Comparison, Predicate, Read, ResolvedStatement

SCHEDULE = TableAddress("nba_raw", "nbac_schedule")

#: Columns of the schedule that a game's end fills.
_RESULT_COLUMNS = frozenset({"game_status", "home_team_score", "away_team_score"})
_FINAL = "3"
#: Says "Postponed", which is known of a slot, and otherwise how far a game is.
_STATUS_TEXT = "game_status_text"
#: Chooses between copies of one key; the copies themselves are in the fingerprint.
_ORDER_OF_COPIES = frozenset({"processed_at"})
_SLOT_TEXTS = frozenset({"Postponed", ""})


class Dates(StrEnum):
    """The dates of D's season, seen from D, and those of earlier seasons."""

    EARLIER = "in earlier seasons"
    OPENING = "in the season before, while D's opens"
    BEFORE = "before D"
    ON = "on D"
    NEXT_WEEK = "D+1 to D+7"


WINDOW_DATES = {
    Window.ON_DATE: frozenset({Dates.ON}),
    Window.BEFORE: frozenset({Dates.BEFORE}),
    Window.THROUGH: frozenset({Dates.BEFORE, Dates.ON}),
    Window.NEXT_WEEK: frozenset({Dates.BEFORE, Dates.ON, Dates.NEXT_WEEK}),
    Window.OPENING: frozenset({Dates.OPENING}),
    Window.PREVIOUS_SEASON: frozenset({Dates.EARLIER}),
    Window.EARLIER: frozenset({Dates.EARLIER, Dates.BEFORE}),
}


@dataclass(frozen=True)
class SourceRead:
    """One scan by a statement: of which sources (the schedule has two sides), which dates and columns."""

    statement: str
    sources: frozenset[str]
    dates: frozenset[Dates]
    columns: frozenset[str]


class UnboundedReadError(Exception):
    """A scan whose predicates on the partition column do not say which dates it reads."""


def source_reads(
    statements: Iterable[ResolvedStatement], outputs: dict[TableAddress, Processor]
) -> tuple[SourceRead, ...]:
    """Every scan of a table outside the staging dataset.

    `outputs` maps the tables of all processors to who writes them. Raises UnboundedReadError for a scan that
    is not bounded by its partition column.
    """
    return tuple(
        SourceRead(
            statement=statement.name,
            sources=_sources(read, statement, outputs),
            dates=dates_of(read, statement, outputs),
            columns=read.columns,
        )
        for statement in statements
        for read in statement.reads
        if read.table.dataset != STAGING_DATASET and read.table not in _CACHES
    )


def _sources(
    read: Read, statement: ResolvedStatement, outputs: dict[TableAddress, Processor]
) -> frozenset[str]:
    if read.table in outputs:
        return frozenset({outputs[read.table].name})
    if read.table != SCHEDULE:
        return frozenset({read.table.table})
    if not _reads_results(read, statement):
        return frozenset({SLOTS})
    # The results are those of Final games: whoever sees other slots too depends on both sides.
    return frozenset({RESULTS} if _only_final(read) else {RESULTS, SLOTS})


def _only_final(read: Read) -> bool:
    return any(
        predicate.comparison is Comparison.EQUAL and predicate.operands == (_FINAL,)
        for predicate in read.predicates.get("game_status", ())
    )


def _reads_results(read: Read, statement: ResolvedStatement) -> bool:
    if read.columns & _RESULT_COLUMNS:
        return True
    if _STATUS_TEXT not in read.columns:
        return False
    uses = statement.uses(_STATUS_TEXT)
    return not uses or any(not use.compared or use.literals - _SLOT_TEXTS for use in uses)


def dates_of(
    read: Read, statement: ResolvedStatement, outputs: dict[TableAddress, Processor]
) -> frozenset[Dates]:
    """The dates a scan reads. Raises UnboundedReadError when its predicates do not bound them."""
    column = outputs[read.table].schema.partition_column if read.table in outputs else "game_date"
    bounds = read.predicates.get(column, ())
    lower, upper = _lower(bounds), _upper(bounds)
    if lower is None or upper is None:
        raise UnboundedReadError(
            f"Statement [{statement.name}] reads [{read.table}] without bounds of [{column}]"
        )
    dates = upper - lower
    if not dates:
        raise UnboundedReadError(f"Statement [{statement.name}] reads no date of [{read.table}]: [{bounds}]")
    return dates


def _lower(bounds: tuple[Predicate, ...]) -> frozenset[Dates] | None:
    """What the lower bounds leave out; None without any."""
    found = None
    for predicate in bounds:
        if predicate.comparison in (Comparison.AT_LEAST, Comparison.BETWEEN, Comparison.EQUAL):
            left_out = _LEAVES_OUT.get(predicate.operands[0], _OTHER_SEASONS)
            found = left_out if found is None else found | left_out
    return found


_OTHER_SEASONS = frozenset({Dates.EARLIER, Dates.OPENING})
_LEAVES_OUT = {
    "@first_date": _OTHER_SEASONS | {Dates.BEFORE},
    # Where this season starts, unless a date of the batch opens it.
    "@opening_start": frozenset({Dates.EARLIER}),
    "@previous_season_start": frozenset({Dates.OPENING}),
    "@history_start": frozenset({Dates.OPENING}),
}
_UP_TO = {
    "@last_date": _OTHER_SEASONS | {Dates.BEFORE, Dates.ON},
    "date_add(@last_date, 7, DAY)": frozenset(Dates),
}
_BELOW = {
    "@last_date": _OTHER_SEASONS | {Dates.BEFORE},
    "@season_start": _OTHER_SEASONS,
}
#: Tables whose rows depend on nothing but their key, which names all that they were made from.
_CACHES = frozenset({artefact_table().address})


def _upper(bounds: tuple[Predicate, ...]) -> frozenset[Dates] | None:
    """What the upper bounds let in; None without any that is understood."""
    found: frozenset[Dates] | None = None
    for predicate in bounds:
        match predicate.comparison:
            case Comparison.LESS if predicate.operands[0] in _BELOW:
                let_in = _BELOW[predicate.operands[0]]
            case Comparison.AT_MOST | Comparison.BETWEEN if predicate.operands[-1] in _UP_TO:
                let_in = _UP_TO[predicate.operands[-1]]
            case _:
                continue
        found = let_in if found is None else found & let_in
    return found


def covered_columns(statements: Iterable[ResolvedStatement]) -> dict[str, frozenset[str]]:
    """The columns behind each raw source's fingerprint: what the statement that records it reads."""
    found = {}
    for statement in statements:
        prefix, _, source = statement.name.partition(" ")
        if prefix == "record" and source in RAW_SOURCES:
            found[source] = frozenset(
                c for read in statement.reads if read.table.dataset == "nba_raw" for c in read.columns
            )
    return found


def uncovered(reads: Iterable[SourceRead], covered: dict[str, frozenset[str]]) -> list[str]:
    """Columns of raw tables that are read though a change of them changes no fingerprint, as sentences."""
    found: list[str] = []
    for read in reads:
        known = [covered[source] for source in read.sources if source in covered]
        if known:
            silent = read.columns - frozenset[str]().union(*known) - _ORDER_OF_COPIES
            found.extend(
                f"[{read.statement}] reads [{name}] of {sorted(read.sources)}" for name in sorted(silent)
            )
    return sorted(set(found))


def undeclared(processor: Processor, reads: Iterable[SourceRead]) -> list[str]:
    """Reads that no declared input covers, as sentences."""
    declared: dict[str, frozenset[Dates]] = {}
    for item in processor.inputs:
        declared[item.source] = declared.get(item.source, frozenset()) | WINDOW_DATES[item.window]
    found = []
    for read in reads:
        for source in sorted(read.sources):
            covered = declared.get(source, frozenset())
            # Whoever may read the seasons before on every date may do so on those that open a season.
            missing = read.dates - covered - ({Dates.OPENING} if Dates.EARLIER in covered else set())
            if missing:
                found.append(
                    f"[{read.statement}] reads {_spelt(missing)} of [{source}], which is not declared"
                )
    return sorted(set(found))


def unread(processor: Processor, reads: Iterable[SourceRead]) -> list[str]:
    """Declared inputs that nothing reads, as sentences."""
    done: dict[str, frozenset[Dates]] = {}
    for read in reads:
        for source in read.sources:
            done[source] = done.get(source, frozenset()) | read.dates
    found = []
    for item in processor.inputs:
        idle = WINDOW_DATES[item.window] - done.get(item.source, frozenset())
        if idle:
            found.append(
                f"[{processor.name}] declares [{item.source}] {item.window}, and never reads {_spelt(idle)}"
            )
    return found


def _spelt(dates: frozenset[Dates]) -> str:
    return " and ".join(day for day in Dates if day in dates)


def derived_expectations(processor: Processor, statements: Iterable[ResolvedStatement]) -> list[str]:
    """What expected.sql reads, itself or through shared statements, that is not raw data, as sentences."""
    by_name = {statement.name: statement for statement in statements}
    from_raw: set[str] = set()
    found: list[str] = []
    for name in (*processor.shared_sql, "expected"):
        derived = [
            read.table
            for read in by_name[f"{processor.name}.{name}"].reads
            if read.table.dataset != "nba_raw" and _staged(read.table) not in from_raw
        ]
        if not derived:
            from_raw.add(name)
        elif name == "expected":
            found = [f"[{processor.name}.{name}] reads [{table}]" for table in derived]
    return found


def _staged(table: TableAddress) -> str | None:
    """The name of a staging table without its run; None for any other table."""
    return table.table.partition("__")[0] if table.dataset == STAGING_DATASET else None
