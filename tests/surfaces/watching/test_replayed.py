"""What replay says of a recorded call is what a watched call comes to, in all that it does."""

import random
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import failonce
from failonce.evidence.redact import Redactor
from failonce.kinds.behaviour import Behaviour, Retry, Situation
from failonce.kinds.decision import Concerning, Decision
from failonce.kinds.hint.running import Event, Note
from failonce.model import Advice, Answer, Call, Evidence, Past, Recording
from failonce.skill import decide
from failonce.skill.index import Index, arm
from failonce.surfaces.watching.course import IN_CODE
from failonce.surfaces.worded import said, words
from failonce.trial import Execution, advised, answer_of, execute, situations
from tests.surfaces.watching.history import (
    READERS,
    SPECS,
    TAKEN,
    TOOLS,
    VALUES,
    Made,
    World,
    drawn,
    lessons,
)
from tests.surfaces.watching.made import PROJECT, Room
from tests.surfaces.watching.made import room as made

pytestmark = pytest.mark.usefixtures("fresh")

REDACTOR = Redactor()


@dataclass(kw_only=True)
class Came:
    """What a call came to: what ran, what was said of it and by whom, how it ended.

    `again` are the lessons that had it run again, and after how many seconds.
    """

    ran: list[tuple[str, Any]] = field(default_factory=list)
    said: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)
    again: list[tuple[str, float]] = field(default_factory=list)
    ended: str = ""

    def met(self, asked: Made) -> Counter[str]:
        """What lessons did to the call, in a word each."""
        tool, given = asked
        own = [args for name, args in self.ran if name == tool]
        found = {
            "blocked": self.ended == "blocked",
            "changed": any(args != given for args in own),
            "others called": len(own) < len(self.ran),
            "again": bool(self.again),
            "said": bool(self.said) and self.ended != "blocked",
        }
        return Counter([word for word, so in found.items() if so] or ["left alone"])


def bounded(value: Any) -> Any:
    """Without secrets, as recordings are; of what they cut, the beginning."""
    if isinstance(value, str):
        return REDACTOR.text(value)[: BEGINNING if len(value) > LONG else None]
    if isinstance(value, dict):
        return {name: bounded(v) for name, v in REDACTOR.args(value).items()}
    if isinstance(value, list | tuple):
        return [bounded(v) for v in value]
    return value


BEGINNING, LONG = 25, 1000


@dataclass
class Watched:
    """The watched tools of this process, in a world that is made anew for each call."""

    world: World = field(default_factory=World)
    heard: list[Advice] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.tools = {name: self._tool(name) for name in TOOLS}

    def _tool(self, name: str) -> Any:
        reads = True if name in READERS else None

        @failonce.watch(tool=name, read_only=reads, on_advice=self.heard.append)
        def called(**args: Any) -> object:
            return self.world.call(name, args)

        return called

    def call(self, tool: str, args: Mapping[str, Any]) -> Came:
        """Make a call in a new world."""
        self.world, came = World(), Came()
        self.heard.clear()
        self.notes.clear()
        try:
            came.ended = said(self.tools[tool](**args))[0]
        except failonce.Blocked as error:
            came.said = [(str(error).removesuffix(f" {IN_CODE}"), error.lessons)]
            came.ended = "blocked"
        except Exception as error:
            came.ended = words(error)
        came.ran = self.world.ran
        came.said += [(a.message, a.lessons) for a in self.heard]
        came.again = [(n.lesson, n.seconds) for n in self.notes if n.event is Event.RETRIED]
        return came


class Replayed:
    """The same, as replay has it: from what was recorded, by what proves lessons."""

    def __init__(self, room: Room) -> None:
        self._desk = room.host.desk
        self._concerning: Concerning = Index(arm(x) for x in room.store.lessons()).concerning

    def call(self, situation: Situation, args: Mapping[str, Any]) -> Came:
        """Execute a recorded call again in a new world, with the lessons; `args` as they were."""
        world, made = World(), []
        recorded = situation.call.args or {}

        def given(name: str, value: object) -> Any:
            return args[name] if name in args and value == recorded[name] else value

        def run(call: Call) -> Answer:
            flagged = False
            try:
                ran = {name: given(name, value) for name, value in (call.args or {}).items()}
                text = said(world.call(call.tool, ran))[0]
            except Exception as error:
                text, flagged = words(error), True
            recording = Recording(call=replace(call, args=ran), text=text, flagged=flagged)
            taken = self._desk.take(recording, datetime.now(UTC), PROJECT)
            made.append((call, answer_of(taken)))
            return made[-1][1]

        done = execute(situation, self._concerning, decide, run)
        came = Came(ran=world.ran, ended="blocked" if done.answer is None else done.answer.text)
        for d in (done.before, *_not_in_vain(situation.call, done, made)):
            if any(isinstance(t.effect, Retry) for t in d.touches):
                came.again += [(lesson, d.advice.after_s) for lesson in d.advice.lessons]
            elif d.advice.message:
                came.said.append((d.advice.message, d.advice.lessons))
        return came


