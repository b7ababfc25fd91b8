"""What in code a reader should look at twice.

It is a help and no wall: Python offers more ways to write a thing than anybody can list. What
holds the code is the sandbox, whatever it says.
"""

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from failonce.model import Grants

_REACHES: Final[Mapping[str, str]] = {
    **dict.fromkeys(("socket", "ssl", "http", "urllib", "ftplib", "smtplib", "requests", "httpx",
                     "aiohttp"), "network"),
    **dict.fromkeys(("subprocess", "multiprocessing", "pty"), "subprocess"),
    **dict.fromkeys(("os", "pathlib", "shutil", "tempfile", "glob", "io"), "files"),
}  # fmt: skip
_NEVER: Final = frozenset(
    {"ctypes", "cffi", "mmap", "gc", "inspect", "importlib", "marshal", "pickle", "code", "runpy"}
)
_RUNS_TEXT: Final = frozenset({"eval", "exec", "compile", "__import__"})
_LOOKS_UP: Final = frozenset({"getattr", "setattr", "delattr", "globals", "locals", "vars"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One place in the code."""

    line: int
    what: str


def places(tree: ast.AST, grants: Grants) -> set[Finding]:
    """The places in code that is granted so much, each sort once a line."""
    return {f for node in ast.walk(tree) for f in _of(node, grants)}


def in_order(found: set[Finding]) -> tuple[Finding, ...]:
    """By lines."""
    return tuple(sorted(found, key=lambda f: (f.line, f.what)))


def _of(node: ast.AST, grants: Grants) -> Iterator[Finding]:
    match node:
        case ast.Import(names=names):
            for alias in names:
                yield from _import(node.lineno, alias.name, grants)
        case ast.ImportFrom(module=str(name)):
            yield from _import(node.lineno, name, grants)
        case ast.Name(id=name) if name in _RUNS_TEXT:
            yield Finding(line=node.lineno, what=f"`{name}` runs text as code")
        case ast.Name(id=name) if name in _LOOKS_UP:
            yield Finding(line=node.lineno, what=f"`{name}` looks names up while it runs")
        case ast.Name(id="open") if not (grants.reads or grants.writes):
            yield Finding(line=node.lineno, what="`open` without a folder that it may read")
        case ast.Attribute(attr=name) if name.startswith("__") and name.endswith("__"):
            yield Finding(line=node.lineno, what=f"`{name}` reaches into Python itself")
        case ast.ExceptHandler(type=None):
            yield Finding(line=node.lineno, what="`except:` hides every error")
        case ast.Global(names=names):
            shown = ", ".join(names)
            yield Finding(line=node.lineno, what=f"`global {shown}`: nothing stays between calls")


def _import(line: int, name: str, grants: Grants) -> Iterator[Finding]:
    top = name.partition(".")[0]
    allowed = {
        "network": bool(grants.network),
        "subprocess": grants.subprocess,
        "files": bool(grants.reads or grants.writes),
    }
    if top in _NEVER:
        yield Finding(line=line, what=f"`{top}` reaches into Python itself")
    elif top in _REACHES and not allowed[_REACHES[top]]:
        missing = _REACHES[top]
        yield Finding(line=line, what=f"`{top}` without a permission for {missing}")
