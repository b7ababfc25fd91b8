"""What a stand-in model answers, and what it was asked.

A script is the answers of one model in their order. A request that offers the agent's tools
takes the next one; any other (a title, a warm-up) is answered with a full stop. When the
script is at its end the model says so, and an agent stops there.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from json import dumps
from threading import Lock
from typing import Any, Final

_RESULTS: Final = ("tool_result", "function_call_output")
"""What both APIs call the result of a tool."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """The model calls one tool. `name` is the tool's as the program offers it."""

    name: str
    arguments: Mapping[str, Any]
    namespace: str = ""
    """Of Codex only: the group that the tool stands in, such as `mcp__files`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Say:
    """The model says this, and its turn is over."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Meanwhile:
    """Something happens while the model thinks, such as a person's approval; then it answers."""

    happens: Callable[[], object]
    answer: Use | Say


Answer = Use | Say
Line = Answer | Meanwhile
"""A line of a script."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One request that a program sent: where to, and the whole body."""

    path: str
    body: Mapping[str, Any]

    @property
    def results(self) -> tuple[str, ...]:
        """The results of tools that it holds, in their order, as JSON."""
        blocks = [
            b for m in self.body.get("messages", ()) for b in m["content"] if isinstance(b, dict)
        ]
        found = [b for b in (*blocks, *self.body.get("input", ())) if b.get("type") in _RESULTS]
        return tuple(dumps(b, ensure_ascii=False) for b in found)

    @property
    def text(self) -> str:
        """All that the model was given, as JSON."""
        return dumps(self.body, ensure_ascii=False)

    @property
    def tools(self) -> tuple[str, ...]:
        """The names of the tools that were offered, in their order."""
        offered = self.body.get("tools")
        return tuple(
            str(t.get("name", t.get("type", ""))) for t in offered or () if isinstance(t, dict)
        )


@dataclass(slots=True)
class Script:
    """The answers still to give, and every request so far. Safe between threads."""

    answers: list[Line]
    asked: list[Asked] = field(default_factory=list)
    _lock: Lock = field(default_factory=Lock)

    @classmethod
    def of(cls, answers: Iterable[Line]) -> "Script":
        """A script of these answers, none given yet."""
        return cls(answers=list(answers))

    def next(self, asked: Asked, *, agent: bool) -> Answer:
        """Note the request; the next answer where `agent` asks, else a full stop."""
        with self._lock:
            self.asked.append(asked)
            if not agent:
                return Say(text=".")
            line = self.answers.pop(0) if self.answers else Say(text="The script is over.")
        if isinstance(line, Meanwhile):
            line.happens()
            return line.answer
        return line

    def turns(self) -> tuple[Asked, ...]:
        """The requests of the agent itself, in their order."""
        with self._lock:
            return tuple(a for a in self.asked if a.tools)
