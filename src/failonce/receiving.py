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

from failonce.errors import BadInput, Refused, RefusedLesson, UserError
from failonce.evidence.redact import Redactor
from failonce.gate import judge as gate
from failonce.gathering import Gathered, history_of
from failonce.identity import body_digest, intact
from failonce.kinds.fixer import PatchFixer
from failonce.kinds.registry import behaviour
from failonce.lifecycle import STANDING
from failonce.making import Making
from failonce.model import (
    EVERYONE,
    Action,
    Judgement,
    KindName,
    Lesson,
    Mode,
    Proposal,
    Proposer,
    Ruling,
)
from failonce.ports import Environment
from failonce.review import Review
from failonce.skill import decide

HARM_TOGETHER: Final = 0.0005
"""Share of a history's good calls that received lessons may touch together (DESIGN section 7)."""
NOWHERE_ELSE: Final = "calls of its tool in another project: none holds any"
_REASON: Final = 2000


class Came(StrEnum):
    """What became of a lesson from elsewhere."""

    WAITS = "waits"
    """For a person."""
    KNOWN = "known"
    """It is here already, in this form or another; nothing was changed."""
    REFUSED = "refused"
    """The audit keeps why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """One lesson from elsewhere, and what became of it here."""

    proposal: Proposal
    came: Came
    reason: str = ""
    """Why it was refused, or what stands in its place."""
    lesson: Lesson | None = None
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

        The same again changes nothing. Each is written by itself, so what is killed half-way is
        ended by the same again. Raises `Refused` where learning is off, or for everyone at once.
        """
        self._on(project)
        if project == EVERYONE:
            raise Refused(
                "Nobody else's lesson is for everyone at once. Take it into one project, and widen "
                "it from there: failonce promote"
            )
        own = [replace(p, project=project, proposer=Proposer.IMPORT) for p in proposals]
        gathered = self._gathered(project)
        ended: dict[int, Received] = {}
        judged: dict[int, tuple[Judgement, int]] = {}
        latest = {x.id: x for x in self._store.lessons()}
        for n, proposal in enumerate(own):
            looked = self._looked(proposal, latest)
            if looked is not None:
                ended[n] = looked
                continue
            try:
                case = self._case(proposal, gathered)
            except UserError as error:
                ended[n] = self._refused(proposal, str(error))
            else:
                judged[n] = gate.judge(proposal, case, decide), len(case.calls)
        together = dict(zip(judged, gate.together([j for j, _ in judged.values()]), strict=True))
        harmless = _harmless(together, _good(gathered))
        for n, judgement in together.items():
            why = "" if n in harmless else _too_much(judgement, _good(gathered))
            ended[n] = self._written(own[n], judgement, judged[n][1], why)
        return [ended[n] for n in range(len(own))]

    def widen(self, ref: str) -> Received:
        """Put a lesson of one project before a person for everyone, once all projects bear it.

        Raises `Refused` where it is not in force in its project, or where learning is off.
        """
        lesson = self._review.find(ref)
        home = lesson.proposal.project
        if home == EVERYONE:
            raise BadInput(f"{lesson.id} is for everyone already.")
        if not lesson.in_force or not intact(lesson):
            raise Refused(f"{lesson.id} is not in force, so nobody wants it for everyone.")
        self._on(EVERYONE)
        proposal = replace(
            lesson.proposal,
            project=EVERYONE,
            proposer=Proposer.PERSON,
            edit_of="",
            support=(),
            reason=f"{lesson.id} of {home}, for everyone",
        )
        looked = self._looked(proposal, {x.id: x for x in self._store.lessons()})
        if looked is not None:
            return looked
        try:
            judgement, calls = self._everywhere(proposal, home)
        except UserError as error:
            return self._refused(proposal, str(error))
        return self._written(proposal, judgement, calls)

    # ------------------------------------------------------------- inside

    def _everywhere(self, proposal: Proposal, home: str) -> tuple[Judgement, int]:
        """The gate's word on the histories of all projects, and how many calls those hold.

        Raises `RefusedLesson` where it would harm one of them; of what it may touch at home a
        person knew who approved it there.
        """
        if proposal.kind is KindName.TOOL:
            return gate.judge(proposal, self._case(proposal, None), decide), 0
        cases: dict[str, gate.Case] = {}
        for project in sorted(self._store.projects()):
            gathered = self._gathered(project)
            cases[project] = self._case(proposal, gathered)
            judgement = gate.judge(proposal, cases[project], decide)
            why = "; ".join(judgement.reasons) if judgement.ruling is Ruling.REJECT else ""
            if project != home and not _harmless({0: judgement}, _good(gathered)):
                why = why or _too_much(judgement, _good(gathered))
            if why:
                raise RefusedLesson(f"in {project}: {why}")
        every = _merged(cases.values(), taught=proposal.support_clusters)
        judgement = gate.judge(proposal, every, decide)
        if not any(case.calls for project, case in cases.items() if project != home):
            judgement = gate.by_hand(judgement, NOWHERE_ELSE)
            reasons = dict.fromkeys((*judgement.reasons, f"needs {NOWHERE_ELSE}"))
            judgement = replace(judgement, reasons=tuple(reasons))
        return judgement, len(every.calls)

    def _on(self, project: str) -> None:
        if self._review.mode(project) is Mode.OFF:
            who = "everyone" if project == EVERYONE else project
            raise Refused(
                f"Learning is off for {who}, so nothing was taken in. "
                "`failonce config mode manual` turns it on."
            )

    def _looked(self, proposal: Proposal, latest: Mapping[str, Lesson]) -> Received | None:
        """What is to be said of it before any history is asked; None where that decides."""
        try:
            wrong = self._wrong(proposal)
        except UserError as error:
            wrong = str(error)
        if wrong:
            return self._refused(proposal, wrong)
        old = self._review.identify(proposal, latest)[1]
        if old is None:
            whose = (proposal.project, EVERYONE)
            near = (x for x in latest.values() if x.proposal.project in whose)
            near = (x for x in near if x.state in STANDING and x.proposal.says == proposal.says)
            old = next(near, None)
        if old is None:
            return None
        same = old.proposal.says == proposal.says
        reason = "" if same else "another form of it is here, and stays as it is"
        return Received(proposal=proposal, came=Came.KNOWN, lesson=old, reason=reason)

    def _wrong(self, proposal: Proposal) -> str:
        """Why it is no lesson that anybody may send; empty where it may be one."""
        if isinstance(behaviour(proposal), PatchFixer):
            return "a script that mends a repository is tried on that repository, and on no other"
        texts = (proposal.target, proposal.key, proposal.name, proposal.body)
        if any(self._scrub(text) != text for text in texts):
            return "it holds what looks like a secret"
        return ""

    def _gathered(self, project: str) -> Gathered | None:
        return history_of(
            self._store,
            project,
            policy=self._review.policy,
            environment=self._environment,
        )

    def _case(self, proposal: Proposal, gathered: Gathered | None) -> gate.Case:
        if proposal.kind is KindName.TOOL:
            if self._making is None:
                raise Refused(
                    "There is no sandbox here to try a tool in. failonce doctor says why."
                )
            self._making.room(proposal)
            return self._making.case(proposal)
        return gate.NO_HISTORY if gathered is None else gathered.case(proposal, None)

    def _written(
        self, proposal: Proposal, judgement: Judgement, calls: int, why: str = ""
    ) -> Received:
        """One that was judged: it waits, or is refused for what the gate or `why` says."""
        if judgement.ruling is Ruling.REJECT:
            why = "; ".join(judgement.reasons)
        if why:
            return self._refused(proposal, why, calls)
        lesson = self._review.put(proposal, judgement)
        return Received(proposal=proposal, came=Came.WAITS, lesson=lesson, calls=calls)

    def _refused(self, proposal: Proposal, why: str, calls: int = 0) -> Received:
        """Kept in the audit, and only once for one reason."""
        name, _ = self._review.identify(proposal, {})
        digest = body_digest(proposal)
        told = self._scrub(f"{proposal.reason}: {why}"[:_REASON])
        last = self._store.recent(limit=1, subject=name, actions=(Action.TURNED_AWAY,))
        if [(e.event.digest, e.event.reason) for e in last] != [(digest, told)]:
            self._review.record(Action.TURNED_AWAY, subject=name, reason=told, digest=digest)
        return Received(proposal=proposal, came=Came.REFUSED, reason=why, calls=calls)


