"""What a run of the miners reads of a project's history: all of it, or what teaches most.

whole      a history of at most `policy.most_calls`
failures   of a longer one the sessions of the newest failures of each class that comes often
           enough, in turns, the rarer classes as well as the common ones, up to half of that
contrast   and the newest sessions, until it is as many

So what mining costs follows from how many classes there are, and no longer from how much is
recorded (DESIGN section 9).
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, zip_longest
from typing import Final

from failonce.model import Evidence, Origin, Signature
from failonce.outcome.health import WINDOW
from failonce.policy import Policy
from failonce.ports import Store, ToolUse

USES: Final = 100_000
"""Newest recorded calls in which the uses of tools are looked for."""
FAILURES: Final = 40
"""Newest failures of a class whose sessions are looked for."""
DEEP: Final = 10
"""Times as many classes as are looked at in one run, as some will not be worth a lesson."""
LONGEST: Final = 5_000
"""Most calls of one session, its newest; what never ends is a session of that length."""


def recorded(
    store: Store, project: str, signatures: Sequence[Signature], policy: Policy
) -> list[Evidence]:
    """A project's history by session and time; of `signatures` in their order."""
    if store.projects().get(project, 0) <= policy.most_calls:
        return list(store.calls(project=project))
    sizes = _sizes(store, project)
    often = [s.id for s in signatures if s.hits_7d >= policy.min_hits_7d]
    classes = [newest(store, name, project, FAILURES) for name in often[: policy.top * DEEP]]
    failures = list(filter(None, chain.from_iterable(zip_longest(*classes))))
    teaching = _fitting((e.call.session for e in failures), sizes, policy.most_calls // 2)
    chosen = teaching | _fitting(
        (s for s in sizes if s not in teaching), sizes, policy.most_calls - sum(teaching.values())
    )
    read = store.calls(project=project, sessions=list(chosen), newest=LONGEST)
    found = {e.id: e for e in chain(_reported(failures, sizes), read)}
    return sorted(found.values(), key=lambda e: (e.call.session, e.at))


def latest(
    store: Store, project: str | None, most: int, *, first: Sequence[str] = ()
) -> list[str] | None:
    """The newest sessions of a project, or of each, that together have so many calls at most,
    and before them those of `first` that have room.

    None where all have; of each the newest `LONGEST` count.
    """
    held = store.projects()
    if (sum(held.values()) if project is None else held.get(project, 0)) <= most:
        return None
    each = [_sizes(store, name) for name in ([project] if project is not None else held)]
    room = most // len(each)
    return [name for sizes in each for name in _fitting(chain(first, sizes), sizes, room)]


def used(store: Store, project: str | None) -> Sequence[ToolUse]:
    """How tools were used, with twice the newest uses that their health is measured by.

    Of a history of more than `USES` calls, in its newest sessions.
    """
    return store.uses(project=project, newest=2 * WINDOW, sessions=latest(store, project, USES))


def newest(store: Store, signature: str, project: str, limit: int) -> list[Evidence]:
    """The newest failures of a class in one project, newest first.

    A class goes through all projects, so those of others may stand before them.
    """
    asked = limit
    while True:
        found = store.samples(signature, limit=asked)
        own = [e for e in found if e.call.project == project]
        if len(own) >= limit or len(found) < asked:
            return own[:limit]
        asked *= 4


def _sizes(store: Store, project: str) -> dict[str, int]:
    """What would be read of each session of a project, the newest first."""
    return {s.id: min(s.calls, LONGEST) for s in store.sessions(project)}


def _fitting(names: Iterable[str], sizes: Mapping[str, int], room: int) -> dict[str, int]:
    """The first of these sessions that together have room, with their sizes."""
    chosen: dict[str, int] = {}
    for name in names:
        size = sizes.get(name, room + 1)
        if name not in chosen and size <= room:
            chosen[name] = size
            room -= size
    return chosen


def _reported(failures: Iterable[Evidence], sizes: Mapping[str, int]) -> Iterator[Evidence]:
    """Reports from sessions of which only the end is read: nothing around them is needed."""
    return (e for e in failures if e.origin is Origin.LOG and sizes[e.call.session] == LONGEST)
