"""Asking the lessons of a project about a call, so that their effect can be measured.

Some units go without a lesson, and lessons that wait only watch. Whether a lesson would have
spoken is found out by asking again with it, so that in both arms the same calls count: those
that it meets given what all other lessons do. What it did, or would have done, is an
`Exposure`; who acts on a decision writes it, before the call, in both arms alike.
"""

from collections import defaultdict
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeVar

from failonce.identity import digest
from failonce.kinds.behaviour import Block, Insert, Repair, Retry
from failonce.kinds.concerned import Concerned
from failonce.kinds.decision import CANNOT, Armed, Concerning, Deciding, Decision, Touch, settle
from failonce.kinds.guardrail import Guardrail, Strength
from failonce.language.reading import Basis, Does, reads
from failonce.model import ALLOW, Answer, Arm, Call, Effect, Exposure, Lesson, ToolSpec
from failonce.outcome.assignment import Group, Standing, drawn, epoch, group, standing, withheld
from failonce.outcome.span import Span
from failonce.policy import Policy
from failonce.skill.index import Index

Asking = Callable[[Concerning], Decision]
"""Asks these lessons, and no others, about the call at hand."""
Deciders = Callable[[Concerning], Deciding]
"""The same as steps, which yield the calls that lessons want made."""
Held = tuple[frozenset[str], ...]
"""Lessons that a unit goes without, by group."""
NewId = Callable[[], str]
"""Makes an id that nobody else makes."""

NOTHING = Decision(advice=ALLOW)

REMEMBERED = 4096
"""Draws that are remembered: of so many tools and units."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A lesson that may be asked, with what is known of it."""

    lesson: Lesson
    armed: Armed
    span: Span
    lets_go: bool
    """False where the calls that it stops may do something: those are never let through."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """A lesson in its place: in force for all but a share of the units, or watching."""

    armed: Armed
    group: Group
    share: float
    since: datetime
    watches: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Spoken:
    """An exposure, and what it will have been where the call then works, or fails."""

    exposure: Exposure
    if_worked: Effect = Effect.UNKNOWN
    if_failed: Effect = Effect.UNKNOWN

    def known(self, *, failed: bool, evidence: str) -> Exposure:
        """The exposure with what came of its call."""
        effect = self.if_failed if failed else self.if_worked
        return replace(self.exposure, effect=effect, evidence=evidence)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What the lessons that act say, and what is to be recorded of all that were met."""

    decision: Decision
    spoken: tuple[Spoken, ...] = ()


UNASKED = Asked(decision=NOTHING)
Asks = Generator[Call, Answer, Asked]
"""Asking that yields calls to be made, and is sent their answers."""
T = TypeVar("T")


def lets_go(armed: Armed, tool: ToolSpec) -> bool:
    """Whether calls that a lesson stops may be let through now and then, to see if it is right.

    Only those of a tool that reads: it says so, or its words do and nothing says otherwise.
    Without failonce they would run anyway, so words are enough here. Lessons that stop
    nothing can always be withheld.
    """
    stops = isinstance(armed.behaviour, Guardrail) and armed.behaviour.strength is Strength.BLOCK
    if not stops:
        return True
    said = reads(tool)
    return said.does is Does.READS or (said.basis is Basis.WORDS and said.does is Does.UNKNOWN)


def placed(
    candidates: Sequence[Candidate], policy: Policy, names: Mapping[str, str]
) -> list[Placed]:
    """Give lessons their places; `candidates` come in order of creation.

    Lessons of one group are drawn together, with one share. One that nobody approved only
    watches while another one of its group acts: what happened could be either's doing.
    """
    groups: dict[Group, list[tuple[Candidate, Standing]]] = defaultdict(list)
    for c in candidates:
        groups[group(c.lesson.proposal, names)].append((c, standing(c.lesson, c.span.last)))
    found: dict[str, Placed] = {}
    for key, members in groups.items():
        acting = _acting(members)
        shares = [withheld(s, policy) for c, s in acting if c.lets_go]
        for c, _ in members:
            found[c.lesson.id] = Placed(
                armed=c.armed,
                group=key,
                share=max(shares, default=0.0) if c.lets_go else 0.0,
                since=c.span.renewed,
                watches=all(c is not other for other, _ in acting),
            )
    return [found[c.lesson.id] for c in candidates]


