"""What every command shares: exit codes, errors in one line, JSON documents, and text for people."""

from __future__ import annotations

import datetime as dt
import json
import sys
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from enum import IntEnum
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

#: What `--json` prints: plain values, dates, enums (as text), and nests of these.
Json = str | int | float | bool | dt.date | dt.datetime | None | Mapping[str, "Json"] | Sequence["Json"]


class Exit(IntEnum):
    """Exit codes, the same for every command."""

    OK = 0
    NO = 1
    INPUT = 2
    IN_USE = 3
    WAREHOUSE = 4
    PAUSED = 5
    DEFECT = 70
    INTERRUPTED = 130


EXIT_CODES = """\
Exit codes:
  0    done
  1    the answer is no: verify found a difference, a backfill or a tick ended with failures
  2    bad usage or input
  3    the warehouse is in use by another process
  4    the warehouse is missing, not initialised, or refused the work
  5    the pipeline is paused
  70   a defect of nba itself
  130  interrupted"""


class InputError(Exception):
    """What the person typed cannot be used; the message names it and the remedy."""


class WarehouseMissingError(Exception):
    """There is no warehouse where the settings point to; the message says where, and how to make one."""


class PipelinePausedError(Exception):
    """Work was asked for while the pipeline is paused; the message says since when, why, and what to do."""


def guarded(command: Callable[[], None]) -> int:
    """Run a command and return its exit code; an expected error is one line on stderr."""
    try:
        command()
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else Exit.OK
    except KeyboardInterrupt:
        return Exit.INTERRUPTED
    except Exception as error:  # noqa: BLE001 - the border of the process: everything becomes an exit code
        code, text = explain(error)
        if code is Exit.DEFECT:
            traceback.print_exception(error, file=sys.stderr)
        sys.stderr.write(f"nba: {text}\n")
        return code
    return Exit.OK


def explain(error: Exception) -> tuple[Exit, str]:
    """The exit code of an error, and the line that says what is wrong and what to do."""
    # Imported here because only a command that fails needs the types, and some load much.
    from services.ingest.source import IngestError  # noqa: PLC0415
    from services.settings import SettingsError  # noqa: PLC0415
    from shared.topology.graph import TopologyError  # noqa: PLC0415
    from shared.warehouse.port import (  # noqa: PLC0415
        TableNotFoundError,
        TransientWarehouseError,
        WarehouseError,
        WarehouseInUseError,
    )

    match error:
        case InputError() | IngestError() | SettingsError() | TopologyError():
            return Exit.INPUT, str(error)
        case WarehouseInUseError():
            return Exit.IN_USE, str(error)
        case PipelinePausedError():
            return Exit.PAUSED, str(error)
        case WarehouseMissingError():
            return Exit.WAREHOUSE, str(error)
        case TableNotFoundError():
            return Exit.WAREHOUSE, f"{first_line(error)} Run `nba init`: it creates what is missing."
        case TransientWarehouseError():
            return Exit.WAREHOUSE, f"{first_line(error)} Another attempt may succeed: run the command again."
        case WarehouseError():
            return Exit.WAREHOUSE, first_line(error)
    return Exit.DEFECT, "That is a defect of nba; the lines above say where."


def first_line(error: Exception) -> str:
    """The first line of an error, as a sentence; engines add excerpts of translated SQL below it."""
    text = str(error).strip().partition("\n")[0].rstrip()
    return text if text.endswith((".", "!", "?")) else f"{text}."


def write_json(document: Json) -> None:
    """Print one JSON document; dates and times as ISO 8601."""
    sys.stdout.write(json.dumps(document, default=_iso, indent=2, ensure_ascii=False) + "\n")


def _iso(value: object) -> str:
    if isinstance(value, dt.date | dt.datetime):
        return value.isoformat()
    raise TypeError(f"Not a value for JSON: [{value!r}]")


def console() -> Console:
    """The terminal: standard output, with colour only where it is shown."""
    from rich.console import Console  # noqa: PLC0415

    return Console(highlight=False, emoji=False, markup=False)


def show(lines: Iterable[RenderableType]) -> None:
    """Print lines for people; see `print_lines`."""
    print_lines(console(), lines)


def print_lines(target: Console, lines: Iterable[RenderableType]) -> None:
    """Print plain lines as they are, never wrapped or cut; tables and indented text fit the terminal."""
    from rich.text import Text  # noqa: PLC0415

    for line in lines:
        target.print(line, soft_wrap=isinstance(line, str | Text))


def indented(text: str, indent: int, style: str = "") -> RenderableType:
    """Text that wraps at the terminal's width and stays indented."""
    from rich.padding import Padding  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    return Padding(Text(text, style=style), (0, 0, 0, indent), expand=False)


@contextmanager
def progress_bar(title: str, *, quiet: bool) -> Iterator[Callable[[int, int], None]]:
    """A bar that the yielded function moves to (done, of all); nothing is shown when quiet."""
    if quiet:
        yield lambda _done, _all: None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn  # noqa: PLC0415

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console(), transient=True) as progress:
        task = progress.add_task(title, total=None)
        yield lambda done, everything: progress.update(task, completed=done, total=everything)


def columns(rows: Sequence[Sequence[str]], *, right: Iterable[int] = ()) -> list[str]:
    """Rows as lines whose cells stand in line, two blanks between columns; `right` are flush right."""
    widths = [max(map(len, cells)) for cells in zip(*rows, strict=True)]
    flush_right = frozenset(right)
    return [
        "  ".join(
            f"{cell:>{width}}" if position in flush_right else f"{cell:<{width}}"
            for position, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]


def count(number: int, noun: str, plural: str | None = None) -> str:
    """`1 cell`, `1,485 cells`."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def at_time(moment: dt.datetime) -> str:
    """`2021-12-02 17:30 UTC`."""
    return f"{moment.astimezone(dt.UTC):%Y-%m-%d %H:%M} UTC"


def date_span(first: dt.date, last: dt.date) -> str:
    """`2021-12-02` or `2021-12-02..2022-04-10`."""
    return first.isoformat() if first == last else f"{first.isoformat()}..{last.isoformat()}"


@cache
def parse_date(text: str) -> dt.date:
    """A date written YYYY-MM-DD. Raises InputError for anything else; there is no today and no auto."""
    try:
        return dt.datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=dt.UTC).date()
    except ValueError:
        raise InputError(f"[{text}] is not a date. Write it as YYYY-MM-DD, for example 2021-12-31.") from None


def check_range(start: dt.date, end: dt.date) -> None:
    """Raise InputError when a range ends before it starts."""
    if end < start:
        raise InputError(
            f"--end-date [{end}] is before --start-date [{start}]. Swap them; both dates are included."
        )
