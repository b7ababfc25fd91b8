"""Reading a Python module as text: its one function, and the constants before it.

Nothing of it is run: constants are literals, and types are read from what is written.
"""

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from failonce.errors import BadInput
from failonce.language import python_source
from failonce.model import Json, Parameter

MAX_BYTES: Final = 50_000
"""Longest source that is read (requirement H34, `max_tool_size`)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Module:
    """What a module says of itself."""

    tree: ast.Module
    function: str
    """The name of its one public function."""
    doc: str
    """The first line of what the function, else the module, says of itself."""
    parameters: tuple[Parameter, ...]
    constants: Mapping[str, Json]
    """Names in capitals that stand for literals."""


def module(text: str) -> Module:
    """Read a module; raises `BadInput` saying what is wrong with it, and where."""
    tree = _tree(text)
    public = [f for f in _functions(tree) if not f.name.startswith("_")]
    if len(public) != 1:
        names = ", ".join(f"`{f.name}`" for f in public) or "none"
        raise BadInput(f"The code needs one function without `_` before its name; it has {names}.")
    (function,) = public
    if isinstance(function, ast.AsyncFunctionDef):
        raise BadInput(f"`{function.name}` must be a plain function, not `async`.")
    doc = ast.get_docstring(function) or ast.get_docstring(tree) or ""
    if not doc.strip():
        raise BadInput(f"`{function.name}` needs a docstring that says what it does.")
    if function.returns is None:
        raise BadInput(f"`{function.name}` must say what it returns: `-> type`.")
    return Module(
        tree=tree,
        function=function.name,
        doc=doc.strip().splitlines()[0],
        parameters=tuple(_parameters(function)),
        constants=_constants(tree),
    )


def _tree(text: str) -> ast.Module:
    size = len(text.encode("utf-8", "surrogatepass"))
    if size > MAX_BYTES:
        raise BadInput(f"The code is {size:,} bytes long; at most {MAX_BYTES:,} are read.")
    try:
        return python_source.tree(text)
    except ValueError as error:
        raise BadInput(f"The code is {error}.") from None


def _functions(tree: ast.Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    return (n for n in tree.body if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef))


def _parameters(function: ast.FunctionDef) -> Iterator[Parameter]:
    given = function.args
    if given.vararg or given.kwarg or given.posonlyargs:
        raise BadInput(
            f"`{function.name}` must name all of its parameters: no `*args`, `**kwargs` or `/`."
        )
    for argument, default in python_source.taken(given):
        if argument.annotation is None:
            raise BadInput(f"The parameter `{argument.arg}` needs a type.")
        typed = python_source.typed(argument.annotation)
        if typed is None:
            raise BadInput(
                "Parameters are of plain types (str, int, float, bool, list, dict, None, Literal); "
                f"line {argument.lineno} has `{_written(argument.annotation)[:60]}`."
            )
        yield Parameter(
            name=argument.arg,
            types=typed.types,
            required=default is None,
            choices=typed.choices,
        )


def _written(node: ast.expr) -> str:
    try:
        return ast.unparse(node)
    except RecursionError:
        return "…"


def _constants(tree: ast.Module) -> dict[str, Json]:
    """Each once: where one stands twice, a reader sees the first and Python takes the last."""
    found: dict[str, Json] = {}
    for node in tree.body:
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
            found[name] = _literal(value)
    return found


def _literal(node: ast.expr) -> Json:
    """A literal as JSON; other constants are the code's own affair and stay None."""
    try:
        return python_source.literal(node)
    except ValueError:
        return None
