"""From the store to the outcome of a lesson: what is recorded of those who met it.

What happened to whom is stored; how it went is computed from the evidence each time, so that
measuring again finds the same, and late recordings count where they belong.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import lru_cache
from itertools import islice

from failonce import history
from failonce.errors import UserError
from failonce.gate.replay import replay
from failonce.gate.results import Result
from failonce.kinds.decision import Armed
from failonce.model import Arm, Effect, Evidence, Exposure, Lesson, Signature, ToolSpec, Unit
from failonce.outcome.measured import Measured
from failonce.outcome.span import Span, span
from failonce.outcome.units import Met, Recorded, meetings, recovered, rows, watched
from failonce.ports import Clock, SignatureQuery, Store
from failonce.skill import decide
from failonce.skill.index import arm

_HELPED = (Effect.PREVENTED, Effect.REPAIRED, Effect.RECOVERED)
_HARMED = (Effect.WRONG, Effect.HARMED, Effect.RAISED)
_RIGHT = (Result.PREVENTED, Result.REPAIRED)
_WRONG = (Result.WRONGLY_BLOCKED, Result.WRONGLY_CHANGED, Result.CONTRADICTED)


ToolsOf = Callable[[str], Mapping[str, ToolSpec]]
"""The tools of a project, as they describe themselves."""


class Measuring:
    """Measures lessons over one store. It reads, and writes nothing."""

    def __init__(self, *, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def span(self, lesson: Lesson) -> Span:
        """The time in force of a lesson, from its audit."""
        entries = self._store.entries(subject=lesson.id)
        return span(lesson, (e.event for e in entries), self._clock.now())

    def signatures(self, lessons: Sequence[Lesson]) -> Mapping[str, Signature]:
        """By id, the first class of failures that a lesson is about, as it stands now."""
        first = {x.id: x.proposal.signatures[0] for x in lessons if x.proposal.signatures}
        if not first:
            return {}
        names = self._store.aliases()
        now = {lesson: names.get(s, s) for lesson, s in first.items()}
        found = self._store.signatures(SignatureQuery(ids=tuple(sorted(set(now.values())))))
        of_all = {s.id: s for s in found}
        own = {(s.project, s.id): s for s in found}
        told = {
            x.id: own.get((x.proposal.project, now[x.id]), of_all.get(now[x.id]))
            for x in lessons
            if x.id in now
        }
        return {lesson: s for lesson, s in told.items() if s is not None}

    def effect(self, lesson: Lesson) -> float:
        """The share of failures that a lesson surely prevents."""
        return self.measured(lesson).sure

    def measured(self, lesson: Lesson) -> Measured:
        """The outcome of this version of a lesson."""
        during = self.span(lesson)
        first = min(during.begin, during.since)
        told = [
            x
            for x in self._store.exposures(lesson=lesson.id)
            if x.version == lesson.version and first <= x.at <= during.until
        ]
        names = self._store.aliases()
        recorded = self._recorded(told, names)
        signatures = frozenset(names.get(s, s) for s in lesson.proposal.signatures)

        def met(since: datetime) -> list[Met]:
            return meetings((x for x in told if x.at >= since), recorded, signatures)

        all_met = met(during.since)
        judge = _Judge(lesson, names, recorded, self._store.tools)
        acted = [x for x in told if x.at >= during.since and x.arm is Arm.APPLIED]
        return Measured(
            lesson=lesson,
            since=during.since,
            until=during.until,
            unit=_unit(told),
            rows=rows(all_met),
            renewed=rows(met(during.renewed)),
            watched=watched(met(during.begin), judge.right),
            recovered=recovered(all_met),
            stopped=_units(told, Effect.PREVENTED),
            raised=_units(told, Effect.RAISED),
            helped=sum(x.effect in _HELPED for x in acted),
            harmed=sum(x.effect in _HARMED for x in acted),
            passed=len({(x.project, x.unit or x.id) for x in acted if _passed(x, recorded)}),
            pending=sum(not m.counts for m in all_met),
        )

    def _recorded(self, told: Sequence[Exposure], names: Mapping[str, str]) -> Recorded:
        wanted: dict[str, set[str]] = defaultdict(set)
        for x in told:
            if x.unit:
                wanted[x.project].add(x.session)
        sessions: dict[tuple[str, str], list[Evidence]] = defaultdict(list)
        closed: dict[tuple[str, str], datetime] = {}
        for project, ids in wanted.items():
            for e in self._store.calls(project=project, sessions=sorted(ids)):
                sessions[project, e.call.session].append(_named(e, names))
            over = self._store.closings(project, sorted(ids))
            closed |= {(project, session): at for session, at in over.items()}
        return Recorded(sessions=sessions, closed=closed, now=self._clock.now())


class _Judge:
    """What a lesson that only watched was right about, found out as the gate does."""

    def __init__(
        self, lesson: Lesson, names: Mapping[str, str], recorded: Recorded, tools: ToolsOf
    ) -> None:
        self._recorded = recorded
        self._tools = lru_cache(tools)
        self._known: dict[tuple[str, str], Mapping[str, Result]] = {}
        try:
            self._armed: Armed | None = arm(lesson, names)
        except UserError:  # a body that nobody can read was right about nothing
            self._armed = None

    def right(self, x: Exposure) -> bool | None:
        """Whether stopping or changing this call would have been right."""
        key = (x.project, x.session)
        calls = self._recorded.sessions.get(key, ())
        met = next((e for e in calls if _is_of(e, x)), None)
        if met is None or self._armed is None:
            return None
        result = self._results(key, calls, self._armed).get(met.id)
        return True if result in _RIGHT else False if result in _WRONG else None

    def _results(
        self, key: tuple[str, str], calls: Sequence[Evidence], armed: Armed
    ) -> Mapping[str, Result]:
        if key not in self._known:
            recoveries = history.by_tool(calls).recoveries
            tools = self._tools(key[0])
            replayed = replay(calls, lambda _: (armed,), decide, recoveries, tools=tools)
            try:
                self._known[key] = {r.evidence.id: r.result for r in replayed}
            except Exception:  # its own step failed, which is counted where it met the call
                self._known[key] = {}
        return self._known[key]


def _passed(x: Exposure, recorded: Recorded) -> bool:
    """Whether a call was made in spite of the lesson, and worked."""
    if x.effect is not Effect.WRONG:
        return False
    calls = recorded.sessions.get((x.project, x.session), ())
    return any(e.good for e in islice((e for e in calls if _is_of(e, x)), 1))


def _is_of(e: Evidence, x: Exposure) -> bool:
    """Whether this is the call that met the lesson: the one that was reported, else the next."""
    if x.evidence is not None:
        return e.id == x.evidence
    return e.at >= x.at and e.call.tool == x.tool


def _units(told: Sequence[Exposure], effect: Effect) -> int:
    """Units in which the lesson had that effect."""
    return len({(x.project, x.unit) for x in told if x.effect is effect})


def _unit(told: Sequence[Exposure]) -> Unit:
    return Unit.TASK if any(x.unit != x.session for x in told) else Unit.SESSION


def _named(e: Evidence, names: Mapping[str, str]) -> Evidence:
    """The evidence with its failure called as it is called now."""
    now = names.get(e.signature or "")
    return e if now is None else replace(e, signature=now)
