"""Asking the placed lessons of a project before a call, and after one that failed."""

from collections.abc import Callable, Iterable, Iterator, Sequence, Set
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Final, Protocol

from failonce.exposing.asking import (
    NOTHING,
    UNASKED,
    Asked,
    Asking,
    Asks,
    Deciders,
    Spoken,
    answer,
    answers,
    end,
    made,
    settled,
)
from failonce.exposing.places import Placed
from failonce.exposing.together import Together
from failonce.identity import digest
from failonce.kinds.behaviour import Block, Insert, Repair, Retry
from failonce.kinds.concerned import Part, places
from failonce.kinds.decision import Armed, Concerning, Decision, Touch
from failonce.language.matching import Bits
from failonce.model import Arm, Call, Effect, Exposure
from failonce.outcome.assignment import epoch
from failonce.skill.index import Index

if TYPE_CHECKING:
    from failonce.kinds.hint.running import Note

NewId = Callable[[], str]
"""Makes an id that nobody else makes."""

REMEMBERED: Final = 4096
"""Tools whose lessons are remembered together."""


class Lessons(Protocol):
    """Which lessons concern a tool; the very same sequence until they change."""

    def concerning(self, tool: str) -> Sequence[Armed]:
        """As `Index.concerning`."""


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
        self._acting: Lessons = Index(p.armed for p in every if not p.watches)
        self._watching: Lessons = Index(p.armed for p in every if p.watches)
        self._places = {p.armed.lesson: p for p in every}
        self._new_id = new_id
        self._together: dict[str, tuple[Sequence[Armed], Sequence[Armed], Together]] = {}

    def together(self, tool: str) -> Together | None:
        """The lessons of a tool as one, None where there are none; the same until they change."""
        acting, watching = self.acting(tool), self.watching(tool)
        if not acting and not watching:
            return None
        known = self._together.get(tool)
        if known is None or known[0] is not acting or known[1] is not watching:
            if len(self._together) >= REMEMBERED:
                self._together.clear()
            known = acting, watching, Together(acting, watching, self._places)
            self._together[tool] = known
        return known[2]

    def before(self, call: Call, at: datetime, ask: Asking) -> Asked:
        """Ask before a call; `ask` asks `decide.before`, and makes no call."""
        return end(self.ahead(call, at, lambda asked: made(ask, asked)))

    def ahead(self, call: Call, at: datetime, decide: Deciders) -> Asks:
        """`before` as steps: yields the calls that the lessons that act want made.

        Those that are withheld or only watch are asked as if no call could be made; of them
        only those that this call came across, for the others have nothing to say of it.
        """
        there = self.together(call.tool)
        if there is None:
            return UNASKED
        acting = _Acting(self, call, at, {call.tool: there})
        decision, raised = yield from answers(decide, acting, call.tool)
        return Asked(decision, lambda: self._before(there, acting, decide, decision, raised))

    def _before(
        self,
        there: Together,
        acting: "_Acting",
        decide: Deciders,
        decision: Decision,
        raised: Sequence[Armed],
    ) -> tuple[Spoken, ...]:
        """Those that spoke, that would have but for the draw, and that watched."""
        call, at, ask = acting.call, acting.at, settled(decide)
        applied, held, shadow = (_Meeting(call=call, at=at, arm=arm) for arm in _ARMS)
        met = there.acting | there.watching if raised else self._met(there, acting, ask)
        spoken = [self._spoken(t, applied) for t in decision.touches]
        for own in there.held(there.draw(call.cluster, at), met):
            # In their own order: whoever speaks first may leave the others nothing to say.
            spoken += self._would(ask, own, acting, held)
        for n in places(met & there.watching) if call.cluster else ():
            own = frozenset((there.every.lessons[n].lesson,))
            spoken += self._would(ask, own, acting, shadow)
        spoken += [self._failed(a, applied) for a in raised]
        return tuple(spoken)

    def after(self, call: Call, at: datetime, ask: Asking, *, spent: Iterable[str] = ()) -> Asked:
        """Ask after a call failed, all lessons but those that are `spent`.

        Nothing is withheld: what happens without a lesson has just happened.
        """
        return end(self.behind(call, at, lambda asked: made(ask, asked), spent=spent))

    def behind(
        self, call: Call, at: datetime, decide: Deciders, *, spent: Iterable[str] = ()
    ) -> Asks:
        """`after` as steps: yields the calls that lessons want made."""
        gone = frozenset(spent)
        acting = self._without(gone) if gone else self.acting
        if not self.acting(call.tool):
            return UNASKED
        decision, raised = yield from answers(decide, acting, call.tool)
        met = _Meeting(call=call, at=at, arm=Arm.APPLIED)

        def found() -> tuple[Spoken, ...]:
            spoken = [self._repaired(t, met) for t in decision.touches]
            return (*spoken, *(self._failed(a, met) for a in raised))

        return Asked(decision, found)

    def _without(self, gone: Set[str]) -> Concerning:
        """The lessons that act, but some."""

        def left(tool: str) -> Sequence[Armed]:
            there = self.together(tool)
            return () if there is None else there.without(gone)

        return left

    def _met(self, there: Together, acting: "_Acting", ask: Asking) -> Bits:
        """Those that may have had something to say on the way, were no call made on it.

        Only whoever does not say the same of every call may have one made: then it is asked again.
        """
        met = acting.met
        if met & there.acting & ~there.every.fixed:
            again = acting.with_(frozenset())
            answer(ask, again, again.call.tool)
            met = again.met
        return met

    def _would(
        self, ask: Asking, own: Set[str], asked: "_Acting", met: _Meeting
    ) -> Iterator[Spoken]:
        """What lessons that do not act would have spoken of."""
        decision, raised = answer(ask, asked.with_(own), met.call.tool)
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

    def _repaired(self, touch: Touch, met: _Meeting) -> Spoken:
        """What a lesson does after a failure, each time."""
        made = self._exposure(touch.armed, met, id=self._new_id())
        worked = Effect.RECOVERED if isinstance(touch.effect, Retry) else Effect.REPAIRED
        after = replace(made, after=True, share=0.0)
        return Spoken(exposure=after, if_worked=worked, if_failed=Effect.NO_EFFECT)

    def _failed(self, armed: Armed, met: _Meeting) -> Spoken:
        """A lesson whose own step failed; its unit is no unit of either arm."""
        made = self._exposure(armed, met, what="raised")
        return Spoken(exposure=replace(made, effect=Effect.RAISED, share=0.0))

    def _exposure(self, armed: Armed, met: _Meeting, *, id: str = "", what: str = "") -> Exposure:
        """An exposure; without an id of its own it has that of its unit, and is told once."""
        place, call, unit = self._places[armed.lesson], met.call, met.call.cluster
        return Exposure(
            id=id or (_once(place, met, what) if unit else self._new_id()),
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

    def around(self, call: Call, at: datetime) -> tuple[Sequence[Armed], Asked | None]:
        """The lessons whose hints are around a call, and what is to be told of them, if anything.

        What makes calls wait or gives them up acts on those too that would have worked, so it is
        withheld like what acts before a call; units are told of once. What acts after a failure
        alone is not: the failure has just happened.
        """
        there = self.together(call.tool)
        if there is None or not there.around or not call.cluster:
            return self.acting(call.tool), None
        draw = there.draw(call.cluster, at)
        held = draw.held(there.around)
        if not draw.first("around"):
            return there.hinting(held), None

        def told() -> tuple[Spoken, ...]:
            arms = (
                (n, Arm.HOLDOUT if held >> n & 1 else Arm.APPLIED) for n in places(there.around)
            )
            every = there.every.lessons
            return tuple(
                Spoken(exposure=self._exposure(every[n], _Meeting(call=call, at=at, arm=arm)))
                for n, arm in arms
            )

        return there.hinting(held), Asked(NOTHING, told)

    def came_of(self, note: "Note", call: Call, at: datetime, *, worked: bool) -> Exposure | None:
        """What a hint around a call did, and what came of the call; None where that is no news."""
        from failonce.kinds.hint.running import Event  # noqa: PLC0415 - where a hint is at work

        place = self._places.get(note.lesson)
        there = self.together(call.tool)
        if place is None or there is None:
            return None
        met = _Meeting(call=call, at=at, arm=Arm.APPLIED)
        if note.event in (Event.RETRIED, Event.FELL_BACK):
            made = self._exposure(place.armed, met, id=self._new_id())
            effect = Effect.RECOVERED if worked else Effect.NO_EFFECT
            return replace(made, after=True, share=0.0, effect=effect)
        refused, what = note.event is Event.REFUSED, f"{note.event} {note.lesson}"
        if refused and not (call.cluster and there.draw(call.cluster, at).first(what)):
            return None
        if refused or note.event is Event.TIMED_OUT:
            effect = Effect.NO_EFFECT if refused else Effect.UNKNOWN
            return replace(self._exposure(place.armed, met, what=note.event), effect=effect)
        return None


class _Acting:
    """The lessons that act in the unit of a call, tool by tool, and some `besides`."""

    def __init__(
        self, roster: Roster, call: Call, at: datetime, theres: dict[str, Together | None]
    ) -> None:
        self.call = call
        self.at = at
        self._roster = roster
        self._besides: Set[str] = frozenset()
        self._parts: dict[str, Part] = {}
        self._theres = theres

    def __call__(self, tool: str) -> Sequence[Armed]:
        """Those of a tool; the same for all that are asked of one call, whenever they are."""
        if tool in self._parts:
            return self._parts[tool]
        if tool not in self._theres:
            self._theres[tool] = self._roster.together(tool)
        there = self._theres[tool]
        if there is None:
            return ()
        part = there.part(there.draw(self.call.cluster, self.at), self._besides)
        return self._parts.setdefault(tool, part)

    def with_(self, besides: Set[str]) -> "_Acting":
        """The same with others besides, of whom nothing was asked yet."""
        other = _Acting(self._roster, self.call, self.at, self._theres)
        other._besides = besides
        return other

    @property
    def met(self) -> Bits:
        """Those of the call's own tool that may have had something to say so far."""
        own = self._parts.get(self.call.tool)
        return 0 if own is None else own.met


_ARMS = (Arm.APPLIED, Arm.HOLDOUT, Arm.SHADOW)


def _once(place: Placed, met: _Meeting, what: str) -> str:
    """The id of what is told once a unit and week, made alike by every process."""
    lesson, call = place.armed, met.call
    of = lesson.lesson, str(lesson.version), place.since.isoformat(), call.project, call.cluster
    return digest(("exposure/1", *of, str(epoch(met.at)), met.arm, what), size=16)
