"""What a function takes, as a JSON schema, by what is written of it.

A type that is none of JSON's says nothing. Parameters that a framework hands over are not asked of
a caller, and do not count.
"""

import ast
from collections.abc import Iterator
from typing import Final

from failonce.language.annotations import taken, typed
from failonce.language.code import Function, value
from failonce.model import Json

_HANDED: Final = frozenset({
    "Context", "RunContext", "RunContextWrapper", "RunnableConfig", "ToolContext", "ToolRuntime",
})  # fmt: skip
"""Types of parameters that the framework hands over, and no caller."""


def schema_of(node: Function, *, method: bool, strict: bool) -> dict[str, Json]:
    """The schema of its arguments; `strict` where one that it does not name is refused."""
    properties: dict[str, Json] = {}
    required: list[Json] = []
    for argument, default in _asked(node, method=method):
        one, must = _property(argument, default)
        properties[argument.arg] = one
        if must:
            required.append(argument.arg)
    schema: dict[str, Json] = {
        "type": "object", "properties": properties, "required": required,
    }  # fmt: skip
    if strict and node.args.kwarg is None:
        schema["additionalProperties"] = False
    return schema


def _asked(node: Function, *, method: bool) -> Iterator[tuple[ast.arg, ast.expr | None]]:
    """The parameters that a caller gives: neither `self` nor what a framework hands over."""
    given = list(taken(node.args))
    static = any(dotted(d)[-1:] == ["staticmethod"] for d in node.decorator_list)
    if method and not static:
        given = given[1:]
    return ((a, d) for a, d in given if not _handed(a.annotation) and not _depends(d))


def _handed(node: ast.expr | None) -> bool:
    match node:
        case ast.Subscript(value=outer, slice=inner):
            path = dotted(outer)[-1:]
            if path == ["Annotated"] and isinstance(inner, ast.Tuple) and inner.elts:
                return _handed(inner.elts[0]) or any(map(_injected, inner.elts[1:]))
            return bool(_HANDED & set(path))
        case ast.BinOp(left=left, right=right):
            return _handed(left) or _handed(right)
        case ast.Constant(value=str(text)):
            return text.split("[")[0].split(".")[-1].strip() in _HANDED
        case None:
            return False
    return bool(_HANDED & set(dotted(node)[-1:]))


def _injected(node: ast.expr) -> bool:
    path = dotted(node.func if isinstance(node, ast.Call) else node)
    return bool(path) and path[-1].startswith(("Injected", "Depends"))


def _depends(node: ast.expr | None) -> bool:
    return isinstance(node, ast.Call) and _injected(node)


def _property(argument: ast.arg, default: ast.expr | None) -> tuple[dict[str, Json], bool]:
    """What a schema says of a parameter, and whether it must be given."""
    said = None if argument.annotation is None else typed(argument.annotation)
    default, must = _field(default)
    one: dict[str, Json] = {}
    if said is not None and said.types:
        null = isinstance(default, ast.Constant) and default.value is None
        types = [*said.types, *(["null"] if null and "null" not in said.types else [])]
        one["type"] = list(types)
        if said.choices:
            one["enum"] = [*said.choices, *([None] if null and None not in said.choices else [])]
    if default is not None:
        one["default"] = _default(default)
    return one, must


def _field(default: ast.expr | None) -> tuple[ast.expr | None, bool]:
    """The default, and whether there is none; that of `Field(…)` stands within it."""
    if not (isinstance(default, ast.Call) and dotted(default.func)[-1:] == ["Field"]):
        return default, default is None
    given = {k.arg: k.value for k in default.keywords}
    inner = given.get("default", default.args[0] if default.args else None)
    if isinstance(inner, ast.Constant) and inner.value is ...:
        inner = None
    return inner, inner is None and "default_factory" not in given


def _default(node: ast.expr) -> Json:
    """The value, else how it is written: another default is another schema."""
    try:
        return value(node)
    except ValueError:
        return ast.unparse(node)


def dotted(node: ast.expr) -> list[str]:
    """`mcp.tool` → its parts; `make().tool` → `tool`."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if isinstance(node, ast.Name):
        parts.append(node.id)
    return parts[::-1]
