"""What is older than is kept is removed by one process at a time, whoever asks."""

from collections.abc import Callable

from failonce.compose import Parts
from failonce.keeping import Keeping
from failonce.model import Horizon
from failonce.ports import Gone
from failonce.surfaces.leased import alone


def pruned(parts: Parts, horizon: Horizon, step: Callable[[Gone], bool]) -> Gone:
    """Remove what is older, and say how much; `step` hears of each step, and ends it with False.

    Raises `StoreBusy` where another process does so now.
    """
    events = counts = 0
    with alone(parts, "prune", "Another process is pruning this store"):
        for gone in Keeping(parts.review).prune(horizon):
            events, counts = events + gone.events, counts + gone.counts
            if not step(gone):
                break
    return Gone(events=events, counts=counts)
