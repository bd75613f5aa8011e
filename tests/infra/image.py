"""The image without Docker: what the Dockerfile copies, under what the .dockerignore lets through."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

from tests.infra.terraform import FOLDER

ROOT = FOLDER.parents[1]


@dataclass(frozen=True)
class Instruction:
    """One line of a Dockerfile, continued lines joined."""

    word: str
    text: str


def instructions() -> tuple[Instruction, ...]:
    """The instructions of all stages, in order."""
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    lines = re.sub(r"\\\n", " ", re.sub(r"^#.*\n", "", text, flags=re.M)).splitlines()
    parts = [line.split(None, 1) for line in lines if line.strip()]
    return tuple(Instruction(word, rest.strip()) for word, rest in parts)


def last_stage() -> tuple[Instruction, ...]:
    """What makes the image that is pushed."""
    found = instructions()
    starts = [position for position, item in enumerate(found) if item.word == "FROM"]
    return found[starts[-1] :]


def copied() -> Iterator[tuple[tuple[str, ...], str]]:
    """Sources below the repository, and where the last stage puts them below its folder."""
    for item in last_stage():
        if item.word == "COPY" and not item.text.startswith("--from="):
            *sources, target = item.text.split()
            yield tuple(sources), target


def command() -> list[str]:
    """What the image runs."""
    (found,) = (item.text for item in last_stage() if item.word == "CMD")
    words: list[str] = json.loads(found)
    return words


def build(target: Path) -> None:
    """Put into the empty folder `target` what the image has in its working folder."""
    for sources, place in copied():
        for source in sources:
            destination = target / place
            if (ROOT / source).is_dir():
                shutil.copytree(ROOT / source, destination, ignore=_ignored)
            else:
                destination.mkdir(parents=True, exist_ok=True)
                shutil.copy(ROOT / source, destination)


def is_sent(path: str) -> bool:
    """Whether the .dockerignore lets a path through: the last line that matches it or a parent decides."""
    parts = Path(path).parts
    parents = ["/".join(parts[:length]) for length in range(1, len(parts) + 1)]
    sent = True
    for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines():
        pattern = line.strip().removeprefix("!")
        if not pattern or pattern.startswith("#"):
            continue
        shapes = (pattern, pattern.removeprefix("**/"))
        if any(fnmatch(parent, shape) or Path(parent).match(shape) for parent in parents for shape in shapes):
            sent = line.startswith("!")
    return sent


def _ignored(folder: str, names: list[str]) -> set[str]:
    below = Path(folder).relative_to(ROOT)
    return {name for name in names if not is_sent((below / name).as_posix())}
