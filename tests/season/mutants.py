"""Every way in which one character of the SQL could let a date see itself: the bounds in time, one slip each.

The slips are found in the text of the files, so that a new bound is a new mutant without anybody listing it.
A comparison with a number is no bound in time and is left alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from shared.topology.declaration import Processor
from shared.topology.graph import Topology

#: The statements of a processor's own folder, in the order they are staged, and the table each fills.
STAGED = {"query": "rows", "expected": "expected", "triage": "triage", "checks": "checks"}
#: Those of them with bounds in time; checks read only what the others staged.
_BOUNDED = ("query", "expected", "triage")

_NUMBER = r"(?!\s*[\d.])"
_SLIPS = (
    # Bounds: a strict one lets the date itself in. `<>`, `!=`, `<=` and `>=` are other operators.
    (re.compile(rf"(?<![<>=!])<(?![<>=]){_NUMBER}"), "<="),
    (re.compile(rf"(?<![<>=!-])>(?![<>=]){_NUMBER}"), ">="),
    # Frames that end before the row, or before the row's day.
    (re.compile(r"\bAND 1 PRECEDING\b"), "AND CURRENT ROW"),
    # The row before, made the row itself.
    (re.compile(r"\bLAG\(([\w.]+)\)"), r"LAG(\1, 0)"),
)
_COMMENT = re.compile(r"--.*")
_QUOTED = re.compile(r"'[^'\n]*'")


@dataclass(frozen=True)
class Mutant:
    """One slip in one file. `name` says where, with the line as it reads then; `text` is the whole file.

    `reads_more` says that the slip is in a bound of what a table is read for: the last date of the batch, or
    where the season before ends.
    """

    name: str
    source: str
    text: str
    reads_more: bool


def mutants_of(topology: Topology) -> tuple[Mutant, ...]:
    """All mutants of the processors that must not see their own date, and of the shared statements."""
    found: dict[str, Mutant] = {}
    for processor in inspected(topology):
        for mutant in mutants_of_processor(processor):
            found[mutant.name] = mutant
    return tuple(found.values())


def mutants_of_processor(processor: Processor) -> Iterator[Mutant]:
    """Mutants of the statements this processor stages."""
    for shared in processor.shared_sql:
        yield from mutate(f"completeness/{shared}", shared, processor.shared_statement(shared))
    for source in _BOUNDED:
        if source == "query" and processor.computed_by:
            # It is read by the Python step; the gate of declared reads judges its bounds.
            continue
        yield from mutate(f"{processor.name}/{source}", source, processor.sql(source))


def inspected(topology: Topology) -> tuple[Processor, ...]:
    """The processors whose rows of a date are made before its games."""
    return tuple(p for p in topology.processors if not p.waits_for_results)


def statement_text(processor: Processor, source: str) -> str:
    """The text of a shared or own statement of a processor."""
    return processor.shared_statement(source) if source in processor.shared_sql else processor.sql(source)


def mutate(where: str, source: str, text: str) -> Iterator[Mutant]:
    """Every mutant of one text; names are distinct, also for lines that read the same."""
    seen: dict[str, int] = {}
    code = _without_words(text)
    for slip, replacement in _SLIPS:
        for match in slip.finditer(code):
            slipped = text[: match.start()] + match.expand(replacement) + text[match.end() :]
            start = slipped.rfind("\n", 0, match.start()) + 1
            line = " ".join(slipped[start : slipped.index("\n", match.start())].split())
            seen[line] = seen.get(line, 0) + 1
            again = f" #{seen[line]}" if seen[line] > 1 else ""
            reads_more = code[match.end() :].lstrip().startswith(("@last_date", "@season_start"))
            yield Mutant(f"{where}: {line}{again}", source, slipped, reads_more)


def _without_words(text: str) -> str:
    """The text with comments and string literals blanked out, every character in its place."""

    def blank(match: re.Match[str]) -> str:
        return " " * len(match.group(0))

    return _COMMENT.sub(blank, _QUOTED.sub(blank, text))
