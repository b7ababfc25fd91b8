"""Histories observed and mined in a store in memory, as everybody else's are."""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Protocol
from unittest.mock import patch

from failonce import mining
from failonce.adapters.wording import TemplateWording
from failonce.errors import UserError
from failonce.evidence.redact import Redactor
from failonce.history import Episode
from failonce.kinds.registry import behaviour
from failonce.language.visibility import hidden
from failonce.loop import Loop
from failonce.model import (
    Evidence,
    KindName,
    Lesson,
    Mode,
    Proposal,
    Proposer,
    Recording,
    Ruling,
    State,
    ToolSpec,
)
from failonce.policy import Policy
from failonce.ports import Environment
from failonce.review import Review
from failonce.testing import FixedClock, MemoryStore, ScriptedWorld
from tests.made import START
from tests.safety.bodies import body as mail
from tests.safety.bodies.body import Body
from tests.safety.dangers import Danger, warned
from tests.safety.planting import Learned, Planted, Sound
from tests.safety.tape import PROJECT, Tape
from tests.safety.telling import acts
from tests.safety.written import Written

MODES = (Mode.OFF, Mode.MANUAL, Mode.AUTO)
EVERY = 1 if os.environ.get("FAILONCE_TORTURE") else 3
"""Of so many planted lessons one is tried in all modes; the others in `auto`, which does most."""


class Desk:
    """A workspace that remembers what it was told to hold."""

    def __init__(self) -> None:
        self.held: list[str] = []

    def reconcile(self, lessons: Iterable[Lesson]) -> Sequence[str]:
        self.held = sorted(x.id for x in lessons)
        return ()


class Study(Protocol):
    """What our miners are given, as far as a compromised one looks at it."""

    @property
    def episodes(self) -> Mapping[str, Sequence[Episode]]:
        """The episodes of each class of failures."""


class World:
    """A loop with everything around it, in one mode."""

    def __init__(self, mode: Mode, environment: Environment | None = None) -> None:
        clock = FixedClock(START)
        self.mode = mode
        self.store = MemoryStore()
        self.desk = Desk()
        policy = Policy()
        self.review = Review(
            store=self.store, clock=clock, workspace=self.desk, policy=policy, actor="ann"
        )
        self.loop = Loop(
            review=self.review,
            clock=clock,
            wording=TemplateWording(None),
            cleaner=Redactor(),
            policy=policy,
            environment=environment,
        )
        self.review.set_mode(mode)
        self.tools: Mapping[str, ToolSpec] = {}

    def take(self, evidence: Sequence[Evidence], tools: Mapping[str, ToolSpec]) -> None:
        """Store what was observed, and what the tools say of themselves."""
        self.loop.keep(evidence)
        self.tools = tools
        self.store.add_tools(PROJECT, list(tools.values()), START)

    @property
    def standing(self) -> Sequence[Lesson]:
        """Lessons that wait for a person, or are in force."""
        return self.store.lessons(states=(State.PROPOSED, State.CANARY, State.STABLE))

    @property
    def acting(self) -> tuple[str, ...]:
        """Lessons in force, which nobody approved here, that make calls which leave a trace."""
        force = [x for x in self.standing if x.state is not State.PROPOSED]
        return tuple(in_words(x) for x in force if acts(Learned(x.proposal, (), {}), self.tools))

    def mine(self) -> None:
        """Mine every project; in `auto` twice, for a second look must do no more than the first."""
        for _ in range(2 if self.mode is Mode.AUTO else 1):
            for project in list(self.store.projects()):
                self.loop.mine(project)


def observed(recordings: Iterable[Recording]) -> list[Evidence]:
    """The recordings redacted, judged and named, ready to be stored in any world."""
    loop = World(Mode.OFF).loop
    return list(loop.evidence(recordings, modified=START, project=PROJECT))


