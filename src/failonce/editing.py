"""Another text for a lesson, by a person: judged anew, and a version of its own.

The old text stays on record. One that waits gives way at once; one in force stays in force until
the edited form is approved, and then gives its place to it.
"""

from dataclasses import replace
from typing import Final

from failonce.deciding import outdated
from failonce.errors import Refused, RefusedLesson
from failonce.evidence.redact import Redactor
from failonce.gate import judge as gate
from failonce.gathering import history_of
from failonce.identity import body_digest, digest
from failonce.kinds.fixer import PatchFixer
from failonce.kinds.registry import KINDS, behaviour
from failonce.kinds.rule import checked_sentence
from failonce.language import document
from failonce.lifecycle import IN_FORCE
from failonce.making import Making, code_key
from failonce.model import Judgement, KindName, Lesson, Proposal, Proposer, Ruling
from failonce.ports import Environment
from failonce.review import Review
from failonce.skill import decide

SEEN: Final = "calls recorded after the edit: whoever edited it knew those before"


class Editing:
    """Edits lessons over one store. Not shared between threads."""

    def __init__(
        self,
        *,
        review: Review,
        making: Making | None = None,
        environment: Environment | None = None,
    ) -> None:
        self._review = review
        self._making = making
        self._environment = environment

    def edit(self, ref: str, body: str, *, reason: str = "", digest: str = "") -> Lesson:
        """Put another text of a lesson before a person, once the gate has judged it on history.

        YAML is kept as it reads, without comments. The same text again is the same lesson.
        `digest` is that of the text that was edited.
        Raises `BadInput` where the text is none of its kind, `RefusedLesson` with what the gate
        found, `Outdated` where somebody changed the lesson meanwhile; nothing is written then.
        """
        old = self._review.find(ref)
        body = _written(old.proposal, body)
        if body == old.proposal.body:
            return old
        outdated(old, digest, self._review.past(old))
        proposal = self._proposal(old, body)
        self._no_secret(proposal, old)
        known = self._review.identify(proposal, {x.id: x for x in self._review.store.lessons()})[1]
        if known is not None and known.digest == body_digest(proposal):
            return known
        judgement = self._judged(proposal)
        if judgement.ruling is Ruling.REJECT:
            raise RefusedLesson(
                f"The gate refused the new text: {'; '.join(judgement.reasons)}. {old.id} is as "
                "it was."
            )
        return self._review.revise(old, proposal, judgement, reason=reason)

    def _proposal(self, old: Lesson, body: str) -> Proposal:
        """The same proposal with another text; of its own identity where the old one stays."""
        edited = replace(old.proposal, body=body, proposer=Proposer.PERSON)
        if edited.kind is KindName.TOOL:
            return replace(edited, key=code_key(body))
        if old.state not in IN_FORCE:
            return edited
        line = old.line
        return replace(edited, key=f"edit {digest((body,), size=8)} of {line}", edit_of=line)

    def _no_secret(self, proposal: Proposal, old: Lesson) -> None:
        scrub = Redactor().text
        before = old.proposal.body
        if scrub(proposal.body) != proposal.body and scrub(before) == before:
            raise RefusedLesson("The text holds what looks like a secret; write it without.")

    def _judged(self, proposal: Proposal) -> Judgement:
        """The gate's word. It was proven on calls that taught it, so a person decides."""
        return gate.by_hand(gate.judge(proposal, self._case(proposal), decide), SEEN)

    def _case(self, proposal: Proposal) -> gate.Case:
        if proposal.kind is KindName.TOOL:
            if self._making is None:
                raise Refused(
                    "There is no sandbox here to try a tool in. failonce doctor says why."
                )
            self._making.room(proposal)
            return self._making.case(proposal)
        if isinstance(behaviour(proposal), PatchFixer):
            raise Refused(
                "A script that mends a repository is tried on that repository, so its text cannot "
                "be edited here. Propose the new script: failonce patches add"
            )
        gathered = history_of(
            self._review.store,
            proposal.project,
            policy=self._review.policy,
            environment=self._environment,
        )
        return gate.NO_HISTORY if gathered is None else gathered.case(proposal, None)


def _written(proposal: Proposal, body: str) -> str:
    """The text as lessons of its kind are written; raises `BadInput` where it is none of them.

    What holds more than is read stays as it is, and the gate says so.
    """
    if proposal.kind is KindName.RULE:
        return checked_sentence(body)
    kind = KINDS.find(proposal.kind)
    body = body.replace("\r\n", "\n")
    read = kind.parse(body, proposal.target).render()
    same = kind.yaml and document.load(read) == document.load(body)
    return read if same else body
