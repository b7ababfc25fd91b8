"""A question about values that must hold before a program acts, and as data in its body."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from failonce.errors import BadInput
from failonce.language.expression import (
    MAX_ITEMS,
    Expression,
    Scope,
    count,
    dump,
    evaluate,
    load,
    number,
)
from failonce.language.transform import NotApplicable
from failonce.model import Json


class Relation(StrEnum):
    """What a comparison asks."""

    EQUALS = "equals"
    DIFFERS = "differs"
    IN = "in"
    NOT_IN = "not_in"
    ABOVE = "above"
    BELOW = "below"
    EMPTY = "empty"
    NOT_EMPTY = "not_empty"


_ALONE: Final = frozenset({Relation.EMPTY, Relation.NOT_EMPTY})
_WORDS: Final = {
    Relation.EQUALS: "is",
    Relation.DIFFERS: "is not",
    Relation.IN: "is in",
    Relation.NOT_IN: "is not in",
    Relation.ABOVE: "is above",
    Relation.BELOW: "is below",
    Relation.EMPTY: "is empty",
    Relation.NOT_EMPTY: "is not empty",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """One question about values: `found.matches is empty`, `file_name is not in here.names`."""

    left: Expression
    relation: Relation
    right: Expression | None = None

    def __str__(self) -> str:
        """In a reader's words."""
        right = "" if self.right is None else f" {self.right}"
        return f"{self.left} {_WORDS[self.relation]}{right}"

    def holds(self, scope: Scope) -> bool:
        """Whether it is so; False where a value is not there or cannot be compared."""
        try:
            left = evaluate(self.left, scope)
            right = None if self.right is None else evaluate(self.right, scope)
            return _related(self.relation, left, right)
        except NotApplicable:
            return False


def _related(relation: Relation, left: Json, right: Json) -> bool:
    match relation:
        case Relation.EQUALS:
            return _equal(left, right)
        case Relation.DIFFERS:
            return not _equal(left, right)
        case Relation.IN:
            return any(_equal(_asked(left), item) for item in _items(right))
        case Relation.NOT_IN:
            return not any(_equal(_asked(left), item) for item in _items(right))
        case Relation.ABOVE:
            return number(left) > number(right)
        case Relation.BELOW:
            return number(left) < number(right)
        case Relation.EMPTY:
            return count(left) == 0
        case Relation.NOT_EMPTY:
            return count(left) > 0


def _equal(left: Json, right: Json) -> bool:
    """Equal as JSON: to Python `True` is also 1."""
    return left == right and isinstance(left, bool) == isinstance(right, bool)


def _asked(value: Json) -> Json:
    """A value that can be looked for in a list; nothing is neither in it nor missing from it."""
    if value in (None, ""):
        raise NotApplicable
    return value


def _items(value: Json) -> Sequence[Json]:
    if isinstance(value, str) or not isinstance(value, Sequence | Mapping):
        raise NotApplicable
    if len(value) > MAX_ITEMS:
        raise NotApplicable
    return list(value)


def dump_comparison(comparison: Comparison) -> dict[str, Json]:
    """The comparison as plain data for a lesson's body."""
    right = {} if comparison.right is None else {"to": dump(comparison.right)}
    return {"of": dump(comparison.left), "is": str(comparison.relation), **right}


def load_comparison(given: Json) -> Comparison:
    """The comparison that `dump_comparison` wrote; raises `BadInput` on anything else."""
    if not isinstance(given, Mapping) or not {"of", "is"} <= set(given) <= {"of", "is", "to"}:
        raise BadInput("A comparison has the keys `of`, `is` and, for most, `to`.")
    try:
        relation = Relation(str(given["is"]))
    except ValueError:
        raise BadInput(f"`{given['is']}` is not a comparison.") from None
    if (relation in _ALONE) == ("to" in given):
        raise BadInput(f"`{relation}` takes {'no' if relation in _ALONE else 'a'} `to`.")
    right = None if "to" not in given else load(given["to"])
    return Comparison(left=load(given["of"]), relation=relation, right=right)
