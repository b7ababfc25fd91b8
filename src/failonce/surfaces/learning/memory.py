"""The memory of plans: patterns and lessons recalled by tool (C4, C5, C16).

`store_pattern` writes no pattern down, for the failures are recorded already: it puts the hints
that somebody wants of it before a person, as lessons that wait.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Set
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from math import ceil
from typing import Final

from failonce.compose import Parts
from failonce.errors import BadInput, NotFound, UserError
from failonce.kinds.hint import Hint, Retry
from failonce.language.reading import Does, reads
from failonce.language.tool_names import nearest_tool, spec_of
from failonce.model import (
    Category,
    Evidence,
    KindName,
    Mode,
    Proposal,
    Proposer,
    Signature,
    ToolSpec,
    Trust,
)
from failonce.ports import SignatureQuery, Windows
from failonce.selecting import newest
from failonce.surfaces.learning.patterns import (
    MOST_CLASSES,
    NEWEST,
    LearnedPattern,
    pattern,
    pattern_to_modification,
)
from failonce.surfaces.plans import (
    AugmentationResult,
    PlanModification,
    Skipped,
    tools_of,
)

GOAL: Final = 100_000
"""Characters of a goal that are looked through for names of tools."""
_MARKS: Final = ".,;:!?()[]{}<>\"'`*"


@dataclass(frozen=True, slots=True, kw_only=True)
class Intent:
    """What is about to be done: in words, as names of tools, as a plan (C5)."""

    goal: str = ""
    capabilities: tuple[str, ...] = ()
    plan: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """The lessons that wait (or stood already) for a pattern, and the hints that got none."""

    lessons: tuple[str, ...] = ()
    skipped: tuple[Skipped, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggested:
    """Modifications that patterns suggest, the surest first, and those left out with the reason."""

    modifications: tuple[PlanModification, ...] = ()
    skipped: tuple[Skipped, ...] = ()


class Memory:
    """What is recorded of one project's tools, as planners ask for it. Opens nothing itself."""

    def __init__(self, parts: Parts, *, project: str | None = None) -> None:
        self.parts = parts
        self.store = parts.store
        self.project = parts.config.project if project is None else project
        self._policy = parts.config.policy

    @property
    def rested(self) -> frozenset[str]:
        """The switches of hints that are off (C17)."""
        switches = self.parts.config.settings.auto_inject
        return frozenset(name for name, on in switches if not on)

    @property
    def mode(self) -> Mode:
        """The learning mode of the project; where it is off nothing is recalled (C16)."""
        return self.parts.review.mode(self.project)

    # ------------------------------------------------------------ patterns

    def extract_patterns(self, *, as_of: datetime | None = None) -> tuple[LearnedPattern, ...]:
        """Every cluster of failures of one tool and cause that is young enough (C2, C18).

        The surest come first. Failures older than `hints.ttl`, counted back from now or from
        `as_of`, make none.
        """
        return self._patterns(None, as_of)

    def recall_patterns(
        self, capability_id: str, *, as_of: datetime | None = None
    ) -> tuple[LearnedPattern, ...]:
        """The patterns of exactly this tool that are sure enough (C4, C16): at least
        `hints.min_occurrences` failures, and `hints.min_confidence`."""
        return self._recalled({capability_id}, as_of)

    def recall_patterns_for_intent(
        self, intent: Intent | str, *, as_of: datetime | None = None
    ) -> tuple[PlanModification, ...]:
        """What patterns suggest for an intent, at most `hints.max_suggestions` (C5, C16).

        It concerns the tools that the intent names, those of its plan, and those whose exact
        names stand in its goal. A plan that cannot be read names none.
        """
        wanted = Intent(goal=intent) if isinstance(intent, str) else intent
        return self.suggest(self._capabilities(wanted), as_of=as_of).modifications

    def suggest(self, tools: Iterable[str], *, as_of: datetime | None = None) -> Suggested:
        """The same for tools by name, with what was left out and why."""
        found = self._recalled(frozenset(tools), as_of)
        specs = self.store.tools(self.project)
        kept: list[PlanModification] = []
        skipped: list[Skipped] = []
        for p in found:
            near = nearest_tool(p.capability_id, specs.keys())
            fallback = near if near not in (None, p.capability_id) else None
            for m in pattern_to_modification(p, fallback_cap=fallback or ""):
                reason = m.refusal() or self._switched(m) or self._unsafe(m, p, specs)
                if not reason and len(kept) >= self._policy.max_suggestions:
                    reason = f"`hints.max_suggestions` is {self._policy.max_suggestions}"
                if reason:
                    skipped.append(Skipped(reason=reason, modification=m))
                else:
                    kept.append(m)
        return Suggested(modifications=tuple(kept), skipped=tuple(skipped))

    def store_pattern(self, capability_id: str, pattern: LearnedPattern) -> Stored:
        """Propose the hints of a pattern, for the most frequent class of its failures (C4).

        They wait for a person in every mode, as lessons that nobody mined. Raises `BadInput`
        for the pattern of another tool, and `NotFound` where no such failure is recorded: a
        pattern is a view of the record and cannot be told otherwise.
        """
        if pattern.capability_id != capability_id:
            raise BadInput(f"That is a pattern of `{pattern.capability_id}`.")
        if self.mode is Mode.OFF:
            raise UserError("failonce is off here; `failonce config mode manual` switches it on.")
        own = [
            p
            for p in self._patterns({capability_id}, None)
            if p.error_category is pattern.error_category
        ]
        if not own:
            raise NotFound(
                f"No failure of `{capability_id}` for this cause is recorded; import it first."
            )
        kept: list[str] = []
        skipped: list[Skipped] = []
        for m in pattern_to_modification(pattern):
            try:
                reason = m.refusal()
                kept += [] if reason else [self._propose(m, own[0])]
            except UserError as error:
                reason = str(error)
            if reason:
                skipped.append(Skipped(reason=reason, modification=m))
        return Stored(lessons=tuple(kept), skipped=tuple(skipped))

    def with_left(
        self, done: AugmentationResult, found: Suggested, *, wanted: bool
    ) -> AugmentationResult:
        """An augmented plan that also tells of the suggestions that were not even tried."""
        waiting = (
            ()
            if wanted
            else tuple(
                Skipped(
                    reason="it is a suggestion that nothing has proven (`--suggested` writes it)",
                    modification=m,
                )
                for m in found.modifications
            )
        )
        return replace(done, skipped=(*done.skipped, *waiting, *found.skipped))

    # -------------------------------------------------------------- inside

    def _recalled(self, tools: Set[str], as_of: datetime | None) -> tuple[LearnedPattern, ...]:
        """The patterns of these tools that are sure enough, the surest first."""
        if self.mode is Mode.OFF or not tools:
            return ()
        policy = self._policy
        return tuple(
            p
            for p in self._patterns(tools, as_of)
            if p.frequency >= policy.hint_min_occurrences
            and p.confidence >= policy.hint_min_confidence
        )

    def _patterns(
        self, tools: Set[str] | None, as_of: datetime | None
    ) -> tuple[LearnedPattern, ...]:
        now = as_of or self.parts.clock.now()
        oldest = now - self._policy.hint_ttl
        days = ceil(self._policy.hint_ttl / timedelta(days=1)) + 1  # the first of them in part
        query = SignatureQuery(
            project=self.project,
            as_of=now,
            min_hits_7d=1,
            windows=Windows(week=days, month=max(days, 30)),
        )
        groups: dict[tuple[str, Category], list[Signature]] = defaultdict(list)
        for s in self.store.signatures(query):
            if (tools is None or s.tool in tools) and oldest <= s.last_seen:
                groups[s.tool, s.category].append(s)
        found = []
        for (name, cause), classes in groups.items():
            classes.sort(key=lambda s: (-s.hits_7d, s.id))
            seen = [(s, self._young(s.id, oldest, now)) for s in classes[:MOST_CLASSES]]
            rest = [(s, None) for s in classes[MOST_CLASSES:]]
            found.append(pattern(name, cause, [*seen, *rest]))
        return tuple(sorted((p for p in found if p.frequency), key=_surest))

    def _young(self, signature: str, oldest: datetime, now: datetime) -> list[Evidence]:
        return [e for e in self._failures(signature) if oldest <= e.at <= now]

    def _failures(self, signature: str) -> list[Evidence]:
        return newest(self.store, signature, self.project, NEWEST)

    def _capabilities(self, intent: Intent) -> list[str]:
        named = list(intent.capabilities)
        if intent.plan:
            with suppress(BadInput):
                named += tools_of(intent.plan)
        words = {w.strip(_MARKS) for w in intent.goal[:GOAL].split()}
        known = (s.tool for s in self.store.signatures(SignatureQuery(project=self.project)))
        return [*named, *sorted(words & set(known))]

    def _switched(self, m: PlanModification) -> str:
        off = m.switch in self.rested
        return f"`auto_inject.{m.switch}` switches it off" if off else ""

    def _unsafe(self, m: PlanModification, p: LearnedPattern, specs: Mapping[str, ToolSpec]) -> str:
        """Why a call may not run twice, empty where it may (D.3.8)."""
        if m.hint != Retry.key:
            return ""
        known = spec_of(m.capability_id, specs)
        spec = known or ToolSpec(name=m.capability_id, read_only=self._claimed(p))
        if spec.idempotent or reads(spec).does is Does.READS:
            return ""
        return "nothing says that the call may run twice: the tool is not known to read"

    def _claimed(self, p: LearnedPattern) -> bool | None:
        """What all recorded failures claim of the tool; an outsider's claim nothing."""
        failures = [e for s in p.signatures[:MOST_CLASSES] for e in self._failures(s)]
        every = bool(failures) and all(e.read_only and e.trust is Trust.OPERATOR for e in failures)
        return True if every else None

    def _propose(self, m: PlanModification, p: LearnedPattern) -> str:
        """Put one hint before a person; the same again is the same lesson."""
        signature = p.signatures[0]
        hint = Hint(
            component=m.capability_id,
            fingerprint=signature,
            message_regex="",
            handler=m.handler(),
        )
        proposal = Proposal(
            kind=KindName.HINT,
            target=m.capability_id,
            key=f"{m.hint}:{signature}",
            project=self.project,
            name=f"{m.hint} for {m.capability_id}"[:200],
            body=hint.render(),
            reason=m.reason,
            proposer=Proposer.AGENT,
            signatures=(signature,),
            support=tuple(e.id for e in self._failures(signature)[:20]),
        )
        return self.parts.review.propose(proposal).id


def _surest(p: LearnedPattern) -> tuple[float, int, str, str]:
    return -p.confidence, -p.frequency, p.capability_id, p.error_category