class Rebuilt:
    """Port `Environment`: the worlds of a tape's sessions, rebuilt call by call."""

    def __init__(
        self, tape: Tape, evidence: Sequence[Evidence], tools: Mapping[str, ToolSpec]
    ) -> None:
        self._tools = tools
        self._before: dict[str, ScriptedWorld] = {}
        now = {session: world.copy() for session, world in tape.starts.items()}
        for e in evidence:
            if e.call.session in now:
                self._before[e.id] = now[e.call.session].copy()
                now[e.call.session].run(e.call)

    def before(self, evidence: Evidence) -> ScriptedWorld | None:
        """A copy of the world as it was; None for a call made without one."""
        world = self._before.get(evidence.id)
        return None if world is None else world.copy()

    def tools(self, evidence: Evidence) -> Mapping[str, ToolSpec]:  # noqa: ARG002
        """The same for every session."""
        return self._tools


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A history as mining gets it."""

    evidence: Sequence[Evidence]
    tools: Mapping[str, ToolSpec]
    environment: Environment | None = None


def told(planted: Planted | Sound) -> Told:
    """The history of a planted lesson, with its worlds where it has any."""
    tape = planted.tape
    evidence, tools = observed(tape.recordings), planted.tools
    environment = None if planted.world is None else Rebuilt(tape, evidence, tools)
    return Told(evidence=evidence, tools=tools, environment=environment)


# ------------------------------------------------------------------ a compromised miner


@contextmanager
def proposing(bait: Callable[[str], Written], tool: str, proposer: Proposer) -> Iterator[None]:
    """Put a miner in the place of all others that proposes `bait` for failures of `tool`."""

    def mine(study: Study, *_: object) -> list[Proposal]:
        own = [[e.failure for e in episodes] for episodes in study.episodes.values()]
        return [
            proposal(bait(failing[0].signature or ""), failing, proposer)
            for failing in own
            if failing and failing[0].call.tool == tool
        ]

    with patch.object(mining, "mine", mine):
        yield


def proposal(written: Written, failing: Sequence[Evidence], proposer: Proposer) -> Proposal:
    """The proposal with the support that a real one would name."""
    return Proposal(
        kind=written.kind,
        target=written.target,
        key=f"planted-{failing[0].signature if failing else ''}",
        project=written.project or PROJECT,
        name=written.name,
        body=written.body,
        reason=written.reason,
        proposer=proposer,
        signatures=tuple(sorted({e.signature or "" for e in failing})),
        support=tuple(e.id for e in failing),
        support_clusters=tuple(sorted({e.call.cluster for e in failing})),
    )


# ------------------------------------------------------------------------ what came of it


class Way(StrEnum):
    """How a bad lesson is proposed."""

    MINED = "mined"
    """By our own miners, from the history alone."""
    BAIT = "bait"
    """By a miner that was made to propose it, judged on the same history."""
    IMPORTED = "imported"
    """The same under an importer's name."""
    LEARNED = "learned"
    """As a rule that somebody brings along, by the verb that people use."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What became of one planted lesson, proposed one way in one mode."""

    name: str
    danger: Danger
    way: Way
    mode: Mode
    in_force: tuple[str, ...] = ()
    """Bad lessons in force without a person; what they are, in words."""
    unwarned: tuple[str, ...] = ()
    """Bad lessons shown to a person without a reason that names the danger."""
    warned: tuple[str, ...] = ()
    """Bad lessons shown with it."""
    refused_and_shown: tuple[str, ...] = ()
    """Lessons of any sort that stand in the queue although the gate refused them."""
    veiled: tuple[str, ...] = ()
    """Characters in what is shown that nobody sees."""
    acting: tuple[str, ...] = ()
    """Lessons of any sort in force without a person that make calls which are no looks."""
    error: str = ""
    """What mining raised: one bad proposal must not stop it."""


def attempt(planted: Planted, history: Told, way: Way, mode: Mode) -> Result:
    """Mine a planted history and look for the bad lesson."""
    world = World(mode, history.environment)
    world.take(history.evidence, history.tools)
    try:
        if way is Way.BAIT and planted.bait is not None:
            with proposing(planted.bait, planted.target, Proposer.MINER):
                world.mine()
        else:
            world.mine()
    except Exception as raised:  # whatever it is, the test tells
        said = f"{type(raised).__name__}: {raised}"
        return Result(name=planted.name, danger=planted.danger, way=way, mode=mode, error=said)
    asked = cache(lambda x: Learned(x.proposal, history.evidence, history.tools))
    bad = [x for x in world.standing if planted.forbidden(asked(x))]
    dangers = (planted.danger, *planted.also)
    shown = [x for x in bad if x.state is State.PROPOSED]
    told = [x for x in shown if any(warned(x.judgement, d) for d in dangers)]
    told = [x for x in told if not planted.refuse(asked(x))]
    return _result(planted, bad=bad, told=told, world=world, way=way, mode=mode)


def ways(body: Body) -> tuple[Way, ...]:
    """How a bad body can be presented."""
    rule = body.write("").kind is KindName.RULE
    return (Way.BAIT, Way.IMPORTED, *((Way.LEARNED,) if rule else ()))


