"""Prerequisites: the call fails, another tool runs, and then the *same* call works.

That is an intervention, not a coincidence. What is proposed is a sentence: to insert the
call by itself is a fixer that a person must approve, and a later issue.
"""

from collections import Counter, defaultdict
from dataclasses import replace

from failonce.model import KindName, Proposal
from failonce.ports import Phrase, Wording
from failonce.proposal.material import Material

USUAL = 0.75
"""Share of the unchanged recoveries that the other tool must lie before."""


def mine(material: Material, wording: Wording) -> Proposal | None:
    """A rule that names the tool to call first, seen in at least two clusters."""
    unchanged = [e for e in material.episodes if e.unchanged and e.between]
    seen: Counter[str] = Counter()
    clusters: dict[str, set[str]] = defaultdict(set)
    for episode in unchanged:
        for tool in {b.call.tool for b in episode.between if b.good}:
            if tool != material.signature.tool:
                seen[tool] += 1
                clusters[tool].add(episode.failure.call.cluster)
    usual = [
        tool
        for tool, n in sorted(seen.items(), key=lambda item: (-item[1], item[0]))
        if n >= USUAL * len(unchanged) and len(clusters[tool]) >= 2
    ]
    if not usual:
        return None
    slots = replace(material.slots(), replacement=usual[0])
    sentence = wording.say(Phrase.RULE_TEXT, slots)
    return material.propose(
        kind=KindName.RULE,
        key=f"first:{usual[0]}:{material.signature.id}",
        name=wording.say(Phrase.RULE_NAME, slots),
        body=sentence,
        reason=wording.say(Phrase.REASON, slots),
    )
