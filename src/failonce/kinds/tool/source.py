"""Reading a Python module as text: its one function, and the constants before it.

Nothing of it is run: constants are literals, and types are read from what is written.
"""

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from failonce.errors import BadInput
from failonce.language.annotations import taken, typed
from failonce.language.code import constants, documented, parsed, public
from failonce.model import Json, Parameter


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
    tree = parsed(text)
    functions = list(public(tree))
    if len(functions) != 1:
        names = ", ".join(f"`{f.name}`" for f in functions) or "none"
        raise BadInput(f"The code needs one function without `_` before its name; it has {names}.")
    (function,) = functions
    if not isinstance(function, ast.FunctionDef):
        raise BadInput(f"`{function.name}` must be a plain function, not `async`.")
    doc = documented(function) or documented(tree)
    if not doc:
        raise BadInput(f"`{function.name}` needs a docstring that says what it does.")
    if function.returns is None:
        raise BadInput(f"`{function.name}` must say what it returns: `-> type`.")
    return Module(
        tree=tree,
        function=function.name,
        doc=doc,
        parameters=tuple(_parameters(function)),
        constants=constants(tree),
    )


def _parameters(function: ast.FunctionDef) -> Iterator[Parameter]:
    given = function.args
    if given.vararg or given.kwarg or given.posonlyargs:
        raise BadInput(
            f"`{function.name}` must name all of its parameters: no `*args`, `**kwargs` or `/`."
        )
    for argument, default in taken(given):
        if argument.annotation is None:
            raise BadInput(f"The parameter `{argument.arg}` needs a type.")
        said = typed(argument.annotation)
        if said is None:
            raise BadInput(
                "Parameters are of plain types (str, int, float, bool, list, dict, None, Literal); "
                f"line {argument.lineno} has `{_written(argument.annotation)[:60]}`."
            )
        yield Parameter(
            name=argument.arg, types=said.types, required=default is None, choices=said.choices
        )


def _written(node: ast.expr) -> str:
    try:
        return ast.unparse(node)
    except RecursionError:
        return "…"
