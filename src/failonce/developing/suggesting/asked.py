"""What is asked for and is not there: by calls, by tools that fail for want of it, by people."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Final

from failonce import history
from failonce.developing.needs import existing, key_of, name_of, need_id
from failonce.developing.suggesting.known import Known
from failonce.developing.suggesting.model import (
    Advised,
    Found,
    Suggestion,
    at_least,
    counted,
    listed,
    period,
    plain,
    quoted,
    shown,
    typed,
)
from failonce.language.absent import Absent, Thing, absent
from failonce.language.tool_names import nearest_tool, own_words, slip
from failonce.model import Action, Category, Evidence, Gap, KindName, Lesson, Signature
from failonce.selecting import newest

SAMPLES: Final = 200
"""Newest failures of a class that are read, where a class may speak of several names."""
_WANTING: Final = (Category.MISSING_TOOL, Category.DEPENDENCY)
_WORDS: Final = 8
"""Words of a name that are asked for."""
_MOST: Final = 300
"""Names that are compared with one another, those in most calls first; needs that are told."""
_SESSIONS: Final = 20
"""Newest sessions that missed something, in which is looked for what they did instead."""
_CLASSES: Final = 2000
"""Classes of failures that are read, those of most hits first."""


@dataclass(slots=True, kw_only=True)
class Need:
    """Something that is asked for under names that are nearly the same."""

    thing: Thing
    names: Counter[str] = field(default_factory=Counter)
    """Each with its calls."""
    by: set[str] = field(default_factory=set)
    """The tools that were asked for it, or that need it; empty where it was called itself."""
    events: list[Evidence] = field(default_factory=list)
    classes: set[str] = field(default_factory=set)
    """The classes of failures that say so."""
    gap: Gap | None = None
    """Where somebody asked for it in words, and no tool came of it."""
    days: tuple[datetime, ...] = ()
    """When somebody did, once a day."""

    @property
    def name(self) -> str:
        """The name that most calls gave."""
        most = sorted(self.names, key=lambda n: (-self.names[n], n))
        return most[0] if most else ""

    @property
    def words(self) -> str:
        """What to ask for."""
        return self.gap.need if self.gap is not None else " ".join(own_words(self.name)[:_WORDS])

    @property
    def clusters(self) -> frozenset[str]:
        """Whose calls missed it."""
        return frozenset(e.call.cluster for e in self.events)

    def take(self, other: "Need") -> None:
        """The other one is the same need."""
        self.names += other.names
        self.by |= other.by
        self.events += other.events
        self.classes |= other.classes


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """What is missing, and how much was missed in too few sessions to say so."""

    found: tuple[Found, ...]
    once: int
    more: int
    """Needs that were not looked at, as there are so many that more sessions had."""
    classes: frozenset[str]
    """The classes of failures that this explains."""


def missing(known: Known) -> Missing:
    """Every need that nothing answers; of somebody who asked in words, one request is enough."""
    needs: dict[tuple[Thing, str], Need] = {}
    for need in _asked(known):
        needs.setdefault((need.thing, _key(need, known)), Need(thing=need.thing)).take(need)
    _join(needs)
    for gap in _requests(known):
        need = needs.setdefault((Thing.TOOL, key_of(gap.need)), Need(thing=Thing.TOOL))
        need.gap, need.days = gap, _days(gap, known)
    once = 0
    enough: list[tuple[int, int, Need]] = []
    for n, (_, need) in enumerate(sorted(needs.items())):
        _since(need, known)
        need.events = history.witnessed(sorted(need.events, key=lambda e: (e.at, e.id)))
        if need.gap is None and len(need.clusters) < known.least:
            once += bool(need.events)
        else:
            enough.append((-len(need.clusters) - len(need.days), n, need))
    enough.sort()
    tried = [(_suggested(need, known), need) for _, _, need in enough[:_MOST]]
    return Missing(
        found=tuple(one for one, _ in tried if one is not None),
        once=once,
        more=len(enough[_MOST:]),
        classes=frozenset(c for one, need in tried if one is not None for c in need.classes),
    )


# ------------------------------------------------------------------ finding


def _key(need: Need, known: Known) -> str:
    """What two spellings of a name share; of what is there elsewhere, the name itself."""
    if need.thing is not Thing.TOOL or need.name in known.offered:
        return need.name
    return key_of(" ".join(own_words(need.name)) or need.name)


def _asked(known: Known) -> Iterator[Need]:
    """What each class of failures says is not there."""
    wanting = (s for s in known.signatures if _speaks(s) and s.tool not in known.misspelled)
    for s in islice(wanting, _CLASSES):
        events = newest(known.store, s.id, known.project, SAMPLES)
        if s.tool in known.unknown:
            yield Need(
                thing=Thing.TOOL, names=Counter({s.tool: s.hits}), events=events, classes={s.id}
            )
            continue
        groups: dict[Absent, list[Evidence]] = defaultdict(list)
        for e in events:
            if (gone := absent(e.message, e.call.tool)) is not None:
                groups[gone].append(e)
        for gone, own in groups.items():
            times = s.hits if len(own) == len(events) else len(own)
            by = {s.tool} - {gone.name}
            names = Counter({gone.name: times})
            yield Need(thing=gone.thing, names=names, by=by, events=own, classes={s.id})


def _speaks(s: Signature) -> bool:
    """Whether a class may say that something is not there; a simulator calls it undefined."""
    return s.category in _WANTING or f"name '{s.tool}' is not defined" in s.sample


def _join(needs: dict[tuple[Thing, str], Need]) -> None:
    """Names that differ by a slip of the pen are one need."""
    tools = [k for k in needs if k[0] is Thing.TOOL]
    tools.sort(key=lambda k: (-needs[k].names.total(), k))
    for n, key in enumerate(tools[:_MOST]):
        for other in tools[n + 1 : _MOST]:
            if key in needs and other in needs and slip(needs[other].name, needs[key].name):
                needs[key].take(needs.pop(other))


def _since(need: Need, known: Known) -> None:
    """Without what was missed before a learned tool of that name came in force."""
    lesson = known.learned.get(need.name)
    if lesson is not None and lesson.in_force and lesson.reviewed_at is not None:
        need.events = [e for e in need.events if e.at > lesson.reviewed_at]
        need.names = Counter({need.name: len(need.events)})


def _requests(known: Known) -> Iterable[Gap]:
    """The gaps that people's requests left; those of failures are named otherwise."""
    return [g for g in known.gaps.values() if g.id == need_id(known.project, g.need)]


