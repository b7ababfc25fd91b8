"""Where a value in a caller's own call may have come from: every expression that gives it.

One example has many explanations; what several tasks agree on is kept, and among those the
cheapest: what is made of a value counts, and a look; of equals an argument comes before a
look, a look before a literal.
"""

from collections.abc import Iterator, Mapping

from failonce.language.asking import json_type
from failonce.language.expression import (
    Combine,
    Combined,
    Expression,
    Read,
    Scope,
    Source,
    evaluate,
    literal,
)
from failonce.language.transform import NotApplicable
from failonce.model import Json

MOST_LEAVES = 60
"""Values of one look's answer that are tried as an origin."""
_SHORT = 40
"""Characters that a literal in a lesson may have."""
_ALONE = ("only",)
_NAMED = ("named", "only")
_SIMPLE = ("basename", "folder", "lower", "upper", "strip", "to_integer", "to_number", "to_string")
_LISTS = ("folders", "parts", "wrap_list")


class Origins:
    """What a value may have come from: the scope of the failed call and its looks' answers.

    With `general` the argument that the error names is not to be called by its name.
    """

    def __init__(self, scope: Scope, *, general: bool = False) -> None:
        self.scope = scope
        self.general = general
        self._known: dict[tuple[str, str], list[Expression]] = {}
        for begin in self._begins():
            for e in self._made(begin):
                try:
                    value = evaluate(e, scope)
                except NotApplicable:
                    continue
                same = self._known.setdefault(_key(value), [])
                if e not in same:
                    same.append(e)

    def of(self, value: Json) -> list[Expression]:
        """Every expression with this value, the cheapest first."""
        found = dict.fromkeys(self._known.get(_key(value), ()))
        found.update((e, None) for e in self._reckoned(value))
        if _literal(value):
            found.setdefault(literal(_whole(value)))
        return sorted(found, key=cost)

    def _begins(self) -> Iterator[Read]:
        if self.scope.blamed:
            yield Read(source=Source.BLAMED)
        for name in self.scope.args:
            if self.general and name == self.scope.blamed:
                continue
            yield Read(source=Source.ARGUMENT, name=name)
        if self.scope.error:
            yield Read(source=Source.ERROR_LIST)
        for name, brought in self.scope.results.items():
            for path in list(leaves(brought))[:MOST_LEAVES]:
                yield Read(source=Source.RESULT, name=name, path=path)

    def _made(self, begin: Read) -> Iterator[Read]:
        try:
            value = evaluate(begin, self.scope)
        except NotApplicable:
            return
        if begin.source is not Source.RESULT or not isinstance(value, list | tuple):
            yield from _functions(begin, value)
            return
        for alone in (_ALONE, _NAMED):
            one = _then(begin, *alone)
            try:
                yield from _functions(one, evaluate(one, self.scope))
            except NotApplicable:
                continue

    def _reckoned(self, value: Json) -> Iterator[Expression]:
        """A literal less what a look brought: `50 - level.fuelLevel`."""
        if isinstance(value, bool) or not isinstance(value, int | float):
            return
        for name, brought in self.scope.results.items():
            for path in list(leaves(brought))[:MOST_LEAVES]:
                leaf = Read(source=Source.RESULT, name=name, path=path)
                there = evaluate(leaf, self.scope)
                if isinstance(there, bool) or not isinstance(there, int | float):
                    continue
                limit = round(value + there, 6)
                if limit == int(limit):
                    limit = int(limit)
                yield Combined(how=Combine.MINUS, left=literal(limit), right=leaf)


def _functions(begin: Read, value: Json) -> Iterator[Read]:
    yield begin
    functions = (*_SIMPLE, *_LISTS) if isinstance(value, str) else ("to_string", "wrap_list")
    for function in functions:
        yield _then(begin, *begin.then, function)


def _key(value: Json) -> tuple[str, str]:
    """Equal for equal values of one JSON type; whole numbers are numbers."""
    kind = json_type(value)
    if kind in ("integer", "number"):
        return "number", repr(float(value)) if isinstance(value, int | float) else ""
    return kind, repr(value)


def _whole(value: Json) -> Json:
    """A number without a fraction as a whole one, so that 1.0 and 1 are one literal."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _then(begin: Read, *functions: str) -> Read:
    return Read(source=begin.source, name=begin.name, path=begin.path, then=functions)


def _literal(value: Json) -> bool:
    """Whether a value may stand in a lesson as it is."""
    if isinstance(value, str):
        return 0 < len(value) <= _SHORT and "\n" not in value
    if isinstance(value, list | tuple):
        return len(value) <= 8 and all(
            not isinstance(v, list | dict) and _literal(v) for v in value
        )
    return isinstance(value, bool | int | float)


def leaves(value: Json, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Paths to everything in an answer that is not a mapping, at most four names deep."""
    if isinstance(value, Mapping):
        if len(path) < 4:
            for key, inner in value.items():
                yield from leaves(inner, (*path, str(key)))
    else:
        yield path


_SOURCES = {source: i for i, source in enumerate(Source)}


def cost(e: Expression) -> tuple[int, int, str]:
    """What an expression asks of a reader: its parts, where it comes from, the alphabet."""
    if isinstance(e, Combined):
        return 3, _SOURCES[Source.RESULT], str(e)
    look = e.source is Source.RESULT
    return len(e.then) + look, _SOURCES[e.source], str(e)
