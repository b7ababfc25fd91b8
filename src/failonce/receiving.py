"""Lessons from elsewhere: of another project, or of one project for everyone.

Whatever they did where they were learned, they wait here only where a replay on the receiver's
own history does not speak against them (DESIGN section 7); a person decides in every mode.

    receive   lessons of others → each tried on a project's history → waiting, known, refused
    widen     a lesson in force in one project → tried on all projects → one that waits for everyone
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from failonce.errors import BadInput, Refused, UserError
from failonce.evidence.redact import Redactor
from failonce.gate import judge as gate
from failonce.gate.case import Case
from failonce.gathering import Gathered, gather
from failonce.identity import body_digest, intact, slug
from failonce.kinds.fixer import PatchFixer
from failonce.kinds.registry import behaviour
from failonce.kinds.rule import checked_sentence
from failonce.making import Making
from failonce.model import EVERYONE, Judgement, KindName, Lesson, Proposal, Ruling
from failonce.ports import Environment, SignatureQuery
from failonce.review import Review
from failonce.skill import decide

HARM_TOGETHER: Final = 0.0005
"""Share of a history's good calls that received lessons may touch together (DESIGN section 7)."""


class Came(StrEnum):
    """What became of a lesson from elsewhere."""

    WAITS = "waits"
    """For a person."""
    KNOWN = "known"
    """It is here already, in this form or another; nothing was changed."""
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """One lesson from elsewhere, and what became of it here."""

    proposal: Proposal
    came: Came
    reason: str = ""
    """Why it was refused, or what stands in its place."""
    lesson: Lesson | None = None
    judgement: Judgement | None = None
    calls: int = 0
    """Calls here that it was tried on."""


class Receiving:
    """Tries lessons from elsewhere over one store. Not shared between threads."""

    def __init__(
        self,
        *,
        review: Review,
        making: Making | None = None,
        environment: Environment | None = None,
    ) -> None:
        self._review = review
        self._store = review.store
        self._making = making
        self._environment = environment
        self._scrub = Redactor().text

    def receive(self, proposals: Sequence[Proposal], *, project: str) -> list[Received]:
        """Try each on the project's history and put before a person what passes, in their order.

        The same again changes nothing. Only those that are new are written, each by itself.
        """
        gathered = self._gathered(project)
        found = [self._looked(replace(p, project=project)) for p in proposals]
        judged: dict[int, tuple[Judgement, int]] = {}
        for n, one in enumerate(found):
            if one is not None:
                continue
            proposal = replace(proposals[n], project=project)
            try:
                case = self._case(proposal, gathered)
            except UserError as error:
                found[n] = _refused(proposal, str(error))
            else:
                judged[n] = gate.judge(proposal, case, decide), len(case.calls)
        together = dict(zip(judged, gate.together([j for j, _ in judged.values()]), strict=True))
        harmless = _harmless(together, gathered)
        ended: list[Received] = []
        for n, (proposal, one) in enumerate(zip(proposals, found, strict=True)):
            own = replace(proposal, project=project)
            if one is None:
                judgement, calls = together[n], judged[n][1]
                one = self._written(own, judgement, calls, fits=n in harmless)  # noqa: PLW2901
            ended.append(one)
        return ended

    def widen(self, ref: str) -> Received:
        """Put a lesson of one project before a person for everyone, once all projects bear it.

        Raises `Refused` where it is not in force in one project.
        """
        lesson = self._review.find(ref)
        if lesson.proposal.project == EVERYONE:
            raise BadInput(f"{lesson.id} is for everyone already.")
        if not lesson.in_force or not intact(lesson):
            raise Refused(f"{lesson.id} is not in force, so it is not for everyone either.")
        proposal = replace(
            lesson.proposal,
            project=EVERYONE,
            edit_of="",
            support=(),
            reason=f"{lesson.id} of {lesson.proposal.project}, for everyone",
        )
        if (known := self._looked(proposal)) is not None:
            return known
        cases: dict[str, Case] = {}
        for project in sorted(self._store.projects()):
            case = self._case(proposal, self._gathered(project))
            judgement = gate.judge(proposal, case, decide)
            if judgement.ruling is Ruling.REJECT:
                why = f"in {project}: {'; '.join(judgement.reasons)}"
                return replace(_refused(proposal, why), judgement=judgement)
            cases[project] = case
        every = _merged(cases.values(), taught=proposal.support_clusters)
        judgement = gate.judge(proposal, every, decide)
        return self._written(proposal, judgement, len(every.calls), fits=True)

    # ------------------------------------------------------------- inside

    def _looked(self, proposal: Proposal) -> Received | None:
        """What is to be said of it before any history is asked; None where that decides."""
        try:
            wrong = self._wrong(proposal)
        except UserError as error:
            wrong = str(error)
        if wrong:
            return _refused(proposal, wrong)
        latest = {x.id: x for x in self._store.lessons()}
        old = self._review.identify(proposal, latest)[1]
        if old is None:
            return None
        same = old.digest == body_digest(proposal)
        reason = "" if same else "another form of it is here, and stays as it is"
        return Received(proposal=proposal, came=Came.KNOWN, lesson=old, reason=reason)

    def _wrong(self, proposal: Proposal) -> str:
        """Why it is no lesson that anybody may send; empty where it may be one."""
        if proposal.kind is KindName.RULE:
            if slug(proposal.target) != proposal.target:
                return "the skill that it is for has no plain name"
            if checked_sentence(proposal.body) != proposal.body:
                return "its sentence is not written as sentences are"
        body = behaviour(proposal)
        if isinstance(body, PatchFixer):
            return "a script that mends a repository is tried on that repository; it is not carried"
        if self._scrub(proposal.body) != proposal.body:
            return "it holds what looks like a secret"
        return ""

    def _gathered(self, project: str) -> Gathered | None:
        """The history of a project; None where nothing was recorded."""
        if project not in self._store.projects():
            return None
        policy = self._review.policy
        query = SignatureQuery(
            project=project, weights=policy.weights, windows=policy.windows, order=policy.order
        )
        return gather(
            self._store, query, project=project, policy=policy, environment=self._environment
        )

    def _case(self, proposal: Proposal, gathered: Gathered | None) -> Case:
        if proposal.kind is KindName.TOOL:
            if self._making is None:
                raise Refused(
                    "There is no sandbox here to try a tool in. failonce doctor says why."
                )
            self._making.room(proposal)
            return self._making.case(proposal)
        return gate.NO_HISTORY if gathered is None else gathered.case(proposal, None)

    def _written(
        self, proposal: Proposal, judgement: Judgement, calls: int, *, fits: bool
    ) -> Received:
        if judgement.ruling is Ruling.REJECT:
            refused = _refused(proposal, "; ".join(judgement.reasons))
            return replace(refused, judgement=judgement, calls=calls)
        if not fits:
            refused = _refused(
                proposal,
                f"with the others it would touch more than {HARM_TOGETHER:.2%} of the good calls",
            )
            return replace(refused, judgement=judgement, calls=calls)
        lesson = self._review.put(proposal, judgement)
        return Received(
            proposal=proposal, came=Came.WAITS, lesson=lesson, judgement=judgement, calls=calls
        )


