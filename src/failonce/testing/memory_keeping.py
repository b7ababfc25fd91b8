"""The part of `MemoryStore` that lets go: by age, and because of whom something is about."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from failonce.lifecycle import STANDING
from failonce.model import By, Evidence, Exposure, Gap, GapStatus, Horizon, Lesson, Origin, Whose
from failonce.ports import Gone, Prunable, Traces
from failonce.testing.memory_evidence import NOBODY, MemoryEvidence, day_of


class MemoryKeeping(MemoryEvidence):
    """Everything goes in one step."""

    _lessons: dict[str, dict[int, Lesson]]
    _gaps: dict[str, Gap]
    _exposures: dict[str, Exposure]

    # --------------------------------------------------------------- by age

    def prunable(self, horizon: Horizon) -> Sequence[Prunable]:
        """What is older, by project."""
        cited = self._cited()
        kept = [e for e in self._evidence.values() if e.id in cited or not _old(e, horizon)]
        found = []
        for project in sorted(self.projects()):
            old = [
                e for e in self._evidence.values() if e.call.project == project and _old(e, horizon)
            ]
            going = [e for e in old if e.id not in cited]
            one = Prunable(
                project=project,
                events=len(going),
                calls=sum(e.origin is Origin.CALL for e in going),
                size=sum(len(e.message) for e in going),
                counts=len({_count(e) for e in self._fading(horizon, kept, project)}),
                cited=len(old) - len(going),
                oldest=min((e.at for e in kept if e.call.project == project), default=None),
            )
            if one.events or one.counts or one.cited:
                found.append(one)
        return found

    def prune(self, horizon: Horizon) -> Iterator[Gone]:
        """Remove it."""
        cited = self._cited()
        gone = [e for e in self._evidence.values() if _old(e, horizon) and e.id not in cited]
        self._let_go(gone)
        for project in {e.call.project for e in gone}:
            self._since[project] = max(horizon.events, self._since.get(project, horizon.events))
        faded = list(self._fading(horizon, list(self._evidence.values())))
        self._faded += faded
        these = set(map(id, faded))
        self._counted = [e for e in self._counted if id(e) not in these]
        for project in {e.call.project for e in faded}:
            day = horizon.counts or horizon.events
            self._since[project] = max(day, self._since.get(project, day))
        self._drop_classes()
        yield Gone(events=len(gone), counts=len({_count(e) for e in faded}))

    def _fading(
        self, horizon: Horizon, kept: Sequence[Evidence], project: str | None = None
    ) -> Iterator[Evidence]:
        """What counts, or will once only `kept` is left, and whose counts are older."""
        stay = {_count(e) for e in kept}
        for e in self._every():
            own = e.signature is not None and project in (None, e.call.project)
            old = horizon.counts is not None and day_of(e.at) < horizon.counts
            if own and old and _count(e) not in stay:
                yield e

    def _let_go(self, gone: Sequence[Evidence]) -> None:
        """They go, and count on, with the masked text of their class in place of their own."""
        ids = {e.id for e in gone}
        counted = [e for e in gone if e.id not in self._sampled]
        self._evidence = {n: e for n, e in self._evidence.items() if n not in ids}
        self._counted = [
            replace(e, message=e.template) if e.id in ids else e for e in self._counted
        ]
        self._counted += [replace(e, message=e.template) for e in counted]

    def _drop_classes(self) -> None:
        left = {(e.call.project, e.signature) for e in self._every()}
        self._faded = [
            e if (e.call.project, e.signature) in left else replace(e, signature=None)
            for e in self._faded
        ]

    def _cited(self) -> set[str]:
        """The ids of all events on which something rests."""
        every = [x for versions in self._lessons.values() for x in versions.values()]
        ids = {n for x in every for n in x.proposal.support}
        ids |= {x.evidence for x in self._exposures.values() if x.evidence is not None}
        standing = {(x.id, x.version) for x in every if x.state in STANDING}
        sessions = {
            (x.project, x.session)
            for x in self._exposures.values()
            if (x.lesson, x.version) in standing and x.session
        }
        ids |= {
            e.id for e in self._evidence.values() if (e.call.project, e.call.session) in sessions
        }
        for gap in self._gaps.values():
            if gap.status is GapStatus.OPEN:
                ids |= {e.id for e in self.samples(gap.need)}
        return ids

    # ------------------------------------------------------------- by whom

    def traces(
        self, whose: Whose, tell: Callable[[int], None] = lambda _: None
    ) -> Sequence[Traces]:
        """What is theirs, by project."""
        tell(len(self._evidence))
        theirs = [e for e in self._evidence.values() if whose.concerns(e)]
        events: defaultdict[str, list[Evidence]] = defaultdict(list)
        for e in theirs:
            events[e.call.project].append(e)
        classes = defaultdict(set)
        latest = {}
        for e in sorted(self._every(), key=lambda e: (e.at, e.id)):
            if e.signature is not None:
                latest[e.call.project, e.signature] = e
        for (project, name), e in latest.items():
            if self._asked(whose, project) and any(map(whose.named, _class(e))):
                classes[project].add(name)
        gaps = [
            g
            for g in self._gaps.values()
            if self._asked(whose, g.project) and (whose.named(g.need) or whose.named(g.detail))
        ]
        met = [x for x in self._exposures.values() if _met(whose, x)]
        sessions, names = self._names(whose)
        for e in theirs:
            sessions[e.call.project].add(e.call.session)
        projects = {
            *(p for p, own in (*sessions.items(), *names.items()) if own),
            *classes,
            *(g.project for g in gaps),
            *(x.project for x in met),
        }
        return [
            Traces(
                project=p,
                events=len(events[p]),
                sessions=len(sessions[p]),
                names=len(names[p]),
                classes=len(classes[p]),
                gaps=sum(g.project == p for g in gaps),
                exposures=sum(x.project == p for x in met),
            )
            for p in sorted(projects)
        ]

    def _names(
        self, whose: Whose
    ) -> tuple[defaultdict[str, set[str]], defaultdict[str, set[tuple[By, str]]]]:
        """By project the sessions, and the sources and tags of its classes, named after them."""
        sessions: defaultdict[str, set[str]] = defaultdict(set)
        names: defaultdict[str, set[tuple[By, str]]] = defaultdict(set)
        for e in self._ever():
            if whose.project in (None, e.call.project):
                if _theirs(whose, e.call.session, By.SESSION):
                    sessions[e.call.project].add(e.call.session)
                if e.signature is not None:
                    own = [(By.SOURCE, e.source), *((By.TAG, tag) for tag in e.tags)]
                    names[e.call.project] |= {(by, x) for by, x in own if _theirs(whose, x, by)}
        held = {e.source for e in self._ever() if e.signature or e.id in self._evidence}
        lost = {e.source for e in self._ever()} - held
        if whose.project is None:
            names[""] |= {(By.SOURCE, x) for x in lost if _theirs(whose, x, By.SOURCE)}
        return sessions, names

    def forget(self, whose: Whose, *, at: datetime) -> Iterator[Gone]:
        """Remove what is theirs."""
        day_of(at)
        theirs = [e for e in self._evidence.values() if whose.concerns(e)]
        ids = {e.id for e in theirs}
        self._forgotten |= ids
        self._let_go(theirs)
        self._counted = [_nameless(whose, e) for e in self._counted]
        self._faded = [_nameless(whose, e) for e in self._faded]
        for x in self._exposures.values():
            if x.evidence in ids:
                self._exposures[x.id] = replace(x, evidence=None)
        names: dict[str, str] = {}
        for x in self._exposures.values():
            if _met(whose, x):
                self._exposures[x.id] = replace(
                    x,
                    session=_renamed(whose, x.session, names, x),
                    unit=_renamed(whose, x.unit, names, x),
                )
        if whose.by is By.TEXT:
            for g in self._gaps.values():
                if self._asked(whose, g.project):
                    self._gaps[g.id] = replace(
                        g, need=whose.without(g.need), detail=whose.without(g.detail)
                    )
        yield Gone(events=len(theirs))

    def forgotten(self, ids: Sequence[str]) -> Sequence[str]:
        """Those of the ids whose events were forgotten."""
        return sorted(self._forgotten & set(ids))

    def scrub(self) -> bool:
        """There are no files."""
        return True

    @staticmethod
    def _asked(whose: Whose, project: str) -> bool:
        return whose.by is By.TEXT and whose.project in (None, project)


def _old(e: Evidence, horizon: Horizon) -> bool:
    return day_of(e.at) < horizon.events


def _count(e: Evidence) -> tuple[object, ...]:
    return e.call.project, e.signature, day_of(e.at)


def _class(e: Evidence) -> tuple[str, ...]:
    return e.template, e.message, e.finding.error_type, e.call.tool


def _theirs(whose: Whose, name: str, by: By) -> bool:
    return whose.named(name) if whose.by is By.TEXT else whose.by is by and name == whose.value


def _met(whose: Whose, x: Exposure) -> bool:
    own = whose.project in (None, x.project)
    return own and any(_theirs(whose, name, By.SESSION) for name in (x.session, x.unit))


def _renamed(whose: Whose, name: str, names: dict[str, str], x: Exposure) -> str:
    if not _theirs(whose, name, By.SESSION):
        return name
    return names.setdefault(name, f"forgotten:{x.id}")


def _nameless(whose: Whose, e: Evidence) -> Evidence:
    """What still counts, without what names them."""
    if whose.project not in (None, e.call.project):
        return e
    call = e.call
    if _theirs(whose, call.session, By.SESSION):
        call = replace(call, session=NOBODY)
    finding = e.finding
    if whose.by is By.TEXT:
        call = replace(call, tool=whose.without(call.tool))
        finding = replace(finding, error_type=whose.without(finding.error_type))
        e = replace(e, template=whose.without(e.template), message=whose.without(e.message))
    return replace(
        e,
        call=call,
        finding=finding,
        source=NOBODY if _theirs(whose, e.source, By.SOURCE) else e.source,
        tags=tuple(tag for tag in e.tags if not _theirs(whose, tag, By.TAG)),
    )