def _acting(members: Sequence[tuple[Candidate, Standing]]) -> list[tuple[Candidate, Standing]]:
    in_force = [(c, s) for c, s in members if c.lesson.in_force]
    trusted = (Standing.APPROVED, Standing.PROVEN, Standing.PROBATION)
    return [(c, s) for c, s in in_force if s in trusted] or in_force[:1]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Meeting:
    """A call that lessons of one arm meet."""

    call: Call
    at: datetime
    arm: Arm


class Roster:
    """The placed lessons of one project. Immutable once built but for what it remembers."""

    def __init__(self, lessons: Iterable[Placed], new_id: NewId) -> None:
        every = list(lessons)
        self._acting: Index | ByTool = Index(p.armed for p in every if not p.watches)
        self._watching: Index | ByTool = Index(p.armed for p in every if p.watches)
        self._places = {p.armed.lesson: p for p in every}
        self._new_id = new_id
        self._draws: dict[tuple[str, str, int], Held] = {}

    def before(self, call: Call, at: datetime, ask: Asking) -> Asked:
        """Ask before a call; `ask` asks `decide.before`, and makes no call."""
        return _end(self.ahead(call, at, lambda asked: _made(ask, asked)))

    def ahead(
        self,
        call: Call,
        at: datetime,
        decide: Deciders,
        *,
        speaking: Set[str] | None = None,
    ) -> Asks:
        """`before` as steps: yields the calls that the lessons that act want made.

        Those that are withheld or only watch are asked as if no call could be made; only those
        of `speaking` where it is known who may have anything to say.
        """
        concerning = self._acting.concerning(call.tool)
        watching = self._watching.concerning(call.tool)
        if not concerning and not watching:
            return UNASKED
        applied, held, shadow = (_Meeting(call=call, at=at, arm=arm) for arm in _ARMS)
        acting = self._acting_on(applied)
        ask = _settled(decide)
        decision, raised = yield from _answers(decide, acting, call.tool)
        spoken = [self._spoken(t, applied) for t in decision.touches]
        for own in self._held(call.tool, applied):
            if speaking is not None and own.isdisjoint(speaking):
                continue
            # In their own order: whoever speaks first may leave the others nothing to say.
            spoken += self._would(ask, self._acting_on(applied, own), own, held)
        for a in watching if call.cluster else ():
            if speaking is not None and a.lesson not in speaking:
                continue
            spoken += self._would(ask, self._with(acting, a), {a.lesson}, shadow)
        spoken += [self._failed(a, applied) for a in raised]
        return Asked(decision=decision, spoken=tuple(spoken))

    def after(self, call: Call, at: datetime, ask: Asking, *, spent: Iterable[str] = ()) -> Asked:
        """Ask after a call failed, all lessons but those that are `spent`.

        Nothing is withheld: what happens without a lesson has just happened.
        """
        return _end(self.behind(call, at, lambda asked: _made(ask, asked), spent=spent))

    def behind(
        self, call: Call, at: datetime, decide: Deciders, *, spent: Iterable[str] = ()
    ) -> Asks:
        """`after` as steps: yields the calls that lessons want made."""
        gone = frozenset(spent)
        acting = self._acting.concerning
        concerning = _without(acting, lambda _: gone) if gone else acting
        if not concerning(call.tool):
            return UNASKED
        met = _Meeting(call=call, at=at, arm=Arm.APPLIED)
        decision, raised = yield from _answers(decide, concerning, call.tool)
        spoken = [
            _afterwards(self._exposure(t.armed, met, id=self._new_id()), t)
            for t in decision.touches
        ]
        spoken += [self._failed(a, met) for a in raised]
        return Asked(decision=decision, spoken=tuple(spoken))

    def _acting_on(self, met: _Meeting, back: Set[str] = frozenset()) -> Concerning:
        """The lessons that act in this unit, and these that would but for the draw."""

        def held(tool: str) -> Set[str]:
            groups = self._held(tool, met)
            return frozenset[str]().union(*groups) - back if groups else frozenset()

        return _without(self._acting.concerning, held)

    def _with(self, acting: Concerning, one: Armed) -> Concerning:
        """The lessons that act and, last, one of those that watch."""
        watching = self._watching.concerning
        return lambda tool: [*acting(tool), one] if one in watching(tool) else acting(tool)

    def _held(self, tool: str, met: _Meeting) -> Held:
        """The lessons of a tool that this unit goes without; a session draws once a week."""
        unit = met.call.cluster
        key = (tool, unit, epoch(met.at))
        if key not in self._draws:
            groups: dict[Group, set[str]] = defaultdict(set)
            for place in (self._places[a.lesson] for a in self._acting.concerning(tool)):
                if place.share and drawn(place.group, met.at, unit, place.share) is Arm.HOLDOUT:
                    groups[place.group].add(place.armed.lesson)
            if len(self._draws) >= REMEMBERED:
                self._draws.clear()
            self._draws[key] = tuple(map(frozenset, groups.values()))
        return self._draws[key]

    def _would(
        self, ask: Asking, asked: Concerning, own: Set[str], met: _Meeting
    ) -> Iterator[Spoken]:
        """What lessons that do not act would have spoken of."""
        decision, raised = _answer(ask, asked, met.call.tool)
        yield from (self._spoken(t, met) for t in decision.touches if t.armed.lesson in own)
        yield from (self._failed(a, met) for a in raised if a.lesson in own)

    def _spoken(self, touch: Touch, met: _Meeting) -> Spoken:
        """A lesson that acts is told of each time, one that only speaks or watches once a unit."""
        if met.arm is Arm.APPLIED and isinstance(touch.effect, Block | Repair | Insert):
            made = self._exposure(touch.armed, met, id=self._new_id())
            if isinstance(touch.effect, Block):
                return Spoken(exposure=replace(made, effect=Effect.PREVENTED))
            return Spoken(exposure=made, if_worked=Effect.REPAIRED, if_failed=Effect.NO_EFFECT)
        return Spoken(exposure=self._exposure(touch.armed, met))

    def _failed(self, armed: Armed, met: _Meeting) -> Spoken:
        """A lesson whose own step failed; its unit is no unit of either arm."""
        made = self._exposure(armed, met, what="raised")
        return Spoken(exposure=replace(made, effect=Effect.RAISED, share=0.0))

    def _exposure(self, armed: Armed, met: _Meeting, *, id: str = "", what: str = "") -> Exposure:
        """An exposure; without an id of its own it has that of its unit, and is told once."""
        place, call, unit = self._places[armed.lesson], met.call, met.call.cluster
        told = (armed.lesson, str(armed.version), place.since.isoformat(), call.project, unit)
        once = digest(("exposure/1", *told, str(epoch(met.at)), met.arm, what), size=16)
        return Exposure(
            id=id or (once if unit else self._new_id()),
            lesson=armed.lesson,
            version=armed.version,
            at=met.at,
            project=call.project,
            session=call.session,
            unit=unit,
            arm=met.arm,
            share=place.share if unit and met.arm is not Arm.SHADOW else 0.0,
            effect=Effect.UNKNOWN,
            tool=call.tool,
        )

    def acting(self, tool: str) -> Sequence[Armed]:
        """The lessons of a tool that act, those too that are withheld now and then.

        It is the same object until they change.
        """
        return self._acting.concerning(tool)

    def watching(self, tool: str) -> Sequence[Armed]:
        """The lessons of a tool that only watch."""
        return self._watching.concerning(tool)

    def held(self, call: Call, at: datetime, among: Set[str]) -> bool:
        """Whether this unit goes without one of these lessons of the tool."""
        met = _Meeting(call=call, at=at, arm=Arm.APPLIED)
        return not all(group.isdisjoint(among) for group in self._held(call.tool, met))

    def recovered(self, lesson: str, call: Call, at: datetime, *, worked: bool) -> Exposure | None:
        """What a hint around a call that failed came to; None where it is no longer there."""
        if lesson not in self._places:
            return None
        met = _Meeting(call=call, at=at, arm=Arm.APPLIED)
        made = self._exposure(self._places[lesson].armed, met, id=self._new_id())
        effect = Effect.RECOVERED if worked else Effect.NO_EFFECT
        return replace(made, after=True, share=0.0, effect=effect)