def _days(gap: Gap, known: Known) -> tuple[datetime, ...]:
    """When it was asked for: each day (UTC) once, oldest first."""
    asked = [e.event.at for e in known.store.entries(subject=gap.id) if _wanted(e.event.action)]
    moments = sorted(asked + ([] if gap.at is None else [gap.at]))
    return tuple({at.date(): at for at in reversed(moments)}.values())[::-1]


def _wanted(action: Action) -> bool:
    return action is Action.WANTED


# ------------------------------------------------------------------ telling


def _suggested(need: Need, known: Known) -> Found | None:
    clusters = need.clusters
    if need.gap is None and any(x.in_force for x in _lessons(need, known) if _mends(x)):
        return None
    vain = clusters - _served(need, known)
    if not vain and need.gap is None:
        return None
    there = _there(need, known)
    if there and not need.names:
        return None  # since somebody asked, there is a tool
    days = {f"day {at:%Y-%m-%d}" for at in need.days}
    of, hits = len(clusters) + len(days), len(vain) + len(days)
    times = need.names.total() + (0 if need.gap is None else need.gap.attempts)
    moments = [*(e.at for e in need.events), *need.days]
    kind, what, command = _advice(need, there, known)
    why = _why(need, len(clusters))
    suggestion = Suggestion(
        kind=kind,
        project=known.project,
        subject=shown(need.name or name_of(need.words)),
        what=what,
        why=f"{why}, {period(min(moments), max(moments))}.{_told(need)}",
        confidence=at_least(hits, of),
        sure=f"it stays missing {_where(at_least(hits, of), clusters)} (95 %)",
        command=command,
        times=times,
        sessions=of,
        first=min(moments),
        last=max(moments),
        lesson=next((x.id for x in _lessons(need, known)), ""),
    )
    return Found(suggestion=suggestion, clusters=frozenset(clusters | days))


def _lessons(need: Need, known: Known) -> list[Lesson]:
    """The learned tool of that name, and lessons that lead its calls elsewhere."""
    own = [known.learned[need.name]] if need.name in known.learned else []
    about = (x for c in sorted(need.classes) for x in known.answers.get(c, ()))
    return own + [x for x in about if _mends(x)]


def _mends(lesson: Lesson) -> bool:
    return lesson.proposal.kind in (KindName.FIXER, KindName.HINT)


def _where(share: float, clusters: Set[str]) -> str:
    if clusters:
        return f"in at least {share:.0%} of the sessions that miss it"
    return f"on at least {share:.0%} of the days on which it is asked for"


