"""START HERE: the way of the data, in verbs.

    observe   recordings → redacted, triaged, named → evidence in the store
    mine      evidence → classes → proposals, each judged on history → lessons, gaps

and, in `review`, what people do with them: approve, reject, undo, reopen, learn. Every verb
gathers, decides with the pure functions of the stages, and writes one `Change`. What a
lesson in force says of a call is `skill.decide`; replay and every surface ask it.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import islice
from typing import Protocol

from failonce import history
from failonce.evidence.capture import Identities, Timeline, capture
from failonce.evidence.redact import Clean
from failonce.evidence.triage import triage
from failonce.gate import judge as gate
from failonce.identity import body_digest, gap_id
from failonce.language.classification import first
from failonce.lifecycle import Moved
from failonce.model import (
    EVERYONE,
    Action,
    Change,
    Event,
    Evidence,
    Finding,
    Gap,
    GapReason,
    GapStatus,
    Judgement,
    KindName,
    Lesson,
    Mode,
    Origin,
    Proposal,
    Recording,
    Ruling,
    Signature,
    State,
    Verdict,
)
from failonce.policy import DEFAULT, Policy
from failonce.ports import Clock, SignatureQuery, Wording
from failonce.proposal.material import divide
from failonce.proposal.rank import MINERS, too_few
from failonce.review import Review
from failonce.signature.masks import SCHEME_VERSION
from failonce.signature.naming import name_failure
from failonce.skill import decide

AHEAD = timedelta(days=1)
"""How far a source's clock may run ahead of ours; windows count back from the newest event."""

BATCH = 1000
"""Recordings stored in one transaction, and acknowledged together."""

UNATTENDED = (KindName.FIXER, KindName.HINT)
"""Kinds made of typed, bounded values: the only mined ones that `auto` may apply."""


class Cleaner(Protocol):
    """Redaction, as `evidence.redact.Redactor` does it."""

    def clean(self, recording: Recording) -> Clean:
        """The recording without secrets, bounded in size."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """What became of recordings; `failures` is triage's word, `flagged` the source's."""

    calls: int = 0
    flagged: int = 0
    new: int = 0
    duplicates: int = 0
    verdicts: Counter[Verdict] = field(default_factory=Counter)

    @property
    def failures(self) -> int:
        """Recordings that triage calls real failures."""
        return self.verdicts[Verdict.FAILURE]

    def __add__(self, other: "Observed") -> "Observed":
        return Observed(
            calls=self.calls + other.calls,
            flagged=self.flagged + other.flagged,
            new=self.new + other.new,
            duplicates=self.duplicates + other.duplicates,
            verdicts=self.verdicts + other.verdicts,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Mined:
    """What became of a project's failures in one run: each has exactly one end."""

    project: str
    failures: int = 0
    supported: int = 0
    """Failures of classes that a lesson answers, new or known."""
    gaps: int = 0
    """Failures of classes that no lesson answers, with the reason kept."""
    below: int = 0
    """Failures of classes too rare to look at."""
    classes: int = 0
    new: tuple[Lesson, ...] = ()
    known: tuple[str, ...] = ()
    open_gaps: tuple[Gap, ...] = ()

    @property
    def outcome(self) -> str:
        """The run in a sentence, also when nothing came of it."""
        if self.new or self.known:
            return (
                f"{len(self.new)} new lesson{'s' * (len(self.new) != 1)}, {len(self.known)} known"
            )
        if not self.failures:
            return "nothing, because no failure is recorded"
        if self.gaps:
            return f"nothing, because none of {self.classes} classes taught a safe lesson"
        return "nothing, because every class is below the threshold"


