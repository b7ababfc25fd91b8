"""A tool failed that failonce did not learn: what history says, and which command makes use of it.

Nothing is written around it that tries again or turns its arguments. Such a tool could only call
it where it is watched, and there hints and fixers do the same, for every caller and by its name.
"""

from collections.abc import Iterable

from failonce import history
from failonce.model import Category, Evidence, Gap
from failonce.policy import Policy
from failonce.proposal.tools.rows import LEAST_CLUSTERS


def advice(
    tool: str, signature: str | None, calls: Iterable[Evidence], gap: Gap | None, policy: Policy
) -> str:
    """Why nothing is made, and what can be done; `calls` are those of the tool.

    `gap` is what the miners left open for this class of failures.
    """
    found = [e for e in history.episodes(calls) if signature and e.failure.signature == signature]
    wanted = "a hint or a fixer"
    least = f"{policy.min_hits_7d} failures and {policy.min_clusters} callers"
    if any(e.failure.finding.category is Category.MISSING_TOOL for e in found):
        wanted = "a tool of that name that calls the one that callers went to"
        least = f"{LEAST_CLUSTERS} callers"
    said = [f"`{tool}` was not learned, so there is no code of it to improve."]
    if gap is not None:
        said.append(f"failonce mine looked for {wanted} and has none: {gap.detail}.")
    elif len(found) > 1:  # one is the failure that was just told
        clusters = len({e.failure.call.cluster for e in found})
        again = sum(e.recovery is not None and e.unchanged for e in found)
        other = sum(e.recovery is not None and not e.unchanged for e in found)
        said.append(
            f"{len(found)} failures of this kind are on record, of {clusters} callers. After "
            f"{again} of them the same call worked, after {other} another one. failonce mine looks "
            f"for {wanted} from {least} on."
        )
    said.append("Or ask for another tool that does the same: failonce tools want TEXT")
    return " ".join(said)
