"""What `nba verify` prints: published values by scope, column sanity, and one line of conclusion each."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from services.console.output import Json, count, date_span, indented
from services.console.verification.compare import Comparison, Verdict
from services.console.verification.sanity import Agreement, Explained, Problem, RawSource, TableSanity
from services.console.verification.season import SeasonDates

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table
    from rich.text import Text

_STYLES = {
    Verdict.MATCH: "green",
    Verdict.OFF: "bold white on red",
    Verdict.CONTROL_DIFFERS: "green",
    Verdict.CONTROL_MATCHES: "bold white on red",
    Verdict.NOT_EXPRESSIBLE: "yellow",
    Verdict.UNKNOWN: "black on yellow",
}
_SAME_TEXT = "the same"
_MORE_DECIMALS = 2
_INDENT = 4
_MOST_COLUMNS = 3


@dataclass(frozen=True)
class Verification:
    """Everything one run has found. `comparisons` is None when there was nothing to compare with."""

    season: SeasonDates
    against: str | None
    comparisons: tuple[Comparison, ...] | None
    tables: tuple[TableSanity, ...]
    agreements: tuple[Agreement, ...]
    raw: tuple[RawSource, ...]

    @property
    def failed(self) -> bool:
        """Whether a value is off, a wrong-formula control matches, or a column or two tables are not sane."""
        off = any(c.verdict.is_failure for c in self.comparisons or ())
        return off or any(t.findings for t in self.tables) or any(a.different for a in self.agreements)


def document(found: Verification) -> Json:
    """Everything, for programs."""
    verdicts = Counter(c.verdict for c in found.comparisons or ())
    published: Json = None
    if found.comparisons is not None:
        published = {
            "against": found.against,
            **{verdict.name.lower(): verdicts[verdict] for verdict in Verdict},
            "values": [_value_document(c) for c in found.comparisons],
        }
    return {
        "season_year": found.season.season_year,
        "season": found.season.name,
        "ok": not found.failed,
        "published": published,
        "sanity": {
            "tables": [_table_document(t) for t in found.tables],
            "agreements": [
                {"what": a.what, "compared": a.compared, "different": a.different} for a in found.agreements
            ],
            "raw": [{"table": r.table, "rows": r.rows, "cut_off": r.cut_off} for r in found.raw],
        },
    }


def _value_document(comparison: Comparison) -> Json:
    published = comparison.published
    return {
        "line": published.line,
        "scope": published.scope,
        "entity": published.entity,
        "metric": published.metric,
        "value": published.value,
        "recomputed": list(comparison.recomputed),
        "difference": list(comparison.differences),
        "tolerance": published.tolerance,
        "verdict": comparison.verdict.name.lower(),
        "reason": comparison.reason or None,
        "source": published.source,
        "note": published.note,
    }


def _table_document(table: TableSanity) -> Json:
    return {
        "processor": table.processor.name,
        "table": str(table.processor.schema.address),
        "rows": table.rows,
        "columns": table.columns,
        "findings": [
            {"problem": f.problem.value, "column": f.column, "message": f.message} for f in table.findings
        ],
        "explained": [
            {"problem": e.problem.value, "column": e.column, "reason": e.reason} for e in table.explained
        ],
    }


def render(found: Verification) -> Iterator[RenderableType]:
    """The same for people."""
    from rich.text import Text  # noqa: PLC0415

    season = found.season
    title = Text(f"Season {season.name}", style="bold")
    title.append(f": {count(len(season.dates), 'date')}, {date_span(season.dates[0], season.dates[-1])}", "")
    yield title
    if found.comparisons is not None:
        yield Text()
        yield from _published(found.comparisons)
    yield Text()
    yield from _sanity(found)


def _published(comparisons: Sequence[Comparison]) -> Iterator[RenderableType]:
    from rich.text import Text  # noqa: PLC0415

    ordered = sorted(comparisons, key=lambda c: _first_line(comparisons, c.published.scope))
    for scope, group in groupby(ordered, key=lambda c: c.published.scope):
        members = list(group)
        heading = Text(scope, style="bold")
        for shared in (_shared(members, "entity"), _shared(members, "metric")):
            heading.append(f" · {shared}" if shared else "", "")
        yield heading
        yield _scope_table(members)
        yield Text()
    for verdict in (Verdict.OFF, Verdict.CONTROL_MATCHES, Verdict.UNKNOWN):
        for comparison in comparisons:
            if comparison.verdict is verdict:
                yield from _told(verdict.value, verdict, _subject(comparison), comparison.reason)
    for reason, cannot in _by_reason(comparisons):
        label = f"{len(cannot)} {Verdict.NOT_EXPRESSIBLE}"
        yield from _told(label, Verdict.NOT_EXPRESSIBLE, cannot[0].what, reason)
    yield indented(summary(comparisons), 0, "bold")


def _told(label: str, verdict: Verdict, subject: str, reason: str) -> Iterator[RenderableType]:
    yield _line(label, _STYLES[verdict], subject)
    if reason:
        yield indented(reason, _INDENT)


def _first_line(comparisons: Sequence[Comparison], scope: str) -> int:
    return next(n for n, c in enumerate(comparisons) if c.published.scope == scope)


def _by_reason(comparisons: Sequence[Comparison]) -> list[tuple[str, list[Comparison]]]:
    found: dict[str, list[Comparison]] = {}
    for comparison in comparisons:
        if comparison.verdict is Verdict.NOT_EXPRESSIBLE:
            found.setdefault(comparison.reason, []).append(comparison)
    return list(found.items())


def summary(comparisons: Sequence[Comparison]) -> str:
    """One line: how many match, are off, and cannot be expressed and why; then controls and unknown ones."""
    verdicts = Counter(c.verdict for c in comparisons)
    whats = Counter(c.what for c in comparisons if c.verdict is Verdict.NOT_EXPRESSIBLE)
    why = ", ".join(f"{number} {what}" for what, number in whats.items())
    parts = [
        f"{verdicts[Verdict.MATCH]} match",
        f"{verdicts[Verdict.OFF]} off",
        f"{verdicts[Verdict.NOT_EXPRESSIBLE]} cannot be expressed{f' ({why})' if why else ''}",
    ]
    if verdicts[Verdict.CONTROL_DIFFERS]:
        controls = count(verdicts[Verdict.CONTROL_DIFFERS], "wrong-formula control")
        parts.append(f"{controls} not matched, as it must be")
    if verdicts[Verdict.CONTROL_MATCHES]:
        parts.append(f"{count(verdicts[Verdict.CONTROL_MATCHES], 'WRONG-FORMULA CONTROL')} MATCHED")
    if verdicts[Verdict.UNKNOWN]:
        parts.append(f"{verdicts[Verdict.UNKNOWN]} UNKNOWN, NOT COMPARED")
    return f"Published values: {', '.join(parts)}."


def _subject(comparison: Comparison) -> str:
    published = comparison.published
    subject = f"{published.scope} [{published.entity}] {published.metric}"
    if comparison.verdict is Verdict.UNKNOWN:
        return subject
    told = f", recomputed {_recomputed(comparison)}" if comparison.recomputed else ""
    return f"{subject}: published {published.value}{told}"


def _shared(members: Sequence[Comparison], name: str) -> str:
    """The entity, or the metric, that all rows of a scope have; empty when they differ."""
    found = {str(getattr(c.published, name)) for c in members}
    return found.pop() if len(found) == 1 else ""


def _scope_table(members: Sequence[Comparison]) -> Table:
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="bright_black")
    varying = [name for name in ("entity", "metric") if not _shared(members, name)]
    for name in varying:
        table.add_column(name, overflow="fold")
    for name in ("value", "recomputed", "difference", "tolerance"):
        table.add_column(name, justify="right", overflow="fold")
    table.add_column("verdict")
    for comparison in members:
        published = comparison.published
        table.add_row(
            *(str(getattr(published, name)) for name in varying),
            published.value,
            _recomputed(comparison),
            _differences(comparison),
            published.tolerance,
            Text(comparison.verdict.value, style=_STYLES[comparison.verdict]),
        )
    return table


def _recomputed(comparison: Comparison) -> str:
    if not comparison.printed:
        texts = [str(text) for text in comparison.recomputed]
        return _SAME_TEXT if texts == [comparison.published.value] else ", ".join(texts)
    numbers = zip(comparison.recomputed, comparison.printed, strict=True)
    return "/".join(_number(float(number), printed.decimals) for number, printed in numbers)


def _differences(comparison: Comparison) -> str:
    numbers = zip(comparison.differences, comparison.printed, strict=True)
    return "/".join(_number(number, printed.decimals, sign="+") for number, printed in numbers)


def _number(number: float, decimals: int, sign: str = "") -> str:
    """A count as it is, anything else with more decimals than are published, so that differences show."""
    if not math.isfinite(number):
        return str(number)
    if number == round(number) and not decimals:
        return f"{number:{sign}.0f}" if number else "0"
    return f"{number:{sign}.{decimals + _MORE_DECIMALS}f}"


def _sanity(found: Verification) -> Iterator[RenderableType]:
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    yield Text("Column sanity", style="bold")
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="bright_black")
    table.add_column("")
    for name in ("rows", "columns", "all NULL", "constant", "wrong"):
        table.add_column(name, justify="right")
    for sanity in found.tables:
        kinds = Counter(e.problem for e in sanity.explained)
        table.add_row(
            sanity.processor.abbreviation,
            f"{sanity.rows:,}",
            str(sanity.columns),
            str(kinds[Problem.ALL_NULL]),
            str(kinds[Problem.CONSTANT]),
            Text(str(len(sanity.findings)), style=_STYLES[Verdict.OFF] if sanity.findings else "green"),
        )
    yield table
    yield from _explained(found.tables)
    yield Text()
    for sanity in found.tables:
        for finding in sanity.findings:
            place = f"{sanity.processor.abbreviation}{f'.{finding.column}' if finding.column else ''}"
            yield _line(finding.problem.value, _STYLES[Verdict.OFF], f"{place}: {finding.message}")
    for agreement in found.agreements:
        if agreement.different:
            yield _line(
                "disagree",
                _STYLES[Verdict.OFF],
                f"{agreement.what}: {agreement.different:,} of {agreement.compared:,} rows differ",
            )
    for source in found.raw:
        if source.cut_off:
            yield _line(
                "warning",
                "yellow",
                f"{source.table} has {source.rows:,} rows, a multiple of 1,024: its source may be cut off",
            )
    yield indented(_sanity_summary(found), 0, "bold")


def _explained(tables: Sequence[TableSanity]) -> Iterator[Text]:
    """Columns without any value, by the reason their schema gives; constants are in the JSON document."""
    from rich.text import Text  # noqa: PLC0415

    by_reason: dict[str, list[str]] = {}
    for table in tables:
        for explained in table.explained:
            if explained.problem is Problem.ALL_NULL:
                by_reason.setdefault(explained.reason, []).append(_column(table, explained))
    for reason, columns in by_reason.items():
        shown = ", ".join(columns[:_MOST_COLUMNS])
        rest = len(columns) - _MOST_COLUMNS
        yield Text(
            f"  all NULL: {shown}{f' and {rest} more' if rest > 0 else ''}: {reason}", style="bright_black"
        )


def _column(table: TableSanity, explained: Explained) -> str:
    return f"{table.processor.abbreviation}.{explained.column}"


def _sanity_summary(found: Verification) -> str:
    columns = sum(table.columns for table in found.tables)
    problems = sum(len(table.findings) for table in found.tables)
    compared = sum(agreement.compared for agreement in found.agreements)
    different = sum(agreement.different for agreement in found.agreements)
    return (
        f"Column sanity: {count(columns, 'column')} of {count(len(found.tables), 'table')}, "
        f"{count(problems, 'problem')}; {compared:,} rows compared between tables, {different:,} different."
    )


def _line(label: str, style: str, text: str) -> Text:
    from rich.text import Text  # noqa: PLC0415

    line = Text(label, style=style)
    line.append(f"  {text}", "")
    return line