class Loop:
    """From recordings to lessons, over one store. Not shared between threads.

    `review` holds the verbs for people, and writes for both.
    """

    def __init__(
        self,
        *,
        review: Review,
        clock: Clock,
        wording: Wording,
        cleaner: Cleaner,
        policy: Policy = DEFAULT,
    ) -> None:
        self.review = review
        self.store = review.store
        self._clock = clock
        self._wording = wording
        self._cleaner = cleaner
        self._policy = policy

    # ------------------------------------------------------------ observe

    def observe(
        self, recordings: Iterable[Recording], *, modified: datetime, project: str
    ) -> Iterator[Observed]:
        """Take in the recordings of one source, batch by batch.

        Each value yielded is durable: killed after it, a second run finds it there.
        `modified` is the time, `project` the name for recordings without their own.
        """
        remaining = self.evidence(recordings, modified=modified, project=project)
        while batch := list(islice(remaining, BATCH)):
            yield self.keep(batch)

    def evidence(
        self, recordings: Iterable[Recording], *, modified: datetime, project: str
    ) -> Iterator[Evidence]:
        """The recordings of one source redacted, judged and named, before they are stored."""
        ids, times = Identities(), Timeline(modified)
        last: dict[str, Finding] = {}
        for recording in recordings:
            yield self._evidence(_local(recording), ids, times, last, project)

    def _evidence(
        self,
        raw: Recording,
        ids: Identities,
        times: Timeline,
        last: dict[str, Finding],
        project: str,
    ) -> Evidence:
        clean = self._cleaner.clean(raw)
        finding = triage(clean, previous=last.get(clean.call.session), own=self._policy.categories)
        last[clean.call.session] = finding
        signature, template = None, ""
        if finding.verdict is Verdict.FAILURE:
            named = name_failure(
                tool=clean.call.tool,
                error_type=finding.error_type,
                text=clean.text,
                args=clean.call.args,
            )
            signature, template = named.id, named.template
        return capture(
            clean,
            id=ids.next(raw),
            at=min(times.next(raw), self._clock.now() + AHEAD),
            finding=finding,
            project=project,
            signature=signature,
            template=template,
        )

    def keep(self, batch: Sequence[Evidence]) -> Observed:
        """Store a batch; durable on return.

        Good lines of logs are counted and not kept: they teach nothing.
        """
        kept = [e for e in batch if e.origin is Origin.CALL or e.failed or e.flagged]
        added = self.store.add(kept)
        return Observed(
            calls=len(batch),
            flagged=sum(e.flagged for e in batch),
            new=added.new,
            duplicates=added.duplicates,
            verdicts=Counter(e.finding.verdict for e in batch),
        )

    # --------------------------------------------------------------- mine

    def mine(self, project: str, *, as_of: datetime | None = None) -> Mined:
        """Look for lessons in one project's history and judge each on the rest of it."""
        query = SignatureQuery(
            project=project,
            as_of=as_of,
            weights=self._policy.weights,
            windows=self._policy.windows,
            order=self._policy.order,
        )
        if self._carry_over(self.store.signatures(query)):
            self.review.record(Action.MIGRATE, subject=project, reason="failures named anew")
        signatures = self.store.signatures(query)
        names = self.store.aliases()
        material = history.by_tool([_named(e, names) for e in self.store.calls(project=project)])
        run = Mined(project=project, failures=sum(s.hits for s in signatures))
        judged: list[tuple[Signature, Proposal, Judgement]] = []
        gaps: list[Gap] = []
        standing = self._standing(project)
        renamed = set(names.values())
        answered: set[str] = set()
        looked_at = 0
        for s in signatures:
            failing = {e.failure.call.cluster for e in material.episodes.get(s.id, ())}
            few = too_few(s, len(failing), min_clusters=self._policy.min_clusters)
            rare = few or s.hits_7d < self._policy.min_hits_7d or len(judged) >= self._policy.top
            if s.id in standing and (rare or s.id in renamed):
                answered.add(standing[s.id])
                run = replace(run, supported=run.supported + s.hits)
                continue
            if rare:
                run = replace(run, below=run.below + s.hits)
                continue
            looked_at += 1
            found = self._look(s, material)
            if isinstance(found, Gap):
                gaps.append(found)
                run = replace(run, gaps=run.gaps + s.hits)
            else:
                judged.append((s, *found))
                run = replace(run, supported=run.supported + s.hits)
        corrected = gate.together([j for _, _, j in judged])
        proposals = [(p, j) for (_, p, _), j in zip(judged, corrected, strict=True)]
        run = replace(run, classes=looked_at, open_gaps=tuple(gaps), known=tuple(sorted(answered)))
        return self._propose(run, proposals, material)

    def _carry_over(self, signatures: Sequence[Signature]) -> bool:
        """Name failures of an older table of masks anew; old names stay as aliases."""
        aliases: dict[str, str] = {}
        for s in signatures:
            samples = () if s.scheme == SCHEME_VERSION else self.store.samples(s.id, limit=1)
            for e in samples:
                now = name_failure(
                    tool=e.call.tool,
                    error_type=e.finding.error_type,
                    text=e.message,
                    args=e.call.args,
                )
                aliases |= {s.id: now.id} if now.id != s.id else {}
        if aliases:
            self.store.add_aliases(aliases)
        return bool(aliases)

    def _standing(self, project: str) -> dict[str, str]:
        """Signature → a lesson that answers it, waiting or in force."""
        lessons = self.store.lessons(project=project, states=_STANDING)
        names = self.store.aliases()
        return {names.get(s, s): x.id for x in lessons for s in x.proposal.signatures}

    def _look(self, s: Signature, material: history.ByTool) -> tuple[Proposal, Judgement] | Gap:
        """Ask the miners in order for a lesson that the gate does not refuse."""
        case = _case(s.id, s.tool, material)
        study = divide(s, material.episodes[s.id], case.calls, case.split)
        refusals: list[str] = []
        wanted = first(self._policy.kinds, s.template)
        for miner in MINERS:
            proposal = miner(study, self._wording)
            if proposal is None or wanted not in (None, proposal.kind):
                continue
            judgement = gate.judge(proposal, case, decide)
            if judgement.ruling is not Ruling.REJECT:
                return proposal, judgement
            refusals.append(f"{proposal.kind}: {'; '.join(judgement.reasons)}")
        return Gap(
            id=gap_id(s.project, s.id),
            project=s.project,
            need=s.id,
            reason=GapReason.GATE_FAILED if refusals else GapReason.NO_METHOD,
            detail="; ".join(refusals) or "no miner found what separates failing calls",
            at=self._clock.now(),
        )

    def _propose(
        self,
        run: Mined,
        judged: Sequence[tuple[Proposal, Judgement]],
        material: history.ByTool,
    ) -> Mined:
        """Store what is new, apply what `auto` may, and record the run."""
        mode = self.review.mode(run.project)
        latest = {lesson.id: lesson for lesson in self.store.lessons()}
        lessons: list[Lesson] = []
        before: list[Lesson] = []
        replaced: list[Lesson] = []
        events: list[Event] = []
        known: list[str] = []
        for proposal, judgement in judged:
            name, old = self.review.identify(proposal, latest)
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
            if mode is Mode.AUTO and judgement.ruling is Ruling.ACTIVATE and _unattended(new):
                new = self.review.on_trial(new, events)
            lessons.append(new)
        touched = {x.id for x in before}
        for old, moved in self._refuted(run.project, material, touched):
            before.append(old)
            replaced.append(moved.lesson)
            events.append(moved.event)
        run = replace(run, new=tuple(lessons), known=(*run.known, *known))
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
        self, project: str, material: history.ByTool, touched: Set[str]
    ) -> Iterator[tuple[Lesson, Moved]]:
        """Mined lessons that newer history speaks against: waiting ones end, others are undone."""
        for x in self.store.lessons(project=project, states=_STANDING):
            signature = next(iter(x.proposal.signatures), "")
            signature = self.store.aliases().get(signature, signature)
            if x.id in touched or signature not in material.episodes:
                continue
            case = _case(signature, x.proposal.target, material)
            if x.proposal.kind is KindName.RULE or not case.calls:
                continue
            now = gate.judge(x.proposal, case, decide)
            if now.ruling is Ruling.REJECT:
                action = Action.RETIRE if x.state is State.PROPOSED else Action.UNDO
                reason = f"newer history speaks against it: {'; '.join(now.reasons)}"
                yield x, self.review.moved(x, action, reason)

    def _answered(self, run: Mined) -> list[Gap]:
        """Open gaps whose class a lesson now answers: closed."""
        still = {g.id for g in run.open_gaps}
        answered = {s for x in run.new for s in x.proposal.signatures}
        return [
            replace(g, status=GapStatus.CLOSED, detail="a lesson answers it now")
            for g in self.store.gaps(project=run.project)
            if g.status is GapStatus.OPEN and g.need in answered and g.id not in still
        ]


