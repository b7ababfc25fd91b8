"""Mining: from a project's history to lessons, each proven where it was not learned.

gather    what was recorded, which classes of failures are to be looked at
learn     every miner on everything, and again with one part of the history left out
judge     each proposal on the parts from which it could be left out
account   every call has one end; a failure: a lesson, a gap with its reason, or below a limit
write     one `Change`
"""

from collections.abc import Iterator, Mapping, Sequence, Set
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from typing import Final

from failonce import history, statistics
from failonce.accounting import End, Mined, NotProposed, account
from failonce.errors import RefusedMove
from failonce.gate import judge as gate
from failonce.gate.needless import needless
from failonce.gathering import Gathered, carry_over, gather
from failonce.identity import body_digest, gap_id
from failonce.kinds.registry import KINDS
from failonce.language.classification import first
from failonce.language.tool_names import spec_of
from failonce.lifecycle import STANDING, Moved
from failonce.making import Making
from failonce.model import (
    Action,
    Change,
    Event,
    Gap,
    GapReason,
    GapStatus,
    Judgement,
    KindName,
    Lesson,
    Mode,
    Proposal,
    Proposer,
    Ruling,
    Signature,
    State,
    ToolSpec,
)
from failonce.policy import Policy
from failonce.ports import Clock, Environment, SignatureQuery, Wording
from failonce.proposal import hints, reported
from failonce.proposal.lab import Lab
from failonce.proposal.material import Material
from failonce.proposal.mining import mine
from failonce.proposal.study import Study
from failonce.proposal.worth import dense
from failonce.review import Review
from failonce.skill import decide
from failonce.trial import situations

Judged = tuple[Proposal, Judgement]

ATTEMPTS: Final = 5
"""Times that a run is written anew where somebody decided meanwhile."""

GROWN: Final = 2
"""Times as many reports as taught a lesson that waits, from which it is proposed anew."""


