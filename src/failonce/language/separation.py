"""What separates failing calls from working ones: the simplest predicate that does."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

from failonce.language.forms import BIT, Form, Kind
from failonce.language.predicate import Condition, Path, Predicate, Shape, Test

MOST_CONDITIONS = 120
"""Conditions that one search tries; pairs grow with its square."""

_RANK = {test: rank for rank, test in enumerate((
    Test.PRESENT, Test.ABSENT, Test.SAME_AS, Test.TYPE, Test.SHAPE, Test.NOT_SHAPE,
))}  # fmt: skip

Bits = int
"""A set of forms: the n-th bit is the n-th form."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Separation:
    """A predicate that tells failing from working calls, and how well it does."""

    predicate: Predicate
    hits: int
    """Failing calls it is true of."""
    of: int


def separate(
    failing: Sequence[Form],
    working: Iterable[Form],
    *,
    cover: float = 0.9,
    blamed: Collection[str] = (),
) -> Separation | None:
    """The simplest predicate true of ≥ `cover` of `failing` and of none of `working`.

    One condition is tried before two; among equals the one that covers more wins, then
    one about an argument in `blamed`, then presence before type before shape, then the
    alphabet. None where there is no such predicate or nothing to contrast with. How often
    a form occurs counts among the failing, and not among the working.
    """
    bad, good = _Forms(failing), _Forms(working)
    if not bad.forms or not good.forms:
        return None
    need = cover * len(failing)
    candidates = [
        (c, hit, good.where(c))
        for c in _candidates(bad, good, blamed)
        if bad.count(hit := bad.where(c)) >= need
    ]
    best: Separation | None = None
    for condition, hit, wrong in candidates:
        if not wrong:
            best = _better(best, (condition,), bad.count(hit), len(failing))
    if best is not None:
        return best
    for i, (first, hit, wrong) in enumerate(candidates):
        for second, also_hit, also_wrong in candidates[i + 1 :]:
            if wrong & also_wrong or (first.path == second.path and first.test is second.test):
                continue
            hits = bad.count(hit & also_hit)
            if hits >= need:
                best = _better(best, (first, second), hits, len(failing))
    return best


class _Forms:
    """Calls by their forms, and sets of forms by what is asked of them."""

    def __init__(self, calls: Iterable[Form]) -> None:
        counted = Counter(calls)
        self.forms = tuple(counted)
        self.kinds: dict[Path, dict[Kind, Bits]] = {}
        """The forms that give a path a value of a kind."""
        self.alike: dict[tuple[str, str], Bits] = {}
        """The forms in which two arguments give the same."""
        self.told = True
        """Whether it is known of all of them which arguments give the same."""
        self._counts = tuple(counted.values())
        for n, found in enumerate(self.forms):
            for path, kind in found.values:
                kinds = self.kinds.setdefault(path, {})
                kinds[kind] = kinds.get(kind, 0) | 1 << n
            for one, other, _ in found.alike or ():
                self.alike[one, other] = self.alike.get((one, other), 0) | 1 << n
            self.told = self.told and found.alike is not None

    def count(self, forms: Bits) -> int:
        """How many calls have one of these forms."""
        return sum(count for n, count in enumerate(self._counts) if forms >> n & 1)

    def where(self, c: Condition) -> Bits:
        """The forms of which a condition holds."""
        if c.test is Test.SAME_AS:
            return self.alike.get((c.path[0], c.operand), 0)
        found = 0
        for kind, forms in self.kinds.get(c.path, {}).items():
            if _asked(c, kind):
                found |= forms
        return ((1 << len(self.forms)) - 1) & ~found if c.test is Test.ABSENT else found


def _asked(c: Condition, kind: Kind) -> bool:
    """Whether a value of this kind is what a condition asks for; any is there, or not absent."""
    match c.test:
        case Test.TYPE:
            return kind.type == c.operand
        case Test.SHAPE | Test.NOT_SHAPE:
            shaped = bool(kind.shapes & BIT[Shape(c.operand)])
            return kind.type == "string" and shaped is (c.test is Test.SHAPE)
        case _:
            return True


def _candidates(bad: _Forms, good: _Forms, blamed: Collection[str]) -> list[Condition]:
    """Conditions worth trying, in order of preference; bounded by distinct paths."""
    found = [c for path, kinds in bad.kinds.items() for c in _of(path, kinds)]
    found += [Condition(path=p, test=Test.ABSENT) for p in good.kinds if p not in bad.kinds]
    if bad.told and good.told:
        pairs = {(a, b) for f in bad.forms for a, b, by_purpose in f.alike or () if by_purpose}
        found += [Condition(path=(a,), test=Test.SAME_AS, operand=b) for a, b in pairs]

    def rank(c: Condition) -> tuple[bool, int, int, Path, str]:
        return c.path[0] not in blamed, _RANK[c.test], len(c.path), c.path, c.operand

    return sorted(found, key=rank)[:MOST_CONDITIONS]


def _of(path: Path, kinds: Collection[Kind]) -> Iterator[Condition]:
    """Conditions on one argument that failing calls give in these kinds."""
    yield Condition(path=path, test=Test.PRESENT)
    for type_ in {kind.type for kind in kinds}:
        yield Condition(path=path, test=Test.TYPE, operand=type_)
    texts = [kind.shapes for kind in kinds if kind.type == "string"]
    for shape, bit in BIT.items():
        if texts and all(shapes & bit for shapes in texts):
            yield Condition(path=path, test=Test.SHAPE, operand=shape)
        elif texts and not any(shapes & bit for shapes in texts):
            yield Condition(path=path, test=Test.NOT_SHAPE, operand=shape)


def _better(
    best: Separation | None, conditions: tuple[Condition, ...], hits: int, of: int
) -> Separation:
    """The one that covers more; the earlier candidate among equals."""
    if best is not None and best.hits >= hits:
        return best
    return Separation(predicate=Predicate(conditions=conditions), hits=hits, of=of)
