"""Rules of the code base that a reader of one file cannot see broken: each finds its violations in a tree."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from functools import cached_property
from pathlib import Path

ROOT = Path(__file__).parents[2]
LONGEST_MODULE = 500
PURE_PACKAGES = ("planner", "messages", "failures", "completeness", "topology")
ENGINES = frozenset({"google", "duckdb", "sqlglot", "flask", "functions_framework", "pyarrow"})
PROCESSOR_FILES = frozenset(
    {
        "processor.py",
        "schema.json",
        "query.sql",
        "expected.sql",
        "triage.sql",
        "checks.sql",
        "main.py",
        "README.md",
    }
)
#: The embedded engine's own tables and DDL are not GoogleSQL and have no .sql file.
_OWN_SQL = frozenset({"shared/warehouse/duckdb_warehouse.py"})

_SQL = re.compile(
    r"\bSELECT\s[\s\S]*\bFROM\b|\bINSERT\s+INTO\b|\bDELETE\s+FROM\b|\bMERGE\s+(INTO\s+)?[\w{.]+\s|\bUPDATE\s+\S+\s+SET\b"
)
_LEFT_OPEN = re.compile(r"\b(TO" + r"DO|FIX" + r"ME)\b")
_MACHINE_PATH = re.compile(r"(?<![\w.:/])/(home|Users|root|work|mnt|opt|private)/\w|\b[A-Z]:\\\\\w")
_VARIABLE = re.compile(r"[A-Z][A-Z0-9]*(_[A-Z0-9]+)+")


@dataclass(frozen=True)
class Source:
    """A file of the tree: its path below the root, and its text."""

    path: str
    text: str

    @cached_property
    def is_python(self) -> bool:
        return self.path.endswith(".py")

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text)

    def below(self, *folders: str) -> bool:
        return self.path.startswith(tuple(f"{folder}/" for folder in folders))


Rule = Callable[[Source], Iterator[str]]


def sources(root: Path) -> Iterator[Source]:
    """The text files of a tree without what its .gitignore names."""
    ignored = [line.rstrip("/") for line in (root / ".gitignore").read_text(encoding="utf-8").split()]
    for path in sorted(_walk(root, [".git", *ignored])):
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        yield Source(path.relative_to(root).as_posix(), text)


def _walk(folder: Path, ignored: list[str]) -> Iterator[Path]:
    for path in folder.iterdir():
        if any(fnmatch(path.name, pattern) for pattern in ignored):
            continue
        if path.is_dir():
            yield from _walk(path, ignored)
        else:
            yield path


def _imported(source: Source) -> Iterator[str]:
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module is not None:
            yield node.module


def imports_point_inwards(source: Source) -> Iterator[str]:
    """`shared` knows no service, and neither knows the tests."""
    forbidden = {"shared": {"services", "tests"}, "services": {"tests"}}.get(source.path.split("/")[0])
    if source.is_python and forbidden:
        yield from (name for name in _imported(source) if name.split(".")[0] in forbidden)


def the_core_is_pure(source: Source) -> Iterator[str]:
    """The core imports no engine and no client, not even inside a function."""
    if source.is_python and source.below(*(f"shared/{package}" for package in PURE_PACKAGES)):
        yield from (name for name in _imported(source) if name.split(".")[0] in ENGINES)


def modules_are_short(source: Source) -> Iterator[str]:
    """No module is longer than a reader keeps in mind."""
    lines = source.text.count("\n")
    if source.is_python and lines > LONGEST_MODULE:
        yield f"{lines} lines"


def sql_stands_in_files(source: Source) -> Iterator[str]:
    """No SQL stands in Python, whole or in pieces: it is in .sql files, where the gate reads it."""
    if source.is_python and source.below("shared", "services") and source.path not in _OWN_SQL:
        for node in ast.walk(source.tree):
            if isinstance(node, ast.expr) and _SQL.search(_pieces(node)):
                yield f"line {node.lineno}"


def _pieces(node: ast.expr) -> str:
    """The constant text of a string, or of an expression that puts one together; nothing for any other."""
    match node:
        case ast.Constant(value=str(text)):
            # Prose that names a statement does not begin with one.
            return text if _SQL.match(text.lstrip()) else ""
        case ast.JoinedStr(values=values):
            texts = [v.value if isinstance(v, ast.Constant) else "{}" for v in values]
        case ast.BinOp(op=ast.Add() | ast.Mod()):
            texts = [n.value for n in ast.walk(node) if isinstance(n, ast.Constant)]
        case ast.Call(func=ast.Attribute(attr="format" | "join", value=ast.Constant(value=str(text)))):
            texts = [text, *(n.value for n in ast.walk(node) if isinstance(n, ast.Constant))]
        case _:
            return ""
    return "".join(text for text in texts if isinstance(text, str))


def no_error_is_swallowed(source: Source) -> Iterator[str]:
    """No handler takes everything without a word, and none does nothing."""
    if source.is_python:
        for node in ast.walk(source.tree):
            if isinstance(node, ast.ExceptHandler):
                idle = all(
                    isinstance(statement, ast.Pass) or _is_ellipsis(statement) for statement in node.body
                )
                if idle or node.type is None:
                    yield f"line {node.lineno}"


def _is_ellipsis(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


def nothing_is_left_open(source: Source) -> Iterator[str]:
    """Nothing is left for later in a comment."""
    yield from (match.group(0) for match in _LEFT_OPEN.finditer(source.text))


def no_test_sleeps(source: Source) -> Iterator[str]:
    """Tests own the clock; none waits for it."""
    if source.is_python and source.below("tests"):
        for node in ast.walk(source.tree):
            if isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] == "sleep":
                yield f"line {node.lineno}"


def no_machine_is_named(source: Source) -> Iterator[str]:
    """No file names a path of the machine it was written on."""
    yield from (match.group(0) for match in _MACHINE_PATH.finditer(source.text))


def environment_variables(source: Source) -> Iterator[str]:
    """Names of the environment variables the code reads."""
    if not source.is_python:
        return
    for node in ast.walk(source.tree):
        match node:
            case ast.Call(func=function, args=[ast.Constant(value=str(name)), *_]):
                reads = re.search(r"environ\w*\.(get|setdefault|pop)$|getenv$", ast.unparse(function))
            case ast.Subscript(value=mapping, slice=ast.Constant(value=str(name))):
                reads = re.search(r"environ\w*$", ast.unparse(mapping))
            case _:
                continue
        if reads and _VARIABLE.fullmatch(name):
            yield name


RULES: tuple[Rule, ...] = (
    imports_point_inwards,
    the_core_is_pure,
    modules_are_short,
    sql_stands_in_files,
    no_error_is_swallowed,
    nothing_is_left_open,
    no_test_sleeps,
    no_machine_is_named,
)
