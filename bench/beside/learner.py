"""What every learner gets and gives: two files of calls, one answer for each call of the second.

A file has one JSON object a line, in order of sessions and time: `tool`, `args` (an object, or
the text of what was none), `text`, `is_error`, `session`, `ts`. Answers are written in that
order. What a learner keeps it keeps below `home`, which is its home folder too.
"""

import json
import os
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from importlib.metadata import version
from pathlib import Path
from typing import Any, Protocol

FIRST = datetime(2026, 1, 1, tzinfo=UTC)
"""When the first call was made, where the recordings do not tell: one call a second from then."""


class Act(StrEnum):
    """What a learner does before a call, or in place of it."""

    NOTHING = "nothing"
    TIP = "tip"
    """It says something, and not that the call will fail."""
    WARN = "warn"
    BLOCK = "block"
    REPAIR = "repair"
    """It makes another call, which is the one that the caller itself later made."""
    CHANGE = "change"
    """It makes another call, and nobody can say whether that is right, or it is not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """A recorded call, as the program that made it saw it."""

    tool: str
    args: dict[str, Any] | str
    text: str
    failed: bool
    session: str
    at: datetime

    @property
    def arguments(self) -> dict[str, Any]:
        """Its arguments by name; what was no object goes under one."""
        return self.args if isinstance(self.args, dict) else {"arguments": self.args}


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a learner had to say of one call."""

    act: Act = Act.NOTHING
    shown: bool = False
    """A sentence in the context of the whole session is about this very failure."""
    after: bool = False
    """After the failure it shows a lesson about this very failure."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Learned:
    """What a learner made of the calls that it was given."""

    lessons: int
    in_force: int
    words: int
    """Of what stands in the context of every session."""
    note: str = ""


class Learner(Protocol):
    """One way to learn from calls."""

    package: str

    def learn(self, calls: Path) -> Learned:
        """Learn from the calls in this file."""
        ...

    def answers(self, calls: Path) -> Iterable[Answer]:
        """An answer for each call in this file, in its order; nothing more is learned."""
        ...


def recorded(path: Path) -> list[Recorded]:
    """The calls of a file."""
    with path.open(encoding="utf-8") as lines:
        return list(_recorded(lines))


def _recorded(lines: Iterable[str]) -> Iterator[Recorded]:
    for n, line in enumerate(lines):
        fields = json.loads(line)
        at = fields.get("ts")
        yield Recorded(
            tool=fields["tool"],
            args=fields["args"],
            text=fields["text"],
            failed=fields["is_error"],
            session=fields["session"],
            at=datetime.fromisoformat(at) if at else FIRST + timedelta(seconds=n),
        )


def spelled(call: Recorded) -> str:
    """A call in words, as an agent asks a memory about it: a command, or a tool and its values."""
    command = call.arguments.get("command")
    if isinstance(command, str):
        return command
    return " ".join([call.tool, *(f"{k}={str(v)[:200]}" for k, v in call.arguments.items())])


def hook_event(call: Recorded, folder: Path) -> dict[str, Any]:
    """A call as Claude Code tells its hooks of it, once it was made."""
    event: dict[str, Any] = {
        "session_id": call.session,
        "cwd": str(folder),
        "hook_event_name": "PostToolUseFailure" if call.failed else "PostToolUse",
        "tool_name": call.tool,
        "tool_input": call.arguments,
    }
    return event | ({"error": call.text} if call.failed else {"tool_response": call.text})


def main(learner: Learner, argv: Sequence[str] = sys.argv) -> None:
    """Learn from the first file, answer for the second; the account goes to standard output."""
    first, second, answers = (Path(given) for given in argv[1:])
    start = time.process_time()
    learned = learner.learn(first)
    between = time.process_time()
    with answers.open("w", encoding="utf-8") as out:
        for answer in learner.answers(second):
            out.write(json.dumps(asdict(answer)) + "\n")
    end = time.process_time()
    home = Path(os.environ["HOME"])
    account = asdict(learned) | {
        "package": f"{learner.package} {version(learner.package)}",
        "learning_s": between - start,
        "answering_s": end - between,
        "peak_mb": _peak_mb(),
        "kept_mb": sum(p.stat().st_size for p in home.rglob("*") if p.is_file()) / 2**20,
    }
    sys.stdout.write(json.dumps(account) + "\n")


def _peak_mb() -> float:
    """Of this program alone: what `getrusage` says begins with what its parent had."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024
