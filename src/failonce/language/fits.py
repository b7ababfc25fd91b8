"""Whether arguments fit a tool's schema, told at a glance: nearly every call does.

What a schema says of the names of arguments is worked out once for each set of names; then
only the types of the values are looked at. Where that does not tell, `fitting.misfits` does.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from failonce.language.fitting import MOST, WRAPPERS
from failonce.language.tool_names import letters
from failonce.model import Args, Parameter, ToolSpec

REMEMBERED: Final = 1024
"""Schemas, and sets of names for each, that are remembered."""

_NONE = type(None)
_TYPES: Final[Mapping[str, tuple[type, ...]]] = {
    "null": (_NONE,),
    "boolean": (bool,),
    "integer": (int,),
    "number": (int, float),
    "string": (str,),
    "array": (list, tuple),
    "object": (dict,),
}

_Values = Sequence[tuple[str, frozenset[type], frozenset[str] | None]]
"""Arguments with the types, and the texts if not any, that fit at a glance."""

_UNKNOWN: Final[_Values] = []


class _Glance:
    """A schema, with what it says of sets of names. None calls for a closer look."""

    def __init__(self, spec: ToolSpec) -> None:
        self.spec = spec
        self.known: dict[tuple[str, ...], _Values | None] = {}

    def values(self, names: tuple[str, ...]) -> _Values | None:
        if len(self.known) >= REMEMBERED:
            self.known.clear()
        self.known[names] = _values(self.spec, names)
        return self.known[names]


_glances: dict[int, _Glance] = {}
"""By the identity of the schema, which is kept so that no other takes its place."""


def fits(args: Args | None, spec: ToolSpec) -> bool:
    """True only where `misfits` finds nothing; False where that takes a closer look."""
    if args is None:
        return False
    glance = _glances.get(id(spec))
    if glance is None or glance.spec is not spec:
        if len(_glances) >= REMEMBERED:
            _glances.clear()
        glance = _glances[id(spec)] = _Glance(spec)
    names = tuple(args)
    values = glance.known.get(names, _UNKNOWN)
    if values is _UNKNOWN:
        values = glance.values(names)
    if values is None:
        return False
    for name, types, texts in values:
        value = args[name]
        if type(value) not in types or (texts is not None and value not in texts):
            return False
    return True


def _values(spec: ToolSpec, names: tuple[str, ...]) -> _Values | None:
    known = {p.name: p for p in spec.parameters}
    missing = [p for p in spec.parameters if p.name not in names]
    free = {letters(p.name) for p in missing}
    declared = bool(spec.digest)
    for name in names:
        if name not in known and (
            (declared and spec.closed) or name in WRAPPERS or letters(name) in free
        ):
            return None
    if len(names) > MOST or (declared and any(p.required for p in missing)):
        return None
    given = [known[name] for name in names if name in known]
    return [_value(p) for p in given if declared and (p.types or p.choices)]


def _value(p: Parameter) -> tuple[str, frozenset[type], frozenset[str] | None]:
    if p.choices:
        texts = frozenset(c for c in p.choices if isinstance(c, str))
        plain = not p.types or "string" in p.types
        return p.name, frozenset({str} if plain else ()), texts
    types = frozenset(t for kind in p.types for t in _TYPES.get(kind, ()))
    return p.name, types if p.required else types | {_NONE}, None
