"""Compares published values with what the tables say."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum

from services.console.verification.facts import Facts, NothingThereError, Number
from services.console.verification.published import Printed, PublishedValue
from services.console.verification.registry import (
    RAW_TOTALS,
    REGISTRY,
    NotExpressible,
    Numbers,
    Recomputed,
    Texts,
    UnknownEntityError,
)

#: Room for the last bits of a division; far below any printed decimal.
_FLOAT_NOISE = 1e-9


class Verdict(StrEnum):
    """What comes of one published value."""

    MATCH = "match"
    OFF = "off"
    CONTROL_DIFFERS = "control differs"
    CONTROL_MATCHES = "control matches"
    NOT_EXPRESSIBLE = "cannot be expressed"
    UNKNOWN = "unknown"

    @property
    def is_failure(self) -> bool:
        """Whether the season is not as published."""
        return self in (Verdict.OFF, Verdict.CONTROL_MATCHES)


@dataclass(frozen=True)
class Comparison:
    """One published value beside its recomputation.

    `recomputed` is empty when there is nothing to compare with, `differences` when the value is no number.
    `what` names in short, and `reason` explains, why a value is neither a match nor off by a number.
    """

    published: PublishedValue
    verdict: Verdict
    recomputed: tuple[Number, ...] | tuple[str, ...] = ()
    differences: tuple[float, ...] = ()
    printed: tuple[Printed, ...] = ()
    what: str = ""
    reason: str = ""


def compare_all(values: Iterable[PublishedValue], facts: Facts) -> tuple[Comparison, ...]:
    """Compare every value. Raises InputError for a value or a tolerance that cannot be read."""
    return tuple(compare(value, facts) for value in values)


def compare(value: PublishedValue, facts: Facts) -> Comparison:
    """Compare one value; a tolerance of 0 means exactly, to the last printed decimal. Raises InputError."""
    recompute = REGISTRY.get((value.scope, value.metric))
    if recompute is None:
        return Comparison(
            value,
            Verdict.UNKNOWN,
            what="metrics without a recomputation",
            reason=f"no recomputation is known for metric [{value.metric}] of scope [{value.scope}]",
        )
    try:
        recomputed = recompute(facts, value.entity)
    except UnknownEntityError as error:
        reason = f"[{value.entity}] is not an entity of [{value.metric}]: {error}"
        return Comparison(value, Verdict.UNKNOWN, what="entities that are not known", reason=reason)
    except NothingThereError as error:
        return Comparison(value, Verdict.OFF, reason=str(error))
    found = _judge(value, recomputed)
    if found.verdict is Verdict.OFF:
        return replace(found, reason=_cause(value, found, facts))
    return found


def _cause(value: PublishedValue, found: Comparison, facts: Facts) -> str:
    """Whether a total that is off was lost on the way from the raw rows, or is already so in them."""
    column = RAW_TOTALS.get((value.scope, value.metric))
    if column is None:
        return ""
    raw = facts.raw_team_totals.values[column]
    if found.recomputed == (raw,):
        return f"nbac_team_boxscore itself adds up to {raw:,}: the difference is in what was ingested"
    total = "NULL" if raw is None else raw
    return f"nbac_team_boxscore adds up to [{total}]: the summaries do not say what was ingested"


def _judge(value: PublishedValue, recomputed: Recomputed) -> Comparison:
    match recomputed:
        case NotExpressible(what=what, reason=reason):
            return Comparison(value, Verdict.NOT_EXPRESSIBLE, what=what, reason=reason)
        case Texts(values=texts):
            same = value.value in texts
            return Comparison(value, _verdict(value, same=same), (value.value,) if same else texts)
        case Numbers(values=numbers):
            printed = value.numbers(len(numbers))
            tolerances = value.tolerances(len(numbers))
            same = all(map(_within, numbers, printed, tolerances))
            differences = tuple(float(n - p.value) for n, p in zip(numbers, printed, strict=True))
            return Comparison(value, _verdict(value, same=same), numbers, differences, printed)


def _verdict(value: PublishedValue, *, same: bool) -> Verdict:
    if value.is_control:
        return Verdict.CONTROL_MATCHES if same else Verdict.CONTROL_DIFFERS
    return Verdict.MATCH if same else Verdict.OFF


def _within(number: Number, printed: Printed, tolerance: float) -> bool:
    # Exactly means that the number rounds to what is printed; a whole number is not rounded.
    rounding = 0.5 * 10**-printed.decimals if tolerance == 0 and printed.decimals else 0.0
    return abs(number - printed.value) <= tolerance + rounding + _FLOAT_NOISE
