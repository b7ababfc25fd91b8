"""What a failure used to cost its callers until they had mended it by themselves."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import sqrt
from typing import Final

from failonce.history import Episode, episodes
from failonce.model import Lesson
from failonce.ports import Store
from failonce.statistics import beta_quantile
from failonce.surfaces.report.values import Estimate


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """Calls and seconds for each failure; None where too few mended it, or nothing has times."""

    calls: Estimate | None
    seconds: Estimate | None


def cost(episodes: Sequence[Episode]) -> Cost:
    """The mean over sessions or tasks, for the failures that callers mended."""
    mended = [e for e in episodes if e.recovery is not None]
    return Cost(
        calls=mean([(e.failure.call.cluster, float(e.steps)) for e in mended]),
        seconds=mean([(e.failure.call.cluster, e.wait_s) for e in mended if e.wait_s > 0]),
    )


def mean(values: Sequence[tuple[str, float]]) -> Estimate | None:
    """The mean of the means of clusters, with the 95 % limits of Student's t, never below 0.

    None where there are fewer than two clusters: one says nothing of the others.
    """
    clusters: defaultdict[str, list[float]] = defaultdict(list)
    for cluster, value in values:
        clusters[cluster].append(value)
    means = [sum(v) / len(v) for v in clusters.values()]
    if len(means) < 2:
        return None
    k, middle = len(means), sum(means) / len(means)
    spread = sqrt(sum((m - middle) ** 2 for m in means) / (k - 1))
    reach = student(k - 1) * spread / sqrt(k)
    return Estimate(value=middle, low=max(0.0, middle - reach), high=middle + reach)


def student(freedom: int) -> float:
    """The two-sided 95 % quantile of Student's t, by way of the beta distribution."""
    x = beta_quantile(0.95, 0.5, freedom / 2)
    return sqrt(freedom * x / (1 - x))


SESSIONS: Final = 20
"""Sessions of a class that its cost is measured on where not all are read, the newest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Saved:
    """What lessons saved their callers; None where too little is known."""

    calls: float | None
    seconds: float | None
    left: int = 0
    """Times that a lesson helped and nobody knows what the failure would have cost."""


def saved(helped: Mapping[str, int], costs: Mapping[str, Cost]) -> Saved:
    """By lesson how often it helped, times what its failures used to cost."""
    calls = [(n, c.calls.value) for name, n in helped.items() if (c := costs[name]).calls]
    seconds = [(n, c.seconds.value) for name, n in helped.items() if (c := costs[name]).seconds]
    return Saved(
        calls=sum(n * each for n, each in calls) if calls else None,
        seconds=sum(n * each for n, each in seconds) if seconds else None,
        left=sum(helped.values()) - sum(n for n, _ in calls),
    )


def sampled(store: Store, lesson: Lesson) -> Cost:
    """What the failures that a lesson answers used to cost, by the newest sessions that met them.

    For where the whole history is too much to read; `cost` over all its episodes says the same,
    closer.
    """
    names = store.aliases()
    own = {names.get(s, s) for s in lesson.proposal.signatures}
    sessions: dict[tuple[str, str], None] = {}
    for signature in own:
        for e in store.samples(signature, limit=5 * SESSIONS):
            sessions[e.call.project, e.call.session] = None
    chosen = list(sessions)[:SESSIONS]
    calls = [
        e
        for project in {p for p, _ in chosen}
        for e in store.calls(project=project, sessions=[s for p, s in chosen if p == project])
    ]
    found = episodes(
        replace(e, signature=names.get(e.signature, e.signature)) if e.signature else e
        for e in calls
    )
    return cost([e for e in found if e.failure.signature in own])
