"""What a failure is, and what to do about it, by rules; or by a model, where one answers (C18).

The rules say what is recorded, what decided the cause, which lessons answer it and what its
cause asks for. An `Analyst` may say it better; what it says is text from outside: bounded, for
people, and never applied.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Protocol

from failonce.errors import NotFound, UserError
from failonce.kinds.registry import behaviour
from failonce.language.category import ATTRIBUTES, Signals, cause
from failonce.language.sentence import MAX_LENGTH, plain_name
from failonce.language.signals import read
from failonce.language.suggestion import suggestion
from failonce.language.tool_names import nearest_tool
from failonce.language.transform import NotApplicable
from failonce.language.visibility import hidden
from failonce.model import Category, Evidence, Gap, GapStatus, Lesson, Signature, State
from failonce.ports import SignatureQuery
from failonce.selecting import newest
from failonce.surfaces.learning.memory import Memory
from failonce.surfaces.learning.patterns import pattern, pattern_to_modification
from failonce.surfaces.words import counted

MOST_SENTENCES: Final = 10
"""Sentences of a model that are passed on."""


class AnsweredBy(StrEnum):
    """Who answered."""

    RULES = "rules"
    MODEL = "model"


class Question(StrEnum):
    """What is asked of a model."""

    WHY = "why did this call fail"
    WHAT = "what would keep it from failing"


class Analyst(Protocol):
    """A language model, where one is configured; none is built in."""

    def answer(
        self, question: Question, failure: Evidence, by_rules: Sequence[str]
    ) -> Sequence[str] | None:
        """A few sentences, or None to leave it to the rules. `failure` is redacted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Analysis:
    """Why a call failed, as far as is known."""

    mode: AnsweredBy
    failure: str
    """The id of the recorded failure that was looked at."""
    tool: str
    category: Category
    retryable: bool
    """The same call may work."""
    transient: bool
    """The cause passes by itself."""
    side_effect_possible: bool
    """The call may have done something before it failed."""
    template: str
    hits: int
    sessions: int
    lessons: tuple[str, ...]
    """Lessons in force or waiting for this class of failures."""
    sentences: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Improvement:
    """One thing to do; `command` carries it out, where one does."""

    text: str
    lesson: str = ""
    command: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Improvements:
    """What to do about a failure, the best proven first."""

    mode: AnsweredBy
    failure: str
    steps: tuple[Improvement, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Case:
    failure: Evidence
    signature: Signature | None
    lessons: Sequence[Lesson]
    gaps: Sequence[Gap]


class Analyses:
    """Answers about recorded failures of one project."""

    def __init__(self, memory: Memory, analyst: Analyst | None = None) -> None:
        self._memory = memory
        self._store = memory.store
        self._analyst = analyst

    def analyze(self, ref: str) -> Analysis:
        """Why a failure happened; see `Analysis`."""
        case = self._case(ref)
        e, means = case.failure, ATTRIBUTES[case.failure.finding.category]
        told = _sentences(case)
        by_model = self._asked(Question.WHY, e, told)
        return Analysis(
            mode=AnsweredBy.MODEL if by_model else AnsweredBy.RULES,
            failure=e.id,
            tool=e.call.tool,
            category=e.finding.category,
            retryable=means.retryable,
            transient=means.transient,
            side_effect_possible=means.side_effect_possible,
            template=e.template,
            hits=case.signature.hits if case.signature else 1,
            sessions=case.signature.sessions if case.signature else 1,
            lessons=tuple(x.id for x in case.lessons),
            sentences=by_model or told,
        )

    def suggest(self, ref: str) -> Improvements:
        """What to do about a failure; see `Improvements`."""
        case = self._case(ref)
        steps = self._steps(case)
        by_model = self._asked(Question.WHAT, case.failure, [s.text for s in steps])
        if by_model:
            steps = tuple(Improvement(text=text) for text in by_model)
        mode = AnsweredBy.MODEL if by_model else AnsweredBy.RULES
        return Improvements(mode=mode, failure=case.failure.id, steps=steps)

    # -------------------------------------------------------------- inside

    def _case(self, ref: str) -> _Case:
        e = self._found(ref)
        if e is None:
            raise NotFound(f"No recorded failure here has the id `{ref[:80]}`.")
        names = self._store.aliases()
        own = names.get(e.signature or "", e.signature or "")
        project = self._memory.project
        signatures = self._store.signatures(SignatureQuery(project=project, ids=(own,)))
        states = (State.STABLE, State.CANARY, State.PROPOSED)
        lessons = [
            x
            for x in self._store.lessons(project=project, states=states)
            if own in {names.get(s, s) for s in x.proposal.signatures}
        ]
        return _Case(
            failure=e,
            signature=next(iter(signatures), None),
            lessons=sorted(lessons, key=lambda x: states.index(x.state)),
            gaps=[
                g
                for g in self._store.gaps(project=project)
                if names.get(g.need, g.need) == own and g.status is GapStatus.OPEN
            ],
        )

    def _found(self, ref: str) -> Evidence | None:
        """The failure of an id, or the newest of a class or of the only class that begins so."""
        project = self._memory.project
        for e in self._store.evidence([ref]):
            return e if e.failed and e.call.project == project else None
        digits = ref.replace("-", "").lower()
        if not digits:
            return None
        near = [
            s
            for s in self._store.signatures(SignatureQuery(project=project))
            if s.id.replace("-", "").startswith(digits)
        ]
        if len(near) > 1:
            raise NotFound(f"`{ref[:80]}` could be {', '.join(s.id for s in near[:5])}. Name one.")
        return next((e for s in near for e in newest(self._store, s.id, project, 1)), None)

    def _steps(self, case: _Case) -> tuple[Improvement, ...]:
        steps = [_of_lesson(x) for x in case.lessons]
        if name := self._meant(case.failure):
            steps.append(Improvement(text=f"Use `{name}`: it is nearly what was given."))
        steps += self._hints(case)
        steps += [
            Improvement(text=f"No lesson answers it yet: {g.detail}.", command="failonce gaps")
            for g in case.gaps
        ]
        nothing = Improvement(
            text="Nothing is known yet; look for lessons.", command="failonce mine"
        )
        return tuple(steps) or (nothing,)

    def _meant(self, e: Evidence) -> str:
        """The name that the error suggests, or that a wrong name of a tool means."""
        if e.finding.category is Category.MISSING_TOOL:
            return nearest_tool(e.call.tool, self._store.tools(self._memory.project).keys()) or ""
        try:
            name = suggestion(e.message)
        except NotApplicable:
            return ""
        return name if plain_name(name) else ""

    def _hints(self, case: _Case) -> list[Improvement]:
        """What the cause asks for by the table C7 to C12."""
        if case.signature is None:
            return []
        e = case.failure
        one = pattern(e.call.tool, e.finding.category, [(case.signature, [e])])
        usable = [m for m in pattern_to_modification(one) if not m.refusal()]
        if not usable:
            return []
        names = " and ".join(m.hint.replace("-", " ") for m in usable)
        return [
            Improvement(
                text=f"Its cause ({e.finding.category}) asks for {names} around the call.",
                command="failonce plan FILE --suggested",
            )
        ]

    def _asked(
        self, question: Question, failure: Evidence, by_rules: Sequence[str]
    ) -> tuple[str, ...]:
        """What a model says; nothing where there is none, where it fails, or says nothing fit."""
        if self._analyst is None:
            return ()
        try:
            said = self._analyst.answer(question, failure, by_rules) or ()
        except Exception:
            return ()
        lines = (" ".join(str(s).split())[:MAX_LENGTH] for s in said[:MOST_SENTENCES])
        return tuple(line for line in lines if line and not hidden(line))


def _sentences(case: _Case) -> tuple[str, ...]:
    e, s = case.failure, case.signature
    means = ATTRIBUTES[e.finding.category]
    category, basis = cause(read(Signals(text=e.message, error_type=e.finding.error_type)))
    told = f", told by {basis}" if category is e.finding.category else ""
    passing = "passes by itself" if means.transient else "stays until something changes"
    said = [f"The cause is {e.finding.category}{told}; it {passing}."]
    if e.finding.retry_after_s:
        said.append(f"The server asked to wait {e.finding.retry_after_s:g} s.")
    if e.attempt > 1:
        said.append(f"It was attempt {e.attempt} of the same call.")
    if s is not None:
        seen = f"{s.first_seen:%Y-%m-%d} to {s.last_seen:%Y-%m-%d}"
        where = counted(s.sessions, "session")
        said.append(f"It failed so {counted(s.hits, 'time')} in {where}, {seen}.")
    if means.side_effect_possible:
        said.append("The call may have done something before it failed.")
    in_force = sum(x.in_force for x in case.lessons)
    waiting = len(case.lessons) - in_force
    if case.lessons:
        said.append(f"{counted(in_force, 'lesson')} in force for it, {waiting} waiting.")
    said += [f"No lesson answers it: {g.detail}." for g in case.gaps if not case.lessons]
    return tuple(said)


def _of_lesson(lesson: Lesson) -> Improvement:
    try:
        does = behaviour(lesson.proposal).summary()
    except UserError:
        does = lesson.proposal.name
    kind = lesson.proposal.kind
    if lesson.in_force:
        return Improvement(text=f"A {kind} in force answers it: {does}.", lesson=lesson.id)
    return Improvement(
        text=f"A {kind} waits: {does}. {lesson.judgement.proof.line}".strip(),
        lesson=lesson.id,
        command=f"failonce approve {lesson.id}",
    )
