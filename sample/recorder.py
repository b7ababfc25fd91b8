"""How a call is written down: a small protocol, and the recording as compressed JSON lines."""

import csv
import gzip
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from io import StringIO
from pathlib import Path
from typing import Protocol

Args = Mapping[str, object]


class Recorder(Protocol):
    """Whoever wants to know what was called and what came of it."""

    def record(
        self,
        *,
        tool: str,
        args: Args,
        text: str,
        is_error: bool,
        started: datetime,
        ended: datetime,
        session: str,
        task: str,
        project: str,
        attempt: int,
    ) -> None:
        """Take note of one finished call; `attempt` is 1 for a first try."""


@dataclass(slots=True)
class Clock:
    """A clock that moves only when told to; the recording's times come from it."""

    now: datetime

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self.now += timedelta(milliseconds=round(seconds * 1000))


@dataclass(slots=True)
class JsonLines:
    """Keeps the calls in memory and writes them as one JSON object a line."""

    lines: list[str] = field(default_factory=list)

    def record(
        self,
        *,
        tool: str,
        args: Args,
        text: str,
        is_error: bool,
        started: datetime,
        ended: datetime,
        session: str,
        task: str,
        project: str,
        attempt: int,
    ) -> None:
        """Append one call in the neutral form."""
        call: dict[str, object] = {
            "project": project,
            "session": session,
            "task": task,
            "id": call_id(len(self.lines)),
            "ts": started.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "tool": tool,
            "args": dict(args),
            "is_error": is_error,
            "text": text,
            "duration_ms": round((ended - started) / timedelta(milliseconds=1)),
        }
        if attempt > 1:
            call["attempt"] = attempt
        self.lines.append(json.dumps(call, ensure_ascii=False, separators=(",", ":")))

    def write(self, path: Path) -> None:
        """Write the recording; the same calls give the same bytes."""
        text = "".join(line + "\n" for line in self.lines)
        path.write_bytes(gzip.compress(text.encode(), compresslevel=9, mtime=0))


def call_id(number: int) -> str:
    """Return the id of the call at this place of the recording, counted from 0."""
    return f"c{number + 1:05d}"


class Truth(StrEnum):
    """What a call that did not go well really was; the agent's script knows."""

    GOOD = "good"
    FAILURE = "failure"
    HIDDEN = "hidden"
    REJECTION = "rejection"
    CASCADE = "cascade"
    INFORMATIVE = "informative"


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """The truth about one call, and the mistake's name (empty for a good call)."""

    truth: Truth
    mistake: str = ""


def write_labels(path: Path, labels: Iterable[Label]) -> None:
    """Write the labels of all calls that did not go well, by call id."""
    text = StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(["id", "truth", "mistake"])
    for number, label in enumerate(labels):
        if label.truth is not Truth.GOOD:
            rows.writerow([call_id(number), label.truth, label.mistake])
    path.write_text(text.getvalue(), encoding="utf-8")