class Mining:
    """Mines one project after another over one store. Not shared between threads."""

    def __init__(
        self,
        *,
        review: Review,
        clock: Clock,
        wording: Wording,
        policy: Policy,
        environment: Environment | None = None,
        making: Making | None = None,
    ) -> None:
        self.review = review
        self._making = making
        self.store = review.store
        self._clock = clock
        self._wording = wording
        self._policy = policy
        self._environment = environment

    def run(self, project: str, *, as_of: datetime | None = None) -> Mined:
        """Look for lessons in one project's history and judge each on the rest of it."""
        gathered = self._gather(project, as_of)
        judged = self._judge(self._learn(gathered), gathered)
        kept = [(p, j) for p, j in judged if j.ruling is not Ruling.REJECT]
        run = self._account(gathered, judged, kept)
        tools = (
            [] if self._making is None else self._making.from_calls(gathered.calls, gathered.tools)
        )
        refused = [
            NotProposed(tool=p.target, reason="; ".join(j.reasons))
            for p, j in tools
            if j.ruling is Ruling.REJECT
        ]
        run = replace(run, not_proposed=tuple(refused))
        made = [(p, j) for p, j in tools if j.ruling is not Ruling.REJECT]
        against = self._against(gathered)

        def written() -> Mined:
            return self._propose(run, [*self._needed(kept, gathered), *made], against)

        for _ in range(ATTEMPTS):
            with suppress(RefusedMove):  # somebody decided meanwhile: what stands is read anew
                return written()
        return written()

    # ------------------------------------------------------------- gather

    def _gather(self, project: str, as_of: datetime | None) -> Gathered:
        query = SignatureQuery(
            project=project,
            as_of=as_of,
            weights=self._policy.weights,
            windows=self._policy.windows,
            order=self._policy.order,
        )
        if carry_over(self.store, query):
            self.review.record(Action.MIGRATE, subject=project, reason="failures named anew")
        return gather(
            self.store,
            query,
            project=project,
            policy=self._policy,
            environment=self._environment,
        )

    # -------------------------------------------------------------- learn

    def _learn(self, gathered: Gathered) -> list[tuple[Proposal, frozenset[str]]]:
        """Proposals from everything, each with the clusters that could be left out."""
        study = self._study(gathered)
        proposals = self._wanted(mine(study, self._wording), gathered)
        failing = {c.cluster for c in study.cases}
        folds = history.deal(failing)
        exams: dict[str, set[str]] = {body_digest(p): set() for p in proposals}
        clusters = {e.call.cluster for e in gathered.calls}
        for k in range(history.FOLDS):
            part = {c for c in clusters if folds.fold(c) == k}
            if not part or not proposals:
                continue
            for p in mine(study.without(part.__contains__), self._wording):
                exams.get(body_digest(p), set()).update(part)
        return [(p, frozenset(exams[body_digest(p)])) for p in proposals]

    def _study(self, gathered: Gathered) -> Study:
        failing = {
            e.id: replace(s, tools=gathered.tools_for(e))
            for e, s in situations(gathered.calls)
            if e.failed
        }
        return Study(
            signatures=gathered.looked,
            calls=gathered.calls,
            episodes=gathered.material.episodes,
            situations=failing,
            lab=Lab(self._environment, decide),
            lesson_cost=self._policy.lesson_cost,
        )

    def _wanted(self, proposals: Sequence[Proposal], gathered: Gathered) -> list[Proposal]:
        """Without those of another kind than the operator wants for a class (S25), and
        without hints for failures that do not come close together."""
        return [
            p
            for p in proposals
            if (
                len(p.signatures) != 1
                or p.signatures[0] not in gathered.looked
                or first(self._policy.kinds, gathered.looked[p.signatures[0]].template)
                in (None, p.kind)
            )
            and (p.kind is not KindName.HINT or self._dense(p, gathered))
        ]

    def _dense(self, proposal: Proposal, gathered: Gathered) -> bool:
        """Whether enough failures lie within one window to speak of a pattern (D.3.11)."""
        episodes = (e for s in proposal.signatures for e in gathered.material.episodes.get(s, ()))
        return dense(
            (e.failure.at for e in episodes),
            window=self._policy.hint_window,
            least=self._policy.hint_min_occurrences,
        )

    def _unattended(self, lesson: Lesson) -> bool:
        """Whether a lesson may go on trial without a person: bounded, proven, sure enough."""
        hint = lesson.proposal.kind is KindName.HINT
        least = self._policy.hint_min_confidence if hint else self._policy.min_confidence
        judgement = lesson.judgement
        sure = statistics.support(judgement.proof.wins, judgement.proof.losses) >= least
        bounded = KINDS.find(lesson.proposal.kind).bounded
        return judgement.ruling is Ruling.ACTIVATE and bounded and sure

    # -------------------------------------------------------------- judge

    def _judge(
        self, learned: Sequence[tuple[Proposal, frozenset[str]]], gathered: Gathered
    ) -> list[Judged]:
        judgements = [gate.judge(p, gathered.case(p, exam), decide) for p, exam in learned]
        proposals = [p for p, _ in learned]
        return list(zip(proposals, gate.together(judgements), strict=True))

    def _needed(self, kept: Sequence[Judged], gathered: Gathered) -> list[Judged]:
        """Without guards of calls that a repair changes before they run.

        A repair that a person refused leaves the guard to be proposed.
        """
        latest = {x.id: x for x in self.store.lessons()}
        repairs = [p for p, _ in kept if p.kind is KindName.FIXER]
        named = ((p, self.review.identify(p, latest)[1]) for p in repairs)
        wanted = [p for p, old in named if old is None or old.state in STANDING]
        failures = {name: e.failure for name, e in gathered.material.recoveries.items()}
        return [(p, j) for p, j in kept if not needless(p, wanted, failures, gathered.tools)]

    # ------------------------------------------------------------ account

    def _account(
        self, gathered: Gathered, judged: Sequence[Judged], kept: Sequence[Judged]
    ) -> Mined:
        """Every call has one end; failures by class: supported, a gap, or below the limits."""
        answered = {s for p, _ in kept for s in p.signatures}
        refusals: dict[str, list[str]] = {}
        for p, j in judged:
            if j.ruling is Ruling.REJECT:
                for name in p.signatures:
                    refusals.setdefault(name, []).append(f"{p.kind}: {'; '.join(j.reasons)}")
        ends: list[tuple[Signature, End]] = []
        gaps: list[Gap] = []
        known: set[str] = set()
        for s in gathered.signatures:
            looked = s.id in gathered.looked or s.id in gathered.refused
            if s.id in answered:
                ends.append((s, End.SUPPORT))
            elif s.id in gathered.standing and (
                not looked or s.id in gathered.renamed or s.id in gathered.reported
            ):
                known.add(gathered.standing[s.id])
                ends.append((s, End.SUPPORT))
            elif looked:
                gaps.append(self._gap(s, gathered, refusals.get(s.id, [])))
                ends.append((s, End.GAP))
            else:
                ends.append((s, End.BELOW))
        return replace(
            account(gathered.project, ends, gathered.calls, unfailed=gathered.unfailed),
            classes=len(gathered.looked) + len(gathered.refused),
            open_gaps=tuple(gaps),
            known=tuple(sorted(known)),
            burst=sum(s.hits for s, end in ends if end is End.BELOW and self._one(s, gathered)),
        )

    def _one(self, s: Signature, gathered: Gathered) -> bool:
        """Whether a class was reported often enough, but by too few."""
        episodes = gathered.material.episodes.get(s.id, ())
        few = len({e.failure.call.cluster for e in episodes}) < self._policy.min_clusters
        return few and s.hits_7d >= self._policy.min_hits_7d and reported.only_reports(episodes)

    def _gap(self, s: Signature, gathered: Gathered, refusals: Sequence[str]) -> Gap:
        refusal = gathered.refused.get(s.id)
        if refusal is not None:
            reason, detail = refusal.reason, refusal.detail
        elif refusals:
            reason, detail = GapReason.GATE_FAILED, "; ".join(dict.fromkeys(refusals))
        else:
            reason, detail = GapReason.NO_METHOD, _untaught(s, gathered)
        return Gap(
            id=gap_id(s.project, s.id),
            project=s.project,
            need=s.id,
            reason=reason,
            detail=detail,
            at=self._clock.now(),
        )

    # -------------------------------------------------------------- write

    def _propose(self, run: Mined, judged: Sequence[Judged], against: Mapping[str, str]) -> Mined:
        """Store what is new, apply what `auto` may, and record the run."""
        mode = self.review.mode(run.project)
        latest = {lesson.id: lesson for lesson in self.store.lessons()}
        lessons: list[Lesson] = []
        before: list[Lesson] = []
        replaced: list[Lesson] = []
        events: list[Event] = []
        known: list[str] = []
        answers: dict[str, str] = {}
        for proposal, judgement in judged:
            name, old = self.review.identify(proposal, latest)
            if not reported.is_one(proposal):
                answers |= dict.fromkeys(proposal.signatures, name)
            if old is not None and not _replaces(proposal, judgement, old):
                known.append(name)
                continue
            if old is not None:
                before.append(old)
                moved = self.review.moved(old, Action.SUPERSEDE, "newer history")
                replaced.append(moved.lesson)
                events.append(moved.event)
            new = self.review.draft(name, old, proposal, judgement, mode)
            latest[name] = new
            events.append(self.review.proposed(new))
            if mode is Mode.AUTO and self._unattended(new):
                new = self.review.on_trial(new, events)
            lessons.append(new)
        refuted = list(self._refuted(run.project, against, {x.id for x in before}, answers))
        before += [old for old, _ in refuted]
        replaced += [moved.lesson for _, moved in refuted]
        ended = tuple(moved.event for _, moved in refuted)
        events += ended
        run = replace(run, new=tuple(lessons), known=(*run.known, *known), refuted=ended)
        events.append(self.review.event(Action.MINED, subject=run.project, reason=run.outcome))
        expects = {x.id: (x.version, x.state) for x in before} | {
            x.id: None for x in lessons if x.version == 1
        }
        self.store.commit(
            Change(
                lessons=(*replaced, *lessons),
                events=tuple(events),
                gaps=(*run.open_gaps, *self._answered(run)),
                expects=expects,
            )
        )
        self.review.reconcile()
        return run

    def _refuted(
        self,
        project: str,
        against: Mapping[str, str],
        touched: Set[str],
        answers: Mapping[str, str],
    ) -> Iterator[tuple[Lesson, Moved]]:
        """Mined lessons that newer history speaks against: waiting ones end, others are undone.

        So ends what reports taught and still waits, where calls teach better: `answers` are
        classes, each with the lesson that calls taught.
        """
        names = self.store.aliases()
        for x in self.store.lessons(project=project, states=STANDING):
            if x.id in touched or x.proposal.kind in (KindName.RULE, KindName.TOOL):
                continue
            own = (names.get(s, s) for s in x.proposal.signatures)
            better = next((answers[s] for s in own if s in answers), "")
            waits = x.state is State.PROPOSED
            if better and waits and reported.is_one(x.proposal):
                reason = f"recorded calls teach a better lesson: {better}"
                yield x, self.review.moved(x, Action.RETIRE, reason)
            elif x.digest in against:
                action = Action.RETIRE if waits else Action.UNDO
                reason = f"newer history speaks against it: {against[x.digest]}"
                yield x, self.review.moved(x, action, reason)

    def _against(self, gathered: Gathered) -> dict[str, str]:
        """What newer history says against lessons that stand, by the digest of their text."""
        names = self.store.aliases()
        found: dict[str, str] = {}
        for x in self.store.lessons(project=gathered.project, states=STANDING):
            known = any(
                names.get(s, s) in gathered.material.episodes for s in x.proposal.signatures
            )
            if not known or x.proposal.kind in (KindName.RULE, KindName.TOOL):
                continue
            case = gathered.case(x.proposal, None)
            now = gate.judge(x.proposal, case, decide) if case.calls else None
            if now is not None and now.ruling is Ruling.REJECT:
                found[x.digest] = "; ".join(now.reasons)
        return found

    def _answered(self, run: Mined) -> list[Gap]:
        """Open gaps whose class a lesson now answers: closed."""
        still = {g.id for g in run.open_gaps}
        answered = {s for x in run.new for s in x.proposal.signatures}
        return [
            replace(g, status=GapStatus.CLOSED, detail="a lesson answers it now")
            for g in self.store.gaps(project=run.project)
            if g.status is GapStatus.OPEN and g.need in answered and g.id not in still
        ]


def _replaces(proposal: Proposal, judgement: Judgement, old: Lesson) -> bool:
    """A newer body or proof replaces one that still waits; what was decided stays decided, and
    what a person edited stays as they wrote it.

    More reports of the same prove nothing new: they count once there are many more.
    """
    newer = body_digest(proposal) != old.digest or judgement != old.judgement
    if reported.is_one(proposal) and judgement.ruling is old.judgement.ruling:
        grown = len(proposal.support) >= GROWN * len(old.proposal.support)
        newer = body_digest(proposal) != old.digest or grown
    by_hand = old.proposal.proposer is Proposer.PERSON
    newer = newer or old.proposal.proposer is Proposer.IMPORT  # now it is from here
    return old.state is State.PROPOSED and newer and not by_hand


def _untaught(s: Signature, gathered: Gathered) -> str:
    """Why no miner has a lesson for a class."""
    episodes = gathered.material.episodes.get(s.id, ())
    if reported.only_reports(episodes):
        return reported.untaught(s)
    tool = spec_of(s.tool, gathered.tools) or ToolSpec(name=s.tool)
    found = hints.withheld(Material(signature=s, episodes=episodes), tool)
    return found or "no miner found what separates failing calls"
