"""Seeds of the default test run, in chunks; two files share them, because each file runs on one core."""

from __future__ import annotations

from tests.simulation.history import Report, replay_command, run_history

#: Fewer steps than `nba simulate` takes: the many seeds are what finds things.
STEPS = 7
CHUNK = 10
#: As many as the whole test run has time for: one costs up to two seconds of a core.
HISTORIES = 120


def chunks(parity: int) -> list[range]:
    """The seeds of one of the two files."""
    seeds = range(parity, HISTORIES, 2)
    return [seeds[start : start + CHUNK] for start in range(0, len(seeds), CHUNK)]


def verdict(seeds: range) -> Report:
    """Play the histories of a chunk. Raises AssertionError that says how to replay one that went wrong."""
    report = Report()
    for seed in seeds:
        report.add(run_history(seed, STEPS))
    lines = [f"{problem}\n  {replay_command(seed, STEPS)}" for seed, problem in report.problems]
    if lines:
        raise AssertionError("\n".join(lines))
    return report
