"""The lessons that concern a tool, asked as one: which of them may say anything of a call.

Hundreds may concern a busy tool, and nearly none has anything to say of one call. What they
say is still their own word, one after the other in their order; but whom to ask is known from
`Behaviour.speaks`, and found for all of them at once.
"""

from collections.abc import Iterable, Iterator, Sequence, Set
from typing import overload

from failonce.kinds.behaviour import ALWAYS, Situation
from failonce.kinds.decision import Armed, Decision
from failonce.kinds.registry import FIRST, KINDS
from failonce.language import pattern
from failonce.language.matching import Bits, Matcher
from failonce.model import Call, Failure

REMEMBERED = 1024
"""Sets of lessons whose common word is remembered."""


class Concerned(Sequence[Armed]):
    """Lessons in the order in which they speak. A set of them is bits: the n-th for the n-th."""

    def __init__(self, armed: Iterable[Armed]) -> None:
        self.lessons = tuple(armed)
        speaks = [a.behaviour.speaks for a in self.lessons]
        self._before = Matcher(s.before for s in speaks)
        self._after = Matcher(s.after for s in speaks)
        self._named: dict[str, Bits] = {}
        self._found: dict[str, Bits] = {}
        self._fixed: Bits = 0
        for n, s in enumerate(speaks):
            self._fixed |= s.fixed << n
            if s.after is not None:
                causes, cause = self._found, s.message_regex
                if s.fingerprint:
                    causes, cause = self._named, s.fingerprint
                causes[cause] = causes.get(cause, 0) | 1 << n
        self.fixers = _fixers(self.lessons)
        self._asked_first = [
            (~(1 << n), self.lessons[n].behaviour.before)
            for n, s in enumerate(speaks)
            if s.before == ALWAYS and not s.fixed
        ]
        self._said: dict[tuple[Bits, int, bool], Decision] = {}
        self._rests: dict[frozenset[str], Rest] = {}

    def without(self, gone: frozenset[str]) -> "Rest":
        """These without some of them, by id; kept, for a session asks for it at each call."""
        found = self._rests.get(gone)
        if found is None:
            if len(self._rests) >= REMEMBERED:
                self._rests.clear()
            found = self._rests[gone] = Rest(self, gone)
        return found

    def before(self, situation: Situation) -> Bits:
        """Those that may have something to say before a call."""
        args = situation.call.args
        speaking = self._before.all if args is None else self._before.holding(args)
        for without, before in self._asked_first:  # of any arguments: only they themselves know
            if before(situation) is None:
                speaking &= without
        return speaking

    def after(self, situation: Situation, failure: Failure) -> Bits:
        """Those that may have something to say after a call failed so, or will."""
        args = situation.call.args
        speaking = self._after.all if args is None else self._after.holding(args)
        concerned = self._named.get(failure.signature, 0)
        for regex, own in self._found.items():
            if speaking & own and pattern.matches(regex, failure.message):
                concerned |= own
        return speaking & concerned

    def known(self, call: Call, speaking: Bits, most: int) -> Decision | None:
        """What was decided of another call on which these may speak, where that is the same."""
        return self._said.get((speaking, most, call.args is None))

    def remember(self, call: Call, speaking: Bits, most: int, decision: Decision) -> None:
        """Keep a decision, where those who may speak say the same of every call."""
        if not speaking & ~self._fixed:
            if len(self._said) >= REMEMBERED:
                self._said.clear()
            self._said[speaking, most, call.args is None] = decision

    def __len__(self) -> int:
        return len(self.lessons)

    @overload
    def __getitem__(self, at: int) -> Armed: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[Armed]: ...
    def __getitem__(self, at: int | slice) -> Armed | Sequence[Armed]:
        return self.lessons[at]

    def __iter__(self) -> Iterator[Armed]:
        return iter(self.lessons)


class Rest(Concerned):
    """Lessons without some of them, which are not asked; nothing is built anew for it."""

    def __init__(self, every: Concerned, gone: Set[str]) -> None:
        self.lessons = every.lessons
        self._before, self._after = every._before, every._after
        self._named, self._found = every._named, every._found
        self._fixed, self._said = every._fixed, every._said
        self._keep = sum(1 << n for n, a in enumerate(self.lessons) if a.lesson not in gone)
        self._asked_first = [(m, ask) for m, ask in every._asked_first if ~m & self._keep]
        self.fixers = every.fixers & self._keep
        self._left = tuple(a for a in self.lessons if a.lesson not in gone)

    def before(self, situation: Situation) -> Bits:
        """Those of the rest."""
        return super().before(situation) & self._keep

    def after(self, situation: Situation, failure: Failure) -> Bits:
        """Those of the rest."""
        return super().after(situation, failure) & self._keep

    def __len__(self) -> int:
        return len(self._left)

    @overload
    def __getitem__(self, at: int) -> Armed: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[Armed]: ...
    def __getitem__(self, at: int | slice) -> Armed | Sequence[Armed]:
        return self._left[at]

    def __iter__(self) -> Iterator[Armed]:
        return iter(self._left)


class Everyone(Concerned):
    """Lessons of which nothing is known beforehand: each is asked in its turn."""

    def __init__(self, armed: Iterable[Armed]) -> None:
        self.lessons = tuple(armed)
        self.fixers = _fixers(self.lessons)
        self._all: Bits = (1 << len(self.lessons)) - 1

    def before(self, situation: Situation) -> Bits:  # noqa: ARG002 - whatever the call
        """All of them."""
        return self._all

    def after(self, situation: Situation, failure: Failure) -> Bits:  # noqa: ARG002
        """All of them."""
        return self._all

    def known(self, call: Call, speaking: Bits, most: int) -> Decision | None:  # noqa: ARG002
        """Nothing."""
        return None

    def remember(self, call: Call, speaking: Bits, most: int, decision: Decision) -> None:
        """Nothing is kept."""


def concerned(armed: Sequence[Armed]) -> Concerned:
    """The lessons with what is known of them; where nothing is, all are asked."""
    if type(armed) is Concerned:  # the usual case, told much faster than by `isinstance`
        return armed
    return armed if isinstance(armed, Concerned) else Everyone(armed)


def _fixers(lessons: Sequence[Armed]) -> Bits:
    return sum(1 << n for n, a in enumerate(lessons) if KINDS.find(a.kind).place == FIRST)