def _good(gathered: Gathered | None) -> int:
    return 0 if gathered is None else sum(e.good for e in gathered.calls)


def _harm(judgement: Judgement) -> int:
    tally = judgement.proof.tally
    return tally.wrongly_blocked + tally.wrongly_changed


def _harmless(judgements: Mapping[int, Judgement], good: int) -> frozenset[int]:
    """Those that together touch no more good calls than they may, the best proven first."""
    kept = [(n, j) for n, j in judgements.items() if j.ruling is not Ruling.REJECT]
    kept.sort(key=lambda pair: (-pair[1].proof.wins, pair[0]))
    touched, chosen = 0, set[int]()
    for n, judgement in kept:
        harm = _harm(judgement)
        if not harm or touched + harm <= HARM_TOGETHER * good:
            touched += harm
            chosen.add(n)
    return frozenset(chosen)


def _too_much(judgement: Judgement, good: int) -> str:
    return (
        f"it would stop or change {_harm(judgement):,} of {good:,} good calls here, and all that "
        f"come from elsewhere together may touch {HARM_TOGETHER:.2%}"
    )


def _merged(cases: Iterable[gate.Case], *, taught: Sequence[str]) -> gate.Case:
    """The histories of all projects as one; what taught the lesson does not judge it.

    Sessions of one name in two projects are one witness, so they count for less and never more.
    """
    found = list(cases)
    calls = [e for case in found for e in case.calls]
    clusters = {e.call.cluster for e in calls}
    return gate.Case(
        calls=calls,
        recoveries={k: v for case in found for k, v in case.recoveries.items()},
        exam=frozenset(clusters - set(taught)) if taught else None,
        tools={k: v for case in reversed(found) for k, v in case.tools.items()},
        environment=next((c.environment for c in found if c.environment), None),
        recorded=frozenset[str]().union(*(c.recorded for c in found)),
        unsteady=frozenset[str]().union(*(c.unsteady for c in found)),
    )
