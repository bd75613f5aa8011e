"""Structured logs: JSON lines with severity, one event name per thing that happens.

Rows of data and secrets never go to a log. `bind` adds fields to every line of the current context.
"""

from __future__ import annotations

import datetime as dt
import json
import logging
import sys
from collections.abc import Iterator, MutableMapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, TextIO

import structlog
from structlog.contextvars import bound_contextvars, merge_contextvars

_SEVERITY = {"debug": "DEBUG", "info": "INFO", "warning": "WARNING", "error": "ERROR", "critical": "CRITICAL"}


def _severity(_: object, method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    event["severity"] = _SEVERITY.get(method, "DEFAULT")
    event["time"] = dt.datetime.now(dt.UTC).isoformat()
    return event


def _json(_: object, __: str, event: MutableMapping[str, Any]) -> str:
    return json.dumps(event, default=str, separators=(",", ":"))


def configure(stream: TextIO) -> None:
    """Send log lines to `stream`, as JSON."""
    structlog.configure(
        processors=[merge_contextvars, _severity, structlog.processors.format_exc_info, _json],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.WriteLoggerFactory(file=stream),
        cache_logger_on_first_use=False,
    )


@contextmanager
def logging_to(log: Path | TextIO) -> Iterator[None]:
    """Send log lines to a stream, or append them to a file, while the block runs; then as before.

    People read what a command prints, machines read this.
    """
    before = structlog.get_config()
    with ExitStack() as stack:
        stack.callback(structlog.configure, **before)
        if isinstance(log, Path):
            log.parent.mkdir(parents=True, exist_ok=True)
            configure(stack.enter_context(log.open("a", encoding="utf-8", buffering=1)))
        else:
            configure(log)
        yield


def configure_service() -> None:
    """Send log lines to stdout, where Cloud Logging picks them up."""
    configure(sys.stdout)


def get_logger() -> structlog.typing.FilteringBoundLogger:
    """A logger; fields bound with `bind` are on every line."""
    logger: structlog.typing.FilteringBoundLogger = structlog.get_logger()
    return logger


@contextmanager
def bind(**fields: object) -> Iterator[None]:
    """Put fields on every log line inside the block."""
    with bound_contextvars(**fields):
        yield
