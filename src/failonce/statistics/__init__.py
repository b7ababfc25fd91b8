"""The formulas that decide; see each module for its sources.

votes     the gate: votes of clusters, many candidates at once, shares over clusters
arms      the outcome: units that got a lesson against units that did not
shadow    the outcome of lessons that stop or change calls, from calls that were let through
binomial  limits of shares
seeds     how the source systems measured; shown, and not exported here because none decides
"""

from failonce.statistics.arms import (
    Row,
    e_harm,
    e_help,
    log_harm,
    log_help,
    merged,
    prevented,
)
from failonce.statistics.binomial import (
    Interval,
    beta_cdf,
    beta_quantile,
    clopper_pearson,
    lasting,
)
from failonce.statistics.shadow import TOLERATED, shadow_harm, shadow_proof
from failonce.statistics.votes import (
    ENOUGH_GOOD,
    FALSE_DISCOVERIES,
    HARM_BOUND,
    HARM_SHARE,
    NOTHING,
    PROVEN,
    RHO_FAILURE,
    RHO_GOOD,
    RHO_TASK,
    SMALLEST_PROOF,
    Cluster,
    Share,
    e_bh,
    e_value,
    good_missing,
    share,
    support,
    votes_missing,
)

__all__ = [
    "ENOUGH_GOOD",
    "FALSE_DISCOVERIES",
    "HARM_BOUND",
    "HARM_SHARE",
    "NOTHING",
    "PROVEN",
    "RHO_FAILURE",
    "RHO_GOOD",
    "RHO_TASK",
    "SMALLEST_PROOF",
    "TOLERATED",
    "Cluster",
    "Interval",
    "Row",
    "Share",
    "beta_cdf",
    "beta_quantile",
    "clopper_pearson",
    "e_bh",
    "e_harm",
    "e_help",
    "e_value",
    "good_missing",
    "lasting",
    "log_harm",
    "log_help",
    "merged",
    "prevented",
    "shadow_harm",
    "shadow_proof",
    "share",
    "support",
    "votes_missing",
]
