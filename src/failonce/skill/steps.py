"""The hints of a call at work: their handlers nested around it.

Lower priorities are further out (C15). What a handler remembers is kept for each lesson and tool
in a `Runtime`, until the lesson is no longer in force. A handler that fails is left out: the call
goes on without it, and the failure is noted. The clock, sleeping and calling come from outside.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import count
from typing import Final

from failonce.kinds.behaviour import Situation
from failonce.kinds.decision import Armed
from failonce.kinds.hint import Hint, Measured, Meter
from failonce.kinds.hint.running import (
    Asked,
    Event,
    Inner,
    Machine,
    Note,
    Steps,
    base,
)
from failonce.language.reading import Does, reads
from failonce.model import ToolSpec

REMEMBERED: Final = 4096
"""Tools, and tenants with their projects, of which something is remembered."""


@dataclass(frozen=True, slots=True)
class _Kept:
    """A hint in force and its handler at work on one tool."""

    hint: Hint
    machine: Machine


@dataclass(frozen=True, slots=True)
class _Nature:
    """What is known of a tool, and from what description."""

    spec: ToolSpec | None
    reads: bool
    idempotent: bool


class Runtime:
    """What the hints of a process remember: breakers, buckets, kept answers, counts.

    `random` draws from [0, 1), for jitter. Calls of any number of threads and tasks may be under
    way at once.
    """

    def __init__(self, *, random: Callable[[], float]) -> None:
        self._random = random
        self._kept: dict[tuple[str, int, str], _Kept] = {}
        self._nested: dict[tuple[int, str], tuple[Sequence[Armed], Inner | None]] = {}
        self._natures: dict[str, _Nature] = {}
        self._numbers = count(1)
        self._written: dict[tuple[str, str], int] = {}
        self._unwritten = 0

    def steps(
        self,
        situation: Situation,
        armed: Sequence[Armed],
        at: float,
        *,
        tenant: str = "",
        keyed: bool = False,
    ) -> Steps:
        """A call on its way through the hints among `armed`, begun at `at` (monotonic seconds).

        `keyed`: it carries an idempotency key, so it may run again whatever its tool does.
        """
        call = situation.call
        nature = self._nature(call.tool, situation.tools)
        world = tenant, call.project
        inner = self._around(call.tool, armed) or base
        asked = Asked(
            call=call,
            tenant=tenant,
            reads=nature.reads,
            repeatable=keyed or nature.reads or nature.idempotent,
            seen_writes=self._written.get(world, self._unwritten),
        )
        return inner(asked, at) if nature.reads else self._writing(inner, asked, at, world)

    def _writing(self, inner: Inner, asked: Asked, at: float, world: tuple[str, str]) -> Steps:
        """A call that may change something: what was read before and meanwhile is not kept."""
        self._wrote(world)
        try:
            return (yield from inner(asked, at))
        finally:
            self._wrote(world)

    def _wrote(self, world: tuple[str, str]) -> None:
        if len(self._written) >= REMEMBERED:
            self._unwritten = next(self._numbers)
            self._written.clear()
        self._written[world] = next(self._numbers)

    def wrote(self, *, tenant: str = "", project: str = "") -> None:
        """Something may have changed that no step told of: no answer from before is given again."""
        self._wrote((tenant, project))

    def retain(self, armed: Iterable[Armed]) -> None:
        """Forget what the handlers of all other lessons remember: they are not in force."""
        staying = {(a.lesson, a.version) for a in armed}
        self._nested.clear()
        for key in list(self._kept):
            if key[:2] not in staying:
                self._kept.pop(key, None)

    def measured(self) -> Mapping[tuple[str, str], Measured]:
        """What metrics counted, by lesson and tool."""
        kept = list(self._kept.items())
        return {
            (lesson, tool): k.machine.measured()
            for (lesson, _, tool), k in kept
            if isinstance(k.machine, Meter)
        }

    def _around(self, tool: str, armed: Sequence[Armed]) -> Inner | None:
        """The hints of a tool as one step, None where there are none."""
        if not armed:
            return None
        key = id(armed), tool
        known = self._nested.get(key)
        if known is None or known[0] is not armed:
            if len(self._nested) >= REMEMBERED:
                self._nested.clear()
            known = self._nested[key] = armed, self._nest(tool, armed)
        return known[1]

    def _nest(self, tool: str, armed: Sequence[Armed]) -> Inner | None:
        """Of two hints for one place the first to speak is the inner one."""
        hints = [(a, a.behaviour) for a in armed if isinstance(a.behaviour, Hint)]
        inner: Inner = base
        for lesson, hint in sorted(hints, key=lambda h: -h[1].handler.place):
            inner = partial(_guarded, lesson.lesson, self._machine(tool, lesson, hint), inner)
        return inner if hints else None

    def _machine(self, tool: str, lesson: Armed, hint: Hint) -> Machine:
        key = lesson.lesson, lesson.version, tool
        kept = self._kept.get(key)
        if kept is None:  # of two threads one wins, and both work with what it kept
            kept = self._kept.setdefault(key, self._new(lesson, hint))
        if kept.hint != hint:
            kept = self._kept[key] = self._new(lesson, hint)
        return kept.machine

    def _new(self, lesson: Armed, hint: Hint) -> _Kept:
        return _Kept(hint, hint.start(lesson.lesson, self._random))

    def _nature(self, tool: str, tools: Mapping[str, ToolSpec]) -> _Nature:
        spec = tools.get(tool)
        known = self._natures.get(tool)
        if known is None or known.spec is not spec:
            told = spec or ToolSpec(name=tool)
            if len(self._natures) >= REMEMBERED:
                self._natures.clear()
            known = _Nature(spec, reads(told).does is Does.READS, told.idempotent is True)
            self._natures[tool] = known
        return known


def _guarded(lesson: str, machine: Machine, inner: Inner, asked: Asked, at: float) -> Steps:
    """A handler that may fail: then what the tool said stands, or the call runs without it."""
    before = len(asked.ran)
    try:
        return (yield from machine(asked, at, inner))
    except Exception:
        yield Note(lesson=lesson, event=Event.BROKE, call=asked.call, at=at, failed=True)
    if len(asked.ran) > before:
        return asked.ran[-1]
    return (yield from inner(asked, at))
