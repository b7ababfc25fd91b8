"""Which miner is asked first, and which classes are worth asking about."""

from collections.abc import Sequence

from failonce.model import Signature
from failonce.proposal import preconditions, prerequisites, recoveries, transients
from failonce.proposal.material import Miner

MINERS: Sequence[Miner] = (
    transients.mine,
    recoveries.mine,
    preconditions.mine,
    prerequisites.mine,
)
"""In order of what helps most: run it again, mend it, stop it, speak of it."""


def too_few(signature: Signature, clusters: int, *, min_clusters: int) -> str:
    """Why a class is below the threshold of mining, empty where it is not.

    A miner needs clusters, not calls: one looping session cannot mint a lesson.
    """
    if clusters >= min_clusters:
        return ""
    return (
        f"seen {signature.hits} times, but in {clusters} session"
        f"{'s' * (clusters != 1)} only; a lesson needs {min_clusters}"
    )