class ByTool:
    """An index that is made tool by tool, anew where their lessons change."""

    def __init__(
        self,
        placed: Callable[[str], Sequence[Placed]],
        among: Callable[[Placed], bool],
        changed: Callable[[Sequence[Placed]], None],
    ) -> None:
        self._placed = placed
        self._among = among
        self._changed = changed
        self._known: dict[str, tuple[Sequence[Placed], Index]] = {}

    @property
    def tools(self) -> Sequence[str]:
        """Those that were asked about."""
        return list(self._known)

    def concerning(self, tool: str) -> Sequence[Armed]:
        """As `Index.concerning`."""
        there = self._placed(tool)
        known = self._known.get(tool)
        if known is None or known[0] is not there:
            if len(self._known) >= REMEMBERED:
                self._known.clear()
            self._changed(there)
            known = self._known[tool] = there, Index(p.armed for p in there if self._among(p))
        return known[1].concerning(tool)


class RosterByTool(Roster):
    """A roster that asks for the lessons of a tool when it is first called.

    `placed` gives the very same sequence until they change.
    """

    def __init__(self, placed: Callable[[str], Sequence[Placed]], new_id: NewId) -> None:
        super().__init__((), new_id)
        self._acting = self._first = ByTool(placed, lambda p: not p.watches, self._learn)
        self._watching = ByTool(placed, lambda p: p.watches, self._learn)

    @property
    def tools(self) -> Sequence[str]:
        """Those that were asked about."""
        return self._first.tools

    def _learn(self, lessons: Sequence[Placed]) -> None:
        self._places.update((p.armed.lesson, p) for p in lessons)
        self._draws.clear()


