"""Reading a Python module as text: its one function, and the constants before it.

Nothing of it is run: constants are literals, and types are read from what is written.
"""

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from failonce.errors import BadInput
from failonce.language.plain import plain
from failonce.model import Json, Parameter

MAX_BYTES: Final = 50_000
"""Longest source that is read (requirement H34, `max_tool_size`)."""

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
        return ast.parse(text)
    except SyntaxError as error:
        raise BadInput(f"The code is no Python (line {error.lineno}): {error.msg}.") from None
    except (ValueError, RecursionError, MemoryError):
        raise BadInput("The code is no Python that can be read.") from None


def _functions(tree: ast.Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    return (n for n in tree.body if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef))


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
            values = _literal(choices)
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
        value: Any = ast.literal_eval(node)
        return plain(value)
    except (ValueError, TypeError, RecursionError, MemoryError):
        return None