def _refused(proposal: Proposal, reason: str) -> Received:
    return Received(proposal=proposal, came=Came.REFUSED, reason=reason)


def _harmless(judgements: Mapping[int, Judgement], gathered: Gathered | None) -> frozenset[int]:
    """Those that together touch no more good calls than they may, the best proven first."""
    good = 0 if gathered is None else sum(e.good for e in gathered.calls)
    kept = [(n, j) for n, j in judgements.items() if j.ruling is not Ruling.REJECT]
    kept.sort(key=lambda pair: (-pair[1].proof.wins, pair[0]))
    touched, chosen = 0, set[int]()
    for n, judgement in kept:
        tally = judgement.proof.tally
        harm = tally.wrongly_blocked + tally.wrongly_changed
        if not harm or touched + harm <= HARM_TOGETHER * good:
            touched += harm
            chosen.add(n)
    return frozenset(chosen)


def _merged(cases: Iterable[Case], *, taught: Sequence[str]) -> Case:
    """The histories of all projects as one; what taught the lesson does not judge it."""
    found = list(cases)
    calls = [e for case in found for e in case.calls]
    clusters = {e.call.cluster for e in calls}
    return Case(
        calls=calls,
        recoveries={k: v for case in found for k, v in case.recoveries.items()},
        exam=frozenset(clusters - set(taught)) if taught else None,
        tools={k: v for case in reversed(found) for k, v in case.tools.items()},
        environment=next((c.environment for c in found if c.environment), None),
        recorded=frozenset[str]().union(*(c.recorded for c in found)),
        trying=next((c.trying for c in found if c.trying), None),
        unsteady=frozenset[str]().union(*(c.unsteady for c in found)),
    )
