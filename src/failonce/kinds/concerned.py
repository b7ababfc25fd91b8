"""The lessons that concern a tool, asked as one: which of them may say anything of a call.

Hundreds may concern a busy tool, and nearly none has anything to say of one call. What they
say is still their own word, one after the other in their order; but whom to ask is known from
`Behaviour.speaks`, and found for all of them at once.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import overload

from failonce.kinds.behaviour import ALWAYS, Effect, Situation
from failonce.kinds.decision import Armed, Decision
from failonce.kinds.registry import FIRST, KINDS
from failonce.language import pattern
from failonce.language.matching import Bits, Matcher
from failonce.model import Args, Call, Failure

REMEMBERED = 1024
"""Sets of lessons whose common word is remembered."""


class Concerned(Sequence[Armed]):
    """Lessons in the order in which they speak. A set of them is bits: the n-th for the n-th."""

    def __init__(self, armed: Iterable[Armed]) -> None:
        self.lessons = tuple(armed)
        speaks = [a.behaviour.speaks for a in self.lessons]
        self._matcher = Matcher([*(s.before for s in speaks), *(s.after for s in speaks)])
        self._any = self._halves(None, self._matcher.all)
        self._last = self._any
        self._named: dict[str, Bits] = {}
        self._found: dict[str, Bits] = {}
        self.fixed: Bits = 0
        """Those that say the same of every call on which they may speak."""
        for n, s in enumerate(speaks):
            self.fixed |= s.fixed << n
            if s.after is not None:
                causes, cause = self._found, s.message_regex
                if s.fingerprint:
                    causes, cause = self._named, s.fingerprint
                causes[cause] = causes.get(cause, 0) | 1 << n
        self.fixers = _fixers(self.lessons)
        self.unsure: Bits = 0
        """Those of which only they themselves know whether they speak before a call."""
        self._asked_first = [
            (~(1 << n), self.lessons[n].behaviour.before)
            for n, s in enumerate(speaks)
            if s.before == ALWAYS and not s.fixed
        ]
        for without, _ in self._asked_first:
            self.unsure |= ~without
        self._said: dict[tuple[Bits, int, bool], Decision] = {}

    def before(self, situation: Situation) -> Bits:
        """Those that may have something to say before a call."""
        return self.first(self.holding(situation.call.args), situation)

    def holding(self, args: Args | None) -> Bits:
        """Those that by its arguments alone may have something to say before a call."""
        return self._matched(args)[1]

    def first(self, speaking: Bits, situation: Situation) -> Bits:
        """Those of them that may still, once those were asked whom no argument keeps silent."""
        if speaking & self.unsure:
            for without, before in self._asked_first:
                if _silent(before, situation):
                    speaking &= without
        return speaking

    def heeding(self, args: Args | None) -> Bits:
        """Those that by its arguments may have something to say after a call that fails."""
        return self._matched(args)[2]

    def _matched(self, args: Args | None) -> tuple[Args | None, Bits, Bits]:
        """Who may speak of these arguments before the call and after it; told once for both.

        The last one is remembered: of one call it is asked several times. Arguments are never
        changed, so the same object has the same answer.
        """
        if args is None:
            return self._any
        last = self._last
        if last[0] is not args:
            last = self._last = self._halves(args, self._matcher.holding(args))
        return last

    def _halves(self, args: Args | None, both: Bits) -> tuple[Args | None, Bits, Bits]:
        count = len(self.lessons)
        return args, both & (1 << count) - 1, both >> count

    def after(self, situation: Situation, failure: Failure) -> Bits:
        """Those that may have something to say after a call failed so, or will."""
        speaking = self.heeding(situation.call.args)
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
        if not speaking & ~self.fixed:
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


class Part(Concerned):
    """Some of these lessons: who may speak is found among all of them, and is then left or not.

    `left` gives those of a set that are left. Nothing is built anew for it, and nobody is looked
    at who has nothing to say: whether a lesson is left may have to be drawn first.
    """

    def __init__(self, every: Concerned, left: Callable[[Bits], Bits]) -> None:
        self.lessons = every.lessons
        self.fixers = every.fixers
        self.fixed = every.fixed
        self.met: Bits = 0
        """Those that may have had something to say so far, left or not."""
        self._every = every
        self._left = left

    def before(self, situation: Situation) -> Bits:
        """Those that are left."""
        speaking = self._every.before(situation)
        self.met |= speaking
        return self._left(speaking)

    def after(self, situation: Situation, failure: Failure) -> Bits:
        """Those that are left."""
        speaking = self._every.after(situation, failure)
        self.met |= speaking
        return self._left(speaking)

    def known(self, call: Call, speaking: Bits, most: int) -> Decision | None:
        """What all of them know."""
        return self._every.known(call, speaking, most)

    def remember(self, call: Call, speaking: Bits, most: int, decision: Decision) -> None:
        """For all of them."""
        self._every.remember(call, speaking, most, decision)

    def _those(self) -> tuple[Armed, ...]:
        every = (1 << len(self.lessons)) - 1
        self.met |= every  # whoever goes through them asks each
        left = self._left(every)
        return tuple(a for n, a in enumerate(self.lessons) if left >> n & 1)

    def __len__(self) -> int:
        return len(self._those())

    @overload
    def __getitem__(self, at: int) -> Armed: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[Armed]: ...
    def __getitem__(self, at: int | slice) -> Armed | Sequence[Armed]:
        return self._those()[at]

    def __iter__(self) -> Iterator[Armed]:
        return iter(self._those())


class Everyone(Concerned):
    """Lessons of which nothing is known beforehand: each is asked in its turn."""

    def __init__(self, armed: Iterable[Armed]) -> None:
        self.lessons = tuple(armed)
        self.fixers = _fixers(self.lessons)
        self.fixed = 0
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


def places(among: Bits) -> Iterator[int]:
    """The numbers of the lessons in a set, in the order in which they speak."""
    while among:
        yield (among & -among).bit_length() - 1
        among &= among - 1


def _silent(before: Callable[[Situation], Effect | None], situation: Situation) -> bool:
    """Whether a lesson has nothing to say. One that fails may: it is told of where it is asked."""
    try:
        return before(situation) is None
    except Exception:
        return False


def _fixers(lessons: Sequence[Armed]) -> Bits:
    return sum(1 << n for n, a in enumerate(lessons) if KINDS.find(a.kind).place == FIRST)
