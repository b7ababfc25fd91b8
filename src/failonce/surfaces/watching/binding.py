"""Arguments by name: as a function takes them, as they were at one moment, and back again."""

import inspect
from collections.abc import Callable, Mapping
from math import isfinite
from typing import Any, Final

from failonce.evidence.bounds import ITEMS, TEXT
from failonce.evidence.snapshot import snapshot
from failonce.model import Args, Json

Given = dict[str, Any]
_BITS: Final = 256


class Shape:
    """How a function takes its arguments, found out once.

    `method`: the first argument is the object or class, and no argument of the call.
    """

    __slots__ = ("_alone", "_names", "_rest", "known", "method")

    def __init__(self, function: Callable[..., object]) -> None:
        try:
            parameters = list(inspect.signature(function).parameters.values())
            self.known = True
        except (ValueError, TypeError):  # of some built-in functions nobody knows
            parameters, self.known = [], False
        self.method = _is_method(function, parameters)
        kinds = inspect.Parameter
        places = [
            p for p in parameters if p.kind in (kinds.POSITIONAL_ONLY, kinds.POSITIONAL_OR_KEYWORD)
        ]
        places = places[self.method :]
        self._names = tuple(p.name for p in places)
        self._alone = sum(p.kind is kinds.POSITIONAL_ONLY for p in places)
        self._rest = next((p.name for p in parameters if p.kind is kinds.VAR_POSITIONAL), "")

    def named(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Given:
        """What was given, by name; defaults that were not given are left out."""
        if self.method:
            args = args[1:]
        given = dict(zip(self._names, args, strict=False))
        if len(args) > len(self._names):
            more = args[len(self._names) :]
            if self._rest:
                given[self._rest] = more
            else:
                given.update((f"arg{n}", a) for n, a in enumerate(more, len(self._names) + 1))
        if kwargs:
            given.update(kwargs)
        return given

    def placed(
        self, given: Mapping[str, Any], first: tuple[Any, ...]
    ) -> tuple[tuple[Any, ...], Given] | None:
        """How to hand over these; None where that cannot be said. `first` is the object."""
        if not self.known:
            return None
        left = dict(given)
        args = list(first)
        more = left.pop(self._rest, ()) if self._rest else ()
        for name in self._names[: len(self._names) if more else self._alone]:
            if name not in left:
                break
            args.append(left.pop(name))
        return (*args, *more), left


def _is_method(function: Callable[..., object], parameters: list[inspect.Parameter]) -> bool:
    """A function that stands in a class: nothing else tells before the class is there."""
    outside, _, inside = getattr(function, "__qualname__", "").rpartition(".")
    in_class = bool(inside) and bool(outside) and not outside.endswith("<locals>")
    bound = hasattr(function, "__self__")
    return in_class and not bound and bool(parameters) and parameters[0].name in ("self", "cls")


def taken(given: Given) -> Args | None:
    """A snapshot: later changes do not reach it. What cannot change is not copied."""
    if len(given) < ITEMS:
        for value in given.values():
            kind = type(value)
            if kind is str:
                if len(value) > TEXT:
                    break
            elif kind is int:
                if value.bit_length() > _BITS:
                    break
            elif not (value is None or kind is bool or (kind is float and isfinite(value))):
                break
        else:
            return given.copy()
    found = snapshot(given)
    return found if isinstance(found, Mapping) else None


def restored(run: Args, taken: Args, given: Mapping[str, Any]) -> dict[str, Any] | None:
    """Arguments to run: the caller's own objects wherever no step changed them.

    A snapshot is bounded: long texts are cut, bytes are described. Where a step read such an
    argument it is None, for nobody may run what was made of a part.
    """
    names = {id(value): name for name, value in taken.items()}
    kept = {id(value) for value in run.values()}
    partial = (
        name for name in taken if taken[name] is not given[name] and taken[name] != given[name]
    )
    if any(id(taken[name]) not in kept for name in partial):
        return None
    found: dict[str, Json] = {}
    for name, value in run.items():
        found[name] = given[names[id(value)]] if id(value) in names else value
    return found
