"""A lesson as the file holds it, and as call time asks it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from failonce.errors import BadInput, RefusedLesson
from failonce.exposing import Candidate, lets_go
from failonce.identity import body_digest
from failonce.kinds.behaviour import Behaviour
from failonce.kinds.decision import Armed
from failonce.kinds.guardrail import Guardrail
from failonce.kinds.registry import KINDS, behaviour
from failonce.language.document import MAX_BYTES, load
from failonce.language.predicate import Predicate
from failonce.model import (
    Json,
    Judgement,
    KindName,
    Lesson,
    Mode,
    Power,
    Proof,
    Proposal,
    Proposer,
    Ruling,
    State,
    Tally,
    ToolSpec,
)
from failonce.outcome.span import Span

_UNSEEN = Judgement(
    ruling=Ruling.HOLD,
    digest="",
    checks=(),
    proof=Proof(
        tally=Tally(), wins=0, losses=0, clusters=0, e_value=0.0, benefit_low=0.0,
        benefit_high=0.0, harm_high=0.0, power=Power.UNDERPOWERED,
    ),
)  # fmt: skip
"""Why a lesson is in force is in the store; a call does not ask."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What a call needs to know of a lesson.

    `body` is what was approved, `plain` the same as JSON, which is read a hundred times as
    fast; it is empty where the body is no YAML. `witnesses` are the clusters that taught it.
    `claim` is what recorded calls say of whether a tool only reads, of which nothing else is
    known.
    """

    n: int
    """Its place in the order of creation."""
    id: str
    version: int
    kind: KindName
    project: str
    target: str
    component: str
    key: str
    body: str
    digest: str
    state: State
    created_at: datetime
    span: Span
    plain: str = ""
    signatures: tuple[str, ...] = ()
    approved_digest: str | None = None
    witnesses: int = 0
    valid_until: datetime | None = None
    claim: bool | None = None
    glance: str = ""
    """What can be seen of it beforehand (`glance.seen`), as JSON; empty where nothing can."""

    def candidate(self, names: Mapping[str, str], tools: Mapping[str, ToolSpec]) -> Candidate:
        """The lesson, ready to be asked; raises `RefusedLesson` where its bytes are others."""
        lesson = self._lesson()
        signed = lesson.digest if lesson.state is State.PROPOSED else lesson.approved_digest
        if body_digest(lesson.proposal) != signed:
            raise RefusedLesson(f"The text of {self.id} is not the one that was approved.")
        armed = Armed(
            lesson=self.id,
            version=self.version,
            kind=self.kind,
            behaviour=behaviour(self._proposal(self.plain or self.body)).under(names),
            witnesses=self.witnesses,
        )
        recorded = ToolSpec(name=self.target, read_only=self.claim)
        return Candidate(
            lesson=lesson,
            armed=armed,
            span=self.span,
            lets_go=lets_go(armed, tools.get(self.target) or recorded),
        )

    def _lesson(self) -> Lesson:
        return Lesson(
            id=self.id,
            version=self.version,
            proposal=self._proposal(self.body),
            judgement=_UNSEEN,
            state=self.state,
            mode=Mode.MANUAL,
            digest=self.digest,
            created_at=self.created_at,
            valid_until=self.valid_until,
            approved_digest=self.approved_digest,
        )

    def _proposal(self, body: str) -> Proposal:
        return Proposal(
            kind=self.kind,
            target=self.target,
            key=self.key,
            project=self.project,
            name="",
            body=body,
            reason="",
            proposer=Proposer.MINER,
            signatures=self.signatures,
        )


def parsed(proposal: Proposal) -> tuple[str, str, str]:
    """The component of a body, the body as JSON, empty where it is not read as YAML, and what
    can be seen of it beforehand.

    Raises `BadInput` where it is not of its kind. Of a kind that this process does not know it is
    the target: others that know it read the body, and those that do not leave it out.
    """
    try:
        kind = KINDS.find(proposal.kind)
    except BadInput:
        return proposal.target, "", ""
    if not kind.yaml:
        plainly = behaviour(proposal)
        return plainly.component, "", seen(plainly)
    document = load(proposal.body)
    plain = json.dumps(document, separators=(",", ":"))
    if len(plain) > MAX_BYTES or load(plain) != document:
        plainly, plain = behaviour(proposal), ""
    else:
        plainly = behaviour(replace(proposal, body=plain))
    return plainly.component, plain, seen(plainly)


def seen(body: Behaviour) -> str:
    """When a lesson may have anything to say, as `glance` reads it."""
    speaks = body.speaks
    found: dict[str, Json] = {}
    if speaks.before is not None:
        found["before"] = _conditions(speaks.before)
    if speaks.after is not None:
        found["after"] = _conditions(speaks.after)
    if speaks.fixed:
        found["fixed"] = True
    if isinstance(body, Guardrail) and (body.repeated or body.failing):
        found["failed"] = True
    return json.dumps(found, separators=(",", ":"))


def _conditions(predicate: Predicate) -> list[Json]:
    return [[list(c.path), str(c.test), c.operand] for c in predicate.conditions]
