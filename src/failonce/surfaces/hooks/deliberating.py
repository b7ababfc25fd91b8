"""Asking the lessons about a call of a coding agent: the same `decide` as everywhere.

A hook cannot make calls, so what a lesson would look at or do first is left out, as in
`failonce.advise`. What was decided becomes an answer for the client, and exposures for the spool;
what came of them the hook behind the call tells.
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from failonce.adapters.in_force.frames import FILE
from failonce.adapters.in_force.reading import InForce, Snapshot
from failonce.adapters.spool.records import framed
from failonce.adapters.values import read, written
from failonce.adapters.whereabouts import Place
from failonce.evidence.redact import Redactor
from failonce.evidence.snapshot import snapshot
from failonce.exposing import Asked, RosterByTool, Spoken
from failonce.kinds.behaviour import Block, Repair, Show, Situation, Warn
from failonce.kinds.decision import Concerning, Decision, settle
from failonce.model import (
    Action,
    AdviceAction,
    Call,
    Effect,
    Event,
    KindName,
    Past,
    Recording,
)
from failonce.skill import decide
from failonce.surfaces.hooks.memory import Memory, State
from failonce.surfaces.hooks.passing import Reason, way_past
from failonce.surfaces.hooks.payload import CODEX, Happened, hooked
from failonce.surfaces.hooks.recording import call_key, spool
from failonce.surfaces.hooks.troubles import tell
from failonce.surfaces.watching.binding import restored

RECALLED: Final = 4_000
"""Characters of rules that a session begins with: about 1,000 tokens."""
_LOOKED_AT: Final = 300
"""Lessons that are looked at for it; the rules of a tool with more are shown when it is called."""
_OPEN: Final = 200
"""Calls under way that are remembered."""

Answer = dict[str, Any]


class Asking:
    """The lessons in force where a call is made, and the call."""

    def __init__(self, happened: Happened, here: Place, memory: Memory) -> None:
        self.happened, self.here, self.memory = happened, here, memory
        self.at = datetime.now(UTC)
        self.snapshot = _in_force(here.store).now()
        self.roster = _roster(self.snapshot, here.project)
        taken = snapshot(happened.args)
        self.call = Call(
            tool=happened.tool,
            args=taken if isinstance(taken, Mapping) else None,
            session=happened.session,
            project=here.project,
        )
        self.situation = Situation(
            call=self.call, past=_Back(memory), tools=self.snapshot.tools(here.project)
        )

    def before(self, call: Call | None = None) -> Asked:
        """What the lessons say before the call, or before one that nobody makes."""
        situation = self.situation if call is None else Situation(call=call)
        most = self.snapshot.policy.max_suggestions

        def ask(concerning: Concerning) -> Decision:
            return settle(decide.before(situation, concerning, most=most))

        return self.roster.before(situation.call, self.at, ask)


class _Back(Sequence[Past]):
    """The last calls of the session, read and judged only where a lesson looks at them."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory
        self._calls: tuple[Past, ...] | None = None

    def _read(self) -> tuple[Past, ...]:
        if self._calls is None:
            from failonce.adapters.clock import SystemClock  # noqa: PLC0415 - hardly ever asked
            from failonce.taking import Taking  # noqa: PLC0415
            from failonce.trial import answer_of  # noqa: PLC0415

            recordings = [read(Recording, data) for data in self._memory.calls()]
            taking = Taking(clock=SystemClock(), cleaner=Redactor())
            taken = taking.evidence(recordings, modified=datetime.now(UTC), project="")
            self._calls = tuple(Past(call=e.call, answer=answer_of(e)) for e in taken)
        return self._calls

    def __len__(self) -> int:
        return len(self._read())

    def __getitem__(self, at):  # type: ignore[no-untyped-def]
        """The one at a place, or those of a slice."""
        return self._read()[at]


@lru_cache(maxsize=4)
def _in_force(store: str) -> InForce:
    """A hook that stays looks at each call whether there is a newer file."""
    return InForce(Path(f"{store}{FILE}"), look_s=0)


@lru_cache(maxsize=4)
def _roster(snapshot: Snapshot, project: str) -> RosterByTool:
    return RosterByTool(lambda tool: snapshot.placed(project, tool, datetime.now(UTC)), _new_id)


def _new_id() -> str:
    return os.urandom(16).hex()


def before(happened: Happened, here: Place, memory: Memory, mark: str) -> Answer | None:
    """The answer before a call; `mark` names those that may speak, where all say the same again."""
    asking = Asking(happened, here, memory)
    asked = asking.before()
    advice = asked.decision.advice
    with remembered(asking) as state:
        state["met"] = True
        if advice.action is AdviceAction.BLOCK:
            reason = _reason(happened, state, asked.decision)
            if reason is None:
                return _blocked(asking, asked, state)
            _overridden(asking, asked, reason, state)
            return None
        if advice.action is AdviceAction.RUN:
            return _repaired(asking, asked, state)
        met(asking, asked.spoken, state)
        text = _unsaid(asked.decision, state)
        if mark:
            again = _unsaid(asked.decision, state)  # rules are said, warnings are given each time
            state.setdefault("told", {})[happened.tool] = [mark, again]
    return {"hookEventName": happened.event, "additionalContext": text} if text else None


@contextmanager
def remembered(asking: Asking) -> Iterator[State]:
    """What is remembered, to be changed; the answer does not depend on a disk that takes it."""
    begun = over = False
    try:
        with asking.memory.changing() as state:
            begun = True
            yield state
            over = True
    except OSError as error:
        if begun and not over:
            raise
        tell(asking.memory.folder, asking.happened.event, error)
    if not begun:
        yield {}


