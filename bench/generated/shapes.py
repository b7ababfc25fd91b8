"""Shapes of recorded calls, as figures: how many arguments, how long, how often they fail.

They were measured on six weeks of a coding agent's calls (23,190 calls, 41 tools, 272
sessions). `measured` takes them from recordings of one's own instead: nothing but these figures
is kept of a recording.
"""

import random
from bisect import bisect
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from failonce.model import Evidence

STEPS = (0.0, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 1.0)
"""The quantiles that stand for a distribution; between two of them it is even."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """A distribution of whole numbers by its quantiles at `STEPS`."""

    at: Sequence[int]

    def draw(self, r: random.Random) -> int:
        """A number of this distribution."""
        share = r.random()
        i = min(bisect(STEPS, share) - 1, len(STEPS) - 2)
        within = (share - STEPS[i]) / (STEPS[i + 1] - STEPS[i])
        return round(self.at[i] + within * (self.at[i + 1] - self.at[i]))


@dataclass(frozen=True, slots=True, kw_only=True)
class Shapes:
    """What generated calls have in common with recorded ones."""

    calls: Spread = Spread(at=(1, 5, 10, 22, 60, 116, 211, 241, 318, 680))
    """Calls of a session."""
    tools: Spread = Spread(at=(1, 3, 4, 4, 6, 8, 10, 12, 17, 17))
    """Tools of a session."""
    arguments: tuple[float, ...] = (0.001, 0.155, 0.292, 0.286, 0.239, 0.023, 0.004)
    """Shares of tools by how many arguments their calls have."""
    types: tuple[float, ...] = (0.737, 0.168, 0.087, 0.008)
    """Shares of texts, whole numbers, booleans and lists among values."""
    text: Spread = Spread(at=(1, 7, 10, 25, 57, 91, 399, 815, 2511, 2513))
    """Characters of a text among the arguments."""
    answer: Spread = Spread(at=(0, 16, 42, 110, 566, 2209, 2512, 2512, 2513, 2513))
    """Characters of an answer, as recordings keep them."""
    message: Spread = Spread(at=(20, 53, 53, 88, 225, 455, 1301, 2252, 2512, 2512))
    """Characters of a failure's answer."""
    failures: float = 0.05
    """Share of calls that fail."""
    again: float = 0.47
    """Share of calls of the same tool as the call before."""


def spread(numbers: Iterable[int]) -> Spread:
    """The distribution of these numbers."""
    ranked = sorted(numbers)
    return Spread(at=[ranked[min(int(s * len(ranked)), len(ranked) - 1)] for s in STEPS])


def measured(calls: Sequence[Evidence]) -> Shapes:
    """The shapes of recorded calls, which come session by session."""
    sessions: dict[str, list[Evidence]] = defaultdict(list)
    for e in calls:
        sessions[e.call.session].append(e)
    given = [e.call.args for e in calls if e.call.args is not None]
    values = [v for args in given for v in args.values()]
    kinds = Counter(_kind(v) for v in values)
    sizes = Counter(min(len(args), 6) for args in given)
    pairs = [(a, b) for own in sessions.values() for a, b in pairwise(own)]
    failed = [e for e in calls if e.failed]
    return Shapes(
        calls=spread(len(own) for own in sessions.values()),
        tools=spread(len({e.call.tool for e in own}) for own in sessions.values()),
        arguments=tuple(sizes[n] / len(given) for n in range(7)),
        types=tuple(kinds[n] / len(values) for n in range(4)),
        text=spread(len(v) for v in values if isinstance(v, str)),
        answer=spread(len(e.message) for e in calls),
        message=spread(len(e.message) for e in failed),
        failures=len(failed) / len(calls),
        again=sum(a.call.tool == b.call.tool for a, b in pairs) / len(pairs),
    )


def _kind(value: object) -> int:
    if isinstance(value, str):
        return 0
    if isinstance(value, bool):
        return 2
    return 1 if isinstance(value, int | float) else 3
