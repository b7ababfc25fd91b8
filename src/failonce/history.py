"""Recorded calls as episodes: what failed, what came between, what worked in the end.

Miners learn from episodes and the gate judges by them, so both see the same ones. History
is dealt into parts by cluster (task, else session): a lesson is proven on the clusters of
parts that it did not need, never on those that it came from.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import islice
from typing import Final

from failonce.identity import digest
from failonce.model import Args, Category, Evidence, Json, Origin, Trust

REACH = 15
"""Calls after a failure within which a working call counts as its recovery."""
LEAVES = 48
"""Values of a call that are compared; more do not make two calls more akin."""
SUGGESTED = 4
"""Characters from which a name in an error counts as the one that a later call gives."""
FOLDS = 5
"""Parts into which clusters are dealt for the proof."""
APART: Final = timedelta(hours=2)
"""Reports that name neither session nor request are one witness for as long (DESIGN section 12)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Episode:
    """A failed call, the call of the same tool that worked afterwards, and what lay between.

    `recovery` is None where the caller never got there; `steps` is the number of calls
    until it did.
    """

    failure: Evidence
    recovery: Evidence | None = None
    between: tuple[Evidence, ...] = ()

    @property
    def steps(self) -> int:
        """Calls from the failure to its recovery; 0 without one."""
        return len(self.between) + 1 if self.recovery else 0

    @property
    def unchanged(self) -> bool:
        """True where the very same call worked later, of the same tool."""
        return self.recovery is not None and _same(self.recovery, self.failure)

    @property
    def undisturbed(self) -> bool:
        """True where nothing lay between but the same call again, or calls known to read."""
        return all(b.read_only or _same(b, self.failure) for b in self.between)

    @property
    def wait_s(self) -> float:
        """Seconds from the failure to its recovery; 0 without one."""
        return (self.recovery.at - self.failure.at).total_seconds() if self.recovery else 0.0


def _same(one: Evidence, other: Evidence) -> bool:
    return (one.call.tool, one.call.args) == (other.call.tool, other.call.args)


def witnessed(calls: Iterable[Evidence]) -> list[Evidence]:
    """The calls with whose word each is: `Call.cluster` then counts independent witnesses.

    An untrusted source is one witness, whatever sessions and tasks it names. A session that
    names more tasks than sessions recur to them speaks for itself alone: whoever runs one
    session can invent a hundred tasks. Sessions that failed at the same moment with the very
    same call are copies of one. So there are at most two witnesses for each session of the
    operator's, and one for each source of others. (docs/decisions/0013) A report of an error
    that names no session is the word of its request, one that names neither of its two hours,
    counted from the first such report of its class. (docs/decisions/0021)
    """
    every = list(calls)
    heard = _heard(every)
    tasks: dict[str, set[str]] = defaultdict(set)
    sessions: dict[str, set[str]] = defaultdict(set)
    first: dict[tuple[object, ...], str] = {}
    copies: dict[str, str] = {}
    for e, session in zip(every, heard, strict=True):
        if e.call.task is not None and e.trust is Trust.OPERATOR:
            tasks[session].add(e.call.task)
            sessions[e.call.task].add(session)
        if e.failed:
            moment = (e.at, e.call.tool, repr(e.call.args), e.message)
            one = first.setdefault(moment, session)
            if one != session:
                copies.setdefault(session, copies.get(one, one))
    named = {session: len(own) for session, own in tasks.items()}
    recurs = {task: _recurrence(named[s] for s in own) for task, own in sessions.items()}
    return [
        _with_witness(e, session, named, recurs, copies)
        for e, session in zip(every, heard, strict=True)
    ]


def _heard(calls: Sequence[Evidence]) -> list[str]:
    """The session of each call; of a report without one its request, else its two hours."""
    begun: dict[str, datetime] = {}
    for e in calls:
        if e.origin is Origin.LOG and e.signature and not (e.call.session or e.call.trace):
            begun[e.signature] = min(e.at, begun.get(e.signature, e.at))
    return [_session(e, begun) for e in calls]


def _session(e: Evidence, begun: Mapping[str, datetime]) -> str:
    call, name = e.call, e.signature
    if call.session or e.origin is not Origin.LOG:
        return call.session
    if call.trace:
        return f"request {call.trace}"
    if not name or name not in begun:
        return call.session
    return f"{name}, {begun[name]:%Y-%m-%d %H:%M} and {(e.at - begun[name]) // APART * 2} hours"


def _recurrence(named: Iterable[int]) -> int:
    """The most sessions `n` of a task that name no more than `n` tasks each (an h-index)."""
    counts = sorted(named)
    return next((n for n in range(len(counts), 0, -1) if bisect_right(counts, n) >= n), 0)


def _with_witness(
    e: Evidence,
    session: str,
    named: Mapping[str, int],
    recurs: Mapping[str, int],
    copies: Mapping[str, str],
) -> Evidence:
    call = e.call
    if e.trust is not Trust.OPERATOR:
        witness = f"source {e.source}"
    elif call.task is not None and named[session] <= recurs[call.task]:
        return e  # the task, in however many sessions
    else:
        witness = copies.get(session, session)
    return e if witness == call.cluster else replace(e, call=replace(call, witness=witness))


def episodes(calls: Iterable[Evidence]) -> list[Episode]:
    """One episode for each failure, in the order of the calls.

    `calls` come session by session in order of time. A recovery is the very same call where
    it works within `REACH` calls; else the first good call of the same tool whose arguments
    are akin to those that failed, or were suggested by the error; where there was no such
    tool, of any tool with the same arguments.
    """
    found: list[Episode] = []
    for session in _sessions(calls):
        for i, e in enumerate(session):
            if e.failed:
                found.append(_episode(e, session[i + 1 : i + 1 + REACH]))
    return found