_STANDING = (State.PROPOSED, State.CANARY, State.STABLE)


def _case(signature: str, tool: str, material: history.ByTool) -> gate.Case:
    """What a lesson for a class of failures of a tool is judged on."""
    calls = material.calls.get(tool, ())
    failing = {e.failure.call.cluster for e in material.episodes[signature]}
    split = history.split(failing, {e.call.cluster for e in calls})
    return gate.Case(calls=calls, recoveries=material.recoveries, split=split)


def _named(e: Evidence, names: Mapping[str, str]) -> Evidence:
    """The evidence with its failure called as it is called now."""
    now = names.get(e.signature or "")
    return e if now is None else replace(e, signature=now)


def _local(recording: Recording) -> Recording:
    """The recording without the claim to be everybody's: `*` is no name of a project."""
    if recording.call.project != EVERYONE:
        return recording
    return replace(recording, call=replace(recording.call, project=""))


def _replaces(proposal: Proposal, judgement: Judgement, old: Lesson) -> bool:
    """A newer body or proof replaces one that still waits; what was decided stays decided."""
    newer = body_digest(proposal) != old.digest or judgement != old.judgement
    return old.state is State.PROPOSED and newer


def _unattended(lesson: Lesson) -> bool:
    return lesson.proposal.kind in UNATTENDED