def _not_in_vain(
    call: Call, done: Execution, made: Sequence[tuple[Call, Answer]]
) -> Iterator[Decision]:
    """Repairs that led to another end, and retries: those that came to nothing nobody hears of."""
    left = iter(made)

    def answer(call: Call) -> str:
        found = next(a for c, a in left if (c.tool, c.args) == (call.tool, call.args))
        return found.failure.signature if found.failure else "worked"

    call = advised(call, done.before)
    before = answer(call) if done.repairs else ""
    for d in done.repairs:
        repaired = advised(call, d)
        after = answer(repaired)
        if after != before or d.advice.after_s:
            yield d
            call, before = repaired, after


SESSION = 25
"""Calls of a session."""


def recorded(room: Room, watched: Watched, calls: Sequence[Made]) -> list[Evidence]:
    """The calls as they are recorded where no lesson is in force."""
    for n, (tool, args) in enumerate(calls):
        with failonce.session(f"s{n // SESSION:05}"):
            watched.call(tool, args)
    found = room.calls()
    assert len(found) == len(calls)
    return found


@dataclass
class Remembered:
    """A call of the past, as a host remembers it."""

    past: Past


def compared(folder: Path, calls: Sequence[Made], bodies: Iterable[Behaviour]) -> Counter[str]:
    """What lessons did to recorded calls, the same in both; each call in the past it had."""
    met: Counter[str] = Counter()
    with made(folder) as room:
        room.store.add_tools(PROJECT, SPECS, datetime.now(UTC))
        watched = Watched()
        history = recorded(room, watched, calls)
        room.teach(*bodies)
        room.host.noted = watched.notes.append  # type: ignore[method-assign]
        replayed, known = Replayed(room), room.host.known(PROJECT)
        assert known is not None
        asked = situations(history, known.tools)
        for (tool, args), (e, situation) in zip(calls, asked, strict=True):
            session = e.call.session
            past = deque(map(Remembered, situation.past))
            room.host._past[PROJECT, session] = past  # type: ignore[assignment]
            with failonce.session(session):
                live = watched.call(tool, args)
            then = replayed.call(situation, args)
            assert bounded(vars(live)) == bounded(vars(then)), f"{tool} {args}"
            met += live.met((tool, args))
        assert room.host.lost == 0, room.host.last
    return met


@pytest.mark.parametrize("count", [1_500, pytest.param(10_000, marks=pytest.mark.torture)])
def test_replay_and_call_time_do_the_same_to_recorded_calls(tmp_path: Path, count: int) -> None:
    """What runs, what is said and by whom, what runs again and when, how it ends."""
    met = compared(tmp_path, drawn(random.Random(count), count), lessons())
    print(count, "calls:", ", ".join(f"{what} {n}" for what, n in met.most_common()))
    assert met.keys() == {"blocked", "changed", "others called", "again", "said", "left alone"}
    assert min(met.values()) > count // 100, met


def _calls() -> st.SearchStrategy[Made]:
    def given(tool: str) -> st.SearchStrategy[Made]:
        values = {name: st.sampled_from(VALUES[name]) for name in TAKEN[tool]}
        return st.tuples(st.just(tool), st.fixed_dictionaries({}, optional=values))

    return st.sampled_from(TOOLS).flatmap(given)


@settings(max_examples=25)
@given(
    calls=st.lists(_calls(), min_size=1, max_size=12),
    taught=st.sets(st.integers(0, len(lessons()) - 1)),
)
def test_whatever_the_calls_and_the_lessons(calls: list[Made], taught: set[int]) -> None:
    """Any of the lessons in force, in their order, whatever a session did."""
    bodies = [body for n, body in enumerate(lessons()) if n in taught]
    with TemporaryDirectory() as folder:
        compared(Path(folder), calls, bodies)
