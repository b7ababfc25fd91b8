"""The lessons of one tool, asked as one; which of them act in a unit is drawn as they speak."""

from collections.abc import Iterator, Mapping, Sequence, Set
from datetime import datetime
from functools import cached_property
from typing import Final

from failonce.exposing.places import Placed
from failonce.kinds.concerned import Concerned, Part, places
from failonce.kinds.decision import Armed
from failonce.language.matching import Bits
from failonce.model import Arm, KindName
from failonce.outcome.assignment import Group, Lot, epoch

REMEMBERED: Final = 4096
"""Draws that are remembered for one tool: of so many units."""


class Draw:
    """Which lessons of a tool one unit goes without; each is drawn when it first may speak.

    A draw is a hash of the lesson's group and the unit, so it does not matter when it is made,
    nor whether two threads make it.
    """

    __slots__ = ("_known", "_lot", "_places", "_told")

    def __init__(self, places: Sequence[Placed], lot: Lot) -> None:
        self._places = places
        self._lot = lot
        self._known: tuple[Bits, Bits] = 0, 0
        self._told: set[str] = set()

    def held(self, among: Bits) -> Bits:
        """Those that the unit goes without."""
        known, held = self._known
        new = among & ~known
        if new:
            for n in places(new):
                place = self._places[n]
                if place.share and self._lot.drawn(place.group, place.share) is Arm.HOLDOUT:
                    held |= 1 << n
            self._known = known | new, held
        return held & among

    def first(self, what: str) -> bool:
        """Whether this is the first time that somebody tells this of the unit."""
        if what in self._told:
            return False
        self._told.add(what)
        return True


class Together:
    """The lessons of one tool: those that act in their order, behind them those that watch."""

    def __init__(
        self, acting: Sequence[Armed], watching: Sequence[Armed], placed: Mapping[str, Placed]
    ) -> None:
        self.every = _concerned(acting, watching)
        self.acting: Bits = (1 << len(acting)) - 1
        self.watching: Bits = (1 << len(self.every)) - 1 - self.acting
        self.around: Bits = self.acting & sum(
            1 << n for n, a in enumerate(self.every.lessons) if _around(a)
        )
        """Hints that act on calls of which nobody knows whether they would fail."""
        self._places = tuple(placed[a.lesson] for a in self.every.lessons)
        self._left: dict[Bits, tuple[Armed, ...]] = {}
        self._draws: dict[tuple[str, int], Draw] = {}

    def draw(self, unit: str, at: datetime) -> Draw:
        """That of a unit, which holds for a week."""
        key = unit, epoch(at)
        found = self._draws.get(key)
        if found is None:
            if len(self._draws) >= REMEMBERED:
                self._draws.clear()
            found = self._draws[key] = Draw(self._places, Lot(at, unit))
        return found

    def part(self, draw: Draw, besides: Set[str]) -> Part:
        """Those that act in a unit, and those `besides` that would but for the draw, or watch."""
        acting, watching, lessons = self.acting, self.watching, self.every.lessons

        def left(among: Bits) -> Bits:
            gone = draw.held(among & acting) | among & watching
            if gone and besides:
                gone &= ~sum(1 << n for n in places(gone) if lessons[n].lesson in besides)
            return among & ~gone

        return Part(self.every, left)

    def hinting(self, held: Bits) -> tuple[Armed, ...]:
        """Those that act, but those that a unit goes without: the very same for the same."""
        known = self._left.get(held)
        if known is None:
            if len(self._left) >= REMEMBERED:
                self._left.clear()
            left = places(self.acting & ~held)
            known = self._left[held] = tuple(self.every.lessons[n] for n in left)
        return known

    def without(self, gone: Set[str]) -> Part:
        """All that act, but some."""
        numbers = self._numbers
        acting = self.acting & ~sum(1 << numbers[name] for name in gone if name in numbers)
        return Part(self.every, lambda among: among & acting)

    def held(self, draw: Draw, met: Bits) -> Iterator[frozenset[str]]:
        """The lessons that a unit goes without, by group, where one of a group was met."""
        lessons, left = self.every.lessons, draw.held(met & self.acting)
        while left:
            first = next(places(left))
            own = draw.held(self._groups[self._places[first].group])
            left &= ~own
            yield frozenset(lessons[n].lesson for n in places(own))

    @cached_property
    def _numbers(self) -> Mapping[str, int]:
        return {a.lesson: n for n, a in enumerate(self.every.lessons)}

    @cached_property
    def _groups(self) -> Mapping[Group, Bits]:
        found: dict[Group, Bits] = {}
        for n in places(self.acting):
            group = self._places[n].group
            found[group] = found.get(group, 0) | 1 << n
        return found


def _around(armed: Armed) -> bool:
    if armed.kind is not KindName.HINT:
        return False
    from failonce.kinds.hint import Hint  # noqa: PLC0415 - most tools have none

    hint = armed.behaviour
    return isinstance(hint, Hint) and hint.handler.refuses


def _concerned(acting: Sequence[Armed], watching: Sequence[Armed]) -> Concerned:
    for some, others in ((acting, watching), (watching, acting)):
        if isinstance(some, Concerned) and not others:
            return some
    return Concerned((*acting, *watching))