_ARMS = (Arm.APPLIED, Arm.HOLDOUT, Arm.SHADOW)


def _afterwards(made: Exposure, touch: Touch) -> Spoken:
    worked = Effect.RECOVERED if isinstance(touch.effect, Retry) else Effect.REPAIRED
    return Spoken(
        exposure=replace(made, after=True, share=0.0),
        if_worked=worked,
        if_failed=Effect.NO_EFFECT,
    )


def _without(concerning: Concerning, gone: Callable[[str], Set[str]]) -> Concerning:
    """These lessons without those that are gone for a tool."""

    def left(tool: str) -> Sequence[Armed]:
        out = gone(tool)
        own = concerning(tool)
        if not out:
            return own
        if type(own) is not Concerned:
            return [a for a in own if a.lesson not in out]
        return own.without(frozenset(out))

    return left


def _answer(ask: Asking, concerning: Concerning, tool: str) -> tuple[Decision, list[Armed]]:
    """The decision where no call can be made; see `_answers`."""
    return _end(_answers(lambda asked: _made(ask, asked), concerning, tool))


def _answers(
    decide: Deciders, concerning: Concerning, tool: str
) -> Generator[Call, Answer, tuple[Decision, list[Armed]]]:
    """The decision, and the lessons whose own step failed: the others decide without them."""
    armed = concerning(tool)
    if not armed:
        return NOTHING, []
    try:
        return (yield from decide(concerning)), []
    except Exception:
        ask = _settled(decide)
        broken = {a.lesson: a for a in armed if not _stands(ask, a, tool)}
        if not broken:
            raise
        rest = [a for a in armed if a.lesson not in broken]
    return ((yield from decide(_only(rest, tool))) if rest else NOTHING), list(broken.values())


def _made(ask: Asking, concerning: Concerning) -> Deciding:
    """A decision that needs no call, as steps."""
    yield from ()
    return ask(concerning)


def _settled(decide: Deciders) -> Asking:
    return lambda concerning: settle(decide(concerning))


def _end(steps: Generator[Call, Answer, T]) -> T:
    """What comes of steps where no call can be made."""
    try:
        next(steps)
        while True:
            steps.send(CANNOT)
    except StopIteration as done:
        found: T = done.value
        return found


def _only(armed: Sequence[Armed], tool: str) -> Concerning:
    return lambda other: armed if other == tool else ()


def _stands(ask: Asking, armed: Armed, tool: str) -> bool:
    try:
        ask(_only([armed], tool))
    except Exception:
        return False
    return True