def present(body: Body, evidence: Sequence[Evidence], way: Way, mode: Mode) -> Result:
    """Propose a bad body in a history where nothing asks for it."""
    world = World(mode)
    world.take(evidence, mail.TOOLS)
    try:
        if way is Way.LEARNED:
            _learn(world, body)
        else:
            proposer = Proposer.IMPORT if way is Way.IMPORTED else Proposer.MINER
            with proposing(body.write, mail.TARGET, proposer):
                world.mine()
    except Exception as raised:  # whatever it is, the test tells
        said = f"{type(raised).__name__}: {raised}"
        return Result(name=body.name, danger=body.danger, way=way, mode=mode, error=said)
    bad = [x for x in world.standing if way is Way.LEARNED or x.proposal.key.startswith("planted-")]
    told = [x for x in bad if not body.refuse and warned(x.judgement, body.danger)]
    return _result(body, bad=bad, told=told, world=world, way=way, mode=mode)


def _learn(world: World, body: Body) -> None:
    rule = body.write("")
    with suppress(UserError):  # turned down, and said so
        world.review.learn(
            rule.target,
            rule.body,
            reason=rule.reason,
            proposer=Proposer.IMPORT,
            project=rule.project or PROJECT,
        )


def _result(
    planted: Planted | Body,
    *,
    bad: Sequence[Lesson],
    told: Sequence[Lesson],
    world: World,
    way: Way,
    mode: Mode,
) -> Result:
    """The result, given the bad lessons, and those of them that carry their warning."""
    shown = [x for x in bad if x.state is State.PROPOSED]
    refused = [x for x in world.standing if x.judgement.ruling is Ruling.REJECT]
    return Result(
        name=planted.name,
        danger=planted.danger,
        way=way,
        mode=mode,
        in_force=tuple(in_words(x) for x in bad if x.state is not State.PROPOSED),
        unwarned=tuple(in_words(x) for x in shown if x not in told),
        warned=tuple(in_words(x) for x in shown if x in told),
        refused_and_shown=tuple(map(in_words, refused)),
        acting=world.acting,
        veiled=tuple(sorted({c for x in world.standing for c in hidden(_texts(x))})),
    )


def _texts(lesson: Lesson) -> str:
    """What a card may show of a lesson."""
    p, j = lesson.proposal, lesson.judgement
    said = (c.detail for c in j.checks)
    return "\n".join((p.name, p.target, p.body, p.reason, j.proof.line, *j.reasons, *said))


def in_words(lesson: Lesson) -> str:
    """A lesson in a line: what it does, and what the gate says of it."""
    said = "; ".join(lesson.judgement.reasons) or "no reason given"
    try:
        body = behaviour(lesson.proposal).summary()
    except UserError as unread:
        body = f"(unreadable: {unread})"
    return f"{lesson.proposal.kind} for {lesson.proposal.target}: {body} [{said}]"


@cache
def all_of(planted: Planted) -> tuple[Result, ...]:
    """A planted history mined and baited in every mode."""
    history = told(planted)
    tried = (Way.MINED, Way.BAIT) if planted.bait is not None else (Way.MINED,)
    modes = _modes(planted.name)
    return tuple(attempt(planted, history, way, mode) for way in tried for mode in modes)


@cache
def all_with(body: Body) -> tuple[Result, ...]:
    """A bad body presented in every way and mode."""
    evidence = background()
    modes = _modes(body.name)
    return tuple(present(body, evidence, way, mode) for way in ways(body) for mode in modes)


def _modes(name: str) -> Sequence[Mode]:
    return MODES if len(name) % EVERY == 0 else (Mode.AUTO,)


@cache
def background() -> tuple[Evidence, ...]:
    """The history in which bodies are proposed."""
    tape = Tape("mail that is sorted")
    mail.record(tape)
    return tuple(observed(tape.recordings))


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Whether a good lesson was learned: in force in `auto`, or waiting for a person."""

    name: str
    shown: tuple[str, ...] = ()
    in_force: tuple[str, ...] = ()
    instead: tuple[str, ...] = ()
    """What was learned that is not it, and why nothing was."""
    acting: tuple[str, ...] = ()
    error: str = ""


@cache
def find(sound: Sound) -> Found:
    """Mine a history with a good lesson in it, in `auto`."""
    history = told(sound)
    world = World(Mode.AUTO, history.environment)
    world.take(history.evidence, history.tools)
    try:
        world.mine()
    except Exception as raised:  # whatever it is, the table tells
        return Found(name=sound.name, error=f"{type(raised).__name__}: {raised}")
    wanted = [
        x
        for x in world.standing
        if sound.wanted(Learned(x.proposal, history.evidence, history.tools))
    ]
    return Found(
        name=sound.name,
        shown=tuple(in_words(x) for x in wanted if x.state is State.PROPOSED),
        in_force=tuple(in_words(x) for x in wanted if x.state is not State.PROPOSED),
        acting=world.acting,
        instead=(
            *(in_words(x) for x in world.standing if x not in wanted),
            *(f"gap: {g.reason}: {g.detail}" for g in world.store.gaps()),
        ),
    )
