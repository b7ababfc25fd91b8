"""What a Python function takes, and what annotations say of it; nothing of them is evaluated."""

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from failonce.language.casting import type_of
from failonce.language.code import value
from failonce.model import Json

_DEEPEST: Final = 40
"""Levels of an annotation that are read."""
_LONGEST: Final = 1_000
"""Characters of an annotation that is written as a text."""

_TYPES: Final[Mapping[str, tuple[str, ...]]] = {
    "str": ("string",),
    "int": ("integer",),
    "float": ("number",),
    "bool": ("boolean",),
    **dict.fromkeys(
        ("list", "List", "tuple", "Tuple", "Sequence", "Collection", "Iterable"), ("array",)
    ),
    **dict.fromkeys(("dict", "Dict", "Mapping", "MutableMapping"), ("object",)),
    "None": ("null",),
    "Any": (),
    "object": (),
    "Json": (),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """What an annotation says, as `Parameter` has it; both are empty for any value."""

    types: tuple[str, ...] = ()
    choices: tuple[Json, ...] = ()


def taken(given: ast.arguments) -> Iterator[tuple[ast.arg, ast.expr | None]]:
    """Each parameter that has a name of its own, with its default."""
    placed = [*given.posonlyargs, *given.args]
    none = [None] * (len(placed) - len(given.defaults))
    yield from zip(placed, [*none, *given.defaults], strict=True)
    yield from zip(given.kwonlyargs, given.kw_defaults, strict=True)


def typed(node: ast.expr) -> Typed | None:
    """What an annotation says; None where it is of no plain type."""
    return _typed(node, _DEEPEST)


def _typed(node: ast.expr, depth: int) -> Typed | None:
    if not depth:
        return None
    match node:
        case ast.BinOp(left=left, op=ast.BitOr(), right=right):
            return _any_of([left, right], depth)
        case ast.Subscript(value=ast.Name(id=name) | ast.Attribute(attr=name), slice=inner):
            return _subscript(name, inner, depth)
        case ast.Name(id=name) | ast.Attribute(attr=name) if name in _TYPES:
            return Typed(types=_TYPES[name])
        case ast.Constant(value=None):
            return Typed(types=("null",))
        case ast.Constant(value=str(text)) if len(text) <= _LONGEST:
            return _written(text, depth)
    return None


def _subscript(name: str, inner: ast.expr, depth: int) -> Typed | None:
    parts = inner.elts if isinstance(inner, ast.Tuple) else [inner]
    match name:
        case "Literal":
            return _choices(inner)
        case "Optional":
            return _any_of([inner, ast.Constant(value=None)], depth)
        case "Union":
            return _any_of(parts, depth)
        case "Annotated" if parts:
            return _typed(parts[0], depth - 1)
    return Typed(types=_TYPES[name]) if name in _TYPES else None


def _any_of(parts: list[ast.expr], depth: int) -> Typed | None:
    """What several say together: only these choices where each but null is one of some."""
    known = [_typed(part, depth - 1) for part in parts]
    if any(one is None for one in known):
        return None
    found = [one for one in known if one is not None]
    if not all(one.types or one.choices for one in found):
        return Typed()
    types = tuple(dict.fromkeys(t for one in found for t in one.types))
    bound = all(one.choices or one.types == ("null",) for one in found)
    if not bound or types == ("null",):
        return Typed(types=types)
    return Typed(types=types, choices=tuple(c for one in found for c in one.choices or (None,)))


def _choices(node: ast.expr) -> Typed | None:
    try:
        found = value(node)
    except ValueError:
        return None
    listed = found if isinstance(found, list) else [found]
    return Typed(types=tuple(dict.fromkeys(map(type_of, listed))), choices=tuple(listed))


def _written(text: str, depth: int) -> Typed | None:
    try:
        body = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    return _typed(body, depth - 1)
