"""Reading a Python module as text. Nothing of it is run: constants are literals."""

import ast
from collections.abc import Iterator
from typing import Any, Final

from failonce.errors import BadInput
from failonce.language.plain import plain
from failonce.model import Json

MAX_BYTES: Final = 50_000
"""Longest source that is read (requirement H34, `max_tool_size`)."""

Function = ast.FunctionDef | ast.AsyncFunctionDef


def tree(source: str | bytes) -> ast.Module:
    """The module, of any length; raises ValueError saying why there is none, and where."""
    try:
        return ast.parse(source)
    except SyntaxError as error:
        raise ValueError(f"no Python (line {error.lineno}): {error.msg}") from None
    except (ValueError, RecursionError, MemoryError):
        raise ValueError("no Python that can be read") from None


def parsed(text: str) -> ast.Module:
    """The module; raises `BadInput` saying what is wrong with it, and where."""
    size = len(text.encode("utf-8", "surrogatepass"))
    if size > MAX_BYTES:
        raise BadInput(f"The code is {size:,} bytes long; at most {MAX_BYTES:,} are read.")
    try:
        return tree(text)
    except ValueError as error:
        raise BadInput(f"The code is {error}.") from None


def public(module: ast.Module) -> Iterator[Function]:
    """The functions of a module without `_` before their name, in order."""
    functions = (n for n in module.body if isinstance(n, Function))
    return (f for f in functions if not f.name.startswith("_"))


def plain_function(function: Function) -> bool:
    """Whether it is called, and not awaited."""
    return isinstance(function, ast.FunctionDef)


def returned(function: Function) -> str:
    """What it says that it returns, as it is written; empty where it says nothing."""
    return "" if function.returns is None else ast.unparse(function.returns)


def documented(node: ast.Module | Function) -> str:
    """The first line of what a module or function says of itself; empty where it says nothing."""
    doc = (ast.get_docstring(node) or "").strip()
    return doc.splitlines()[0] if doc else ""


def constants(module: ast.Module) -> dict[str, Json]:
    """Names in capitals that stand for literals; None for what is no literal.

    Each once: where one stands twice, a reader sees the first and Python takes the last.
    """
    found: dict[str, Json] = {}
    for node in module.body:
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                pass
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
                pass
            case _:
                continue
        if name.isupper():
            if name in found:
                raise BadInput(f"`{name}` stands twice in the code (line {node.lineno}).")
            found[name] = literal(value)
    return found


def literal(node: ast.expr) -> Json:
    """A literal as JSON; other constants are the code's own affair and stay None."""
    try:
        return value(node)
    except ValueError:
        return None


def value(node: ast.expr) -> Json:
    """A literal as JSON; raises ValueError where it is none, or JSON does not hold it."""
    try:
        found: Any = ast.literal_eval(node)
        return plain(found)
    except (ValueError, TypeError, RecursionError, MemoryError):
        raise ValueError("no literal of JSON") from None
