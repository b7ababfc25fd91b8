"""What in a tool's code a reader should look at twice.

It is a help and no wall: Python offers more ways to write a thing than anybody can list. What
holds the code is the sandbox, whatever it says.
"""

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from failonce.kinds.tool.body import LearnedTool
from failonce.kinds.tool.source import module
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


def findings(tool: LearnedTool) -> tuple[Finding, ...]:
    """The places, in order of lines, each sort once a line."""
    tree = module(tool.source).tree
    found = {f for node in ast.walk(tree) for f in _of(node, tool.grants)}
    called = {name for node in ast.walk(tree) for name in _called(node)}
    found |= {
        Finding(line=1, what=f"it calls `{name}`, which is not among its `CALLS`")
        for name in called - set(tool.calls)
    }
    found |= {
        Finding(line=1, what=f"it declares to call `{name}`, and its code does not name it")
        for name in set(tool.calls) - called
        if not _computed(tree)
    }
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


def _called(node: ast.AST) -> Iterator[str]:
    """Names of tools in `call("name", …)`."""
    match node:
        case ast.Call(func=ast.Name(id="call"), args=[ast.Constant(value=str(name)), *_]):
            yield name


def _computed(tree: ast.AST) -> bool:
    """Whether the name of a tool is worked out somewhere."""
    return any(
        isinstance(n, ast.Call)
        and isinstance(n.func, ast.Name)
        and n.func.id == "call"
        and not (n.args and isinstance(n.args[0], ast.Constant))
        for n in ast.walk(tree)
    )