def _there(need: Need, known: Known) -> str:
    """The tool that does what is asked for, under another name; empty where none does."""
    if need.thing is not Thing.TOOL or need.name in known.offered:
        return ""
    near = nearest_tool(need.name, sorted(known.offered)) if need.names else None
    spec = existing(need.words, known.specs.values())
    return near or (_instead(need, known) if spec is None else spec.name)


def _instead(need: Need, known: Known) -> str:
    """The tool that most callers went on to call with the same arguments, and which worked."""
    ids = {e.id for e in need.events}
    newest = list({e.call.session: None for e in reversed(need.events)})[:_SESSIONS]
    if need.by or not newest:
        return ""
    votes: dict[str, set[str]] = defaultdict(set)
    whose = {e.call.session: e.call.cluster for e in need.events}
    for e in history.episodes(known.store.calls(project=known.project, sessions=newest)):
        if e.failure.id in ids and e.recovery is not None:
            votes[e.recovery.call.tool].add(whose[e.failure.call.session])
    tool = max(sorted(votes), key=lambda t: len(votes[t]), default="")
    enough = len(votes[tool]) >= known.least and 2 * len(votes[tool]) > len(newest)
    return tool if enough and tool not in need.names else ""


def _advice(need: Need, there: str, known: Known) -> tuple[Advised, str, str]:
    """What to do, in a sentence, and what to type."""
    name = shown(need.name)
    if need.thing is not Thing.TOOL:
        tool = min(need.by)
        rule = f"{shown(tool)} may fail here for want of the {need.thing} {name}."
        what = f"Provide the {need.thing} `{name}`: {listed(need.by)} failed for want of it"
        return Advised.PROVIDE, what, known.command("learn", typed(tool), typed(rule))
    waits = next((x for x in _lessons(need, known) if not x.in_force), None)
    if waits is not None:
        what = f"Decide on the {waits.proposal.kind} {waits.id}: `{name}` is asked for"
        return Advised.DECIDE, what, f"failonce show {waits.id}"
    if need.name in known.offered:
        rule = f"{name} may not be there; look for another way where it is unknown."
        what = f"Offer `{name}` in every session: in some it is unknown"
        return Advised.PROVIDE, what, known.command("learn", typed(need.name), typed(rule))
    if there:
        rule = f"There is no {name}; {shown(there)} does that."
        what = f"Say that `{shown(there)}` does what `{name}` is called for"
        return Advised.USE, what, known.command("learn", typed(there), typed(rule))
    if need.gap is not None:
        return Advised.NEW, f"Write a tool `{name_of(need.words)}`", known.wanted(need.words)
    asked = f", which {listed(need.by)} was asked for" if need.by else ""
    what = f"Make a tool `{name}`{asked}"
    return Advised.NEW, what, known.wanted(need.words)


def _why(need: Need, sessions: int) -> str:
    parts: list[str] = []
    if need.names:
        calls = counted(need.names.total(), "call")
        missed = "asked for it in vain" if need.thing is Thing.TOOL else "failed so"
        parts.append(f"{calls} in {counted(sessions, 'session')} {missed}")
    if need.gap is not None:
        asked = counted(need.gap.attempts, "request")
        parts.append(f"{asked} on {counted(len(need.days), 'day')}, and no tool came of it")
    return "; ".join(parts)


def _told(need: Need) -> str:
    others = [n for n in sorted(need.names) if n != need.name]
    also = f" Also called {listed(others)}." if others else ""
    if need.gap is not None:
        return f"{also} The reason: {plain(need.gap.detail)}."
    return f"{also} It says {quoted(need.events[-1].message)}."


def _served(need: Need, known: Known) -> set[str]:
    """Of those who missed it, who got it in the same session after all."""
    whose = {e.call.session: e.call.cluster for e in need.events}
    tools: Sequence[str] = tuple(sorted(need.by or set(need.names)))
    if not whose:
        return set()
    calls = known.store.calls(project=known.project, tools=tools, sessions=sorted(whose))
    return {whose[e.call.session] for e in calls if e.good and _names(e, need)}


def _names(e: Evidence, need: Need) -> bool:
    """Whether a call is one for what is missed."""
    if e.call.tool in need.names:
        return True
    said = " ".join(str(v) for v in (e.call.args or {}).values())
    return any(re.search(rf"(?<![\w-]){re.escape(n)}(?![\w-])", said) for n in need.names)
