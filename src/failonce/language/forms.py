"""The form of a call: all that conditions can ask of its arguments, without their values.

A tool is called a million times in a few hundred forms. What separates failing calls from
working ones is sought among their forms, so that time goes by how many of these there are.
"""

from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from itertools import combinations
from typing import Final, NamedTuple

from failonce.language.asking import json_type
from failonce.language.predicate import Path, Shape, begins, has
from failonce.model import Args, Evidence, Json

MOST: Final = 64
"""Arguments of a call above which it is not told which of them give the same."""

BIT: Final[Mapping[Shape, int]] = {shape: 1 << n for n, shape in enumerate(Shape)}
"""A set of shapes is the sum of these."""


class Kind(NamedTuple):
    """The JSON type of a value and, of a text, the shapes that it has."""

    type: str
    shapes: int = 0


class Form(NamedTuple):
    """What a call gives, by paths, and which of its arguments give the same."""

    values: tuple[tuple[Path, Kind], ...]
    alike: tuple[tuple[str, str, bool], ...] | None = ()
    """Pairs of arguments that give the same, in order of their names; True where it is a text
    of more than one character, which is hardly the same by chance. None where they are too
    many to tell."""


class Forms:
    """The forms of recorded calls; each is worked out once, and equal ones are one object."""

    def __init__(self) -> None:
        self._of: dict[str, Form] = {}
        self._known: dict[Form, Form] = {}

    def of(self, e: Evidence) -> Form:
        """The form of a recorded call whose arguments are known."""
        found = self._of.get(e.id)
        if found is None:
            made = form(e.call.args or {})
            found = self._of[e.id] = self._known.setdefault(made, made)
        return found


def form(args: Args) -> Form:
    """The form of a call with these arguments."""
    alike = tuple(_alike(args)) if len(args) <= MOST else None
    return Form(tuple(_values(args)), alike)


def _values(args: Args) -> Iterator[tuple[Path, Kind]]:
    for name, value in args.items():
        yield (name,), _kind(value)
        if isinstance(value, Mapping):
            for inner, one in value.items():
                yield (name, inner), _kind(one)


def _kind(value: Json) -> Kind:
    if isinstance(value, str):
        return _text(sum(bit for test, bit in _tests(value[:1]) if test(value)))
    return _other(json_type(value))


@lru_cache(maxsize=1024)
def _tests(first: str) -> list[tuple[Callable[[str], bool], int]]:
    """The shapes that a text with this first character may have."""
    return [(has(shape), bit) for shape, bit in BIT.items() if begins(shape, first)]


@lru_cache(maxsize=4096)
def _text(shapes: int) -> Kind:
    """One object for each, not one for each call."""
    return Kind("string", shapes)


@lru_cache
def _other(type_: str) -> Kind:
    return Kind(type_)


def _alike(args: Args) -> Iterator[tuple[str, str, bool]]:
    for one, other in combinations(sorted(args), 2):
        value = args[one]
        if value == args[other]:
            yield one, other, isinstance(value, str) and len(value) > 1
