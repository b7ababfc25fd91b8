"""Words that the sentences of several kinds have in common (statistics, section 7)."""

from collections.abc import Iterable
from math import ceil
from typing import Final

from failonce.model import Evidence

PASSABLE: Final = "If this call is right all the same, repeat it with a reason."
"""What every block ends with, and what it is known by where a client writes it down."""


def at_most(share: float) -> str:
    """A bound, rounded up: `at most 0.4 %`."""
    return f"at most {ceil(round(share * 1000, 6)) / 10:g} %"


def spread(reports: Iterable[Evidence]) -> str:
    """Whose reports they are: `4 requests`, `2 sessions and 3 stretches of two hours`.

    Counted are sessions, requests of reports without one, and witnesses of those with neither.
    """
    sessions: set[str] = set()
    requests: set[str] = set()
    loose: set[str] = set()
    for e in reports:
        if e.call.session:
            sessions.add(e.call.session)
        elif e.call.trace:
            requests.add(e.call.trace)
        else:
            loose.add(e.call.cluster)
    said = [
        f"{len(found)} {noun if len(found) == 1 else f'{noun}s'}"
        for found, noun in ((sessions, "session"), (requests, "request"))
        if found
    ]
    if loose:
        said.append(f"{len(loose)} stretch{'es' * (len(loose) != 1)} of two hours")
    return " and ".join(said)