def _sessions(calls: Iterable[Evidence]) -> Iterator[list[Evidence]]:
    here: list[Evidence] = []
    for e in calls:
        if here and (e.call.session, e.call.project) != (
            here[0].call.session,
            here[0].call.project,
        ):
            yield here
            here = []
        here.append(e)
    if here:
        yield here


def _episode(failure: Evidence, later: Sequence[Evidence]) -> Episode:
    if failure.origin is Origin.LOG:  # what was asked is not known, so nor is what asked it again
        return Episode(failure=failure)
    same = (i for i, e in enumerate(later) if e.good and _same(failure, e))
    other = (i for i, e in enumerate(later) if e.good and _another_try(failure, later[:i], e))
    found = next(same, None)
    if found is None:
        found = next(other, None)
    if found is None:
        return Episode(failure=failure)
    return Episode(failure=failure, recovery=later[found], between=tuple(later[:found]))


def _another_try(failure: Evidence, between: Sequence[Evidence], e: Evidence) -> bool:
    """Whether a call tries what the failed one tried in another way."""
    if e.call.tool != failure.call.tool:
        renamed = failure.finding.category is Category.MISSING_TOOL
        return renamed and e.call.args == failure.call.args
    return (
        akin(failure.call.args, e.call.args)
        or _led(failure, between, e)
        or _suggested(failure, e.call.args or {})
    )


def _suggested(failure: Evidence, after: Args) -> bool:
    """Whether a call gives a name that the error spoke of, and the failed call did not."""
    before = tuple(_leaves(failure.call.args or {}))
    names = (leaf.rstrip("/").rsplit("/", 1)[-1] for leaf in _leaves(after))
    return any(
        len(name) >= SUGGESTED and name in failure.message and not any(name in b for b in before)
        for name in names
    )


def _led(failure: Evidence, between: Sequence[Evidence], e: Evidence) -> bool:
    """Whether a call without some of the arguments follows a call that was given them.

    `list(path="a")` fails, `enter("a")` and then `list()` work: that is one way to do it.
    """
    before, after = failure.call.args or {}, e.call.args or {}
    gone = {n: v for n, v in before.items() if n not in after}
    if not gone or any(before.get(n) != v for n, v in after.items()):
        return False
    return any(b.good and akin(gone, b.call.args) for b in between)


def akin(before: Args | None, after: Args | None) -> bool:
    """Whether two calls of one tool can be two tries at the same thing.

    They can where they are equal, where some text or number of the one is found in the
    other, whole or as a part of at least three characters, under any name or type, where they
    name files that differ in their endings alone, or where they give other numbers for the
    same names and nothing else.
    """
    if before is None or after is None:
        return False
    if before == after:
        return True
    if before.keys() == after.keys() and all(map(_numeric, (*before.values(), *after.values()))):
        return True
    ours = frozenset(islice(_leaves(before), LEAVES))
    theirs = frozenset(islice(_leaves(after), LEAVES))
    if ours & theirs or _stems(ours) & _stems(theirs):
        return True
    return any(min(len(a), len(b)) >= 3 and (a in b or b in a) for a in ours for b in theirs)


def _stems(leaves: Iterable[str]) -> frozenset[str]:
    """Names of files without what comes after their last dot: `a/conf.yml` → `a/conf`."""
    parts = (leaf.rpartition(".") for leaf in leaves)
    return frozenset(
        stem for stem, dot, ending in parts if dot and len(stem) >= 3 and ending.isalnum()
    )


def _numeric(value: Json) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _leaves(value: Json) -> Iterator[str]:
    """Texts of the values inside, cut at 512 characters; at most 24 a level."""
    if isinstance(value, Mapping):
        for item in list(value.values())[:24]:
            yield from _leaves(item)
    elif isinstance(value, str):
        if value:
            yield value[:512]
    elif isinstance(value, Sequence):
        for item in list(value)[:24]:
            yield from _leaves(item)
    elif value is not None and not isinstance(value, bool):
        yield str(value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Folds:
    """Clusters dealt into parts, so that a lesson can be proven where it was not learned.

    A lesson is mined from everything. It is mined again with one part left out at a time; a
    part from which the very same lesson could be left out judges it. So every cluster may
    teach, and none judges what it taught.
    """

    of: Mapping[str, int]

    def fold(self, cluster: str) -> int:
        """The part that a cluster is in."""
        return self.of.get(cluster, int(_rank(cluster), 16) % FOLDS)


def deal(failing: Iterable[str]) -> Folds:
    """Deal the clusters with failures in turn, by a hash of their names and not by order.

    Clusters without a failure go by their hash alone.
    """
    ranked = sorted(set(failing), key=_rank)
    return Folds(of={cluster: i % FOLDS for i, cluster in enumerate(ranked)})


def _rank(cluster: str) -> str:
    return digest(("split/1", cluster), size=8)


@dataclass(frozen=True, slots=True, kw_only=True)
class ByTool:
    """A project's calls by tool, in order, with the episodes of its failures."""

    calls: Mapping[str, Sequence[Evidence]]
    episodes: Mapping[str, Sequence[Episode]]
    """By signature."""
    recoveries: Mapping[str, Episode]
    """By the id of the failed evidence."""


def by_tool(calls: Sequence[Evidence]) -> ByTool:
    """Group a project's evidence once for all miners and the gate."""
    tools: dict[str, list[Evidence]] = defaultdict(list)
    for e in calls:
        tools[e.call.tool].append(e)
    classes: dict[str, list[Episode]] = defaultdict(list)
    every = episodes(calls)
    for episode in every:
        classes[episode.failure.signature or ""].append(episode)
    return ByTool(
        calls=tools,
        episodes=classes,
        recoveries={episode.failure.id: episode for episode in every},
    )
