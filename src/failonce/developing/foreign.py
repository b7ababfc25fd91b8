"""A tool failed that failonce did not learn: what history says, and which command makes use of it.

Nothing is written around it that tries again or turns its arguments. Such a tool could only call
it where it is watched, and there hints and fixers do the same, for every caller and by its name.
"""

from collections.abc import Iterable

from failonce import history
from failonce.model import Evidence, Gap
from failonce.policy import Policy


def advice(
    tool: str, signature: str | None, calls: Iterable[Evidence], gap: Gap | None, policy: Policy
) -> str:
    """Why nothing is made, and what can be done; `calls` are those of the tool.

    `gap` is what the miners left open for this class of failures.
    """
    found = [e for e in history.episodes(calls) if signature and e.failure.signature == signature]
    said = [f"`{tool}` was not learned, so there is no code of it to improve."]
    if gap is not None:
        said.append(f"failonce mine looked for a hint or a fixer and has none: {gap.detail}.")
    elif len(found) > 1:  # one is the failure that was just told
        clusters = len({e.failure.call.cluster for e in found})
        again = sum(e.recovery is not None and e.unchanged for e in found)
        other = sum(e.recovery is not None and not e.unchanged for e in found)
        least = f"{policy.min_hits_7d} failures and {policy.min_clusters} callers"
        said.append(
            f"{len(found)} failures of this kind are on record, of {clusters} callers. After "
            f"{again} of them the same call worked, after {other} another one. failonce mine looks "
            f"for a hint or a fixer from {least} on."
        )
    said.append("Or ask for another tool that does the same: failonce tools want TEXT")
    return " ".join(said)
