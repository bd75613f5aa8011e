"""What a person sees: lines rendered at a fixed width, without colour."""

from __future__ import annotations

import io
from collections.abc import Iterable

from rich.console import Console, RenderableType

from services.console.output import print_lines


def screen(lines: Iterable[RenderableType], *, width: int = 80) -> str:
    """The lines as a terminal of that width shows them, blanks at the end of lines left out."""
    target = Console(
        file=io.StringIO(), width=width, color_system=None, highlight=False, emoji=False, markup=False
    )
    print_lines(target, lines)
    assert isinstance(target.file, io.StringIO)
    return "\n".join(line.rstrip() for line in target.file.getvalue().splitlines()).strip("\n")


def block(text: str) -> str:
    """A text written indented in a test, without the indent of its first line and without outer newlines."""
    lines = text.strip("\n").rstrip().splitlines()
    indent = len(lines[0]) - len(lines[0].lstrip())
    return "\n".join(line[indent:] if line.startswith(" " * indent) else line for line in lines)
