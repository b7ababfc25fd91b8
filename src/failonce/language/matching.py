"""Which of many predicates hold of a call, with few of their conditions looked at.

The lessons of a busy tool are many, and nearly none holds of a call. What their predicates say
of the names of arguments is worked out once for each set of names; of what remains the most is
told by the types of values and the first characters of texts, which are remembered too, and
only the rest by looking at a text. The answer is that of `Predicate.holds` for each of them.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from failonce.language.asking import json_type
from failonce.language.predicate import Condition, Predicate, Shape, Test, begins, has
from failonce.model import Args

REMEMBERED = 256
"""Sets of names, and first characters of a text, that are remembered."""

Bits = int
"""A set of predicates: the n-th bit is the n-th predicate. What is ruled out is taken from it
by its complement, which is negative and so never empty."""

_Look = tuple[Callable[[str], bool], Bits, Bits, Bits]
"""A test of a text: whom it concerns, who may stay where it is true, and where it is not."""

_OF_NAMES = (Test.PRESENT, Test.ABSENT)
_OF_VALUES = (Test.TYPE, Test.SHAPE, Test.NOT_SHAPE)


class Matcher:
    """Predicates, asked all together. None among them never holds."""

    def __init__(self, predicates: Iterable[Predicate | None]) -> None:
        needing: dict[Condition, Bits] = {}
        self.all: Bits = 0
        """Those that may hold where nothing is known of the arguments."""
        for place, predicate in enumerate(predicates):
            if predicate is not None:
                self.all |= 1 << place
                for condition in predicate.conditions:
                    needing[condition] = needing.get(condition, 0) | 1 << place
        self._needing = needing
        self._plans: dict[tuple[str, ...], _Plan] = {}

    def holding(self, args: Args) -> Bits:
        """The predicates that hold of these arguments."""
        names = tuple(args)
        plan = self._plans.get(names)
        if plan is None:
            if len(self._plans) >= REMEMBERED:
                self._plans.clear()
            plan = self._plans[names] = _plan(self._needing, self.all, names)
        left = plan.left
        for values in plan.values:
            value = args[values.name]
            if type(value) is str:
                may_stay, looks = values.heads.get(value[:1]) or values.head(value[:1])
                left &= may_stay
                for test, concerned, where_true, otherwise in looks:
                    if left & concerned:
                        left &= where_true if test(value) else otherwise
            else:
                left &= values.types.get(type(value)) or values.type(value)
            if not left:
                return 0
        for condition, needing in plan.others:
            if left & needing and not condition.holds(args):
                left &= ~needing
        return left


@dataclass(slots=True, kw_only=True)
class _Values:
    """What conditions ask of the value of one argument, by its type and first character."""

    name: str
    needing: Mapping[Condition, Bits]
    types: dict[type, Bits] = field(default_factory=dict)
    heads: dict[str, tuple[Bits, Sequence[_Look]]] = field(default_factory=dict)

    def type(self, value: object) -> Bits:
        """Who may stay where the value is no plain text."""
        if isinstance(value, str):  # of a class of its own: rare, and its text tells
            args: Args = {self.name: value}
            return self._without(lambda c: not c.holds(args))
        kind = json_type(value)
        may_stay = self._without(lambda c: c.test is not Test.TYPE or c.operand != kind)
        if len(self.types) < REMEMBERED:
            self.types[type(value)] = may_stay
        return may_stay

    def head(self, head: str) -> tuple[Bits, Sequence[_Look]]:
        """Who may stay where a text begins with this character, and what is left to look at."""

        def never(c: Condition) -> bool:
            if c.test is Test.TYPE:
                return c.operand != "string"
            return c.test is Test.SHAPE and not begins(Shape(c.operand), head)

        asked: dict[Shape, tuple[Bits, Bits]] = {}
        for c, needing in self.needing.items():
            if c.test is not Test.TYPE and begins(Shape(c.operand), head):
                so, not_so = asked.get(Shape(c.operand), (0, 0))
                wanted = c.test is Test.SHAPE
                asked[Shape(c.operand)] = (
                    (so | needing, not_so) if wanted else (so, not_so | needing)
                )
        looks = [(has(s), so | no, ~no, ~so) for s, (so, no) in asked.items()]
        found = self._without(never), looks
        if len(self.heads) < REMEMBERED:
            self.heads[head] = found
        return found

    def _without(self, fails: Callable[[Condition], bool]) -> Bits:
        gone = 0
        for condition, needing in self.needing.items():
            if fails(condition):
                gone |= needing
        return ~gone


@dataclass(frozen=True, slots=True, kw_only=True)
class _Plan:
    """What is left to ask of calls with the same names of arguments."""

    left: Bits
    values: Sequence[_Values]
    others: Sequence[tuple[Condition, Bits]]
    """Conditions that are asked of the whole call, one by one."""


def _plan(needing: Mapping[Condition, Bits], left: Bits, names: Sequence[str]) -> _Plan:
    asked: list[tuple[Condition, Bits]] = []
    for condition, own in needing.items():
        name, *deeper = condition.path
        told = name not in names or (not deeper and condition.test in _OF_NAMES)
        if not told:
            asked.append((condition, own))
        elif (name in names) != (condition.test is not Test.ABSENT):
            left &= ~own
    values: dict[str, dict[Condition, Bits]] = {}
    others: list[tuple[Condition, Bits]] = []
    for condition, own in asked:
        if not own & left:
            continue
        if len(condition.path) == 1 and condition.test in _OF_VALUES:
            values.setdefault(condition.path[0], {})[condition] = own & left
        else:
            others.append((condition, own & left))
    return _Plan(
        left=left,
        values=[_Values(name=name, needing=own) for name, own in values.items()],
        others=others,
    )
