"""Options of a test run, and what it says at its end of all that it could not test."""

from __future__ import annotations

import pytest

#: How a test that needs a program this machine lacks begins its reason.
_UNTESTED = "NOT TESTED"


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--on bigquery`: golden tests run on BigQuery's client and the emulator.

    `--whole-season`: what damages the real season does so in all of it, not in its second half alone.
    """
    engines = ("embedded", "bigquery")
    parser.addoption("--on", choices=engines, default=engines[0], help="the engine of golden tests")
    parser.addoption("--whole-season", action="store_true", help="damage all of the real season")


def pytest_configure(config: pytest.Config) -> None:
    """Take the option."""
    if config.getoption("--on") == "bigquery":
        # Every other test run starts without the clients.
        from tests.emulators.clients import emulated_bigquery  # noqa: PLC0415
        from tests.support.direct import choose_warehouse  # noqa: PLC0415

        choose_warehouse(emulated_bigquery)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say loudly what was not tested because a program is missing."""
    reasons: dict[str, int] = {}
    for report in terminalreporter.stats.get("skipped", []):
        found = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        reason = found.removeprefix("Skipped: ")
        if reason.startswith(_UNTESTED):
            reasons[reason] = reasons.get(reason, 0) + 1
    for reason, tests in sorted(reasons.items()):
        terminalreporter.write_line(f"!!! {tests} tests: {reason}", red=True, bold=True)
