"""Tools for an agent: from source text, or from calls that recur, to a lesson that waits.

Whoever wrote it, the gate tries it in the sandbox, and a person reads it. Each version is a
lesson of its own, named by its content; of one name the one that was approved last is in force.
"""

from collections.abc import Mapping, Sequence, Set
from typing import Final

from failonce.errors import Refused
from failonce.gate import judge as gate
from failonce.gate.results import EMPTY
from failonce.gate.sandboxed import held
from failonce.gate.tools import Example, Trying
from failonce.identity import body_digest, canonical_json, digest
from failonce.lifecycle import STANDING
from failonce.model import (
    Evidence,
    Judgement,
    KindName,
    Lesson,
    Past,
    Proposal,
    Proposer,
    Ruling,
    ToolSpec,
)
from failonce.ports import Sandbox
from failonce.proposal.tools.adapters import adapters
from failonce.proposal.tools.paging import pagings
from failonce.proposal.tools.rows import WHOLE
from failonce.proposal.tools.sequences import composites
from failonce.proposal.tools.writing import Composite
from failonce.review import Review
from failonce.skill import decide
from failonce.trial import answer_of

EXAMPLES: Final = 20
"""Recorded calls that a tool is tried on."""


class Making:
    """Makes tools for one store. Not shared between threads."""

    def __init__(self, *, review: Review, sandbox: Sandbox) -> None:
        self._review = review
        self._sandbox = sandbox
        self._policy = review.policy

    def propose(
        self,
        name: str,
        source: str,
        *,
        project: str,
        proposer: Proposer,
        reason: str,
        examples: Sequence[Example] = (),
    ) -> Lesson:
        """Try a tool and put it before a person; the same source again is the same lesson.

        Raises `RefusedLesson` with what the gate found, `BadInput` where the source is none that
        can be read, `Refused` where there are too many tools already. Nothing is written then.
        """
        proposal = Proposal(
            kind=KindName.TOOL,
            target=name,
            key=code_key(source),
            project=project,
            name=f"The tool {name}",
            body=source,
            reason=" ".join(reason.split())[:2000],
            proposer=proposer,
        )
        self.room(proposal)
        return self._review.propose(proposal, self.case(proposal, examples))

    def case(self, proposal: Proposal, examples: Sequence[Example] = ()) -> gate.Case:
        """What the gate tries a tool on: examples, and what the version in force answered."""
        return self._case(examples, self._before(proposal))

    @property
    def hindered(self) -> str:
        """Why nothing can be tried on this machine, empty where it can."""
        check = held(self._sandbox)
        return check.detail if check.fatal and not check.passed else ""

    def from_calls(
        self, calls: Sequence[Evidence], tools: Mapping[str, ToolSpec]
    ) -> list[tuple[Proposal, Judgement]]:
        """Tools for calls that recur, each judged; those of which nothing is new as they were.

        `tools` are those of the project, as far as they are known.
        """
        latest = {x.id: x for x in self._review.store.lessons()}
        found: list[tuple[Proposal, Judgement]] = []
        learned = {x.proposal.target for x in latest.values() if x.proposal.kind is KindName.TOOL}
        new: set[str] = set()
        made = (
            *composites(calls, learned),
            *pagings(calls, learned, tools),
            *adapters(calls, learned),
        )
        for composite in made:
            proposal = composite.proposal
            old = self._review.identify(proposal, latest)[1]
            if old is not None and old.digest == body_digest(proposal):
                found.append((proposal, old.judgement))
                continue
            try:
                self.room(proposal, new)
            except Refused as refused:
                found.append((proposal, _no_room(proposal, str(refused))))
                continue
            judgement = self._judged(composite)
            found.append((proposal, judgement))
            new |= {proposal.target} if judgement.ruling is not Ruling.REJECT else set()
        return found

    def _judged(self, composite: Composite) -> Judgement:
        seen = [Example(case=case, cluster=name, new=True) for name, case in composite.cases]
        one_each = list({e.cluster: e for e in seen}.values())
        return gate.judge(composite.proposal, self._case(one_each[:EXAMPLES]), decide)

    def _before(self, proposal: Proposal) -> list[Past]:
        """What the version in force answered, the newest first, each arguments once."""
        if not any(
            x.in_force and x.proposal.target == proposal.target
            for x in self._review.store.lessons(project=proposal.project, states=STANDING)
            if x.proposal.kind is KindName.TOOL
        ):
            return []
        own = self._review.store.calls(project=proposal.project, tools=(proposal.target,))
        good = (e for e in reversed([*own]) if e.good)
        whole = (e for e in good if len(e.message) < WHOLE and "<redacted:" not in e.message)
        seen = {canonical_json(e.call.args): e for e in whole if e.call.args is not None}
        return [Past(call=e.call, answer=answer_of(e)) for e in list(seen.values())[:EXAMPLES]]

    def _case(self, examples: Sequence[Example], before: Sequence[Past] = ()) -> gate.Case:
        trying = Trying(
            sandbox=self._sandbox,
            examples=examples,
            before=before,
            allowed=self._policy.unread,
            safety=self._policy.safety,
            limits=self._policy.limits,
        )
        return gate.Case(calls=(), recoveries={}, trying=trying)

    def room(self, proposal: Proposal, new: Set[str] = frozenset()) -> None:
        """Raise `Refused` where there are as many tools as the operator wants."""
        standing = self._review.store.lessons(states=STANDING)
        own = {x.proposal.target for x in standing if x.proposal.kind is KindName.TOOL}
        others = (own | new) - {proposal.target}
        if len(others) >= self._policy.max_tools:
            raise Refused(
                f"There are {len(others)} generated tools already, which is the most "
                "(`tools.most`). Retire one that is not used: failonce tools learned"
            )


def code_key(source: str) -> str:
    """What tells tools of one name apart: their source."""
    return f"code {digest((source,), size=8)}"


def _no_room(proposal: Proposal, why: str) -> Judgement:
    """Not tried: there are as many tools as the operator wants."""
    return Judgement(
        ruling=Ruling.REJECT,
        digest=body_digest(proposal),
        checks=(),
        proof=EMPTY,
        reasons=(why,),
    )
