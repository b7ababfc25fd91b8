"""A server whose store holds some of everything: what a caller of its API may come across."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Final

from failonce.model import (
    Action,
    Change,
    KindName,
    Mode,
    Proposer,
    Ruling,
    Scope,
)
from failonce.ports import SignatureQuery
from failonce.surfaces.mined import mined
from failonce.testing import samples
from tests.kinds.tool.made import TITLE
from tests.looped import call, detailed, locked, renamed, reports
from tests.made import lesson, proposal
from tests.surfaces.server.made import Served

PROJECT: Final = "p"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stock:
    """What there is to ask for."""

    lessons: Sequence[str]
    failures: Sequence[str]
    rows: Sequence[str]
    tokens: Sequence[str]
    """Ids of tokens that nobody shows."""
    accounts: Sequence[str]
    tool: str
    refused: str
    """The lesson that the gate refused."""


def stock(served: Served) -> Stock:
    """Fill a store: lessons of each kind and state, failures of which some are one, gaps, tokens
    and accounts."""
    parts = served.parts("mara")
    recordings = [*detailed(8), *renamed(8), *locked(wait=3), *reports("billing", "KeyError: vat")]
    recordings += [call("pay", {"n": n}, f"ValueError: {w}", session=w) for n, w in _WORDS]
    lately = datetime.now(UTC) - timedelta(hours=2)
    first = min(r.at for r in recordings if r.at is not None)
    moved = [replace(r, at=lately + (r.at - first)) for r in recordings if r.at is not None]
    list(parts.loop.observe(moved, modified=lately, project=PROJECT))
    mined(parts, PROJECT)
    rules = [
        parts.review.learn(
            skill, text, reason="it failed", proposer=Proposer.AGENT, project=PROJECT
        )
        for skill, text in (
            ("editing", "Read a file before you edit it."),
            ("paying", "Ask before you pay an invoice twice."),
            ("testing", "Run the tests before you commit."),
            ("writing", "Keep a line within one hundred letters."),
        )
    ]
    parts.review.approve(rules[0].id, reason="read it")
    parts.review.undo(parts.review.approve(rules[1].id).id, reason="it did harm")
    parts.review.reject(rules[2].id, reason="no")
    tool = lesson(proposal(KindName.TOOL, target="title", body=TITLE, key="t"))
    refused = lesson(proposal(body="Never mind.", key="r"), ruling=Ruling.REJECT)
    for made in (tool, refused):
        parts.store.commit(samples.proposed(made))
    learned = [x for x in parts.store.lessons() if x.proposal.proposer is Proposer.MINER]
    approved = [parts.review.approve(x.id) for x in learned[:2]]
    parts.store.commit(samples.moved(approved[0], Action.RETIRE))
    parts.store.commit(Change(gaps=(samples.gap(1, project=PROJECT), samples.gap(2))))
    parts.review.set_mode(Mode.MANUAL, project="other")
    granting = served.granting()
    granting.make_account("berta", {Scope.READ})
    tokens = [granting.grant_token(f"idle-{n}", {Scope.INGEST})[0] for n in range(3)]
    granting.revoke_token(tokens[0].id)
    return Stock(
        lessons=[x.id for x in parts.store.lessons()],
        failures=[s.id for s in parts.store.signatures(SignatureQuery())],
        rows=[
            str(e.seq)
            for e in parts.store.entries()
            if e.event.action is Action.PROPOSE and e.event.subject in {r.id for r in rules}
        ],
        tokens=[t.id for t in tokens],
        accounts=["berta"],
        tool=tool.id,
        refused=refused.id,
    )


_WORDS: Final = tuple(enumerate(("too much", "too little", "no account", "closed", "twice")))
