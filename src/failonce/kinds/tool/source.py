"""Reading a Python module as text: its one function, and the constants before it.

Nothing of it is run: constants are literals, and types are read from what is written.
"""

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from failonce.errors import BadInput
from failonce.language.code import constants, documented, literal, parsed, public
from failonce.model import Json, Parameter

_TYPES: Final[Mapping[str, tuple[str, ...]]] = {
    "str": ("string",),
    "int": ("integer",),
    "float": ("number",),
    "bool": ("boolean",),
    "list": ("array",),
    "tuple": ("array",),
    "Sequence": ("array",),
    "dict": ("object",),
    "Mapping": ("object",),
    "None": ("null",),
    "Any": (),
    "object": (),
    "Json": (),
}


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
    optional = len(given.args) - len(given.defaults)
    pairs = [(a, n >= optional) for n, a in enumerate(given.args)]
    pairs += [(a, d is not None) for a, d in zip(given.kwonlyargs, given.kw_defaults, strict=True)]
    for argument, default in pairs:
        if argument.annotation is None:
            raise BadInput(f"The parameter `{argument.arg}` needs a type.")
        types, choices = _typed(argument.annotation)
        yield Parameter(name=argument.arg, types=types, required=not default, choices=choices)


def _typed(node: ast.expr) -> tuple[tuple[str, ...], tuple[Json, ...]]:
    """JSON types, and the choices of a `Literal`; empty where an annotation says nothing."""
    match node:
        case ast.BinOp(left=left, op=ast.BitOr(), right=right):
            one, other = _typed(left), _typed(right)
            if not (one[0] and other[0]):
                return (), ()
            return tuple(dict.fromkeys((*one[0], *other[0]))), ()
        case ast.Subscript(value=ast.Name(id="Literal"), slice=choices):
            values = literal(choices)
            listed = values if isinstance(values, list) else [values]
            return ("string",) if all(isinstance(v, str) for v in listed) else (), tuple(listed)
        case ast.Subscript(value=ast.Name(id="Optional"), slice=inner):
            types, _ = _typed(inner)
            return (*types, "null") if types else (), ()
        case ast.Subscript(value=value):
            return _typed(value)
        case ast.Name(id=name) | ast.Attribute(attr=name) if name in _TYPES:
            return _TYPES[name], ()
        case ast.Constant(value=None):
            return ("null",), ()
    raise BadInput(
        f"Parameters are of plain types (str, int, float, bool, list, dict, None, Literal); "
        f"line {node.lineno} has `{ast.unparse(node)[:60]}`."
    )
