"""What callers did, for tools that are put together from it: calls in a row, and what they said.

    calls → by session → those that the caller made itself → rows of calls that worked

The order in which sessions come makes no difference: they are put in order of time and name.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from datetime import datetime, timedelta
from typing import Final

from failonce.language.sentence import plain_name
from failonce.model import Evidence, Json, Trust

LEAST_CLUSTERS: Final = 3
"""Sessions or tasks that did the same, from which on it is a habit."""
WHOLE: Final = 4_000
"""Characters of an answer from which on it may have been cut."""
MOST_LEAVES: Final = 200
"""Values that are looked for in one answer."""

Path = tuple[str | int, ...]
"""Where a value stands in JSON."""


def rows(calls: Iterable[Evidence], learned: Set[str]) -> Iterator[list[Evidence]]:
    """Calls in a row that worked, with their arguments known, by callers that may teach.

    `calls` come in order within each session. Calls of tools that were `learned`, and those that
    these made, are nobody's habit.
    """
    for session in sessions(calls):
        yield from _rows(own(session, learned))


def sessions(calls: Iterable[Evidence]) -> list[list[Evidence]]:
    """The calls of each session, the sessions in order of their first call."""
    found: dict[tuple[str, str], list[Evidence]] = defaultdict(list)
    for e in calls:
        found[e.call.project, e.call.session].append(e)
    return [own for _, own in sorted(found.items(), key=lambda x: (x[1][0].at, x[0]))]


def own(session: Sequence[Evidence], learned: Set[str]) -> list[Evidence]:
    """The calls that the caller made itself: not those made while a learned tool ran."""
    found: list[Evidence] = []
    until: datetime | None = None
    for e in session:
        if e.call.tool in learned:
            until = e.at + timedelta(milliseconds=e.duration_ms or 0.0)
        elif until is None or e.at > until:
            found.append(e)
    return found


def _rows(session: Sequence[Evidence]) -> Iterator[list[Evidence]]:
    row: list[Evidence] = []
    for e in session:
        if e.good and teaches(e):
            row.append(e)
        else:
            yield row
            row = []
    yield row


def teaches(e: Evidence) -> bool:
    """Whether it is known what was called, and the caller is nobody from outside."""
    return plain_name(e.call.tool) and e.call.args is not None and e.trust is Trust.OPERATOR


def leaves(text: str) -> dict[Path, Json]:
    """What stands where in an answer; all of its text at the empty path."""
    found: dict[Path, Json] = {(): text}
    try:
        waiting: list[tuple[Path, Json]] = [((), json.loads(text))]
    except (ValueError, RecursionError):
        return found
    while waiting and len(found) < MOST_LEAVES:
        path, value = waiting.pop(0)
        if isinstance(value, Mapping):
            waiting += [((*path, str(key)), item) for key, item in value.items()]
        elif isinstance(value, list):
            waiting += [((*path, n), item) for n, item in enumerate(value[:20])]
        elif path:
            found[path] = value
    return found


def equal(one: Json, other: Json) -> bool:
    """Whether two values are the same, and of one type: `1` is not `True`."""
    return type(one) is type(other) and one == other
