"""Generated histories: sessions of calls with times, the same for the same name.

tape = Tape("full tanks")
for n in tape.sessions(12):                     twelve sessions, spread over five days
    tape.bad("fill", {"litres": 90}, "Error: …")
    tape.good("fill", {"litres": 40})
tape.around({"fill": lambda t: {"litres": t.number(1, 9)}})   everyday calls beside them
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random
from typing import Any

from failonce.model import Args, Call, Recording
from failonce.testing import ScriptedWorld
from tests.made import START

PROJECT = "shop"
DAYS = 5.5
"""A history ends before `START` and lies within the newest seven days."""

_NOUNS = (
    "amber", "basil", "cedar", "delta", "ember", "fjord", "grove", "heron", "indigo", "juniper",
    "kelp", "lotus", "maple", "nectar", "olive", "poplar", "quartz", "raven", "saffron", "thyme",
    "umber", "violet", "willow", "yarrow", "zinnia",
)  # fmt: skip

Made = Callable[["Tape"], Args]


class Tape:
    """Writes recordings; its chance comes from its name alone."""

    def __init__(
        self, name: str, *, project: str = PROJECT, world: ScriptedWorld | None = None
    ) -> None:
        self.random = Random(name)
        self.starts: dict[str, ScriptedWorld] = {}
        self._origin = self._world = world
        self._project = project
        self._made: list[Recording] = []
        self._session = self._task = None
        self._sessions = 0
        self._at = START
        self._fields: dict[str, Any] = {}

    # ------------------------------------------------------------- sessions

    def sessions(
        self, count: int, *, days: tuple[float, float] = (0, DAYS), task: str | None = None
    ) -> Iterator[int]:
        """Begin `count` sessions, each somewhere between these days, and count them."""
        for n in range(count):
            self.begin(day=self.random.uniform(*days), task=task)
            yield n

    def begin(
        self, *, day: float | None = None, task: str | None = None, session: str | None = None
    ) -> None:
        """Begin a session; `day` counts from the history's first."""
        self._sessions += 1
        self._session = session or f"session-{self._sessions}"
        self._task = task
        if self._origin is not None:
            self._world = self.starts[self._session] = self._origin.copy()
        since = self.random.uniform(0, DAYS) if day is None else day
        self._at = START - timedelta(days=6) + timedelta(days=since)

    def every(self, **fields: Any) -> None:
        """Fields that all recordings from here on have."""
        self._fields = fields

    def task(self, name: str | None) -> None:
        """Work on something else within the same session."""
        self._task = name

    def take(self, other: "Tape") -> None:
        """What another tape holds."""
        self._made += other.recordings

    # ---------------------------------------------------------------- calls

    def good(
        self, tool: str, args: Args, text: str = "ok", *, after: float = 5, **fields: Any
    ) -> None:
        """A call that worked, `after` seconds after the one before."""
        self._call(tool, args, text, flagged=False, after=after, **fields)

    def bad(self, tool: str, args: Args, error: str, *, after: float = 5, **fields: Any) -> None:
        """A call that failed with this error."""
        self._call(tool, args, error, flagged=True, after=after, **fields)

    def undecoded(self, raw: str) -> None:
        """What was sent with the last call, which could not be read as arguments."""
        last = self._made[-1]
        self._made[-1] = replace(last, call=replace(last.call, args=None, raw=raw))

    def given(self, **facts: Any) -> None:
        """What is so in the world when this session begins."""
        if self._world is None:
            raise AssertionError("this tape has no world")
        self._world.facts |= facts
        self.starts[self._session or ""] = self._world.copy()

    def do(self, tool: str, args: Args, *, after: float = 5) -> bool:
        """A call made in the session's world; True where it worked."""
        if self._world is None:
            raise AssertionError("this tape has no world")
        answer = self._world.run(Call(tool=tool, args=args))
        self._call(tool, args, answer.text, flagged=not answer.worked, after=after)
        return answer.worked

    def _call(
        self, tool: str, args: Args, text: str, *, flagged: bool, after: float, **fields: Any
    ) -> None:
        self._at += timedelta(seconds=after)
        call = Call(
            tool=tool,
            args=args,
            session=self._session or "",
            project=self._project,
            task=self._task,
        )
        made = Recording(call=call, text=text, flagged=flagged, at=self._at, source="calls.jsonl")
        self._made.append(replace(made, **(self._fields | fields)))

    def around(
        self,
        tools: Mapping[str, Made],
        *,
        sessions: int = 16,
        each: int = 8,
        days: tuple[float, float] = (0, DAYS),
        text: str = "ok",
    ) -> None:
        """Good calls of these tools, and of tools that have nothing to do with them."""
        makers = list(tools.items())
        for n in self.sessions(sessions, days=days):
            for k in range(each):
                tool, make = makers[(n + k) % len(makers)]
                self.good(tool, make(self), text, after=self.random.randint(2, 40))
            self.good("read_note", {"title": self.word()}, f"about {self.word()}")

    # --------------------------------------------------------------- values

    def word(self) -> str:
        """A name that may come again."""
        return f"{self.random.choice(_NOUNS)}-{self.random.randint(1, 99)}"

    def noun(self) -> str:
        """A word without a number."""
        return self.random.choice(_NOUNS)

    def number(self, low: int, high: int) -> int:
        return self.random.randint(low, high)

    def code(self, prefix: str = "") -> str:
        """A name that hardly comes again."""
        return f"{prefix}{self.random.randrange(16**6):06x}"

    def day(self) -> str:
        return f"2026-0{self.random.randint(1, 9)}-{self.random.randint(1, 28):02d}"

    # ----------------------------------------------------------------- done

    @property
    def recordings(self) -> tuple[Recording, ...]:
        """All of it in order of time."""
        return tuple(sorted(self._made, key=_time))


def _time(recording: Recording) -> datetime:
    return recording.at or START