def _spooled(asking: Asking, *records: bytes) -> None:
    """The same for what is told to the store."""
    try:
        spool(asking.here, *records)
    except OSError as error:
        tell(asking.memory.folder, asking.happened.event, error)


def _blocking(decision: Decision) -> Any:
    return next(t.armed for t in decision.touches if isinstance(t.effect, Block))


def _reason(happened: Happened, state: State, decision: Decision) -> Reason | None:
    """Why the call is to be made although a lesson blocks it, where somebody said so."""
    if happened.reason is not None and not happened.reason.lesson:
        return happened.reason
    lesson = _blocking(decision).lesson
    if state.get("blocked", {}).get(lesson) != call_key(happened):
        return None
    why = state.get("passed", {}).pop(lesson, "")
    return Reason(lesson, why) if why else None


def _blocked(asking: Asking, asked: Asked, state: State) -> Answer:
    happened, lesson = asking.happened, _blocking(asked.decision).lesson
    met(asking, asked.spoken, state)
    state.setdefault("blocked", {})[lesson] = call_key(happened)
    way = way_past(lesson, shell=happened.shell)
    return {
        "hookEventName": happened.event,
        "permissionDecision": "deny",
        "permissionDecisionReason": f"{asked.decision.advice.message} {way} ({lesson})",
    }


def _overridden(asking: Asking, asked: Asked, reason: Reason, state: State) -> None:
    """A block that is passed with a reason: a wrong one where the call then works."""
    block = _blocking(asked.decision)
    event = Event(
        at=asking.at,
        actor="hook",
        action=Action.OVERRIDE,
        subject=block.lesson,
        version=block.version,
        reason=Redactor().text(reason.why),
    )
    _spooled(asking, framed(event))
    met(asking, [_doubted(s) for s in asked.spoken], state)
    state.get("blocked", {}).pop(block.lesson, None)


def _doubted(spoken: Spoken) -> Spoken:
    if spoken.exposure.effect is not Effect.PREVENTED:
        return spoken
    exposure = replace(spoken.exposure, effect=Effect.UNKNOWN)
    return Spoken(exposure=exposure, if_worked=Effect.WRONG, if_failed=Effect.NO_EFFECT)


def _repaired(asking: Asking, asked: Asked, state: State) -> Answer | None:
    """The call with other arguments, where it is still one of its tool and whole."""
    happened, advice, call = asking.happened, asked.decision.advice, asking.call
    args = None
    if advice.tool in ("", call.tool) and call.args is not None and advice.args is not None:
        args = restored(advice.args, call.args, happened.args or {})
    given: Mapping[str, Any] | None = args
    if happened.client == CODEX and happened.shell and args is not None:
        given = hooked(args)
    if given is None:
        return None
    spent = [t.armed.lesson for t in asked.decision.touches if isinstance(t.effect, Repair)]
    met(asking, asked.spoken, state, spent=spent)
    text = _unsaid(asked.decision, state)
    answer: Answer = {"hookEventName": happened.event, "updatedInput": given}
    if happened.client == CODEX:  # which takes other arguments in no other way
        answer["permissionDecision"] = "allow"
    return answer | ({"additionalContext": text} if text else {})


def _unsaid(decision: Decision, state: State) -> str:
    """The words of a decision that the agent does not have already; of a repair none are made."""
    said, words = state.setdefault("said", []), []
    for touch in decision.touches:
        lesson, effect = touch.armed.lesson, touch.effect
        if isinstance(effect, Warn):
            words.append(effect.message)
        elif isinstance(effect, Show) and lesson not in said:
            said.append(lesson)
            words.append(effect.text)
    return " ".join(words)


def met(
    asking: Asking, spoken: Sequence[Spoken], state: State, *, spent: Sequence[str] = (),
    key: str = "",
) -> None:  # fmt: skip
    """Write down whom the call met; those of whom its end will tell wait for it."""
    if spoken:
        _spooled(asking, *(framed(s.exposure) for s in spoken))
    waiting = [
        [written(s.exposure), s.if_worked.value, s.if_failed.value]
        for s in spoken
        if (s.if_worked, s.if_failed) != (Effect.UNKNOWN, Effect.UNKNOWN)
    ]
    if waiting or spent:
        under = key or asking.happened.id or call_key(asking.happened)
        left = state.setdefault("open", {})
        left[under] = {"spoken": waiting, "spent": list(spent)}
        while len(left) > _OPEN:
            left.pop(next(iter(left)))


# --------------------------------------------------------- a session begins


def recalled(happened: Happened, here: Place, memory: Memory) -> Answer | None:
    """The rules in force, those with the most witnesses first, as far as there is room."""
    asking = Asking(happened, here, memory)
    found: dict[str, tuple[int, str]] = {}
    for target in asking.snapshot.ruled(here.project, _LOOKED_AT):
        call = replace(asking.call, tool=target, args=None)
        for touch in asking.before(call).decision.touches:
            if touch.armed.kind is KindName.RULE and isinstance(touch.effect, Show):
                line = f"- {target}: {touch.effect.text}"
                found.setdefault(touch.armed.lesson, (touch.armed.witnesses, line))
    lines, room = {}, RECALLED
    for lesson, (_, line) in sorted(found.items(), key=lambda item: -item[1][0]):
        room -= len(line) + 1
        if room < 0:
            break
        lines[lesson] = line
    if not lines:
        return None
    with remembered(asking) as state:
        state["said"] = [*state.get("said", ()), *lines]
    left = len(found) - len(lines)
    more = [f"- and {left} more, shown when their tool is called"] if left else []
    text = "\n".join([_INTRODUCED, *lines.values(), *more])
    return {"hookEventName": happened.event, "additionalContext": text}


_INTRODUCED: Final = "What failonce learned from calls that failed in this project before:"
