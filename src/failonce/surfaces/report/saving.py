"""What a failure used to cost its callers until they had mended it by themselves."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

from failonce.history import Episode
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
